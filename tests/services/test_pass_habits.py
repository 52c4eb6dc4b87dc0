"""Who comes with a pass is here: counted as a regular, scored by what the pass cost, found among the last visitors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from membership.segments import Conditions
from services import Tx, habits, segments
from services.passes import Pass
from storage.tables import habits as table
from storage.tables import members
from tests.services.pass_holder import Holder
from tests.services.shopfront import Shop


async def night(shop: Shop) -> None:
    while await shop.db.write(habits.compute, shop.moment()):
        pass


async def known(holder: Holder) -> Any:
    return await holder.db.read(lambda tx: tx.one(select(table).where(table.c.member_id == holder.member_id)))


async def here(shop: Shop, **asked: Any) -> int:
    """How many members are in the group of these conditions."""

    def count(tx: Tx) -> int:
        found = segments.found(tx, Conditions(**asked), now=shop.now)
        return int(tx.scalar(select(func.count()).select_from(members).where(*found)))

    return await shop.db.read(count)


async def come_weekly(holder: Holder, sold: Pass, times: int) -> None:
    for _ in range(times):
        holder.shop.counter.pass_by(days=7)
        await holder.use(sold)


async def test_a_member_who_comes_by_a_pass_every_week_is_loyal_and_missed_when_they_stay_away(shop: Shop) -> None:
    holder = await Holder.open(shop)
    sold = await holder.buy()
    await night(shop)
    assert ((await known(holder)).visits, (await known(holder)).spent_minor) == (1, 20_000)
    await come_weekly(holder, sold, 6)
    await night(shop)
    row = await known(holder)
    assert (row.visits, row.stage, row.usual_seconds) == (7, "loyal", timedelta(days=7).total_seconds())
    assert (row.spent_minor, row.frequency) == (20_000, 1)
    shop.counter.pass_by(days=12)
    await night(shop)
    assert (await known(holder)).stage == "at_risk"


async def test_a_slip_is_no_visit_and_two_visits_of_a_day_are_one(shop: Shop) -> None:
    holder = await Holder.open(shop)
    sold = await holder.buy()
    await holder.use(sold)
    await night(shop)
    assert (await known(holder)).visits == 1
    shop.counter.pass_by(days=3)
    slip = await holder.use(sold)
    await holder.undo(slip, manager=True)
    await night(shop)
    assert (await known(holder)).visits == 1
    undone = await holder.buy("spa")
    await holder.undo_sale(undone)
    shop.counter.pass_by(days=1)
    await night(shop)
    assert ((await known(holder)).visits, (await known(holder)).spent_minor) == (1, 20_000)


@pytest.mark.parametrize("used", [0, 1])
async def test_a_pass_given_back_takes_its_money_back_and_one_given_back_whole_was_no_visit(
    shop: Shop, used: int
) -> None:
    holder = await Holder.open(shop)
    sold = await holder.buy()
    for _ in range(used):
        await holder.use(sold)
    await night(shop)
    assert ((await known(holder)).visits, (await known(holder)).spent_minor) == (1, 20_000)
    shop.counter.pass_by(days=40)
    back = await holder.refund(sold)
    shop.counter.pass_by(days=1)
    await night(shop)
    assert ((await known(holder)).visits, (await known(holder)).spent_minor) == (used, 20_000 - back.refunded.minor)


async def test_who_gave_the_only_pass_back_whole_was_not_here_whether_a_night_has_counted_or_not(shop: Shop) -> None:
    holder = await Holder.open(shop)
    sold = await holder.buy()
    assert await here(shop, visited_within=30) == 1
    await holder.refund(sold)
    assert await here(shop, visited_within=30) == 0
    await night(shop)
    assert await here(shop, visited_within=30) == 0


async def test_the_last_visit_may_be_one_with_a_pass_counted_at_night_or_not(shop: Shop) -> None:
    holder = await Holder.open(shop)
    sold = await holder.buy()
    shop.counter.pass_by(days=30)

    assert (await here(shop, visited_within=7), await here(shop, away_for=7)) == (0, 1)
    await holder.use(sold)
    assert (await here(shop, visited_within=7), await here(shop, away_for=7)) == (1, 0)
    await night(shop)
    assert (await here(shop, visited_within=7), await here(shop, away_for=7)) == (1, 0)
    shop.counter.pass_by(days=20)
    await holder.use(sold)
    assert (await here(shop, visited_within=0), await here(shop, away_for=7)) == (1, 0)
