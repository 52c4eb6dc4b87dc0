"""What happens to passes by themselves: their end is noted once, and visits left are told of, counted anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from services import pass_warnings, reminders
from storage.tables import audit, outbox
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, TEN, Holder
from tests.services.shopfront import Shop


@pytest.fixture
async def holder(shop: Shop) -> Holder:
    return await Holder.open(shop, {**TEN, "days": 10, "warn_days": [7, 1]}, SPA)


async def warn(holder: Holder) -> int:
    return await holder.db.write(pass_warnings.warn_due, holder.shop.moment())


async def expire(holder: Holder) -> int:
    return await holder.db.write(pass_warnings.expire_due, holder.shop.moment())


async def told(holder: Holder) -> list[Any]:
    told = select(outbox).where(outbox.c.kind == "pass_ending").order_by(outbox.c.created_at)
    return await holder.db.read(lambda tx: tx.all(told))


async def test_who_has_visits_left_is_told_on_each_day_of_the_shop_once(holder: Holder) -> None:
    sold, used_up, endless = await holder.buy(), await holder.buy(), await holder.buy("spa")
    await holder.use(used_up, 10, yes="chat")
    assert str(sold.ends_on) == "2026-12-01"
    await warn(holder)
    for _ in range(12):
        holder.shop.counter.pass_by(days=1)
        while await warn(holder):
            pass
    assert [row.period_key for row in await told(holder)] == [f"{sold.id}/7", f"{sold.id}/1"]
    assert endless.ends_on is None
    await assert_clean(holder.db)


async def test_what_is_said_is_counted_when_it_is_sent_and_nothing_is_said_of_nothing(holder: Holder) -> None:
    sold = await holder.buy()
    await warn(holder)
    holder.shop.counter.pass_by(days=2)
    assert await warn(holder) == 1
    [row] = await told(holder)
    await holder.use(sold, 4, yes="chat")
    reply = await holder.db.read(reminders.said_now, row, holder.shop.now)
    assert reply is not None
    assert reply.messages[0].facts["count"] == 6
    await holder.use(sold, 6, yes="chat")
    assert await holder.db.read(reminders.said_now, row, holder.shop.now) is None
    holder.shop.counter.pass_by(days=9)
    assert await holder.db.read(reminders.said_now, row, holder.shop.now) is None


async def test_who_turned_reminders_off_is_not_told(holder: Holder) -> None:
    await holder.buy()
    await holder.shop.change(holder.member_id, reminders_on=False)
    await warn(holder)
    holder.shop.counter.pass_by(days=2)
    assert await warn(holder) == 0
    assert await told(holder) == []


async def test_an_end_is_noted_once_with_what_was_left(holder: Holder) -> None:
    sold = await holder.buy()
    await holder.use(sold)
    assert await expire(holder) == 0
    holder.shop.counter.pass_by(days=10)
    assert (await expire(holder), await expire(holder)) == (1, 0)
    noted = await holder.db.read(lambda tx: tx.all(select(audit).where(audit.c.action == "pass.expire")))
    assert [(row.subject, row.facts["left"]) for row in noted] == [(sold.id, 9)]
    await assert_clean(holder.db)
