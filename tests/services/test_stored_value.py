"""Stored value in the books: paid in once, spent, returned where it came from, paid out, and never below zero."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import (
    DayOver,
    IdReused,
    InsufficientStoredValue,
    MemberFrozen,
    Refusal,
    ScanRequired,
    SelfCredit,
    StoredValueOverCap,
    StoredValueUnknown,
    TopUpSpent,
    TopUpTooSmall,
    UndoTooLate,
    YesRequired,
)
from membership.money import Money
from membership.stored_value import Parts
from services import points, purchases, quotes, rules, stored_value
from services.orders import Order
from storage.tables import outbox
from tests.proof import assert_clean
from tests.services.savings import JAY, MAIN, Savings
from tests.services.shopfront import Shop


@pytest.fixture
async def savings(shop: Shop) -> Savings:
    return await Savings.open(shop)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


# ---- topping up
async def test_a_top_up_is_kept_with_its_gift_and_receipted(savings: Savings) -> None:
    done = await savings.top_up(10_000)
    assert (done.principal, done.bonus, done.balance.total) == (cny(10_000), cny(2_000), cny(12_000))
    assert await savings.held() == Parts(10_000, 2_000)
    told = await savings.db.read(lambda tx: tx.all(select(outbox).where(outbox.c.period_key == done.id)))
    assert [(row.recipient, row.kind) for row in told] == [(savings.member_id, "top_up")]
    await assert_clean(savings.db)


async def test_the_same_reference_gives_the_first_top_up_again_and_another_amount_is_refused(savings: Savings) -> None:
    first = await savings.top_up(10_000, reference="till:7")
    assert await savings.top_up(10_000, reference="till:7") == first
    for other in (savings.top_up(20_000, reference="till:7"), savings.cash_out(10_000, reference="till:7")):
        with pytest.raises(IdReused):
            await other
    assert await savings.held() == Parts(10_000, 2_000)
    await assert_clean(savings.db)


async def test_the_same_top_up_sent_at_once_is_made_once(savings: Savings) -> None:
    done = await asyncio.gather(*(savings.top_up(10_000, reference="till:7") for _ in range(8)))
    assert len({one.id for one in done}) == 1
    assert await savings.held() == Parts(10_000, 2_000)
    await assert_clean(savings.db)


async def test_top_ups_at_once_never_pass_the_cap(savings: Savings) -> None:
    done = await asyncio.gather(*(savings.top_up(100_000) for _ in range(8)), return_exceptions=True)
    refused = [no for no in done if isinstance(no, StoredValueOverCap)]
    assert len(refused) == 4, "four times 1,000 with 150 on top fit under 5,000"
    assert (await savings.held()).total == 460_000
    await assert_clean(savings.db)


async def test_nobody_tops_up_their_own_account_or_a_stopped_card_or_too_little(shop: Shop) -> None:
    savings = await Savings.open(shop, least="50")
    with pytest.raises(SelfCredit):
        await savings.top_up(10_000, replace(MAIN, member_id=savings.member_id))
    with pytest.raises(TopUpTooSmall) as small:
        await savings.top_up(4_999)
    assert small.value.facts == {"least": cny(5_000)}
    await shop.change(savings.member_id, frozen_at=shop.now)
    with pytest.raises(MemberFrozen):
        await savings.top_up(10_000)
    await assert_clean(shop.db)


async def test_a_shop_without_stored_value_takes_no_top_up(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    with pytest.raises(StoredValueUnknown):
        await Savings(shop, member_id).top_up(10_000)


async def test_cashiers_top_up_only_where_the_shop_says_so(shop: Shop) -> None:
    await Savings.open(shop)
    assert await shop.db.read(stored_value.right) == "top_up"
    await Savings.open(shop, cashiers=True)
    assert await shop.db.read(stored_value.right) == "purchase"


# ---- taking a top-up back
async def test_a_top_up_is_undone_whole_on_its_day(savings: Savings) -> None:
    kept = await savings.top_up(10_000)
    slip = await savings.top_up(50_000)
    undone = await savings.undo(slip)
    assert (undone.undone, undone.balance.total) == (True, cny(12_000))
    assert await savings.undo(slip) == undone, "undoing twice is undoing once"
    assert not (await savings.db.read(stored_value.get, kept.id)).undone
    await assert_clean(savings.db)


async def test_of_three_who_undo_a_top_up_at_once_all_are_told_that_it_is_undone(savings: Savings) -> None:
    await savings.top_up(10_000)
    slip = await savings.top_up(10_000)
    done = await asyncio.gather(*(savings.undo(slip) for _ in range(3)))
    assert [one.undone for one in done] == [True] * 3
    assert await savings.held() == Parts(10_000, 2_000)
    await assert_clean(savings.db)


async def test_nobody_undoes_the_top_up_of_their_own_account(savings: Savings) -> None:
    done = await savings.top_up(10_000)
    with pytest.raises(SelfCredit):
        await savings.undo(done, replace(MAIN, actor="another manager", member_id=savings.member_id))
    assert await savings.held() == Parts(10_000, 2_000)


async def test_a_top_up_of_which_something_is_spent_is_not_undone(savings: Savings) -> None:
    done = await savings.top_up(10_000)
    await savings.buy(1_000, stored=1)
    with pytest.raises(TopUpSpent):
        await savings.undo(done)
    assert await savings.held() == Parts(9_999, 2_000)
    await assert_clean(savings.db)


async def test_a_top_up_is_undone_where_and_when_it_was_made(savings: Savings) -> None:
    done = await savings.top_up(10_000, JAY)
    elsewhere = replace(JAY, store_id=rules.store_id("east"))
    for reader, manager in ((MAIN, False), (elsewhere, False), (elsewhere, True)):
        with pytest.raises(StoredValueUnknown):
            await savings.undo(done, reader, manager=manager)
    savings.shop.counter.pass_by(minutes=11)
    with pytest.raises(UndoTooLate):
        await savings.undo(done, JAY, manager=False)
    savings.shop.counter.pass_by(hours=24)
    with pytest.raises(DayOver):
        await savings.undo(done)
    assert await savings.held() == Parts(10_000, 2_000)


async def test_where_a_top_up_is_undone_while_it_is_spent_one_of_both_happens(savings: Savings) -> None:
    for _ in range(4):
        done = await savings.top_up(10_000)
        both = await asyncio.gather(savings.undo(done), savings.buy(12_000, stored=12_000), return_exceptions=True)
        refused = [type(no) for no in both if isinstance(no, Refusal)]
        assert refused in ([TopUpSpent], [InsufficientStoredValue])
        assert await savings.held() == Parts(0, 0)
    await assert_clean(savings.db)


# ---- spending
async def test_a_bill_is_paid_from_principal_then_bonus_and_only_principal_earns(savings: Savings) -> None:
    await savings.top_up(10_000)
    done = await savings.buy(15_000, stored=11_000)
    assert (done.paid, done.stored, done.to_pay) == (cny(15_000), cny(11_000), cny(4_000))
    assert done.points_earned == 140, "4,000 in cash and 10,000 of principal"
    assert await savings.held() == Parts(0, 1_000)
    await assert_clean(savings.db)


async def test_stored_value_is_never_spent_without_the_members_yes(savings: Savings) -> None:
    await savings.top_up(10_000)
    for yes, refusal in (("", ScanRequired), ("chat", ScanRequired)):
        order = Order(savings.member_id, 1_000, stored_minor=500, yes=yes)
        with pytest.raises(refusal):
            await savings.db.write(
                purchases.record, order, MAIN, reference="r", channel="pos", moment=savings.shop.moment()
            )
    order = Order(savings.member_id, 1_000, stored_minor=500, scan_id="a scan is no yes")
    with pytest.raises(YesRequired):
        await savings.db.write(
            purchases.record, order, MAIN, reference="r", channel="pos", moment=savings.shop.moment()
        )
    assert await savings.held() == Parts(10_000, 2_000)


async def test_of_many_who_spend_the_last_of_it_at_once_one_wins(savings: Savings) -> None:
    await savings.top_up(10_000)
    done = await asyncio.gather(*(savings.buy(12_000, stored=12_000) for _ in range(8)), return_exceptions=True)
    assert [type(no) for no in done if isinstance(no, Refusal)] == [InsufficientStoredValue] * 7
    assert await savings.held() == Parts(0, 0)
    await assert_clean(savings.db)


async def test_the_same_purchase_recorded_at_once_is_paid_once_and_answered_to_all(savings: Savings) -> None:
    await savings.top_up(10_000)
    order = Order(savings.member_id, 12_000, stored_minor=12_000, yes="pin")
    how = {"reference": "till:7", "channel": "pos"}
    done = await asyncio.gather(
        *(savings.db.write(purchases.record, order, MAIN, **how, moment=savings.shop.moment()) for _ in range(8))
    )
    assert {(one.id, one.stored.minor) for one in done} == {(done[0].id, 12_000)}
    assert await savings.held() == Parts(0, 0)
    await assert_clean(savings.db)


async def test_the_till_is_told_how_much_could_be_paid_from_stored_value(savings: Savings) -> None:
    await savings.top_up(10_000)
    for bill, most in ((5_000, 5_000), (20_000, 12_000)):
        order = Order(savings.member_id, bill)
        assert await savings.db.read(quotes.most_stored, order, MAIN, now=savings.shop.now) == most


async def test_principal_never_expires(savings: Savings) -> None:
    await savings.top_up(10_000)
    savings.shop.counter.pass_by(days=20 * 365)
    await savings.db.write(points.expire_due, moment=savings.shop.moment())
    assert (await savings.buy(12_000, stored=12_000)).stored == cny(12_000)
    await assert_clean(savings.db)


# ---- refunds
async def test_a_whole_refund_returns_every_part_where_it_came_from(savings: Savings) -> None:
    await savings.top_up(10_000)
    done = await savings.buy(15_000, stored=11_000)
    back = await savings.refund(done)
    assert (back.amount, back.stored, back.to_pay_out, back.debt) == (cny(15_000), cny(11_000), cny(4_000), 0)
    assert await savings.held() == Parts(10_000, 2_000)
    assert (await savings.db.read(purchases.get, done.id)).refunded == cny(15_000)
    await assert_clean(savings.db)


async def test_partial_refunds_return_the_same_split_and_together_the_whole(savings: Savings) -> None:
    await savings.top_up(10_000)
    done = await savings.buy(15_000, stored=11_000)
    parts = [await savings.refund(done, minor) for minor in (1, 4_999, 10_000)]
    assert sum(part.stored.minor for part in parts) == 11_000
    assert sum(part.points_clawed_back for part in parts) == done.points_earned
    assert parts[1].stored.minor == 11_000 * 5_000 // 15_000, "rounded down; the rest is cash"
    assert await savings.held() == Parts(10_000, 2_000)
    await assert_clean(savings.db)


# ---- paying out
async def test_principal_is_paid_out_and_its_share_of_the_bonus_is_void(savings: Savings) -> None:
    await savings.top_up(10_000)
    done = await savings.cash_out(2_500)
    assert (done.principal, done.bonus, done.balance.total) == (cny(2_500), cny(500), cny(9_000))
    await savings.cash_out(7_500)
    assert await savings.held() == Parts(0, 0)
    with pytest.raises(InsufficientStoredValue):
        await savings.cash_out(1)
    await assert_clean(savings.db)


async def test_a_payout_is_not_undone_like_a_top_up(savings: Savings) -> None:
    await savings.top_up(10_000)
    with pytest.raises(StoredValueUnknown):
        await savings.undo(await savings.cash_out(100))


# ---- the history
async def test_the_history_shows_each_movement_and_points_keep_their_own(savings: Savings) -> None:
    await savings.top_up(10_000)
    savings.shop.counter.pass_by(minutes=1)
    await savings.buy(1_000, stored=1_000)
    lines = await savings.db.read(stored_value.history, savings.member_id)
    moved: list[Any] = [(line.kind, line.amount.minor) for line in lines]
    assert moved[0] == ("pay_stored", -1_000)
    assert set(moved[1:]) == {("top_up", 10_000), ("top_up_bonus", 2_000)}
    assert lines[0].why[0].key == "history.paid"
    assert [line.kind for line in await savings.db.read(points.history, savings.member_id)] == ["earn"]
    assert len(await savings.db.read(stored_value.history, savings.member_id, behind=1, limit=1)) == 1
