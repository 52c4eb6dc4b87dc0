"""A purchase looked at again: what it did to the points, whatever became of them since."""

from __future__ import annotations

import pytest

from services import points, purchases
from services.ledger import Cause
from tests.services.savings import Savings
from tests.services.shopfront import Shop

LATER = {"pending_days": 3}


@pytest.fixture
def cause() -> Cause:
    return Cause("spent elsewhere", "mo")


@pytest.mark.parametrize(("rules", "balance"), [({}, 100), (LATER, 0)])
async def test_a_purchase_looked_at_again_tells_the_points_before_and_after_as_it_did_at_first(
    shop: Shop, rules: dict[str, int], balance: int
) -> None:
    savings = await Savings.open(shop, points=rules)
    first = await savings.buy(10_000)
    assert (first.balance_before, first.balance) == (0, balance)
    assert await savings.db.read(purchases.get, first.id) == first


async def test_points_that_repaid_a_debt_have_not_come_before(shop: Shop, cause: Cause) -> None:
    savings = await Savings.open(shop)
    gone = await savings.buy(10_000)
    await savings.db.write(points.spend, savings.member_id, 100, cause, moment=shop.moment())
    await savings.refund(gone)
    first = await savings.buy(15_000)
    again = await savings.db.read(purchases.get, first.id)
    assert (again.balance_before, again.balance) == (first.balance_before, first.balance) == (0, 50)


async def test_nobody_has_had_fewer_points_than_none(shop: Shop, cause: Cause) -> None:
    savings = await Savings.open(shop)
    done = await savings.buy(10_000)
    await savings.db.write(points.spend, savings.member_id, 100, cause, moment=shop.moment())
    assert (await savings.db.read(purchases.get, done.id)).balance_before == 0


async def test_a_purchase_of_somebody_who_left_is_found_for_its_refund(shop: Shop) -> None:
    savings = await Savings.open(shop)
    done = await savings.buy(10_000)
    await shop.change(savings.member_id, state="left")
    assert (await savings.db.read(purchases.get, done.id)).paid == done.paid


async def test_numbers_of_our_own_go_round_those_a_till_has_used(shop: Shop) -> None:
    savings = await Savings.open(shop)
    for taken in ("M0001", "M0002", "M0004"):
        await savings.buy(1_000, receipt_no=taken)
    assert [(await savings.buy(1_000)).receipt_no for _ in range(2)] == ["M0003", "M0005"]
