"""Check-in in the books: once a day, also when pressed twice at once, and its points under the day's reference."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import MakeUpUsed, MemberFrozen, NotAMember, NothingToMakeUp
from membership.messages import unpack
from services import checkin, members, points, privacy
from services.checkin import Done
from storage.tables import audit, check_ins, transfers
from storage.tables import members as people
from tests.proof import assert_clean
from tests.services.shopfront import Shop

TODAY = date(2026, 11, 22)


class Visits:
    """One member of a café who comes by on one day and another."""

    def __init__(self, shop: Shop, member_id: str) -> None:
        self.shop, self.db, self.member_id = shop, shop.db, member_id

    async def come(self) -> Done:
        return await self.db.write(checkin.check_in, self.member_id, moment=self.shop.moment())

    async def mend(self, day: date) -> Done:
        return await self.db.write(checkin.make_up, self.member_id, day, moment=self.shop.moment())

    async def points(self) -> int:
        return await self.db.read(points.spendable, self.member_id, now=self.shop.now)

    async def rows(self, table: Any) -> list[Any]:
        return await self.db.read(lambda tx: list(tx.all(select(table))))

    def pass_by(self, days: int) -> None:
        self.shop.counter.pass_by(days=days)


@pytest.fixture
async def visits(shop: Shop) -> Visits:
    [member_id] = await shop.settle(1)
    return Visits(shop, member_id)


async def test_a_check_in_is_kept_earned_and_noted_under_its_day(visits: Visits) -> None:
    done = await visits.come()
    assert (done.brought, done.fresh, done.standing.streak) == (1, True, 1)
    reference = f"checkin:{visits.member_id}:{TODAY}"
    [moved] = [row for row in await visits.rows(transfers) if row.reference == reference]
    assert (moved.amount, moved.actor, unpack(moved.why)[0].facts) == (1, visits.member_id, {"streak": 1})
    [noted] = [row for row in await visits.rows(audit) if row.action == "member.checkin"]
    assert noted.facts["day"] == str(TODAY)
    await assert_clean(visits.db)


async def test_presses_at_once_give_one(visits: Visits) -> None:
    done = await asyncio.gather(*(visits.come() for _ in range(6)))
    assert sorted(one.brought for one in done) == [0, 0, 0, 0, 0, 1]
    assert (await visits.points(), len(await visits.rows(check_ins))) == (1, 1)
    await assert_clean(visits.db)


async def test_making_up_at_once_gives_one_and_raises_today(visits: Visits) -> None:
    for _ in range(3):
        await visits.come()
        visits.pass_by(days=1)
    visits.pass_by(days=1)
    await visits.come()
    done = await asyncio.gather(*(visits.mend(date(2026, 11, 25)) for _ in range(4)))
    assert sorted(one.brought for one in done) == [0, 0, 0, 3]
    assert done[0].standing.streak == 5
    assert await visits.points() == 1 + 1 + 1 + 2 + 2
    await assert_clean(visits.db)


async def test_a_check_in_and_a_make_up_at_once_count_both(visits: Visits) -> None:
    await visits.come()
    visits.pass_by(days=2)
    await asyncio.gather(visits.mend(date(2026, 11, 23)), visits.come())
    seen = await visits.db.read(checkin.look, visits.member_id, now=visits.shop.now)
    assert (seen.streak, await visits.points()) == (3, 3)
    await assert_clean(visits.db)


async def test_a_button_of_another_day_and_a_second_make_up_mend_nothing(visits: Visits) -> None:
    await visits.come()
    visits.pass_by(days=2)
    for wrong in (TODAY, date(2026, 11, 24)):
        with pytest.raises(NothingToMakeUp):
            await visits.mend(wrong)
    await visits.mend(date(2026, 11, 23))
    await visits.come()
    visits.pass_by(days=2)
    with pytest.raises(MakeUpUsed):
        await visits.mend(date(2026, 11, 25))


async def test_who_is_frozen_or_has_left_does_not_check_in(visits: Visits) -> None:
    moment = visits.shop.moment()
    await visits.db.write(members.freeze, visits.member_id, actor="test", moment=moment)
    with pytest.raises(MemberFrozen):
        await visits.come()
    await visits.db.write(lambda tx: tx.execute(people.update().values(state="left")))
    with pytest.raises(NotAMember):
        await visits.come()
    assert await visits.rows(check_ins) == []


async def test_the_copy_of_ones_data_holds_the_days_and_erasure_takes_them(visits: Visits) -> None:
    await visits.come()
    told = await visits.db.read(privacy.export, visits.member_id, now=visits.shop.now)
    assert '"check_ins"' in told
    await visits.db.write(privacy.erase, visits.member_id, now=visits.shop.now)
    assert await visits.rows(check_ins) == []
    await assert_clean(visits.db)
