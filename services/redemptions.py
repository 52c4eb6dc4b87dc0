"""Goods handed out for a coupon without a purchase: told to the member, and taken back where it was a slip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from membership import coupons as rules_of_coupons
from membership import taking_back
from membership.coupons import Coupon
from membership.errors import CouponUnknown, ScanRequired
from membership.member import check_standing
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from membership.offers import Offer, OfferKind
from services import Tx, codes, coupons, fraud, grants, holders, rules
from services.outbox import Notice, tell_member
from services.reader import Reader
from storage import coupons as rows
from storage import members

WITHOUT_PURCHASE: frozenset[OfferKind] = frozenset({"gift", "exchange"})


def is_alone(offer: Offer) -> bool:
    """Tell whether coupons of an offer are handed out without a purchase: goods that ask for no bill."""
    return offer.kind in WITHOUT_PURCHASE and not offer.threshold_minor


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A coupon used without a purchase: the redemption's id, the coupon, where and when, and whether it was undone."""

    id: str
    coupon: Coupon
    store: Message
    at: datetime
    undone: bool = False


def hand_out(tx: Tx, coupon_id: str, scan_id: str, reader: Reader, *, moment: Moment) -> HandedOut:
    """Use a gift or exchange coupon with a fresh scan, and write the member a receipt.

    Raises CouponUnknown, NotAMember, MemberFrozen, ScanRequired and what ``coupons.check_use`` and ``codes.use``
    raise.
    """
    shop, row = rules.current(tx), rows.find(tx, coupon_id)
    if row is None:
        raise CouponUnknown
    store = rules.open_store(tx, reader.store_id)
    member = members.lock(tx, row.member_id)
    check_standing(member.state, member.frozen_at)
    coupon = coupons.get(tx, coupon_id, row.member_id)  # as it is now that nobody else can change it
    nothing = Money(0, shop.currency)  # there is no bill: what asks for one comes with a purchase
    rules_of_coupons.check_use(coupon, nothing, shop.zone, store=store, now=moment.now)
    if coupon.offer.kind not in WITHOUT_PURCHASE:
        raise ScanRequired
    codes.use(tx, scan_id, row.member_id, reader, moment=moment)
    reference = f"redeem:{coupon_id}:{scan_id}"
    coupons.redeem(tx, coupon, reference=reference, purchase_id=None, reader=reader, moment=moment)
    done = HandedOut(
        id_of(f"redemption:{reference}"), coupon, choose(rules.store_name(tx, reader.store_id)), moment.now
    )
    _tell(tx, row.member_id, done, "redeemed", moment=moment)
    return done


def undo(tx: Tx, redemption_id: str, reader: Reader, *, manager: bool, moment: Moment) -> HandedOut:
    """Give a coupon back that was used by mistake: on the same day, in the same store.

    Without ``manager`` only one's own, within the shop's minutes. Undone before, the same answer comes again. Raises
    CouponUnknown, SelfCredit, UndoTooLate and DayOver.
    """
    used, shop = rows.find_redemption(tx, redemption_id), rules.current(tx)
    mine = used is not None and used.store_id == reader.store_id and (manager or used.actor == reader.actor)
    if used is None or used.purchase_id is not None or not mine:
        raise CouponUnknown
    row = rows.find(tx, used.coupon_id)
    assert row is not None, "a redemption names its coupon"
    store = choose(rules.store_name(tx, used.store_id))
    if used.reversed_at is None:
        fraud.check_self(tx, reader, row.member_id)
        minutes = None if manager else shop.limits.undo_minutes
        taking_back.check_time(used.at, moment.now, zone=shop.zone, minutes=minutes)
        row = holders.hold(tx, row, lambda: rows.find(tx, used.coupon_id))
    if used.reversed_at is not None or not rows.reverse(tx, redemption_id, moment.now):
        return HandedOut(redemption_id, coupons.get(tx, row.id, row.member_id), store, used.at, undone=True)
    assert rows.put_back(tx, row.id, row.expires_at), "a standing redemption has a used coupon"
    coupons.note_return(tx, used, actor=reader.actor, moment=moment)
    lost = grants.settle(tx, row.id, actor=reader.actor, moment=moment)
    done = HandedOut(redemption_id, coupons.get(tx, row.id, row.member_id), store, used.at, undone=True)
    if not lost:  # else it goes the way of the purchase that had brought it
        _tell(tx, row.member_id, done, "redemption_undone", moment=moment)
    return done


def _tell(tx: Tx, member_id: str, done: HandedOut, kind: str, *, moment: Moment) -> None:
    facts = {"title": choose(done.coupon.offer.title), "store": done.store, "at": moment.now}
    told = Reply((say(f"receipt.{kind}", **facts),), buttons=((Button(say("button.coupons"), word="coupons"),),))
    tell_member(tx, member_id, Notice(kind, "receipt", done.id, told), moment=moment)
