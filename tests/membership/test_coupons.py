"""Coupons: when they count, what they take off, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from membership import coupons, offers
from membership.coupons import Coupon, Keeping
from membership.days import Hours
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
    OfferEnded,
    OfferForNewMembers,
    OfferLimitReached,
    OfferNotForYou,
    OfferNotStarted,
    OfferSoldOut,
    Refusal,
)
from membership.money import Money
from membership.offers import Claimant, Given, Offer
from membership.validity import Validity

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 15, tzinfo=ZONE).astimezone(UTC)  # a Monday afternoon
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
OFF20 = Offer("off20", "threshold_off", value_minor=2000, threshold_minor=10000)
SILVER = Claimant("silver", frozenset({"regular"}), joined_on=date(2026, 11, 20))
COUPON = Coupon("c1", OFF20, NOW - DAY, NOW + DAY)


def under(offer: Offer = OFF20, **validity: object) -> Coupon:
    return replace(COUPON, offer=replace(offer, validity=Validity(**validity)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("offer", "price", "off"),
    [
        (OFF20, 10000, 2000),
        (Offer("c", "cash", value_minor=500), 300, 300),
        (Offer("p", "percent", percent_off=20), 999, 199),
        (Offer("p", "percent", percent_off=20, cap_minor=1000), 100000, 1000),
        (Offer("g", "gift"), 10000, 0),
        (Offer("x", "exchange"), 10000, 0),
    ],
)
def test_a_coupon_takes_off_whole_coins_and_never_more_than_the_price(offer: Offer, price: int, off: int) -> None:
    assert offer.off_minor(price) == off


@pytest.mark.parametrize(
    ("coupon", "price", "refusal"),
    [
        (COUPON, 10000, None),
        (COUPON, 9999, CouponBelowThreshold(short=Money(1, "CNY"))),
        (replace(COUPON, expires_at=None), 10000, None),
        (replace(COUPON, expires_at=NOW), 10000, CouponExpired(on=TODAY)),
        (replace(COUPON, starts_at=NOW + DAY), 10000, CouponNotYetValid(on=TODAY + DAY)),
        (replace(COUPON, state="redeemed", used_at=NOW, used_store="e"), 10000, CouponUsed(at=NOW, store="e")),
        (replace(COUPON, state="reversed"), 10000, None),
        (replace(COUPON, kept=Keeping(NOW - DAY, "e", NOW)), 10000, None),
        (
            replace(COUPON, kept=Keeping(NOW - DAY, "e", NOW + DAY)),
            10000,
            CouponReserved(at=NOW - DAY, store="e", until=NOW + DAY),
        ),
        (replace(COUPON, state="voided"), 10000, CouponVoid()),
        (under(weekdays=frozenset({0})), 10000, None),
        (under(weekdays=frozenset({1})), 10000, CouponNotNow()),
        (under(hours=Hours(time(14), time(17))), 10000, None),
        (under(hours=Hours(time(17), time(14))), 10000, CouponNotNow()),
        (under(blackout=frozenset({TODAY})), 10000, CouponNotNow()),
        (under(replace(OFF20, stores=frozenset({"east"}))), 10000, None),
        (under(replace(OFF20, stores=frozenset({"west"}))), 10000, CouponNotHere()),
        (replace(COUPON, state="voided", expires_at=NOW), 1, CouponVoid()),
        (replace(COUPON, expires_at=NOW), 1, CouponExpired(on=TODAY)),
    ],
)
def test_a_coupon_counts_here_and_now_or_says_why_not(coupon: Coupon, price: int, refusal: Refusal | None) -> None:
    found = coupons.why_not(coupon, Money(price, "CNY"), ZONE, store="east", now=NOW)
    assert (type(found), found and found.facts) == (type(refusal), refusal and refusal.facts)


@pytest.mark.parametrize(
    ("validity", "first", "last"),
    [
        (Validity(), None, None),
        (Validity(days=1), None, TODAY),
        (Validity(days=30), None, date(2026, 12, 22)),
        (Validity(days=1, from_next_day=True), TODAY + DAY, TODAY + DAY),
        (Validity(date(2026, 12, 1), date(2026, 12, 24)), date(2026, 12, 1), date(2026, 12, 24)),
        (Validity(None, date(2026, 11, 30), days=30), None, date(2026, 11, 30)),
    ],
)
def test_a_coupon_counts_from_its_first_day_through_its_last(
    validity: Validity, first: date | None, last: date | None
) -> None:
    starts_at, expires_at = Offer("o", "cash", validity=validity).window(NOW, ZONE)
    assert starts_at == (NOW if first is None else datetime(first.year, first.month, first.day, tzinfo=ZONE))
    assert expires_at == (None if last is None else datetime(last.year, last.month, last.day, tzinfo=ZONE) + DAY)


@pytest.mark.parametrize(
    ("offer", "given", "refusal"),
    [
        (replace(OFF20, stock=10, per_member=2, per_day=1), Given(9, 1, 0), None),
        (replace(OFF20, validity=Validity(TODAY + DAY)), Given(), OfferNotStarted(on=TODAY + DAY)),
        (replace(OFF20, validity=Validity(None, TODAY)), Given(), None),
        (replace(OFF20, validity=Validity(None, TODAY - DAY)), Given(), OfferEnded(on=TODAY - DAY)),
        (replace(OFF20, tiers=frozenset({"silver"})), Given(), None),
        (replace(OFF20, tiers=frozenset({"gold"})), Given(), OfferNotForYou()),
        (replace(OFF20, tags=frozenset({"regular", "vip"})), Given(), None),
        (replace(OFF20, tags=frozenset({"vip"})), Given(), OfferNotForYou()),
        (replace(OFF20, new_days=4), Given(), None),
        (replace(OFF20, new_days=3), Given(), OfferForNewMembers(days=3)),
        (replace(OFF20, stock=10), Given(10), OfferSoldOut()),
        (replace(OFF20, stock=0), Given(), OfferSoldOut()),
        (replace(OFF20, per_member=2), Given(2, 2), OfferLimitReached(limit=2)),
        (replace(OFF20, per_day=1), Given(1, 1, 1), OfferLimitReached(limit=1)),
    ],
)
def test_an_offer_is_claimed_or_says_why_not(offer: Offer, given: Given, refusal: Refusal | None) -> None:
    if refusal is None:
        offers.check_claim(offer, given, SILVER, today=TODAY)
        return
    with pytest.raises(type(refusal)) as found:
        offers.check_claim(offer, given, SILVER, today=TODAY)
    assert found.value.facts == refusal.facts


@pytest.mark.parametrize(
    ("offers", "points", "together"),
    [
        ([], 100, True),
        ([OFF20], 100, True),
        ([OFF20, OFF20], 0, False),
        ([OFF20, replace(OFF20, stack_group="b")], 0, True),
        ([OFF20, replace(OFF20, stack_group="b", exclusive=True)], 0, False),
        ([replace(OFF20, exclusive=True)], 0, True),
        ([replace(OFF20, with_points=False)], 0, True),
        ([replace(OFF20, with_points=False)], 1, False),
    ],
)
def test_coupons_go_together_one_per_group(offers: list[Offer], points: int, *, together: bool) -> None:
    if together:
        coupons.check_together(offers, points=points)
        return
    with pytest.raises(CouponNotCombinable):
        coupons.check_together(offers, points=points)


def test_coupons_are_taken_off_in_the_order_of_their_kinds() -> None:
    held = [replace(COUPON, offer=Offer(kind, kind)) for kind in ("gift", "cash", "percent", "threshold_off")]
    assert [one.offer.kind for one in coupons.in_price_order(held)] == ["threshold_off", "percent", "cash", "gift"]
