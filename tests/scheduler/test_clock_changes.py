"""The clock of the shop: gaps and doubled hours, the turn of the year, nights, and three instances at one second."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.days import Hours
from membership.member import Channel
from membership.routing import Account, Matter, Wishes, route
from scheduler.jobs import Jobs
from services import Database, coupons, greetings, members
from storage.cipher import Cipher
from tests.proof import assert_clean
from tests.scheduler.town import Town, at

ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Tongatapu")


async def settle(db: Database, now: datetime, zone: str, greet_at: str) -> Town:
    return await Town.open(db, now, shop={"zone": zone}, birthday={"greet_at": greet_at})


async def born(town: Town, birthday: str) -> str:
    member = await town.member()
    await town.db.write(lambda tx: members.set_birthday(tx, member, birthday, moment=town.moment()))
    return member


async def greeted_at(town: Town, first: datetime, *, hours: int) -> list[datetime]:
    """Let the clock run from here on, a quarter of an hour at a time; return when a greeting was planned."""
    seen: list[datetime] = []
    town.clock.time = first
    while town.clock.time <= first + timedelta(hours=hours):
        before = len(await town.rows("birthday"))
        await town.db.write(greetings.greet_birthdays, town.moment())
        seen += [town.clock.time] * (len(await town.rows("birthday")) - before)
        town.clock.pass_by(minutes=15)
    return seen


@pytest.mark.parametrize(
    ("zone", "greet_at", "birthday", "instant"),
    [
        ("Europe/London", "01:30", "03-28", "2027-03-28 01:00"),  # there is no half past one: two o'clock follows one
        ("America/New_York", "02:30", "03-14", "2027-03-14 07:00"),
        ("Europe/London", "01:30", "10-31", "2027-10-31 00:30"),  # half past one comes twice: the first of them
        ("America/New_York", "01:30", "11-07", "2027-11-07 05:30"),
        ("Australia/Lord_Howe", "02:15", "10-03", "2027-10-02 15:30"),  # the clock leaps half an hour
        ("Australia/Lord_Howe", "01:45", "04-04", "2027-04-03 14:45"),  # and back
    ],
)
async def test_a_greeting_at_an_hour_that_is_not_or_comes_twice_is_planned_once(
    db: Database, now: datetime, *, zone: str, greet_at: str, birthday: str, instant: str
) -> None:
    town = await settle(db, now, zone, greet_at)
    await born(town, birthday)

    assert await greeted_at(town, at(instant) - timedelta(hours=6), hours=18) == [at(instant)]
    assert [row.period_key for row in await town.rows("birthday")] == ["Y2027"]


@pytest.mark.parametrize(
    ("zone", "greet_at", "birthday", "instant", "key"),
    [
        ("Pacific/Tongatapu", "23:45", "12-31", "2026-12-31 10:45", "Y2026"),  # thirteen hours ahead of UTC
        ("Pacific/Tongatapu", "00:00", "01-01", "2026-12-31 11:00", "Y2027"),
        ("Pacific/Midway", "23:45", "12-31", "2027-01-01 10:45", "Y2026"),  # eleven hours behind it
        ("Pacific/Midway", "00:00", "01-01", "2027-01-01 11:00", "Y2027"),
    ],
)
async def test_at_the_turn_of_the_year_the_shops_own_date_counts(
    db: Database, now: datetime, *, zone: str, greet_at: str, birthday: str, instant: str, key: str
) -> None:
    town = await settle(db, now, zone, greet_at)
    await born(town, birthday)

    assert await greeted_at(town, at(instant) - timedelta(hours=20), hours=40) == [at(instant)]
    assert [row.period_key for row in await town.rows("birthday")] == [key]


async def test_three_instances_that_start_on_the_second_of_the_greeting_greet_everybody_once(
    db_url: str, cipher: Cipher, now: datetime
) -> None:
    async with AsyncExitStack() as stack:
        instances: list[Any] = []
        for name in ("one", "two", "three"):
            db = await Database.open(db_url, cipher=cipher)
            stack.push_async_callback(db.close)
            if not instances:
                town = await Town.open(db, now)
            beside = Town(db, town.clock, town.telegram, town.wechat, numbers=1_000 * len(instances))
            instances.append(Jobs(db, beside.new_delivery(name), clock=town.clock, moment=beside.moment))
        people = [await born(town, "03-05") for _ in range(12)]
        town.clock.time = at("2027-03-05 01:30")

        for _ in range(2):
            await asyncio.gather(*(jobs.run_job("greet-birthdays") for jobs in instances))
            await asyncio.gather(*(jobs.run_job("deliver") for jobs in instances))

        assert sorted(row.member_id for row in await town.rows("birthday")) == sorted(people)
        assert len(town.telegram.taken) == len(people)
        assert {row.state for row in await town.rows("birthday")} == {"sent"}
        for member in people:
            assert len(await town.db.read(coupons.held, member, now=town.clock.now())) == 1
        await assert_clean(town.db)


MINUTES = st.integers(0, 11 * 365 * 24 * 60)
CLOCKS = st.times(time(0), time(23, 59)).map(lambda clock: clock.replace(second=0, microsecond=0))


@given(
    MINUTES,
    st.sampled_from(ZONES),
    st.tuples(CLOCKS, CLOCKS).filter(lambda two: two[0] != two[1]),
    st.sampled_from(["offer", "reminder"]),
)
def test_nothing_that_can_wait_is_said_in_the_quiet_hours_of_any_zone(
    minutes: int, zone: str, hours: tuple[time, time], kind: Any
) -> None:
    """E07: whichever zone the hours are those of; the shop's own counts for everybody, as nobody is asked for one."""
    quiet, there, now = Hours(*hours), ZoneInfo(zone), at("2026-01-01 00:00") + timedelta(minutes=minutes)
    channel: Channel = "telegram"
    account = Account(channel, "bot", reachable=True)
    said = route(Matter(kind, kind), [account], Wishes(offers=True), quiet=quiet, zone=there, now=now)

    assert said.road in ("send", "wait_until")
    leaves = now if said.not_before is None else said.not_before
    assert not quiet.contain(leaves.astimezone(there).time())
    assert said.road == "send" or quiet.contain(now.astimezone(there).time())
