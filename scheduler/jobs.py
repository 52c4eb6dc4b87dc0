"""The jobs at work: each runs at its time, one instance at a time, and a failure ends only its own run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from membership.moment import Moment
from scheduler.delivery import Clock, Delivery
from scheduler.mass import MassSender
from scheduler.timetable import CALL_HOOKS, DELIVER, MASS_SEND, SHOW_MENUS, SHOW_PROGRESS, TIMETABLE, Entry
from scheduler.webhooks import HookSender
from services import Database, broadcasts, housekeeping

log = structlog.get_logger(__name__)

UNITS_MAX = 20
"""So many transactions a run; the rest waits for the next one, so that no job keeps the others waiting for long."""

CATCH_UP_ROUNDS_MAX = 1000
JUMP_MAX = timedelta(minutes=15)
STOP_SECONDS = 5.0


class UnknownJob(LookupError):
    """The timetable has no job of this name."""


class ClockGuard:
    """Watches that the clock on the wall goes as fast as the one that only grows.

    One that was set wrong would greet and expire at the wrong time, for good. Until it agrees again (or the program is
    started afresh, which takes the clock as right), nothing is planned.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gap = self._measure()
        self._in_doubt = False

    def trusts(self) -> bool:
        """Tell whether the clock may be planned by; raise the alarm when that has changed."""
        jump = self._measure() - self._gap
        in_doubt = abs(jump) > JUMP_MAX
        if in_doubt and not self._in_doubt:
            log.critical("clock_jumped", seconds=int(jump.total_seconds()), planning="paused")
        if not in_doubt:
            self._gap += jump  # small corrections of a whole year must not add up to a doubt
        self._in_doubt = in_doubt
        return not in_doubt

    def _measure(self) -> timedelta:
        since_monday = self._clock.now() - datetime(2024, 1, 1, tzinfo=UTC)
        return since_monday - timedelta(seconds=self._clock.monotonic())


class Jobs:
    """Runs the timetable. ``moment`` gives a fresh moment, read once per run of a job.

    ``mass`` sends mass messages, ``hooks`` calls other systems and ``menus`` shows menus to those whose right has
    changed; without them (a command beside the server) all that is left to the server.
    """

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        *,
        clock: Clock,
        moment: Callable[[], Moment],
        mass: MassSender | None = None,
        hooks: HookSender | None = None,
        menus: Callable[[], Awaitable[int]] | None = None,
    ) -> None:
        self._database = database
        self._delivery = delivery
        self._mass = mass
        self._hooks = hooks
        self._menus = menus
        self._moment = moment
        self._guard = ClockGuard(clock)
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()
        self._first: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Let the timetable tick; every job runs at once for the first time."""
        for entry in TIMETABLE:
            self._scheduler.add_job(
                self._tick,
                IntervalTrigger(seconds=entry.seconds, timezone=UTC),
                args=(entry,),
                id=entry.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()
        self._first = asyncio.create_task(self._first_round())

    async def stop(self) -> None:
        """Begin no run any more and let the running ones end within 5 s."""
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()
            await asyncio.sleep(0)  # a tick handed over just now begins, and is waited for
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown()  # it cancels whatever is still under way, so it comes last

    async def run_job(self, name: str, at: datetime | None = None) -> int:
        """Run one job until nothing is left, as if it were ``at`` (None: now); return how much was done.

        Asked for by hand, it runs whether or not the clock is trusted. Raises UnknownJob, and what the job raises.
        """
        entry = next((entry for entry in TIMETABLE if entry.name == name), None)
        if entry is None:
            raise UnknownJob(name)
        return await self._run(entry, at, units_max=CATCH_UP_ROUNDS_MAX)

    async def catch_up(self) -> int:
        """Do everything that is due now, in the timetable's order, until a whole round finds nothing left."""
        done = 0
        for _ in range(CATCH_UP_ROUNDS_MAX):
            in_round = 0
            for entry in TIMETABLE:
                in_round += await self._run(entry, None, units_max=CATCH_UP_ROUNDS_MAX)
            if in_round == 0:
                break
            done += in_round
        return done

    async def _first_round(self) -> None:
        for entry in TIMETABLE:
            await self._tick(entry)

    async def _tick(self, entry: Entry) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            if entry.name == DELIVER:
                self._delivery.nudge()
            elif self._guard.trusts() or not entry.plans:
                await self._run(entry, None, units_max=UNITS_MAX)
        except Exception:  # the door where a job that breaks ends; the next run begins afresh
            log.exception("job_failed", job=entry.name)
        finally:
            self._running.discard(task)

    async def _run(self, entry: Entry, at: datetime | None, *, units_max: int) -> int:
        moment = self._moment()
        moment = moment if at is None else replace(moment, now=at)
        if entry.name == DELIVER:
            return await self._repeat(self._delivery.run_once, units_max)
        if not await self._database.write(housekeeping.take_duty, entry.name, self._delivery.owner, moment):
            return 0
        try:
            if entry.unit is None:
                return await self._speak(entry.name, moment, units_max)
            return await self._units(entry, moment, units_max)
        finally:
            await self._database.write(housekeeping.end_duty, entry.name, self._delivery.owner, moment)

    async def _speak(self, name: str, moment: Moment, units_max: int) -> int:
        """Do a job that calls others: the platforms, or systems that asked to be told."""
        if name == SHOW_PROGRESS:
            return await self._show_progress(moment)
        if name == MASS_SEND:
            return await self._mass_send(moment, units_max)
        if name == CALL_HOOKS:
            return 0 if self._hooks is None else await self._repeat(self._hooks.run_once, units_max)
        assert name == SHOW_MENUS, "every job without a unit is named here"
        return 0 if self._menus is None else await self._menus()

    async def _units(self, entry: Entry, moment: Moment, units_max: int) -> int:
        assert entry.unit is not None, "only the delivery's own jobs have no unit"
        done = 0
        for _ in range(units_max):
            in_unit = await self._database.write(entry.unit, moment)
            done += in_unit
            if in_unit == 0:
                break
        if done and entry.plans:
            self._delivery.nudge()
        return done

    @staticmethod
    async def _repeat(run_once: Callable[[], Awaitable[int]], times: int) -> int:
        """Run until a run finds nothing left, so many times at most; return how much was done."""
        done = 0
        for _ in range(times):
            seen = await run_once()
            done += seen
            if seen == 0:
                break
        return done

    async def _mass_send(self, moment: Moment, units_max: int) -> int:
        """Send mass messages one after the other; return how many rows were looked at."""
        mass = self._mass
        return 0 if mass is None else await self._repeat(lambda: mass.run_once(moment), units_max)

    async def _show_progress(self, moment: Moment) -> int:
        """Edit the progress messages; return 0, for showing it once more is never left to be done."""
        for outgoing in await self._database.write(broadcasts.progress_due, moment):
            await self._delivery.deliver(outgoing)
        return 0
