"""Coupons: what an offer gives, when and where it counts, who may claim it, and which coupons go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from membership import days
from membership.days import Hours
from membership.errors import (
    CouponBelowThreshold,
    CouponExpired,
    CouponNotCombinable,
    CouponNotHere,
    CouponNotNow,
    CouponNotYetValid,
    CouponUsed,
    CouponVoid,
    OfferEnded,
    OfferLimitReached,
    OfferNotForYou,
    OfferNotStarted,
    OfferSoldOut,
    Refusal,
)
from membership.messages import Message
from membership.money import Money

OfferKind = Literal["threshold_off", "percent", "cash", "gift", "exchange"]
CouponState = Literal["issued", "reserved", "redeemed", "reversed", "expired", "voided"]
PRICE_ORDER: tuple[OfferKind, ...] = ("threshold_off", "percent", "cash", "gift", "exchange")


@dataclass(frozen=True, slots=True)
class Validity:
    """When a coupon counts.

    Either the window ``starts_on`` to ``ends_on`` (both days whole), or ``days`` days after it was given, counted
    from that day (``from_next_day``: from the day after). Within that: only on ``weekdays`` (0 = Monday; empty:
    all), only within ``hours``, never on the ``blackout`` days.
    """

    starts_on: date | None = None
    ends_on: date | None = None
    days: int | None = None
    from_next_day: bool = False
    weekdays: frozenset[int] = frozenset()
    hours: Hours | None = None
    blackout: frozenset[date] = frozenset()

    def last_on(self, given_on: date) -> date | None:
        """Return the last day of a coupon given on this day; None: it has no end. The window's end comes first."""
        counted = None if self.days is None else given_on + timedelta(days=self.days + self.from_next_day - 1)
        return min((day for day in (counted, self.ends_on) if day is not None), default=None)

    def first_on(self, given_on: date) -> date:
        """Return the first day on which a coupon given on this day counts."""
        first = given_on + timedelta(days=1) if self.from_next_day else given_on
        return first if self.starts_on is None else max(first, self.starts_on)

    def allows(self, local: datetime) -> bool:
        """Tell whether the coupon counts at this local weekday and hour."""
        if local.date() in self.blackout or (self.weekdays and local.weekday() not in self.weekdays):
            return False
        return self.hours is None or self.hours.contain(local.time())


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of coupon the shop gives.

    ``threshold_off`` 满减 and ``cash`` 现金 take ``value_minor`` off (the first from ``threshold_minor`` on),
    ``percent`` 折扣 takes ``percent_off`` of the price, at most ``cap_minor``; ``gift`` 赠品 and ``exchange`` 兑换
    give the ``goods``. Any kind may ask for a ``threshold_minor``. ``stock``, ``per_member`` and ``per_day`` (per
    member) limit how many are given; None: no limit. ``claim`` says how it is had: ``open`` to claim in chat,
    ``join``ing, the ``birthday``, or only ``granted`` by hand and by campaigns. Coupons of one ``stack_group``
    exclude each other; an ``exclusive`` one excludes all others.
    """

    id: str
    kind: OfferKind
    title: Mapping[str, str] = field(default_factory=dict)
    value_minor: int = 0
    percent_off: int = 0
    cap_minor: int | None = None
    threshold_minor: int = 0
    goods: Mapping[str, str] = field(default_factory=dict)
    validity: Validity = Validity()
    claim: Literal["open", "join", "birthday", "granted"] = "granted"
    price_points: int = 0
    stock: int | None = None
    per_member: int | None = None
    per_day: int | None = None
    tiers: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    exclusive: bool = False
    stack_group: str = ""
    with_tier_price: bool = True
    with_points: bool = True

    def off_minor(self, price_minor: int) -> int:
        """Return what the coupon takes off this price: whole minor units, rounded down, never more than the price."""
        if self.kind == "percent":
            off = price_minor * self.percent_off // 100
            return off if self.cap_minor is None else min(off, self.cap_minor)
        return min(self.value_minor, price_minor)

    def window(self, given_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """Return from which instant a coupon given now counts and at which it is over (UTC; None: never)."""
        given_on = days.day_of(given_at, zone)
        last = self.validity.last_on(given_on)
        first = self.validity.first_on(given_on)
        starts_at = given_at if first == given_on else days.start_of(first, zone)
        return starts_at, None if last is None else days.end_of(last, zone)


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon of one member, with the offer as it was when the coupon was given.

    ``used_at`` and ``used_store`` (its name) tell when and where a redeemed one was used.
    """

    id: str
    offer: Offer
    starts_at: datetime
    expires_at: datetime | None
    state: CouponState = "issued"
    used_at: datetime | None = None
    used_store: Message | str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """How many coupons of an offer were given: to everybody, to this member, to this member today."""

    to_all: int = 0
    to_member: int = 0
    today: int = 0


def check_claim(offer: Offer, given: Given, *, today: date, tier: str | None) -> None:
    """Refuse a claim the offer does not allow; points for it and the yes to offers are asked elsewhere.

    Raises:
        OfferNotStarted, OfferEnded, OfferNotForYou, OfferSoldOut, OfferLimitReached: in this order.

    """
    window = offer.validity
    if window.starts_on is not None and today < window.starts_on:
        raise OfferNotStarted(on=window.starts_on)
    if window.ends_on is not None and today > window.ends_on:
        raise OfferEnded(on=window.ends_on)
    if offer.tiers and tier not in offer.tiers:
        raise OfferNotForYou
    if offer.stock is not None and given.to_all >= offer.stock:
        raise OfferSoldOut
    for limit, had in ((offer.per_member, given.to_member), (offer.per_day, given.today)):
        if limit is not None and had >= limit:
            raise OfferLimitReached(limit=limit)


def check_use(coupon: Coupon, price: Money, zone: ZoneInfo, *, store: str, now: datetime) -> None:
    """Refuse a coupon that does not count here and now for this price (after the tier price, before coupons).

    Raises:
        CouponUsed, CouponVoid, CouponExpired, CouponNotYetValid, CouponNotNow, CouponNotHere,
        CouponBelowThreshold: in this order.

    """
    _check_state(coupon)
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


def why_not(coupon: Coupon, price: Money, zone: ZoneInfo, *, store: str, now: datetime) -> Refusal | None:
    """Return why the coupon does not count, or None: for lists that show both kinds."""
    try:
        check_use(coupon, price, zone, store=store, now=now)
    except Refusal as refusal:
        return refusal
    return None


def _check_state(coupon: Coupon) -> None:
    if coupon.state in ("redeemed", "reserved"):
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
