"""What is taken back: spent points become debt, nothing goes back twice, and a slip is undone in time."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from membership import earning
from membership.earning import Boost, Rate, Terms
from membership.errors import (
    AlreadyRefunded,
    DayOver,
    InsufficientPoints,
    PointsSpent,
    PurchaseUnknown,
    RefundTooLarge,
    ReversalFinal,
    UndoTooLate,
)
from membership.moment import Moment
from membership.money import Money
from services import ledger, points, purchases, rules
from services.ledger import Cause
from storage import points as rows
from storage.database import Tx
from storage.outbox import payload
from storage.points import ImpossibleMovement
from storage.tables import outbox, transfers
from tests.proof import assert_clean
from tests.services.savings import JAY, MAIN, Savings
from tests.services.shopfront import Shop


@pytest.fixture
async def savings(shop: Shop) -> Savings:
    return await Savings.open(shop)


async def balance(savings: Savings) -> points.Balance:
    return await savings.db.read(points.balance, savings.member_id, now=savings.shop.now)


async def spend(savings: Savings, number: int) -> None:
    cause = Cause(f"spend:{number}", "mo")
    await savings.db.write(points.spend, savings.member_id, number, cause, moment=savings.shop.moment())


async def told(savings: Savings, about: str) -> list[str]:
    """What the member was told about a deed, by key."""
    [row] = await savings.db.read(lambda tx: tx.all(select(outbox).where(outbox.c.period_key == about)))
    return [message.key for message in (await savings.db.read(payload, row)).messages]


# ---- A09: points that are gone
async def test_a_refund_of_points_already_spent_leaves_debt_that_the_next_purchase_repays_first(
    savings: Savings,
) -> None:
    done = await savings.buy(10_000)
    await spend(savings, 70)
    back = await savings.refund(done)
    assert (back.points_clawed_back, back.debt, back.balance) == (100, 70, 0)
    assert "points.debt" in await told(savings, back.id), "the member reads of it at once"
    await savings.buy(5_000)
    assert (await balance(savings)).points == 0
    assert (await balance(savings)).debt == 20
    await savings.buy(5_000)
    has = await balance(savings)
    assert (has.points, has.debt) == (30, 0)
    await assert_clean(savings.db)


# ---- A10: more than there was
async def test_after_three_partial_refunds_a_fourth_beyond_the_total_is_refused(savings: Savings) -> None:
    done = await savings.buy(10_000)
    for _ in range(3):
        await savings.refund(done, 3_000)
    with pytest.raises(RefundTooLarge) as no:
        await savings.refund(done, 3_000)
    assert no.value.facts == {"left": Money(1_000, "CNY")}
    await savings.refund(done, 1_000)
    with pytest.raises(AlreadyRefunded):
        await savings.refund(done, 1)
    assert (await savings.db.read(purchases.get, done.id)).refunded.minor == 10_000
    await assert_clean(savings.db)


async def test_the_same_refund_sent_again_gives_the_first_answer(savings: Savings) -> None:
    done = await savings.buy(10_000)
    first = await savings.refund(done, 3_000, reference="till:9")
    assert await savings.refund(done, 3_000, reference="till:9") == first
    assert (await savings.db.read(purchases.get, done.id)).refunded.minor == 3_000


@pytest.mark.parametrize("parts", [[None], [5_000, None], [1, 4_899, None]])
async def test_however_a_refund_is_split_the_same_points_and_the_same_debt_are_left(
    savings: Savings, parts: list[int | None]
) -> None:
    await savings.buy(10_000)
    done = await savings.buy(10_000, points=100)
    await spend(savings, 99)
    for part in parts:
        await savings.refund(done, part)
    has = await balance(savings)
    assert (has.points, has.debt) == (1, 0)
    await assert_clean(savings.db)


# ---- A11: what was taken back
async def test_a_reversal_cannot_be_reversed_nor_more_than_there_was(savings: Savings) -> None:
    done = await savings.buy(10_000)
    await savings.refund(done, 3_000)
    await savings.db.write(_reverse, savings.member_id, "earn", number=70, moment=savings.shop.moment())
    for kind in ("earn", "reverse_earn"):
        with pytest.raises(ReversalFinal):
            await savings.db.write(_reverse, savings.member_id, kind, number=1, moment=savings.shop.moment())


def _reverse(tx: Tx, member_id: str, kind: str, *, number: int, moment: Moment) -> None:
    """Post a reversal of the member's first movement of this kind, whatever the rules above would say."""
    mine = rows.account(tx, member_id, "points")
    found = tx.scalar(select(transfers.c.id).where(transfers.c.kind == kind).order_by(transfers.c.at).limit(1))
    sides = {"debit": mine, "credit": rows.account(tx, None, "issue")}
    cause = Cause(f"again:{kind}:{number}", "mo")
    movement = ledger.transfer(tx, "reverse_earn", number, cause, **sides, moment=moment, reverses=found)
    assert ledger.post(tx, movement, member_id, moment=moment)


async def test_a_purchase_taken_back_is_corrected_by_a_new_one(savings: Savings) -> None:
    done = await savings.buy(10_000)
    undone = await savings.undo_purchase(done)
    assert await savings.undo_purchase(done) == undone, "undoing twice is undoing once"
    with pytest.raises(AlreadyRefunded):
        await savings.refund(done)
    assert (await savings.buy(9_000)).points_earned == 90
    assert (await balance(savings)).points == 90
    await assert_clean(savings.db)


# ---- A15: rounding
THIRD = Terms(Rate(1, 100), tier_multiplier=Fraction(1, 3), boost=Boost("triple", Fraction(10, 3)))


@given(
    paid=st.integers(1, 10**7),
    rate=st.builds(Rate, st.integers(1, 1000), st.integers(1, 10_000)),
    multiplier=st.fractions(min_value=0, max_value=100, max_denominator=9999),
    cuts=st.lists(st.integers(0, 10**7), max_size=5),
)
def test_however_a_refund_is_split_its_parts_take_back_the_whole(
    paid: int, rate: Rate, multiplier: Fraction, cuts: list[int]
) -> None:
    terms = Terms(rate, tier_multiplier=multiplier)
    stops = sorted({0, paid, *(cut for cut in cuts if cut < paid)})
    taken = [
        earning.clawback(terms, Money(paid, "CNY"), refunded_minor=before, refund_minor=after - before)
        for before, after in itertools.pairwise(stops)
    ]
    assert min(taken) >= 0
    assert sum(taken) == terms.points_for(paid)


@pytest.mark.parametrize(("paid", "earned"), [(33, 0), (34, 0), (89, 0), (90, 1), (100, 1), (3 * 33, 1), (1_000, 11)])
def test_points_are_rounded_down_once_for_the_whole_bill(paid: int, earned: int) -> None:
    assert THIRD.points_for(paid) == earned


# ---- A16: nothing moves where it cannot
@pytest.mark.parametrize(
    ("kind", "unit"),
    [("stored_principal", "CNY"), ("till", "CNY"), ("points", "points")],
    ids=["yuan of a member", "yuan of the shop", "the same account"],
)
async def test_no_movement_crosses_units_or_comes_back_to_its_own_account(
    savings: Savings, kind: str, unit: str
) -> None:
    def cross(tx: Tx, moment: Moment) -> None:
        debit = rows.account(tx, None if kind == "till" else savings.member_id, kind, unit=unit)
        sides = {"debit": debit, "credit": rows.account(tx, savings.member_id, "points")}
        movement = ledger.transfer(tx, "earn", 5, Cause("cross", "mo"), **sides, moment=moment)
        ledger.post(tx, movement, savings.member_id, moment=moment)

    await savings.top_up(10_000)
    await savings.buy(1_000)
    with pytest.raises(ImpossibleMovement):
        await savings.db.write(cross, savings.shop.moment())
    assert (await balance(savings)).points == 10
    await assert_clean(savings.db)


# ---- R5 and G05: undoing
async def test_a_cashier_does_not_undo_points_that_are_spent_a_managers_refund_makes_them_debt(
    savings: Savings,
) -> None:
    done = await savings.buy(10_000, reader=JAY)
    await spend(savings, 1)
    with pytest.raises(PointsSpent):
        await savings.undo_purchase(done, JAY)
    assert (await savings.db.read(purchases.get, done.id)).refunded.minor == 0, "nothing was half undone"
    assert (await balance(savings)).points == 99
    assert (await savings.undo_purchase(done, MAIN, manager=True)).debt == 1
    await assert_clean(savings.db)


async def test_points_spent_on_the_purchase_itself_come_back_before_its_own_are_taken(savings: Savings) -> None:
    await savings.buy(10_000)
    done = await savings.buy(10_000, reader=JAY, points=100)
    await spend(savings, done.points_earned)
    assert (await savings.undo_purchase(done, JAY)).debt == 0
    assert (await balance(savings)).points == 100 - done.points_earned
    await assert_clean(savings.db)


async def test_a_cashier_undoes_only_what_they_recorded_and_only_for_some_minutes(savings: Savings) -> None:
    done = await savings.buy(10_000, reader=JAY)
    with pytest.raises(PurchaseUnknown):
        await savings.undo_purchase(done, replace(JAY, actor="kim"))
    savings.shop.counter.pass_by(minutes=10, seconds=1)
    with pytest.raises(UndoTooLate):
        await savings.undo_purchase(done, JAY)
    assert (await savings.undo_purchase(done, MAIN, manager=True)).amount.minor == 10_000
    await assert_clean(savings.db)


@pytest.mark.parametrize("manager", [False, True])
async def test_nothing_is_undone_in_another_store(savings: Savings, *, manager: bool) -> None:
    done = await savings.buy(10_000, reader=JAY)
    with pytest.raises(PurchaseUnknown):
        await savings.undo_purchase(done, replace(JAY, store_id=rules.store_id("east")), manager=manager)


async def test_on_the_next_day_a_manager_refunds_what_cannot_be_undone_any_more(savings: Savings) -> None:
    savings.shop.counter.pass_by(hours=11, minutes=55)  # 23:55 in the shop
    done = await savings.buy(10_000, reader=JAY)
    savings.shop.counter.pass_by(minutes=6)
    for reader, manager in ((JAY, False), (MAIN, True)):
        with pytest.raises(DayOver):
            await savings.undo_purchase(done, reader, manager=manager)
    assert (await savings.refund(done)).amount.minor == 10_000
    await assert_clean(savings.db)


async def test_a_spend_beyond_the_balance_stays_refused_after_a_refund(savings: Savings) -> None:
    done = await savings.buy(10_000)
    await savings.refund(done)
    with pytest.raises(InsufficientPoints):
        await spend(savings, 1)
