"""Coupons: which can be had, which are held, and each one's way from issued to redeemed and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from membership import coupons as rules_of_coupons
from membership import days
from membership.coupons import Coupon, Keeping
from membership.days import NEVER
from membership.errors import (
    CouponNotYours,
    CouponReserved,
    CouponUnknown,
    CouponUsed,
    OfferSoldOut,
    OfferUnknown,
    Refusal,
)
from membership.member import check_standing
from membership.messages import choose
from membership.moment import Moment, id_of
from membership.money import Money
from membership.offers import CLAIMED, Claimant, Given, Offer, Way, check_claim, check_limits
from membership.offers import by_keyword as offer_by_keyword
from services import Tx, audit, points, rules, switches, webhooks
from services.points import Cause
from services.reader import Reader
from storage import coupons as rows
from storage import identities, members
from storage import tags as tag_rows

LINK = "offer_"
"""How the links of offers begin, on both apps."""


@dataclass(frozen=True, slots=True)
class Claimable:
    """An offer in the list of what can be had: why not (None: at once), and how many the member had."""

    offer: Offer
    refusal: Refusal | None


def claimable(tx: Tx, member_id: str, *, now: datetime, way: Way = "open") -> list[Claimable]:
    """Return the offers open to claim (``way`` "mall": on sale for points), those to be had at once at the front."""
    return had_where(tx, member_id, rules.current(tx).offers_for(way), now=now)


def had_where(tx: Tx, member_id: str, offers: Sequence[Offer], *, now: datetime) -> list[Claimable]:
    """Return which of these offers the member can have, those to be had at once at the front; hidden ones left out."""
    look = _look(tx, member_id, offers, now)
    listed = [Claimable(offer, _why_not(tx, look, offer)) for offer in offers]
    hidden = ("offer_unknown", "offer_not_for_you", "offer_for_new_members", "offer_limit_reached", "offer_ended")
    shown = [one for one in listed if one.refusal is None or one.refusal.key not in hidden]
    return sorted(shown, key=lambda one: one.refusal is not None)


def check(tx: Tx, member_id: str, offer: Offer, *, now: datetime) -> None:
    """Refuse an offer this member cannot have now, points aside. Raises OfferUnknown and what check_claim raises."""
    _check(tx, _look(tx, member_id, (offer,), now), offer)


def claim(tx: Tx, member_id: str, offer_id: str, *, reference: str, moment: Moment) -> Coupon:
    """Give the member a coupon of an open offer, for points where it costs points.

    Raises OfferUnknown, NotAMember, MemberFrozen and what check_claim raises, InsufficientPoints. The same reference
    gives the same coupon.
    """
    offer = rules.current(tx).offer(offer_id)
    if offer is None or offer.claim not in CLAIMED:
        raise OfferUnknown
    member = members.lock(tx, member_id)
    again = rows.by_reference(tx, reference)
    if again is not None:
        return _opened(tx, again)
    check_standing(member.state, member.frozen_at)
    check(tx, member_id, offer, now=moment.now)
    if offer.price_points:
        cause = Cause(f"{reference}:price", member_id, (choose(offer.title),))
        points.spend(tx, member_id, offer.price_points, cause, moment=moment)
    return _issue(tx, member_id, offer, reference=reference, actor=member_id, moment=moment)


def by_keyword(tx: Tx, text: str) -> Offer | None:
    """Return the offer that this word claims, or None."""
    return offer_by_keyword(rules.current(tx).offers, text)


def is_link(source: str) -> bool:
    """Tell whether somebody came by the link of an offer."""
    return source.startswith(LINK)


def link_of(offer: Offer) -> str:
    """Return what stands at the end of an offer's link: Telegram's start parameter, or WeChat's scene."""
    return f"{LINK}{offer.id}"


def by_link(tx: Tx, source: str) -> Offer | None:
    """Return the offer that its members claim by this link, or None."""
    offer = rules.current(tx).offer(source.removeprefix(LINK)) if is_link(source) else None
    return offer if offer is not None and offer.claim in CLAIMED else None


def came_for(tx: Tx, identity_id: str) -> Offer | None:
    """Return the offer by whose link (or keyword) this account came here first, or None."""
    return by_link(tx, identities.get(tx, identity_id).source)


def give(
    tx: Tx, member_id: str, offer: Offer, *, reference: str, actor: str, moment: Moment, purchase_id: str = ""
) -> Coupon | None:
    """Give a coupon without a claim (joining, birthday, broadcast, by hand); None if it is gone, over or switched off.

    With the purchase that brought it, a refund of that purchase takes the unused coupon back.
    """
    again = rows.by_reference(tx, reference)
    if again is not None:
        return _opened(tx, again)
    if offer.id in switches.off(tx, "offer") or offer.is_over(moment.now, rules.current(tx).zone):
        return None
    how = {"reference": reference, "actor": actor, "purchase_id": purchase_id}
    try:
        return _issue(tx, member_id, offer, **how, moment=moment)
    except OfferSoldOut:
        last = rows.by_reference(tx, reference)  # its last piece may have been this very one, given at this moment
        return None if last is None else _opened(tx, last)


def left(tx: Tx, offers: Collection[Offer], *, now: datetime) -> dict[str, int]:
    """Return how many coupons can be given now, by the offer's id; offers that can be given without end are left out.

    Of one that is over or switched off it is none.
    """
    if not offers:
        return {}
    off, zone = switches.off(tx, "offer"), rules.current(tx).zone
    there = rows.on_sale(tx, [offer.id for offer in offers])
    found = {code: max(0, int(row.stock) - int(row.issued)) for code, row in there.items() if row.stock is not None}
    return found | {offer.id: 0 for offer in offers if offer.id in off or offer.is_over(now, zone)}


def take_back(tx: Tx, coupon_id: str, *, actor: str, moment: Moment) -> bool:
    """Take an unused coupon back for good, its piece can be given anew; False if it was used or is over."""
    row = rows.find(tx, coupon_id)
    if row is None or not rows.void(tx, coupon_id):
        return False
    rows.give_stock_back(tx, row.offer_id)
    audit.note(tx, moment, "coupon.void", coupon_id, actor=actor, offer=row.offer_code)
    told = {"coupon_id": coupon_id, "member_id": row.member_id, "offer": row.offer_code, "at": moment.now}
    webhooks.emit(tx, "coupon.voided", coupon_id, told, moment=moment)
    return True


def give_all(tx: Tx, member_id: str, claim_kind: str, *, moment: Moment) -> list[Coupon]:
    """Give one of each offer that comes with this occasion (such as joining), once in a lifetime."""
    given = [
        give_fitting(
            tx, member_id, offer, reference=f"{claim_kind}:{member_id}:{offer.id}", actor="shop", moment=moment
        )
        for offer in rules.current(tx).offers_for(claim_kind)
    ]
    return [coupon for coupon in given if coupon is not None]


def give_fitting(tx: Tx, member_id: str, offer: Offer, *, reference: str, actor: str, moment: Moment) -> Coupon | None:
    """Give a coupon as ``give`` does, but only to whom the offer is for and who had not enough of it."""
    if offer.is_limited and rows.by_reference(tx, reference) is None:
        look = _look(tx, member_id, (offer,), moment.now)
        try:
            check_limits(offer, _given(tx, look, offer), look.who, today=look.today)
        except Refusal:
            return None
    return give(tx, member_id, offer, reference=reference, actor=actor, moment=moment)


def held(tx: Tx, member_id: str, *, now: datetime) -> list[Coupon]:
    """Return the member's living coupons, the one that ends first at the front."""
    return [_opened(tx, row) for row in rows.held(tx, member_id, now)]


def get(tx: Tx, coupon_id: str, member_id: str) -> Coupon:
    """Return one coupon of this member in whatever state. Raises CouponUnknown and CouponNotYours."""
    row = rows.find(tx, coupon_id)
    if row is None:
        raise CouponUnknown
    if row.member_id != member_id:
        raise CouponNotYours
    return _opened(tx, row)


def check_living(tx: Tx, coupon: Coupon, *, now: datetime) -> None:
    """Refuse to show a coupon that cannot be used any more. Raises CouponUsed, CouponVoid and CouponExpired."""
    shop = rules.current(tx)
    if coupon.state != "issued" or (coupon.expires_at is not None and coupon.expires_at <= now):
        price = Money(coupon.offer.threshold_minor, shop.currency)
        rules_of_coupons.check_use(coupon, price, shop.zone, store="", now=now)


def keep(tx: Tx, coupon_ids: Sequence[str], reservation_id: str) -> None:
    """Keep coupons for a bill that waits for its member's yes; they are free again when the waiting ends."""
    rows.keep(tx, coupon_ids, reservation_id)


def redeem(tx: Tx, coupon: Coupon, *, reference: str, purchase_id: str | None, reader: Reader, moment: Moment) -> None:
    """Use a coupon up in this transaction; the caller has checked that it counts here. Raises CouponUsed."""
    if not rows.redeem(tx, coupon.id, moment.now):
        raise _used(tx, coupon.id)
    row_id = id_of(f"redemption:{reference}")
    where = {"store_id": reader.store_id, "actor": reader.actor, "at": moment.now}
    rows.add_redemption(tx, row_id, coupon_id=coupon.id, reference=reference, purchase_id=purchase_id, **where)
    audit.note(tx, moment, "coupon.redeem", row_id, actor=reader.actor, store_id=reader.store_id, coupon=coupon.id)
    if webhooks.wanted(tx, "coupon.redeemed"):
        row = rows.find(tx, coupon.id)
        assert row is not None
        about = {"coupon_id": coupon.id, "member_id": row.member_id, "offer": coupon.offer.id}
        told = {**about, "purchase_id": purchase_id, "store_id": reader.store_id, "at": moment.now}
        webhooks.emit(tx, "coupon.redeemed", row_id, told, moment=moment)


def return_used(tx: Tx, purchase_id: str, *, actor: str, moment: Moment) -> int:
    """Give back the coupons a purchase used, ended ones with grace; return how many."""
    shop = rules.current(tx)
    grace = shop.points.grace_ends(moment.now, shop.zone)
    found = rows.of_purchase(tx, purchase_id)
    for row in found:
        coupon = rows.find(tx, row.coupon_id)
        assert coupon is not None
        rows.reverse(tx, row.id, moment.now)
        rows.put_back(
            tx, row.coupon_id, max(coupon.expires_at, grace) if coupon.expires_at <= moment.now else coupon.expires_at
        )
        note_return(tx, row, actor=actor, moment=moment)
    return len(found)


def note_return(tx: Tx, use: Any, *, actor: str, moment: Moment) -> None:
    """Write down, and tell other systems, that the coupon of this redemption's row is its member's again."""
    audit.note(tx, moment, "coupon.return", use.id, actor=actor, coupon=use.coupon_id)
    if webhooks.wanted(tx, "coupon.restored"):
        row = rows.find(tx, use.coupon_id)
        assert row is not None, "a redemption names its coupon"
        about = {"coupon_id": row.id, "member_id": row.member_id, "offer": row.offer_code}
        told = {**about, "purchase_id": use.purchase_id, "store_id": use.store_id, "at": moment.now}
        webhooks.emit(tx, "coupon.restored", use.id, told, moment=moment)


def expire_due(tx: Tx, *, now: datetime, limit: int = 500) -> int:
    """Mark coupons whose time is over; whether one counts is decided by its moment, not by this."""
    return rows.expire(tx, now=now, limit=limit)


def named(tx: Tx, coupon_ids: Iterable[str]) -> list[Coupon]:
    """Return these coupons, whoever holds them."""
    return opened(tx, (row for coupon_id in coupon_ids if (row := rows.find(tx, coupon_id)) is not None))


def opened(tx: Tx, found: Iterable[Any]) -> list[Coupon]:
    """Return rows as coupons, each with its offer as it was when it was given."""
    return [_opened(tx, row) for row in found]


def _opened(tx: Tx, row: Any) -> Coupon:
    shop = rules.at_version(tx, row.rules_version)
    offer = shop.offer(row.offer_code)
    assert offer is not None, "a coupon's rules version names its offer"
    use = rows.redemption(tx, row.id) if row.state == "redeemed" else None
    return Coupon(
        id=row.id,
        offer=offer,
        starts_at=row.starts_at,
        expires_at=None if row.expires_at >= NEVER else row.expires_at,
        state=row.state,
        used_at=None if use is None else use.at,
        used_store="" if use is None else choose(rules.store_name(tx, use.store_id)),
        kept=_kept(tx, row),
    )


def _kept(tx: Tx, row: Any) -> Keeping | None:
    if row.kept_at is None:
        return None
    return Keeping(row.kept_at, choose(rules.store_name(tx, row.kept_store_id)), row.kept_until)


def _issue(
    tx: Tx, member_id: str, offer: Offer, *, reference: str, actor: str, moment: Moment, purchase_id: str = ""
) -> Coupon:
    shop, version = rules.current(tx), rules.version(tx)
    row = rows.find_offer(tx, offer.id)
    if row is None:
        raise OfferUnknown
    if not rows.take_stock(tx, row.id):
        raise OfferSoldOut
    starts_at, expires_at = offer.window(moment.now, shop.zone)
    coupon_id = id_of(f"coupon:{reference}")
    facts = {"reference": reference, "offer_id": row.id, "member_id": member_id, "rules_version": version}
    when = {"issued_at": moment.now, "starts_at": starts_at, "expires_at": expires_at or NEVER}
    if not rows.add(tx, coupon_id, state="issued", purchase_id=purchase_id, **facts, **when):
        rows.give_stock_back(tx, row.id)  # another instance gave it at this very moment
        return get(tx, coupon_id, member_id)
    audit.note(tx, moment, "coupon.issue", coupon_id, actor=actor, offer=offer.id)
    told = {"coupon_id": coupon_id, "member_id": member_id, "offer": offer.id}
    webhooks.emit(
        tx, "coupon.issued", coupon_id, {**told, "starts_at": starts_at, "expires_at": expires_at}, moment=moment
    )
    return Coupon(coupon_id, offer, starts_at, expires_at)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a claim depends on, read once for all offers of a list: see ``membership.offers.check_claim``."""

    member_id: str
    who: Claimant
    issued: Mapping[str, int]
    had: Mapping[str, int]
    off: frozenset[str]
    today: date


def _look(tx: Tx, member_id: str, offers: Sequence[Offer], now: datetime) -> _Look:
    shop, member = rules.current(tx), members.get(tx, member_id)
    tagged = tag_rows.of(tx, member_id) if any(offer.tags for offer in offers) else frozenset()
    joined_on = days.day_of(member.joined_at, shop.zone)
    issued = {code: int(row.issued) for code, row in rows.on_sale(tx, [offer.id for offer in offers]).items()}
    who, off = Claimant(member.tier, tagged, joined_on), switches.off(tx, "offer")
    return _Look(member_id, who, issued, rows.had(tx, member_id), off, days.day_of(now, shop.zone))


def _why_not(tx: Tx, look: _Look, offer: Offer) -> Refusal | None:
    try:
        _check(tx, look, offer)
    except Refusal as no:
        return no
    return None


def _check(tx: Tx, look: _Look, offer: Offer) -> None:
    if offer.id not in look.issued or offer.id in look.off:
        raise OfferUnknown
    check_claim(offer, _given(tx, look, offer), look.who, today=look.today)


def _given(tx: Tx, look: _Look, offer: Offer) -> Given:
    row_id, had_today = id_of(f"offer:{offer.id}"), 0
    if offer.per_day is not None:
        had_today = rows.had_since(tx, look.member_id, row_id, days.start_of(look.today, rules.current(tx).zone))
    return Given(look.issued[offer.id], look.had.get(row_id, 0), had_today)


def _used(tx: Tx, coupon_id: str) -> Refusal:
    use, row = rows.redemption(tx, coupon_id), rows.find(tx, coupon_id)
    if row is not None and row.kept_at is not None:
        return CouponReserved(
            at=row.kept_at, store=choose(rules.store_name(tx, row.kept_store_id)), until=row.kept_until
        )
    if use is None:
        return CouponUnknown()
    return CouponUsed(at=use.at, store=choose(rules.store_name(tx, use.store_id)))
