"""Activities in the books: the worked line of docs/rules/activities.md, many taps at once, and what ends by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.activities import Activity, Plan
from membership.errors import ActivityFull, ActivityOver, LimitReached, MemberFrozen, NotAMember
from membership.member import Who
from services import activities, members, points, privacy, proof, rules, sign_ups
from services.sign_ups import SignUp
from storage import activities as rows_of
from storage.tables import activities as table
from storage.tables import members as people
from storage.tables import outbox
from storage.tables import sign_ups as lines
from tests.documents import read, rows, sections
from tests.proof import assert_clean
from tests.services.shopfront import Shop

PAGE = sections(read("docs/rules/activities.md"), 2)
NAMES = ("Amy", "Ben", "Chen", "Dora", "Eve")


class Town:
    """An activity of a shop, and the members who want to come."""

    def __init__(self, shop: Shop, who: Who, ids: list[str]) -> None:
        self.shop, self.db, self.who, self.ids = shop, shop.db, who, ids
        self.activity = ""

    async def plan(self, capacity: int | None, points: int = 0) -> Activity:
        begins = self.shop.now + timedelta(days=5)
        wanted = Plan("Tasting", "", rules.store_id("main"), begins, begins + timedelta(hours=2), capacity, points)
        made = await self.db.write(activities.plan, wanted, self.who, key="k", moment=self.shop.moment())
        self.activity = made.id
        return made

    async def join(self, member_id: str) -> SignUp:
        return await self.db.write(sign_ups.sign_up, self.activity, member_id, moment=self.shop.moment())

    async def leave(self, member_id: str) -> bool:
        return await self.db.write(sign_ups.withdraw, self.activity, member_id, moment=self.shop.moment())

    async def come(self, member_id: str) -> sign_ups.Attended:
        return await self.db.write(sign_ups.attend, self.activity, member_id, self.who, moment=self.shop.moment())

    async def keep(self) -> int:
        return await self.db.write(sign_ups.keep, self.shop.moment())

    async def line(self) -> str:
        """Return who has a place and who waits, as the page writes it."""

        def named(tx: Any, state: str) -> str:
            found = [NAMES[self.ids.index(row.member_id)] for row in rows_of.listed(tx, self.activity, state, limit=9)]
            return " ".join(sorted(found) if state == "signed" else found) or "–"

        return await self.db.read(lambda tx: f"{named(tx, 'signed')} / {named(tx, 'waiting')}")

    async def states(self) -> list[str]:
        found = await self.db.read(lambda tx: tx.all(select(lines.c.state)))
        return sorted(row.state for row in found)

    async def taken(self) -> int:
        return int(await self.db.read(lambda tx: tx.scalar(select(table.c.taken))))

    async def told(self) -> list[str]:
        found = await self.db.read(lambda tx: tx.all(select(outbox.c.period_key).where(outbox.c.kind == "activity")))
        return sorted(row.period_key.split("/")[1] for row in found)


@pytest.fixture
async def town(shop: Shop, owner: Who) -> Town:
    return Town(shop, owner, await shop.settle(5))


async def test_the_worked_line_is_true(town: Town) -> None:
    await town.plan(3)
    for name, deed, expected in rows(PAGE["Places and the line"]):
        member_id = town.ids[NAMES.index(name)]
        await (town.join(member_id) if deed == "join" else town.leave(member_id))
        assert await town.line() == expected, (name, deed)
    await assert_clean(town.db)


async def test_of_many_taps_at_once_as_many_get_in_as_there_are_places(town: Town) -> None:
    await town.plan(2)
    found = await asyncio.gather(*(town.join(one) for one in (*town.ids, *town.ids)))
    assert await town.taken() == 2
    assert await town.states() == ["signed"] * 2 + ["waiting"] * 3
    assert sorted({one.id: one.ahead for one in found if one.state == "waiting"}.values()) == [0, 1, 2]
    await assert_clean(town.db)


async def test_nobody_waits_while_a_place_is_free_however_they_come_and_go(town: Town) -> None:
    await town.plan(2)
    first, second, *others = town.ids
    await asyncio.gather(town.join(first), town.join(second))
    await asyncio.gather(town.leave(first), town.leave(second), *(town.join(one) for one in others))
    assert await town.taken() == 2
    assert await town.states() == ["signed"] * 2 + ["waiting"] + ["withdrawn"] * 2
    assert await town.leave(first) is False
    await assert_clean(town.db)


async def test_points_for_coming_are_given_once_also_at_once(town: Town) -> None:
    await town.plan(1, points=50)
    first, second, *_ = town.ids
    await town.join(first)
    town.shop.counter.pass_by(days=5)
    done = await asyncio.gather(*(town.come(first) for _ in range(4)))
    assert sorted(one.fresh for one in done) == [False, False, False, True]
    with pytest.raises(ActivityFull):
        await town.come(second)
    assert await town.told() == ["came"]
    await assert_clean(town.db)


async def test_a_day_after_its_end_it_is_over_and_who_did_not_come_missed_it(town: Town) -> None:
    await town.plan(2)
    for one in town.ids[:3]:
        await town.join(one)
    town.shop.counter.pass_by(days=5)
    await town.come(town.ids[0])
    with pytest.raises(ActivityOver):
        await town.leave(town.ids[1])
    assert await town.keep() == 0
    town.shop.counter.pass_by(days=1, hours=2)
    assert (await town.keep(), await town.keep()) == (1, 0)
    assert await town.states() == ["attended", "missed", "withdrawn"]
    with pytest.raises(ActivityOver):
        await town.come(town.ids[1])
    await assert_clean(town.db)


async def test_who_leaves_the_shop_gives_the_place_up_and_the_next_is_told(town: Town) -> None:
    await town.plan(1)
    first, second, *_ = town.ids
    await town.join(first)
    await town.join(second)
    leave = people.update().where(people.c.id == first).values(state="left")
    await town.db.write(lambda tx: tx.execute(leave))
    assert await town.keep() == 1
    assert (await town.states(), await town.told()) == (["signed", "withdrawn"], ["up"])
    with pytest.raises(NotAMember):
        await town.join(first)
    await assert_clean(town.db)


async def test_a_frozen_member_does_not_sign_up_and_ones_data_name_ones_sign_ups(town: Town) -> None:
    await town.plan(None)
    first, second, *_ = town.ids
    await town.join(first)
    assert '"sign_ups"' in await town.db.read(privacy.export, first, now=town.shop.now)
    await town.db.write(members.freeze, second, actor="test", moment=town.shop.moment())
    with pytest.raises(MemberFrozen):
        await town.join(second)


async def test_many_who_signed_up_are_told_of_the_end_in_batches(town: Town) -> None:
    await town.plan(None)
    for one in town.ids:
        await town.join(one)
    await town.db.write(activities.cancel, town.activity, town.who, moment=town.shop.moment())
    assert (await town.keep(), await town.keep()) == (5, 0)
    assert (await town.told(), await town.taken()) == (["cancelled"] * 5, 0)
    await assert_clean(town.db)


async def test_the_proof_of_the_books_knows_the_places(town: Town) -> None:
    await town.plan(3)
    await town.join(town.ids[0])
    await town.db.write(lambda tx: tx.execute(table.update().values(taken=2)))
    assert [one.table for one in await town.db.read(proof.check)] == ["activities"]


async def test_a_slip_at_the_door_takes_the_points_back_and_can_be_put_right_again(town: Town) -> None:
    await town.plan(2, points=50)
    [first, *_] = town.ids
    signed = await town.join(first)
    town.shop.counter.pass_by(days=5)

    async def has() -> int:
        return await town.db.read(points.spendable, first, now=town.shop.now)

    for _ in range(2):
        assert (await town.come(first)).fresh
        assert await has() == 50
        town.shop.counter.pass_by(seconds=9)
        undone = [town.db.write(sign_ups.unmark, signed.id, town.who, moment=town.shop.moment()) for _ in range(3)]
        assert await asyncio.gather(*undone) == [town.activity] * 3
        assert (await has(), await town.states()) == (0, ["signed"])
        town.shop.counter.pass_by(seconds=9)
    assert await town.told() == ["back", "back", "came", "came"]
    await assert_clean(town.db)


async def test_no_more_points_for_coming_than_one_person_gives_alone(town: Town) -> None:
    with pytest.raises(LimitReached):
        await town.plan(5, points=501)
    made = await town.plan(5, points=500)
    with pytest.raises(LimitReached):
        await town.db.write(
            activities.change, made.id, replace(made.plan, points=501), town.who, moment=town.shop.moment()
        )
