"""The commands about what happens by itself: list the timetable, run one of its jobs now."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from bot.cli.memory import with_memory
from bot.cli.moments import moment_of
from bot.cli.plainly import ASKED_WRONGLY, AsJson, Stopped, answer, answer_one
from bot.clock import SystemClock, moment
from scheduler.delivery import Delivery
from scheduler.jobs import Jobs
from scheduler.timetable import TIMETABLE
from services import Database

ALONE = {entry.name: entry for entry in TIMETABLE if entry.unit is not None}
"""The jobs that need nothing but the memory; the others send, which is the running server's own work."""


def list_jobs(*, as_json: AsJson = False) -> None:
    """List the jobs in the order in which they run, and how often."""
    rows = [
        {"name": entry.name, "every_seconds": entry.seconds, "what": entry.what, "by_hand": entry.name in ALONE}
        for entry in TIMETABLE
    ]
    answer(rows, as_json=as_json, empty="")


def run_job(
    name: Annotated[str, typer.Argument(help="The job, from `memberbot jobs list`.")],
    at: Annotated[str, typer.Option(help="As if it were this moment (ISO 8601 with its offset). Default: now.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Run one job until nothing is left to do; what it puts into the outbox the running server sends."""
    if name not in ALONE:
        raise Stopped(f'"{name}" cannot be run by hand. Write one of: {", ".join(ALONE)}.', code=ASKED_WRONGLY)
    when = moment_of(at) if at else None
    done = with_memory(lambda db, _: _run(db, name, when))
    answer_one({"job": name, "done": done}, as_json=as_json, text=f"{name}: {done} done.")


async def _run(db: Database, name: str, at: datetime | None) -> int:
    clock = SystemClock()
    fresh = partial(moment, clock)
    delivery = Delivery(db, {}, clock=clock, moment=fresh, owner=f"command-{secrets.token_hex(8)}")
    return await Jobs(db, delivery, clock=clock, moment=fresh).run_job(name, at)
