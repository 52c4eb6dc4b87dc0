"""The timetable at work: what is due is done, a broken job ends alone, a clock that jumps is not planned by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from membership.moment import Moment
from scheduler.jobs import ClockGuard, Jobs, UnknownJob
from scheduler.timetable import TIMETABLE, Entry
from scheduler.webhooks import HookSender
from services import Database, Tx, housekeeping, members, outbox
from storage import audit as audit_rows
from storage import events, tables
from tests.databases import NOW
from tests.scheduler.town import Town, TownClock, at


@pytest.fixture
def jobs(town: Town) -> Jobs:
    return Jobs(town.db, town.new_delivery(), clock=town.clock, moment=town.moment)


async def born(town: Town, birthday: str) -> str:
    member = await town.member()
    await town.db.write(lambda tx: members.set_birthday(tx, member, birthday, moment=town.moment()))
    return member


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is so, at most some seconds."""
    for _ in range(400):
        if await is_so():
            return
        await asyncio.sleep(0.01)
    msg = "it never came to be"
    raise AssertionError(msg)


async def test_after_a_jump_of_the_clock_catching_up_does_what_is_due(town: Town, jobs: Jobs) -> None:
    await born(town, "12-24")
    town.clock.time = at("2026-12-24 02:00")

    done = await jobs.catch_up()

    assert done >= 2
    assert [one.kind for one in town.telegram.taken] == ["birthday"]
    assert await jobs.catch_up() == 0


async def test_a_job_can_be_run_by_hand_as_if_it_were_another_time(town: Town, jobs: Jobs) -> None:
    await born(town, "12-24")

    assert await jobs.run_job("greet-birthdays") == 0
    assert await jobs.run_job("greet-birthdays", at("2026-12-24 02:00")) == 1
    with pytest.raises(UnknownJob):
        await jobs.run_job("make-coffee")


async def test_the_running_timetable_greets_and_sends_by_itself(town: Town, jobs: Jobs) -> None:
    await born(town, "11-22")

    async def is_greeted() -> bool:
        return [row.state for row in await town.rows("birthday")] in (["pending"], ["sending"], ["sent"])

    jobs.start()
    await eventually(is_greeted)
    await jobs.stop()


class SlowCalls(HookSender):
    """Calls of which each waits until the gate is open, and is noted when it has ended."""

    def __init__(self) -> None:
        self.begun, self.ended = 0, 0
        self.gate = asyncio.Event()

    async def run_once(self) -> int:
        self.begun += 1
        if self.begun > 1:  # the first is the round at the start
            await self.gate.wait()
        self.ended += 1
        return 0


async def test_nothing_begins_after_the_stop_and_a_job_under_way_may_end(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    calls = SlowCalls()
    jobs = Jobs(town.db, town.new_delivery(), clock=town.clock, moment=town.moment, hooks=calls)

    async def is_under_way() -> bool:
        return calls.begun == 2

    jobs.start()
    await eventually(is_under_way)
    stopping = asyncio.create_task(jobs.stop())
    await asyncio.sleep(0.01)
    assert not stopping.done()
    calls.gate.set()
    await stopping

    assert calls.ended == 2
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


async def test_a_job_another_instance_is_at_is_left_to_it(town: Town, jobs: Jobs) -> None:
    await born(town, "11-22")
    await town.db.write(housekeeping.take_duty, "greet-birthdays", "other", town.moment())

    assert await jobs.run_job("greet-birthdays") == 0
    town.clock.pass_by(seconds=31)
    assert await jobs.run_job("greet-birthdays") == 1


async def test_a_broken_job_is_logged_and_ends_its_own_run(town: Town, jobs: Jobs) -> None:
    def break_down(tx: Tx, moment: Moment) -> int:
        raise ZeroDivisionError(tx, moment)

    with capture_logs() as logs:
        await jobs._tick(Entry("broken", 1, "Break.", break_down))

    assert [(line["event"], line["job"]) for line in logs] == [("job_failed", "broken")]
    await born(town, "11-22")
    assert await jobs.run_job("greet-birthdays") == 1


async def test_a_member_whose_data_is_damaged_does_not_stop_the_greetings_of_others(town: Town, jobs: Jobs) -> None:
    damaged, sound = await born(town, "11-22"), await born(town, "11-22")

    def deface(tx: Tx) -> None:
        tx.execute(update(tables.members).where(tables.members.c.id == damaged).values(birthday_ct=b"x" * 40))

    await town.db.write(deface)
    await jobs.run_job("greet-birthdays")

    assert [row.member_id for row in await town.rows("birthday")] == [sound]


async def test_a_clock_that_jumps_by_itself_pauses_planning_until_it_agrees_again(town: Town, jobs: Jobs) -> None:
    await born(town, "12-24")
    entry = next(entry for entry in TIMETABLE if entry.name == "greet-birthdays")
    right = town.clock.time
    town.clock.time = at("2026-12-24 02:00")
    with capture_logs() as logs:
        await jobs._tick(entry)
        await jobs._tick(entry)

    assert [line["event"] for line in logs] == ["clock_jumped"]
    assert await town.rows("birthday") == []
    town.clock.time = right
    town.clock.pass_by(days=32)
    await jobs._tick(entry)
    assert len(await town.rows("birthday")) == 1


def test_small_corrections_of_the_clock_do_not_add_up_to_a_doubt() -> None:
    clock = TownClock(NOW)
    guard = ClockGuard(clock)
    trusted = []
    for _ in range(10):
        clock.time += timedelta(minutes=5)
        trusted.append(guard.trusts())

    assert all(trusted)


@pytest.mark.parametrize("minutes", [16, -16])
def test_a_jump_of_more_than_fifteen_minutes_either_way_is_a_doubt(minutes: int) -> None:
    clock = TownClock(NOW)
    guard = ClockGuard(clock)
    clock.pass_by(days=400)
    assert guard.trusts()
    seconds = clock.seconds
    clock.pass_by(minutes=minutes)
    clock.seconds = seconds

    assert not guard.trusts()


async def test_deeds_are_chained_and_old_events_and_waits_are_dropped(db: Database, town: Town, jobs: Jobs) -> None:
    await town.db.write(lambda tx: events.claim(tx, "telegram:1", town.clock.now()))
    member = await town.member("wechat")
    who = await town.who(await town.member())
    await town.db.write(lambda tx: members.leave(tx, who, moment=town.moment()))
    await town.put(member, "offer", expires_at=at("2026-11-23 00:00"))
    await jobs.catch_up()
    assert [row.state for row in await town.rows("offer")] == ["waiting"]

    town.clock.pass_by(days=9)
    await jobs.catch_up()

    assert [(row.state, row.reason) for row in await town.rows("offer")] == [("cancelled", "too_late")]
    assert await db.write(events.claim, "telegram:1", town.clock.now()), "a forgotten event is new again"
    assert await db.read(lambda tx: audit_rows.head(tx)[0]) >= 1
    assert await db.read(lambda tx: audit_rows.unsealed(tx, 10)) == []
    assert await db.read(outbox.waiting_line, await town.who(member), now=town.clock.now()) == ()


def test_every_job_has_its_own_name_and_a_sentence() -> None:
    assert len({entry.name for entry in TIMETABLE}) == len(TIMETABLE)
    assert all(entry.what.endswith(".") and entry.seconds > 0 for entry in TIMETABLE)
