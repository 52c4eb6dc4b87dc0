"""Coupons: which can be had, which are held, and each one's way from issued to redeemed and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership import coupons as rules_of_coupons
from membership import days
from membership.coupons import Coupon
from membership.errors import (
    CouponNotYours,
    CouponUnknown,
    CouponUsed,
    MemberFrozen,
    NotAMember,
    OfferSoldOut,
    OfferUnknown,
    Refusal,
    ScanRequired,
)
from membership.messages import choose
from membership.moment import Moment, id_of
from membership.money import Money
from membership.offers import Given, Offer, OfferKind, check_claim
from services import Tx, audit, codes, points, rules, webhooks
from services.points import NEVER, Cause
from services.reader import Reader
from storage import coupons as rows
from storage import members

WITHOUT_PURCHASE: frozenset[OfferKind] = frozenset({"gift", "exchange"})


@dataclass(frozen=True, slots=True)
class Claimable:
    """An offer in the list of what can be had: why not (None: at once), and how many the member had."""

    offer: Offer
    refusal: Refusal | None


def claimable(tx: Tx, member_id: str, *, now: datetime) -> list[Claimable]:
    """Return the offers open to claim, those that can be had at once at the front."""
    shop = rules.current(tx)
    listed = [Claimable(offer, _why_not(tx, member_id, offer, now)) for offer in shop.offers_for("open")]
    hidden = ("offer_not_for_you", "offer_limit_reached", "offer_ended")
    shown = [one for one in listed if one.refusal is None or one.refusal.key not in hidden]
    return sorted(shown, key=lambda one: one.refusal is not None)


def claim(tx: Tx, member_id: str, offer_id: str, *, reference: str, moment: Moment) -> Coupon:
    """Give the member a coupon of an open offer, for points where it costs points.

    Raises OfferUnknown and what check_claim raises, InsufficientPoints. The same reference gives the same coupon.
    """
    offer = rules.current(tx).offer(offer_id)
    if offer is None or offer.claim != "open":
        raise OfferUnknown
    members.lock(tx, member_id)
    again = rows.by_reference(tx, reference)
    if again is not None:
        return _opened(tx, again)
    _check(tx, member_id, offer, moment.now)
    if offer.price_points:
        cause = Cause(f"{reference}:price", member_id, (choose(offer.title),))
        points.spend(tx, member_id, offer.price_points, cause, moment=moment)
    return _issue(tx, member_id, offer, reference=reference, actor=member_id, moment=moment)


def give(tx: Tx, member_id: str, offer: Offer, *, reference: str, actor: str, moment: Moment) -> Coupon | None:
    """Give a coupon without a claim (joining, birthday, broadcast, by hand); None if its stock is gone."""
    again = rows.by_reference(tx, reference)
    if again is not None:
        return _opened(tx, again)
    try:
        return _issue(tx, member_id, offer, reference=reference, actor=actor, moment=moment)
    except OfferSoldOut:
        return None


def give_all(tx: Tx, member_id: str, claim_kind: str, *, moment: Moment) -> list[Coupon]:
    """Give one of each offer that comes with this occasion (such as joining), once in a lifetime."""
    given = [
        give(tx, member_id, offer, reference=f"{claim_kind}:{member_id}:{offer.id}", actor="shop", moment=moment)
        for offer in rules.current(tx).offers_for(claim_kind)
    ]
    return [coupon for coupon in given if coupon is not None]


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


def redeem_alone(tx: Tx, coupon_id: str, scan_id: str, reader: Reader, *, moment: Moment) -> Coupon:
    """Use a gift or exchange coupon without a purchase, with a fresh scan. Raises what stands in the way."""
    shop = rules.current(tx)
    row = rows.find(tx, coupon_id)
    if row is None:
        raise CouponUnknown
    coupon = _opened(tx, row)
    store = rules.open_store(tx, reader.store_id)
    member = members.lock(tx, row.member_id)
    if member.frozen_at is not None:
        raise MemberFrozen
    if member.state == "left":
        raise NotAMember
    rules_of_coupons.check_use(
        coupon, Money(coupon.offer.threshold_minor, shop.currency), shop.zone, store=store, now=moment.now
    )
    if coupon.offer.kind not in WITHOUT_PURCHASE:
        raise ScanRequired
    codes.use(tx, scan_id, row.member_id, reader, moment=moment)
    redeem(tx, coupon, reference=f"redeem:{coupon_id}:{scan_id}", purchase_id=None, reader=reader, moment=moment)
    return coupon


def return_used(tx: Tx, purchase_id: str, *, actor: str, moment: Moment) -> int:
    """Give back the coupons a purchase used, ended ones with grace; return how many."""
    grace = moment.now + timedelta(days=rules.current(tx).points.grace_days)
    found = rows.of_purchase(tx, purchase_id)
    for row in found:
        coupon = rows.find(tx, row.coupon_id)
        assert coupon is not None
        rows.reverse(tx, row.id, moment.now)
        rows.put_back(
            tx, row.coupon_id, max(coupon.expires_at, grace) if coupon.expires_at <= moment.now else coupon.expires_at
        )
        audit.note(tx, moment, "coupon.return", row.id, actor=actor, coupon=row.coupon_id)
    return len(found)


def expire_due(tx: Tx, *, now: datetime, limit: int = 500) -> int:
    """Mark coupons whose time is over; whether one counts is decided by its moment, not by this."""
    return rows.expire(tx, now=now, limit=limit)


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
    )


def _issue(tx: Tx, member_id: str, offer: Offer, *, reference: str, actor: str, moment: Moment) -> Coupon:
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
    rows.add(tx, coupon_id, state="issued", **facts, **when)
    audit.note(tx, moment, "coupon.issue", coupon_id, actor=actor, offer=offer.id)
    told = {"coupon_id": coupon_id, "member_id": member_id, "offer": offer.id}
    webhooks.emit(
        tx, "coupon.issued", coupon_id, {**told, "starts_at": starts_at, "expires_at": expires_at}, moment=moment
    )
    return Coupon(coupon_id, offer, starts_at, expires_at)


def _why_not(tx: Tx, member_id: str, offer: Offer, now: datetime) -> Refusal | None:
    try:
        _check(tx, member_id, offer, now)
    except Refusal as no:
        return no
    return None


def _check(tx: Tx, member_id: str, offer: Offer, now: datetime) -> None:
    shop, row, member = rules.current(tx), rows.find_offer(tx, offer.id), members.get(tx, member_id)
    today = days.day_of(now, shop.zone)
    if row is None:
        raise OfferUnknown
    had_today = rows.had_since(tx, member_id, row.id, days.start_of(today, shop.zone))
    given = Given(row.issued, rows.had(tx, member_id).get(row.id, 0), had_today)
    check_claim(offer, given, today=today, tier=member.tier)


def _used(tx: Tx, coupon_id: str) -> Refusal:
    use = rows.redemption(tx, coupon_id)
    if use is None:
        return CouponUnknown()
    return CouponUsed(at=use.at, store=choose(rules.store_name(tx, use.store_id)))
