"""How long a shop with many members takes to count everybody's habits, to count a group, and to freeze one.

Run `python -m bench.knowing [MEMBERS [DATABASE]]` (100,000 unless told, with ten purchases each; both databases unless
told `sqlite` or `postgresql`). Counts and single transactions are told in time of the processor on SQLite, and by the
clock on PostgreSQL. It prints the first night, when everybody is counted anew; the next one, when one in
twenty came; the longest single transaction of each, for which others wait; and groups of several conditions with their
roads, as the owner sees them, and how long it takes to freeze them.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from membership.moment import Moment, id_of
from services import broadcasts, habits, rules, segments
from storage import segments as rows
from storage.database import Database, Tx
from storage.tables import identities, members, purchases, tags
from tests.databases import NOW, PostgresDatabases, SqliteFiles, make_cipher
from tests.handlers.counter import Counter
from tests.services.shopfront import Shop

MEMBERS, EACH, BATCH = 100_000, 10, 5_000
GROUPS: dict[str, dict[str, Any]] = {
    "tiers and tags": {"tiers": ["gold"], "tags": ["VIP"]},
    "away for 30 days": {"away_for": 30},
    "stages, visits and money": {"stages": ["at_risk", "dormant"], "visits": {"from": 2}, "spent": {"from": "50"}},
    "came within 90 days, main store": {"visited_within": 90, "stores": ["main"]},
    "came within 7 days, by Telegram": {"visited_within": 7, "channels": ["telegram"]},
}


def people(tx: Tx, first: int) -> None:
    """Add some members with an account and purchases, every tenth of them with a tag."""
    numbers = range(first, first + BATCH)
    ids = {number: member_id(number) for number in numbers}
    joined = NOW - timedelta(days=400)
    about = {"state": "joined", "offers_on": True, "joined_at": joined}
    tiers = ("basic", "silver", "gold")
    tx.execute(
        members.insert(),
        [{"id": ids[n], "handle": n.to_bytes(8), "tier": tiers[n % 3], **about} for n in numbers],
    )
    chats = [
        {"id": f"chat-{n}", "channel": ("telegram", "wechat")[n % 2], "account": "shop", "member_id": ids[n]}
        | {"external_index": n.to_bytes(8), "following": True, "first_at": joined}
        for n in numbers
    ]
    tx.execute(identities.insert(), chats)
    tx.execute(tags.insert(), [{"member_id": ids[n], "tag": "VIP", "actor": "bench", "at": NOW} for n in numbers[::10]])
    tx.execute(purchases.insert(), [bought(ids[n], n, place) for n in numbers for place in range(EACH)])


def member_id(number: int) -> str:
    """Return an id of the kind members have: their order says nothing of when they joined."""
    return id_of(f"bench:{number}")


def bought(member: str, number: int, place: int, *, at: Any = None) -> dict[str, Any]:
    """Return a purchase: each member has a rhythm of their own, and stopped some days ago."""
    when = at or NOW - timedelta(days=number % 90 + place * (1 + number % 30), minutes=number % 600)
    row_id = f"{number}-{place}-{'new' if at else 'old'}"
    sums = {"amount_minor": 1000, "paid_minor": 1000 + number % 7, "points_earned": 10, "points_spent": 0}
    facts = {"actor": "bench", "channel": "pos", "lines": [], "terms": {}, "why": [], "receipt_no": row_id}
    where = {"store_id": rules.store_id("main"), "business_on": (when + timedelta(hours=8)).date(), "at": when}
    return {"id": row_id, "reference": row_id, "member_id": member, **sums, **facts, **where}


def come_again(tx: Tx, last: int) -> None:
    """Let one in twenty buy something tomorrow."""
    rows_ = [bought(member_id(n), n, 0, at=NOW + timedelta(hours=20)) for n in range(0, last, 20)]
    tx.execute(purchases.insert(), rows_)


def busy(tx: Tx, deed: Callable[[Tx], Any]) -> tuple[Any, float]:
    """Do something and return how many seconds this thread's processor was busy with it.

    On SQLite that is all it takes but the disk's part, whatever else the machine has to do; on PostgreSQL, where the
    server works, the clock is read.
    """
    clock = time.thread_time if tx.dialect == "sqlite" else time.perf_counter
    begun = clock()
    return deed(tx), clock() - begun


async def night(db: Database, now: Any) -> tuple[float, float]:
    """Count everybody; return how long it took, and the longest of its transactions."""
    begun, longest, seed = time.perf_counter(), 0.0, bytes(32)
    while True:
        counted, unit = await db.write(busy, lambda tx: habits.compute(tx, Moment(now, seed)))
        longest = max(longest, unit)
        if not counted:
            return time.perf_counter() - begun, longest


async def timed(db: Database, function: Callable[[Tx], Any]) -> tuple[float, Any]:
    result, seconds = await db.read(busy, function)
    return seconds, result


async def measure(name: str, url: str, count: int) -> None:
    """Fill one database and print what it takes."""
    db = await Database.open(url, cipher=make_cipher())
    counter = Counter(db, NOW)
    await counter.open()
    shop = Shop(counter)
    draft = await shop.draft(await shop.hire("Olga"))
    for first in range(0, count, BATCH):
        await db.write(people, first)
    if db.dialect == "postgresql":
        await db.write(lambda tx: tx.execute(text("ANALYZE")))  # as it does by itself some minutes later
    print(f"{name}: {count:,} members, {count * EACH:,} purchases")
    whole, longest = await night(db, NOW)
    print(f"  first night          {whole:7.2f} s, longest transaction {longest * 1000:6.0f} ms")
    await db.write(come_again, count)
    whole, longest = await night(db, NOW + timedelta(days=1))
    print(f"  next night           {whole:7.2f} s, longest transaction {longest * 1000:6.0f} ms")
    for title, told in GROUPS.items():
        await group(db, title, told, draft.id)
    seconds, life = await timed(db, habits.life)
    print(f"  stages and map       {seconds * 1000:7.0f} ms, {dict(life.stages)}")
    await db.close()


async def group(db: Database, title: str, told: dict[str, Any], draft_id: str) -> None:
    """Print how long it takes to count a group with its roads, and to freeze it."""
    now = NOW + timedelta(days=1)

    def count(tx: Tx) -> int:
        found = broadcasts.audience(tx, now=now, only=segments.found(tx, segments.read(tx, told), now=now))
        return found.total + sum(found.left_out.values())

    counted, number = await timed(db, count)
    whole, longest = await frozen(db, told, draft_id)
    told_as = f"count with roads {counted * 1000:5.0f} ms"
    print(f"  {title:32} {number:7,} members: {told_as}, freeze {whole:5.2f} s, longest {longest * 1000:5.0f} ms")


async def frozen(db: Database, told: dict[str, Any], draft_id: str) -> tuple[float, float]:
    """Freeze a group part by part, each taken back; return how long it took, and the longest of its transactions."""
    when = rows.When(NOW + timedelta(days=1), ZoneInfo("Asia/Shanghai"), await db.read(habits.last_night))
    begun, longest, behind, more = time.perf_counter(), 0.0, "", True

    units: list[float] = []

    def freeze(tx: Tx) -> None:
        nonlocal behind
        part = rows.next_part(tx, behind, size=segments.AT_ONCE)
        clauses = rows.clauses(segments.read(tx, told), when, part)
        units.append(busy(tx, lambda tx: rows.freeze(tx, draft_id, clauses))[1])
        behind = part.last
        raise _Undone

    while more:
        with suppress(_Undone):
            await db.write(freeze)
        longest, more = max(longest, units.pop()), bool(behind)
    return time.perf_counter() - begun, longest


class _Undone(Exception):
    """What was done is taken back: it was only timed."""


async def main(count: int, kinds: Collection[str]) -> None:
    if "sqlite" in kinds:
        with tempfile.TemporaryDirectory() as folder:
            async with SqliteFiles(Path(folder)).fresh() as url:
                await measure("SQLite", url, count)
    if "postgresql" in kinds:
        databases = PostgresDatabases()
        async with databases.fresh() as url:
            await measure("PostgreSQL", url, count)
        databases.close()


if __name__ == "__main__":
    told = sys.argv[1:]
    asyncio.run(main(int(told[0]) if told else MEMBERS, told[1:] or ("sqlite", "postgresql")))
