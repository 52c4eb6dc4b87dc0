"""Stored value: the gift of a top-up, the part that is spent first, and what a refund returns."""

from __future__ import annotations

import itertools
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import membership
from membership import pricing, rules, stored_value
from membership.errors import (
    InsufficientStoredValue,
    StoredValueOverBill,
    StoredValueOverCap,
    StoredValueUnknown,
)
from membership.money import Money
from membership.pricing import Bill, Buyer, Quote
from membership.reading import RulesError
from membership.stored_value import Gift, Parts, StoredValueRules

BODY = tomllib.loads((Path(membership.__file__).parent / "presets" / "cafe.toml").read_text("utf-8"))
GIFTS = (Gift(10_000, 2_000), Gift(50_000, 15_000))
SHOP = StoredValueRules(cap_minor=500_000, gifts=GIFTS)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PARTS = st.builds(Parts, st.integers(0, 10**6), st.integers(0, 10**6))


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def cafe(**table: Any) -> rules.ShopRules:
    return rules.parse({**BODY, "stored_value": table})


def quote(minor: int, buyer: Buyer, *, stored: int, points: int = 0) -> Quote:
    bill = Bill(cny(minor), "main")
    return pricing.quote(cafe(), bill, buyer, now=NOW, points=points, stored_minor=stored)


# ---- topping up
@pytest.mark.parametrize(
    ("paid", "bonus"), [(9_999, 0), (10_000, 2_000), (20_000, 2_000), (49_999, 2_000), (50_000, 15_000)]
)
def test_a_top_up_brings_the_largest_gift_it_reaches_and_that_once(paid: int, bonus: int) -> None:
    assert SHOP.top_up(cny(paid), Parts()) == Parts(paid, bonus)


def test_a_member_holds_at_most_the_cap_gift_included() -> None:
    assert SHOP.top_up(cny(10_000), Parts(400_000, 88_000)).total == 12_000
    with pytest.raises(StoredValueOverCap) as no:
        SHOP.top_up(cny(10_000), Parts(400_000, 88_001))
    assert no.value.facts == {"cap": cny(500_000), "left": cny(11_999)}


# ---- spending
@pytest.mark.parametrize(
    ("first", "minor", "parts"),
    [
        ("principal", 60, Parts(60, 0)),
        ("principal", 110, Parts(100, 10)),
        ("bonus", 15, Parts(0, 15)),
        ("bonus", 110, Parts(90, 20)),
    ],
)
def test_the_shop_decides_which_part_is_spent_first(
    first: Literal["principal", "bonus"], minor: int, parts: Parts
) -> None:
    shop = StoredValueRules(cap_minor=500_000, first=first)
    assert shop.spend(cny(minor), Parts(100, 20)) == parts


def test_more_than_is_there_cannot_be_spent() -> None:
    with pytest.raises(InsufficientStoredValue) as no:
        SHOP.spend(cny(121), Parts(100, 20))
    assert no.value.facts == {"balance": cny(120), "needed": cny(121)}


@given(held=PARTS, first=st.sampled_from(["principal", "bonus"]), share=st.integers(0, 100))
def test_what_is_spent_is_whole_and_was_there(held: Parts, first: Literal["principal", "bonus"], share: int) -> None:
    minor = held.total * share // 100
    parts = StoredValueRules(cap_minor=1, first=first).spend(cny(minor), held)
    assert parts.total == minor
    assert held.covers(parts)
    assert min(parts.principal, parts.bonus) >= 0


# ---- a bill
def test_stored_value_pays_last_and_only_principal_earns() -> None:
    found = quote(10_000, Buyer(balance=1_000, stored_principal=3_000, stored_bonus=2_000), stored=5_000, points=1_000)
    assert [(line.label.key, line.amount.minor) for line in found.lines] == [
        ("price.bill", 10_000),
        ("price.points", -1_000),
        ("price.stored", -5_000),
    ]
    assert (found.to_pay, found.stored, found.paid_minor) == (cny(4_000), Parts(3_000, 2_000), 9_000)
    assert found.points_earned == 70, "4,000 in cash and 3,000 of principal earn; 2,000 of bonus do not"


def test_a_bill_paid_by_bonus_alone_earns_nothing() -> None:
    found = quote(1_000, Buyer(stored_bonus=2_000), stored=1_000)
    assert (found.to_pay.minor, found.points_earned, found.why) == (0, 0, ())


def test_no_more_than_the_bill_is_paid_from_stored_value() -> None:
    with pytest.raises(StoredValueOverBill) as no:
        quote(1_000, Buyer(stored_principal=2_000), stored=1_001)
    assert no.value.facts == {"left": cny(1_000)}


def test_a_shop_that_sells_none_takes_none() -> None:
    bill = Bill(cny(1_000), "main")
    with pytest.raises(StoredValueUnknown):
        pricing.quote(rules.parse(BODY), bill, Buyer(stored_principal=2_000), now=NOW, stored_minor=1)
    assert pricing.most_stored(rules.parse(BODY), cny(1_000), Parts(2_000, 0)) == 0
    assert pricing.most_stored(cafe(), cny(1_000), Parts(2_000, 0)) == 1_000
    assert pricing.most_stored(cafe(), cny(1_000), Parts(300, 200)) == 500


# ---- refunds
@st.composite
def refunded_purchases(draw: st.DrawFn) -> tuple[int, Parts, list[int]]:
    """A purchase, what of it was stored value, and refunds that add up to the whole."""
    stored = draw(PARTS)
    paid = stored.total + draw(st.integers(0, 10**6)) or 1
    cuts = sorted(draw(st.lists(st.integers(0, paid), max_size=6)))
    return paid, stored, [after - before for before, after in itertools.pairwise([0, *cuts, paid])]


@given(refunded_purchases())
def test_many_refunds_return_as_much_to_each_purse_as_one(case: tuple[int, Parts, list[int]]) -> None:
    paid, stored, amounts = case
    back, refunded = Parts(), 0
    for amount in amounts:
        until = stored_value.returned(paid, stored, refunded + amount)
        part = until.less(stored_value.returned(paid, stored, refunded))
        assert part.principal >= 0
        assert part.bonus >= 0
        assert part.total <= amount, "the rest is cash, never less than nothing"
        back, refunded = back.plus(part), refunded + amount
    assert back == stored


@given(refunded_purchases())
def test_a_purchase_without_cash_returns_no_cash(case: tuple[int, Parts, list[int]]) -> None:
    _, stored, amounts = case
    if stored.total:
        part = min(amounts[0], stored.total)
        assert stored_value.returned(stored.total, stored, part).total == part


# ---- paying out
@pytest.mark.parametrize(("minor", "void"), [(1, 1), (2_500, 500), (9_999, 2_000), (10_000, 2_000)])
def test_a_payout_voids_the_same_share_of_the_bonus_rounded_up(minor: int, void: int) -> None:
    assert stored_value.cash_out(cny(minor), Parts(10_000, 2_000)) == Parts(minor, void)


def test_only_principal_is_paid_out() -> None:
    for held in (Parts(10_000, 2_000), Parts(0, 2_000)):
        with pytest.raises(InsufficientStoredValue):
            stored_value.cash_out(cny(held.principal + 1), held)


@given(held=PARTS, share=st.integers(1, 100))
def test_a_payout_takes_no_more_than_there_is(held: Parts, share: int) -> None:
    minor = held.principal * share // 100
    if minor:
        taken = stored_value.cash_out(cny(minor), held)
        assert held.covers(taken)
        assert share < 100 or taken == held


# ---- the shop's file
def test_a_shop_without_the_table_sells_none() -> None:
    assert rules.parse(BODY).stored_value is None


def test_an_empty_table_turns_it_on_with_the_cap_of_5000() -> None:
    assert cafe().stored_value == StoredValueRules(cap_minor=500_000)


def test_every_slip_in_the_table_is_named_at_once() -> None:
    with pytest.raises(RulesError) as wrong:
        cafe(cap="0", first="gift", gifts=[{"from": "200", "bonus": "x"}, {"from": "100", "bonus": "20"}], most=1)
    assert [problem.path for problem in wrong.value.problems] == [
        "stored_value.cap",
        "stored_value.gifts[1].bonus",
        "stored_value.first",
        "stored_value.gifts",
        "stored_value.most",
    ]
