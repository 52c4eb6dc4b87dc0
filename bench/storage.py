"""How many units of three statements a second the memory keeps: in groups, and one at a time, in one run.

Run `python -m bench.storage`; behind it, addresses of PostgreSQL databases in which a table may be made and dropped.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update

from storage.database import Database, Tx

PURSE = Table(
    "bench_purse", MetaData(), Column("id", Integer, primary_key=True), Column("name", String), Column("coins", Integer)
)


def unit(tx: Tx, number: int) -> int:
    tx.execute(insert(PURSE).values(id=number, name=f"p{number}", coins=1))
    tx.execute(update(PURSE).where(PURSE.c.id == number).values(coins=PURSE.c.coins + 1))
    return int(tx.scalar(select(PURSE.c.coins).where(PURSE.c.id == number)))


async def crowd(db: Database, first: int, *, people: int, units: int) -> tuple[float, float]:
    """Units a second, and the 99th percentile of one unit's time in milliseconds, with so many people at once."""
    taken: list[float] = []

    async def person(start: int) -> None:
        for number in range(start, start + units // people):
            begun = time.perf_counter()
            await db.write(unit, number)
            taken.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(person(first + n * units) for n in range(people)))
    seconds = time.perf_counter() - begun
    return len(taken) / seconds, sorted(taken)[len(taken) * 99 // 100] * 1000


def sync_milliseconds(folder: Path) -> float:
    """The disk's own part: the median of 50 small synced writes."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    return sorted(times)[25] * 1000


async def measure(url: str, name: str) -> None:
    db = await Database.open(url, server=True, name="bench")
    await db.run_ddl(lambda connection: PURSE.drop(connection, checkfirst=True))
    await db.run_ddl(PURSE.create)
    await crowd(db, 90_000_000, people=8, units=200)
    alone, alone_p99 = await crowd(db, 0, people=1, units=1000)
    many, many_p99 = await crowd(db, 10_000_000, people=32, units=6400)
    await db.run_ddl(PURSE.drop)
    await db.close()
    print(f"{name:12} one at a time {alone:7.0f}/s p99 {alone_p99:6.2f} ms")
    print(f"{name:12} 32 at once    {many:7.0f}/s p99 {many_p99:6.2f} ms   ratio {many / alone:.1f}")


async def main(addresses: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as folder:
        print(f"one sync of this disk takes {sync_milliseconds(Path(folder)):.2f} ms")
        await measure(f"sqlite:///{folder}/bench.db", "SQLite FULL")
    for url in addresses:
        await measure(url, "PostgreSQL")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
