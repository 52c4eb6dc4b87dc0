"""Coupons that are given: as thanks for a purchase, by hand at the counter, and by whatever else calls for one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from membership import days, taking_back
from membership.coupons import Coupon, check_free
from membership.errors import (
    CouponUnknown,
    CouponUsed,
    LimitReached,
    OfferSoldOut,
    OfferUnknown,
    Refusal,
)
from membership.grants import Bought
from membership.member import check_standing
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.occasions import Here
from membership.offers import Offer
from membership.points import last_day
from membership.products import pieces
from services import Tx, audit, coupons, fraud, rules, switches, tiers
from services.ledger import Cause
from services.orders import Order, Recorded
from services.outbox import Notice, tell_member
from services.reader import Reader
from storage import coupons as rows
from storage import guesses, members, purchases
from storage import referrals as friends

HAND: Final = "hand"
"""How references of coupons given by hand begin."""


def give(
    tx: Tx,
    member_id: str,
    offer_id: str,
    *,
    reference: str,
    moment: Moment,
    actor: str = "clock",
    purchase_id: str = "",
) -> Coupon | None:
    """Give a member a coupon of an offer; None where they cannot have it: gone, switched off, not theirs, or enough.

    The same reference gives the same coupon. The offer's limits hold here too; whether it is open to claim does not
    matter. Nothing is told to the member: that is the caller's to say.
    """
    again, offer = rows.by_reference(tx, reference), rules.current(tx).offer(offer_id)
    if again is not None:
        return coupons.get(tx, again.id, member_id)
    members.lock(tx, member_id)
    try:
        _check(tx, member_id, offer, now=moment.now)
    except Refusal:
        return None
    assert offer is not None, "an unknown one was refused"
    how = {"reference": reference, "actor": actor, "purchase_id": purchase_id}
    return coupons.give(tx, member_id, offer, **how, moment=moment)


def by_hand(tx: Tx, member_id: str, offer_id: str, reader: Reader, *, key: str, moment: Moment) -> Coupon:
    """Give a coupon at the counter and tell the member; the same key gives the first one again.

    Raises SelfCredit, LimitReached (the day's cap of one person), NotAMember, MemberFrozen, OfferUnknown and what
    ``offers.check_claim`` raises.
    """
    reference, offer = f"{HAND}:{reader.actor}:{key}", rules.current(tx).offer(offer_id)
    members.lock(tx, member_id)
    guesses.hold(tx, f"{HAND}:{reader.actor}")  # what one gives to somebody else at this moment counts, too
    again = rows.by_reference(tx, reference)
    if again is not None:
        return coupons.get(tx, again.id, member_id)
    fraud.check_self(tx, reader, member_id)
    _check_cap(tx, reader, now=moment.now)
    _check(tx, member_id, offer, now=moment.now)
    assert offer is not None, "an unknown one was refused"
    given = coupons.give(tx, member_id, offer, reference=reference, actor=reader.actor, moment=moment)
    if given is None:
        raise OfferSoldOut  # its last piece went at this very moment
    tell(tx, member_id, given, moment=moment)
    audit.note(tx, moment, "coupon.grant", given.id, actor=reader.actor, store_id=reader.store_id, offer=offer_id)
    return given


def tell(tx: Tx, member_id: str, given: Coupon, *, moment: Moment) -> None:
    """Tell a member of a coupon that came to them."""
    told = Reply((say("grant.told", title=choose(given.offer.title), ends=ends(tx, given)),), buttons=_TO_COUPONS)
    tell_member(tx, member_id, Notice("grant", "reminder", given.id, told), moment=moment)


def check(tx: Tx, member_id: str, offer_id: str, *, now: datetime) -> None:
    """Refuse what could not be given to this member now, as ``by_hand`` does."""
    _check(tx, member_id, rules.current(tx).offer(offer_id), now=now)


def given_by_hand(tx: Tx, reader: Reader, key: str) -> Coupon | None:
    """Return the coupon this person gave under this key, or None."""
    row = rows.by_reference(tx, f"{HAND}:{reader.actor}:{key}")
    return None if row is None else coupons.get(tx, row.id, row.member_id)


def undo_by_hand(tx: Tx, coupon_id: str, reader: Reader, *, moment: Moment) -> Coupon:
    """Take back a coupon one gave by hand, within the shop's minutes and while it is unused; twice is once.

    Raises CouponUnknown (also for somebody else's), UndoTooLate, DayOver, CouponUsed and CouponReserved.
    """
    row = rows.find(tx, coupon_id)
    if row is None or not row.reference.startswith(f"{HAND}:{reader.actor}:"):
        raise CouponUnknown
    members.lock(tx, row.member_id)
    coupon, shop = coupons.get(tx, coupon_id, row.member_id), rules.current(tx)
    if coupon.state == "voided":
        return coupon
    taking_back.check_time(row.issued_at, moment.now, zone=shop.zone, minutes=shop.limits.undo_minutes)
    check_free(coupon, now=moment.now)
    if not coupons.take_back(tx, coupon_id, actor=reader.actor, moment=moment):
        raise CouponUsed(at=coupon.used_at, store=coupon.used_store)
    return coupon


def listed(tx: Tx) -> list[Offer]:
    """Return the offers that can be given by hand: all that are not switched off."""
    off = switches.off(tx, "offer")
    return [offer for offer in rules.current(tx).offers if offer.id not in off]


def after_purchase(tx: Tx, done: Recorded, order: Order, reader: Reader, *, moment: Moment) -> tuple[Message, ...]:
    """Give the coupons a purchase brings; return a line of the receipt for each."""
    shop = rules.current(tx)
    if not shop.grants:
        return ()
    then = order.made_at
    local = (then or moment.now).astimezone(shop.zone)
    tier = members.get(tx, order.member_id).tier if then is None else tiers.held_at(tx, order.member_id, then)
    bought = Bought(
        paid_minor=done.paid.minor,
        here=Here(local, rules.store_code(tx, reader.store_id), tier),
        pieces=pieces(shop.products, order.items),
        first=any(grant.first for grant in shop.grants) and _is_first(tx, done.id, order.member_id),
    )
    how = {"actor": reader.actor, "purchase_id": done.id}
    given = [
        give(tx, order.member_id, grant.offer, reference=f"grant:{done.id}:{grant.id}", **how, moment=moment)
        for grant in shop.grants
        if grant.is_due(bought)
    ]
    brought = [coupon for coupon in given if coupon is not None]
    return tuple(say("receipt.grant", title=choose(one.offer.title), ends=ends(tx, one)) for one in brought)


def after_refund(tx: Tx, row: Any, *, whole: bool, cause: Cause, moment: Moment) -> tuple[Message, ...]:
    """Take back the unused coupons of a purchase that no longer reaches what they were given for; say which."""
    found = rows.brought_by(tx, row.id)
    if whole:  # what this one had used is free again, and may be thanks for another purchase that is gone by now
        found += rows.returned_by(tx, row.id)
    lost = [coupon for coupon in found if not _stays(tx, coupon, _left(tx, coupon.purchase_id))]
    gone = [coupon for coupon in lost if coupons.take_back(tx, coupon.id, actor=cause.actor, moment=moment)]
    return tuple(say("receipt.grant_void", title=choose(one.offer.title)) for one in coupons.opened(tx, gone))


def settle(tx: Tx, coupon_id: str, *, actor: str, moment: Moment) -> bool:
    """Take a coupon that is unused again back where the purchase that brought it is gone; tell whether it was."""
    row = rows.find(tx, coupon_id)
    if row is None or not row.purchase_id or _stays(tx, row, _left(tx, row.purchase_id)):
        return False
    return coupons.take_back(tx, coupon_id, actor=actor, moment=moment)


def brought(tx: Tx, purchase_id: str) -> list[Coupon]:
    """Return the coupons a purchase brought that are unused still; none where no purchase brings any."""
    return coupons.opened(tx, rows.brought_by(tx, purchase_id)) if rules.current(tx).grants else []


def ends(tx: Tx, coupon: Coupon) -> Message:
    """Return until when a coupon counts, in words."""
    if coupon.expires_at is None:
        return say("coupons.endless")
    return say("coupons.until", on=last_day(coupon.expires_at, rules.current(tx).zone))


def _check_cap(tx: Tx, reader: Reader, *, now: datetime) -> None:
    """Refuse more than one person gives by hand in a day. Raises LimitReached."""
    shop = rules.current(tx)
    most, today = shop.counter.staff_day_grants, days.start_of(days.day_of(now, shop.zone), shop.zone)
    if rows.given_under(tx, f"{HAND}:{reader.actor}:", since=today) >= most:
        raise LimitReached(limit=most, scope="staff")


def _is_first(tx: Tx, purchase_id: str, member_id: str) -> bool:
    first = friends.first_purchase(tx, member_id)
    return first is not None and first.id == purchase_id


def _left(tx: Tx, purchase_id: str) -> int:
    """Return how much of a purchase stands, in minor units."""
    row = purchases.find(tx, purchase_id)
    assert row is not None, "no purchase is ever deleted"
    return 0 if row.undone_at is not None else int(row.paid_minor - row.refunded_minor)


def _stays(tx: Tx, coupon: Any, left_minor: int) -> bool:
    """Tell whether a coupon stays, by the rule it was given under; one of a rule without an amount leaves last."""
    grant_id = coupon.reference.rpartition(":")[2]
    given = next((one for one in rules.at_version(tx, coupon.rules_version).grants if one.id == grant_id), None)
    return left_minor > 0 if given is None else given.stays(left_minor)


def _check(tx: Tx, member_id: str, offer: Offer | None, *, now: datetime) -> None:
    row = members.get(tx, member_id)
    check_standing(row.state, row.frozen_at)
    if offer is None:
        raise OfferUnknown
    coupons.check(tx, member_id, offer, now=now)


_TO_COUPONS: Final = ((Button(say("button.coupons"), word="coupons"),),)
