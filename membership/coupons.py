"""Coupons: when and where one counts, why not, and which go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from membership import days
from membership.errors import (
    CouponBelowThreshold,
    CouponExpired,
    CouponNotCombinable,
    CouponNotHere,
    CouponNotNow,
    CouponNotYetValid,
    CouponReserved,
    CouponUsed,
    CouponVoid,
    Refusal,
)
from membership.messages import Message
from membership.money import Money
from membership.offers import PRICE_ORDER, Offer

CouponState = Literal["issued", "redeemed", "reversed", "expired", "voided"]


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon of one member, with the offer as it was when the coupon was given.

    ``used_at`` and ``used_store`` (its name) tell when and where a redeemed one was used; ``kept`` that a bill waits
    with it.
    """

    id: str
    offer: Offer
    starts_at: datetime
    expires_at: datetime | None
    state: CouponState = "issued"
    used_at: datetime | None = None
    used_store: Message | str = ""
    kept: Keeping | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """That a coupon is kept for a bill in this ``store`` since ``at``, until its member has said yes, or this time."""

    at: datetime
    store: Message | str
    until: datetime


def check_use(coupon: Coupon, price: Money, zone: ZoneInfo, *, store: str, now: datetime) -> None:
    """Refuse a coupon that does not count here and now for this price (after the tier price, before coupons).

    Raises:
        CouponUsed, CouponVoid, CouponReserved, CouponExpired, CouponNotYetValid, CouponNotNow, CouponNotHere,
        CouponBelowThreshold: in this order.

    """
    _check_state(coupon)
    check_free(coupon, now=now)
    if coupon.expires_at is not None and now >= coupon.expires_at:
        raise CouponExpired(on=days.day_of(coupon.expires_at - timedelta(microseconds=1), zone))
    if now < coupon.starts_at:
        raise CouponNotYetValid(on=days.day_of(coupon.starts_at, zone))
    if not coupon.offer.validity.allows(now.astimezone(zone)):
        raise CouponNotNow
    if coupon.offer.stores and store not in coupon.offer.stores:
        raise CouponNotHere
    short = coupon.offer.threshold_minor - price.minor
    if short > 0:
        raise CouponBelowThreshold(short=Money(short, price.currency))


def check_free(coupon: Coupon, *, now: datetime) -> None:
    """Refuse a coupon that a waiting bill keeps. Raises CouponReserved."""
    if coupon.kept is not None and now < coupon.kept.until:
        raise CouponReserved(at=coupon.kept.at, store=coupon.kept.store, until=coupon.kept.until)


def why_not(coupon: Coupon, price: Money, zone: ZoneInfo, *, store: str, now: datetime) -> Refusal | None:
    """Return why the coupon does not count, or None: for lists that show both kinds."""
    try:
        check_use(coupon, price, zone, store=store, now=now)
    except Refusal as refusal:
        return refusal
    return None


def _check_state(coupon: Coupon) -> None:
    if coupon.state == "redeemed":
        raise CouponUsed(at=coupon.used_at, store=coupon.used_store)
    if coupon.state == "voided":
        raise CouponVoid
    # "expired" is only what the nightly job noted; the moment itself decides


def check_together(offers: Sequence[Offer], *, points: int = 0) -> None:
    """Refuse coupons that exclude each other, or exclude paying with points.

    Raises:
        CouponNotCombinable: they do.

    """
    groups = [offer.stack_group for offer in offers]
    alone = any(offer.exclusive for offer in offers) and len(offers) > 1
    if alone or len(set(groups)) < len(groups) or (points > 0 and not all(offer.with_points for offer in offers)):
        raise CouponNotCombinable


def in_price_order(coupons: Iterable[Coupon]) -> list[Coupon]:
    """Sort coupons as they are taken off: 满减, 折扣, 现金, then gifts."""
    return sorted(coupons, key=lambda coupon: (PRICE_ORDER.index(coupon.offer.kind), coupon.id))
