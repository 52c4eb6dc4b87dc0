"""What comes back into a lot, and what is taken out of one again, is the same whether or not a job has run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from membership.moment import id_of
from services import points
from services.points import Cause
from storage import lots as rows
from storage.database import Tx
from tests.proof import assert_clean
from tests.services.savings import Savings
from tests.services.shopfront import Shop

DAY = timedelta(days=1)


async def earn(shop: Shop, member_id: str, number: int, name: str) -> None:
    await shop.db.write(points.earn, member_id, number, Cause(name, "test"), moment=shop.moment())


async def lot(shop: Shop, name: str) -> int:
    """How many points are left in the lot earned under this name."""

    def read(tx: Tx) -> int:
        found = rows.find(tx, id_of(f"transfer:{name}"))
        assert found is not None
        return int(found.remaining)

    return await shop.db.read(read)


@pytest.mark.parametrize("job", [True, False])
async def test_a_refund_revives_the_points_it_returns_and_not_those_that_ran_out_beside_them(
    shop: Shop, *, job: bool
) -> None:
    savings = await Savings.open(shop)
    await earn(shop, savings.member_id, 1_000, "gift")
    bought = await savings.buy(1_000, points=300)
    shop.counter.pass_by(days=400)
    if job:
        await shop.db.write(points.expire_due, moment=shop.moment())
    await savings.refund(bought)
    assert await lot(shop, "gift") == 293, "less the seven the purchase had earned, which ran out, too"
    assert (await shop.db.read(points.balance, savings.member_id, now=shop.now)).points == 293
    await assert_clean(shop.db)


async def test_a_clawback_takes_pending_points_before_it_makes_debt(shop: Shop) -> None:
    savings = await Savings.open(shop, points={"pending_days": 1})
    bought = await savings.buy(1_000)  # ten points
    shop.counter.pass_by(days=1)
    await savings.buy(1_000, points=10)  # spends them, and earns some that are pending still
    has = await shop.db.read(points.balance, savings.member_id, now=shop.now)
    assert (has.points, has.pending, has.debt) == (0, 9, 0)
    await savings.refund(bought)
    has = await shop.db.read(points.balance, savings.member_id, now=shop.now)
    assert (has.points, has.pending, has.debt) == (0, 0, 1)
    await assert_clean(shop.db)


async def test_what_two_refunds_of_one_second_return_to_an_ended_lot_is_written_off_each_time(shop: Shop) -> None:
    savings = await Savings.open(shop, points={"grace_days": 0})
    await earn(shop, savings.member_id, 1_000, "gift")
    bought = [await savings.buy(1_000, points=300) for _ in range(2)]
    shop.counter.pass_by(days=400)
    for one in bought:
        await savings.refund(one)
        await shop.db.write(points.expire_due, moment=shop.moment())
        shop.counter.pass_by(milliseconds=1)
        assert await lot(shop, "gift") == 0
    await assert_clean(shop.db)
