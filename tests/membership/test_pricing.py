"""The price of a bill: every line, in the trade's order, adding up."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import membership
from membership import pricing, rules
from membership.coupons import Coupon
from membership.earning import Boost, Extra
from membership.errors import (
    CouponBelowThreshold,
    CouponNotCombinable,
    InsufficientPoints,
    PointsOverCap,
    Refusal,
)
from membership.money import Money
from membership.offers import Offer
from membership.point_rules import Worth
from membership.pricing import Bill, Buyer, Quote
from membership.tiers import Tier

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
CAFE = rules.parse(tomllib.loads((Path(membership.__file__).parent / "presets" / "cafe.toml").read_text("utf-8")))
GOLD = Tier("gold", {"en": "Gold"}, 300000, Fraction(3, 2), 10)


def coupon(offer: Offer, name: str = "") -> Coupon:
    return Coupon(name or offer.id, offer, NOW - timedelta(days=1), NOW + timedelta(days=1))


OFF20 = coupon(Offer("off20", "threshold_off", value_minor=2000, threshold_minor=9000))
PERCENT = coupon(Offer("p10", "percent", percent_off=10, stack_group="b"))
CASH = coupon(Offer("cash5", "cash", value_minor=500, stack_group="c"))
GIFT = coupon(Offer("cake", "gift", goods={"en": "a cake"}, stack_group="d"))
BIRTHDAY = coupon(Offer("birthday", "percent", percent_off=20, with_tier_price=False))


def quote(minor: int, buyer: Buyer | None = None, *coupons: Coupon, points: int = 0) -> Quote:
    bill = Bill(Money(minor, "CNY"), "main")
    return pricing.quote(CAFE, bill, buyer or Buyer(), coupons=coupons, points=points, now=NOW)


def told(found: Quote) -> list[tuple[str, int]]:
    return [(line.label.key, line.amount.minor) for line in found.lines]


def test_a_plain_bill_is_paid_as_it_is_and_earns() -> None:
    found = quote(2850)
    assert told(found) == [("price.bill", 2850)]
    assert (found.to_pay, found.points_earned) == (Money(2850, "CNY"), 28)
    assert [line.key for line in found.why] == ["earning.base"]


def test_every_line_comes_in_the_trades_order() -> None:
    found = quote(10000, Buyer(GOLD, balance=5000), CASH, GIFT, PERCENT, OFF20, points=1000)
    assert told(found) == [
        ("price.bill", 10000),
        ("price.tier", -1000),
        ("price.coupon", -2000),
        ("price.coupon", -700),
        ("price.coupon", -500),
        ("price.gift", 0),
        ("price.points", -1000),
    ]
    assert (found.to_pay.minor, found.points_spent) == (4800, 1000)
    assert found.points_earned == 72
    assert found.coupon_ids == ("off20", "p10", "cash5", "cake")


def test_a_threshold_is_compared_with_the_tier_price() -> None:
    assert quote(10000, Buyer(GOLD), OFF20).to_pay.minor == 7000
    with pytest.raises(CouponBelowThreshold) as refusal:
        quote(9990, Buyer(GOLD), OFF20)
    assert refusal.value.facts == {"short": Money(9, "CNY")}


def test_a_coupon_that_does_not_go_with_the_tier_price_replaces_it() -> None:
    assert told(quote(10000, Buyer(GOLD), BIRTHDAY)) == [("price.bill", 10000), ("price.coupon", -2000)]


def test_coupons_of_one_group_exclude_each_other() -> None:
    with pytest.raises(CouponNotCombinable):
        quote(10000, Buyer(), OFF20, BIRTHDAY)


def test_points_pay_their_part_and_no_more() -> None:
    buyer = Buyer(balance=600)
    assert quote(1000, buyer, points=500).to_pay.minor == 500
    with pytest.raises(PointsOverCap) as over:
        quote(1000, buyer, points=501)
    assert over.value.facts == {"points": 500}
    with pytest.raises(InsufficientPoints) as short:
        quote(10000, buyer, points=601)
    assert short.value.facts == {"balance": 600, "needed": 601}


def test_campaigns_and_caps_change_what_is_earned() -> None:
    buyer = Buyer(extras=(Extra("earning.first_purchase", 100),), boosts=(Boost("double", Fraction(2)),))
    assert quote(1000, buyer).points_earned == 120
    assert quote(1000, replace(buyer, left_today=50)).points_earned == 50


def test_the_best_coupons_are_proposed() -> None:
    bill, buyer = Bill(Money(10000, "CNY"), "main"), Buyer(GOLD)
    held = [CASH, BIRTHDAY, OFF20, replace(OFF20, id="off20b"), GIFT, coupon(Offer("x", "exchange", stack_group="x"))]
    assert [one.id for one in pricing.best(CAFE, bill, buyer, held, now=NOW)] == ["off20", "cash5", "cake"]


def test_a_coupon_that_cannot_be_used_is_not_proposed() -> None:
    bill = Bill(Money(5000, "CNY"), "main")
    assert pricing.best(CAFE, bill, Buyer(), [OFF20, replace(CASH, state="voided")], now=NOW) == ()
    assert pricing.best(CAFE, bill, Buyer(), [], now=NOW) == ()


def test_coupons_that_do_not_count_now_never_keep_a_smaller_one_from_being_proposed() -> None:
    large = [
        coupon(Offer(f"large{number}", "cash", value_minor=4000 + number, threshold_minor=90_000))
        for number in range(6)
    ]
    elsewhere = [
        coupon(Offer(f"east{number}", "cash", value_minor=900, stores=frozenset({"east"}), stack_group=f"s{number}"))
        for number in range(6)
    ]
    held = [*large, *elsewhere, coupon(Offer("small", "cash", value_minor=300))]
    bill = Bill(Money(10_000, "CNY"), "main")
    assert [one.id for one in pricing.best(CAFE, bill, Buyer(), held, now=NOW)] == ["small"]


def test_of_equal_coupons_the_one_that_ends_first_is_proposed() -> None:
    endless, soon = replace(CASH, id="a", expires_at=None), replace(CASH, id="z")
    later = replace(CASH, id="b", expires_at=NOW + timedelta(days=2))
    bill = Bill(Money(10_000, "CNY"), "main")
    assert [one.id for one in pricing.best(CAFE, bill, Buyer(), [endless, later, soon], now=NOW)] == ["z"]


def test_of_different_coupons_with_equal_effect_the_one_that_ends_first_is_proposed() -> None:
    later = replace(coupon(Offer("ten", "cash", value_minor=1000), "a"), expires_at=NOW + timedelta(days=2))
    soon = coupon(Offer("nine", "cash", value_minor=900), "z")
    bill = Bill(Money(900, "CNY"), "main")
    assert [one.id for one in pricing.best(CAFE, bill, Buyer(), [later, soon], now=NOW)] == ["z"]


def test_a_coupon_given_under_older_rules_does_not_hide_one_of_the_same_offer_that_counts() -> None:
    old = coupon(Offer("ten", "threshold_off", value_minor=1000, threshold_minor=9500), "old")
    new = coupon(Offer("ten", "threshold_off", value_minor=500, threshold_minor=5000), "new")
    bill = Bill(Money(10_000, "CNY"), "main")  # 90 yuan for gold: the old one does not count
    assert [one.id for one in pricing.best(CAFE, bill, Buyer(GOLD), [old, new], now=NOW)] == ["new"]


@pytest.mark.parametrize(("points", "spent", "off"), [(150, 100, 1), (99, 0, 0), (100, 100, 1), (250, 200, 2)])
def test_no_point_is_spent_for_less_than_a_coin(*, points: int, spent: int, off: int) -> None:
    yen = replace(CAFE, currency="JPY", points=replace(CAFE.points, worth=Worth(100, 1), cap_percent=100))
    bill = Bill(Money(1000, "JPY"), "main")
    found = pricing.quote(yen, bill, Buyer(balance=points), points=points, now=NOW)
    assert (found.points_spent, found.to_pay.minor) == (spent, 1000 - off)
    assert pricing.most_points(yen, bill.amount, points) == spent


@given(
    minor=st.integers(1, 10**6),
    tier=st.none() | st.builds(Tier, st.just("t"), percent_off=st.integers(0, 99)),
    chosen=st.lists(st.sampled_from([OFF20, PERCENT, CASH, GIFT, BIRTHDAY]), max_size=4, unique_by=lambda one: one.id),
    points=st.integers(0, 2000),
)
def test_the_lines_always_add_up_to_what_is_paid(
    *, minor: int, tier: Tier | None, chosen: list[Coupon], points: int
) -> None:
    try:
        found = quote(minor, Buyer(tier, balance=1000), *chosen, points=points)
    except Refusal:
        return
    assert sum(line.amount.minor for line in found.lines) == found.to_pay.minor
    assert 0 <= found.to_pay.minor <= minor
    assert all(line.amount.minor <= 0 for line in found.lines[1:])
    assert found.points_earned == found.terms.points_for(found.to_pay.minor)
