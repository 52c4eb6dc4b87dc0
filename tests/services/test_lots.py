"""Which points are spent: those that expire first, of what still counts, and each part is written down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from membership.errors import InsufficientPoints
from membership.moment import Moment, id_of
from services import points
from services.points import Cause
from storage.database import Tx
from storage.tables import lots, slices
from tests.proof import assert_clean
from tests.services.shopfront import Shop

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ENDS = {"tomorrow": DAY, "a second ago": -SECOND, "in a week": 7 * DAY, "in a month": 30 * DAY, "next year": 365 * DAY}
"""Five lots of ten points, in the order in which they were earned, and when each ends."""


async def filled(shop: Shop) -> str:
    [member_id] = await shop.settle(1)
    await shop.db.write(_fill, member_id, shop.moment())
    return member_id


def _fill(tx: Tx, member_id: str, moment: Moment) -> None:
    yesterday = Moment(moment.now - DAY, moment.seed)
    for name, ends in ENDS.items():
        points.earn(tx, member_id, 10, Cause(name, "test"), moment=yesterday)
        tx.execute(update(lots).where(lots.c.id == id_of(f"transfer:{name}")).values(expires_at=moment.now + ends))


async def taken(shop: Shop, reference: str) -> dict[str, int]:
    """How many points one movement took from each lot."""

    def read(tx: Tx) -> list[Any]:
        return tx.all(select(slices).where(slices.c.transfer_id == id_of(f"transfer:{reference}")))

    names = {id_of(f"transfer:{name}"): name for name in ENDS}
    return {names[row.lot_id]: row.amount for row in await shop.db.read(read)}


async def spend(shop: Shop, member_id: str, number: int) -> None:
    await shop.db.write(points.spend, member_id, number, Cause("spent", "test"), moment=shop.moment())


async def balance(shop: Shop, member_id: str) -> int:
    return (await shop.db.read(points.balance, member_id, now=shop.now)).points


async def test_points_that_expire_first_are_spent_first_and_expired_ones_never(shop: Shop) -> None:
    member_id = await filled(shop)
    assert await balance(shop, member_id) == 40, "what ran out a second ago counts no more, job or no job"
    await spend(shop, member_id, 35)
    assert await taken(shop, "spent") == {"tomorrow": 10, "in a week": 10, "in a month": 10, "next year": 5}
    assert await balance(shop, member_id) == 5
    await assert_clean(shop.db)


async def test_points_that_ran_out_cannot_be_spent_and_nothing_else_is_touched(shop: Shop) -> None:
    member_id = await filled(shop)
    with pytest.raises(InsufficientPoints) as no:
        await spend(shop, member_id, 41)
    assert no.value.facts == {"balance": 40, "needed": 41}
    assert await taken(shop, "spent") == {}
    assert await balance(shop, member_id) == 40
    await assert_clean(shop.db)


@pytest.mark.parametrize("job_first", [True, False])
async def test_the_expiry_job_and_the_purchase_write_off_the_same_lot_once(shop: Shop, *, job_first: bool) -> None:
    member_id = await filled(shop)
    if job_first:
        await shop.db.write(points.expire_due, moment=shop.moment())
    await spend(shop, member_id, 40)
    await shop.db.write(points.expire_due, moment=shop.moment())
    assert await taken(shop, "spent") == dict.fromkeys(set(ENDS) - {"a second ago"}, 10)
    written_off = [line.points for line in await shop.db.read(points.history, member_id) if line.kind == "expire"]
    assert written_off == [-10]
    await assert_clean(shop.db)


async def test_the_last_second_of_a_lot_still_counts(shop: Shop) -> None:
    member_id = await filled(shop)
    ends_at: datetime = shop.now + DAY
    shop.counter.now = ends_at - SECOND
    assert await balance(shop, member_id) == 40
    shop.counter.now = ends_at
    assert await balance(shop, member_id) == 30


async def test_the_expiry_job_writes_off_no_more_lots_at_once_than_it_is_asked_to(shop: Shop) -> None:
    members = await shop.settle(2)
    earlier = Moment(shop.now - DAY, shop.moment().seed)

    def fill(tx: Tx) -> None:
        for number in range(10):  # in turn one's and the other's
            points.earn(tx, members[number % 2], 10, Cause(f"gift {number}", "test"), moment=earlier)
            ends = {"expires_at": shop.now - timedelta(seconds=60 - number)}
            tx.execute(update(lots).where(lots.c.id == id_of(f"transfer:gift {number}")).values(**ends))

    await shop.db.write(fill)
    left = select(lots.c.id).where(lots.c.remaining > 0)
    told = []
    for _ in range(4):
        written_off = await shop.db.write(points.expire_due, moment=shop.moment(), limit=4)
        told.append((written_off, len(await shop.db.read(lambda tx: tx.all(left)))))
    assert told == [(4, 6), (4, 2), (2, 0), (0, 0)]
    await assert_clean(shop.db)
