"""Earning: exact whole points, explained, and taken back without drift."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import earning
from membership.earning import Boost, Extra, Rate, Terms
from membership.errors import RefundTooLarge
from membership.messages import say
from membership.money import Money

TRADE = Rate(10, 10000)  # 100 yuan, 10 points
CAFE = Rate(1, 100)  # 1 yuan, 1 point

NAMES: st.SearchStrategy[dict[str, str]] = st.just({}) | st.just({"en": "Double day"})
BOOST = st.builds(
    Boost,
    st.just("double"),
    st.fractions(Fraction(1), Fraction(3), max_denominator=7),
    NAMES,
    st.fractions(Fraction(0), Fraction(1), max_denominator=97),
)
EXTRA = st.builds(Extra, st.just("earning.product"), st.integers(0, 100), NAMES, st.none() | st.integers(1, 10**6))
TERMS = st.builds(
    Terms,
    rate=st.builds(Rate, st.integers(1, 50), st.integers(1, 20000)),
    tier_multiplier=st.fractions(Fraction(1), Fraction(3), max_denominator=10),
    boost=st.none() | BOOST,
    extras=st.lists(EXTRA, max_size=2).map(tuple),
    cap=st.none() | st.integers(0, 5000),
)


@pytest.mark.parametrize(
    ("terms", "base_minor", "points"),
    [
        (Terms(TRADE), 10000, 10),
        (Terms(TRADE), 9999, 9),
        (Terms(TRADE), 999, 0),
        (Terms(CAFE), 2850, 28),
        (Terms(CAFE, Fraction(3, 2)), 2850, 42),
        (Terms(CAFE, Fraction(1, 3)), 300, 1),
        (Terms(CAFE, Fraction(1, 3)), 299, 0),
        (Terms(CAFE, Fraction(3, 2), Boost("double", Fraction(2))), 2850, 85),
        (Terms(CAFE, extras=(Extra("earning.first_purchase", 100),)), 50, 100),
        (Terms(CAFE, extras=(Extra("earning.first_purchase", 100),)), 0, 0),
        (Terms(CAFE, cap=20), 2850, 20),
        (Terms(Rate(1, 1)), 10**12, 10**12),
    ],
)
def test_points_are_rounded_down_once_at_the_end(terms: Terms, base_minor: int, points: int) -> None:
    assert terms.points_for(base_minor) == points


@given(TERMS, st.integers(0, 10**7), st.integers(0, 10**7))
def test_two_bills_never_earn_more_calculated_points_than_one_bill_of_both(terms: Terms, one: int, two: int) -> None:
    plain = Terms(terms.rate, terms.tier_multiplier, terms.boost)
    assert 0 <= plain.points_for(one + two) - plain.points_for(one) - plain.points_for(two) <= 1


@given(TERMS, st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_any_split_into_partial_refunds_takes_back_what_one_refund_takes(terms: Terms, parts: list[int]) -> None:
    base = Money(sum(parts), "CNY")
    refunded, taken = 0, []
    for part in parts:
        taken.append(earning.clawback(terms, base, refunded_minor=refunded, refund_minor=part))
        refunded += part
    assert all(points >= 0 for points in taken)
    assert sum(taken) == terms.points_for(base.minor)
    assert sum(taken) == earning.clawback(terms, base, refunded_minor=0, refund_minor=base.minor)


def test_three_refunds_of_a_third_of_a_yuan_drift_nowhere() -> None:
    terms, base = Terms(Rate(10, 1000), Fraction(1, 3)), Money(100, "CNY")
    taken = [
        earning.clawback(terms, base, refunded_minor=before, refund_minor=part)
        for before, part in ((0, 33), (33, 33), (66, 34))
    ]
    assert sum(taken) == terms.points_for(100)


def test_a_refund_beyond_what_is_left_is_refused() -> None:
    with pytest.raises(RefundTooLarge) as refusal:
        earning.clawback(Terms(CAFE), Money(5000, "CNY"), refunded_minor=4000, refund_minor=1001)
    assert refusal.value.facts == {"left": Money(1000, "CNY")}


def test_every_line_of_the_calculation_is_told() -> None:
    terms = Terms(
        CAFE, Fraction(3, 2), Boost("double day", Fraction(2)), (Extra("earning.first_purchase", 100),), cap=50
    )
    assert terms.why(Money(2850, "CNY")) == (
        say("earning.base", base=Money(2850, "CNY"), points=1, per=Money(100, "CNY")),
        say("earning.tier", multiplier="1.5"),
        say("earning.campaign", name="double day", multiplier="2"),
        say("earning.first_purchase", points=100),
        say("earning.cap", points=50),
    )
    assert [line.key for line in Terms(CAFE, cap=500).why(Money(2850, "CNY"))] == ["earning.base"]
    assert [line.key for line in Terms(CAFE, cap=28).why(Money(2850, "CNY"))] == ["earning.base"], "it cut nothing"
    assert [line.key for line in Terms(CAFE, cap=27).why(Money(2850, "CNY"))] == ["earning.base", "earning.cap"]
    assert Terms(CAFE).why(Money(0, "CNY")) == ()


@given(TERMS)
def test_stored_terms_come_back_exactly(terms: Terms) -> None:
    assert earning.unpack(json.loads(json.dumps(earning.pack(terms)))) == terms


def test_the_best_campaign_counts_alone() -> None:
    double, triple = Boost("a", Fraction(2)), Boost("b", Fraction(3))
    assert earning.best((double, triple)) == triple
    assert earning.best(()) is None


@pytest.mark.parametrize(
    ("per_purchase", "left_today", "cap"), [(None, None, None), (5, None, 5), (None, 3, 3), (5, 0, 0)]
)
def test_the_smaller_cap_counts(per_purchase: int | None, left_today: int | None, cap: int | None) -> None:
    assert earning.smaller_cap(per_purchase, left_today) == cap


@pytest.mark.parametrize(("points", "debt", "split"), [(10, 0, (0, 10)), (10, 4, (4, 6)), (10, 25, (10, 0))])
def test_new_points_repay_the_debt_first(points: int, debt: int, split: tuple[int, int]) -> None:
    assert earning.repay(points, debt) == split


@pytest.mark.parametrize(
    ("exact", "text"), [("2", "2"), ("3/2", "1.5"), ("5/4", "1.25"), ("1/3", "1/3"), ("1/20", "0.05")]
)
def test_a_multiplier_is_written_as_people_read_it(exact: str, text: str) -> None:
    assert earning.written(Fraction(exact)) == text
