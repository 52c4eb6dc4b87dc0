"""How long a spend takes in an account of a million lots, and how long two members take to become one.

Of a spend no more lots may be read than it needs; a purse of 100,000 lots with 1,000 ends may hold up others for a few
seconds of the processor.

Run `python -m bench.lots`; behind it, addresses of empty PostgreSQL databases.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import update

from bench.knowing import busy
from membership.moment import Moment, id_of
from services import merges, points
from services.points import Cause
from storage import members
from storage import points as rows
from storage.database import Database, Tx
from storage.migrations import migrate
from storage.tables import accounts, lots
from tests.databases import NOW, make_cipher
from tests.handlers.counter import Counter

LOTS: Final = 1_000_000
EACH: Final = 10
BATCH: Final = 20_000
PURSE, ENDS = 100_000, 1_000
ROUNDS: Final = 5
MOST_MS: Final = 500.0


def settle(tx: Tx) -> str:
    members.add(tx, "a-regular", handle=bytes(8), state="joined", joined_at=NOW)
    return rows.account(tx, "a-regular", "points")


def fill(tx: Tx, account: str, first: int, count: int) -> None:
    """Open lots that end one after the other within a year, a few of them in the same second."""
    tx.execute(
        lots.insert(),
        [
            {
                "id": id_of(f"lot:{number}"),
                "account_id": account,
                "earned": EACH,
                "remaining": EACH,
                "available_at": NOW - timedelta(days=1),
                "expires_at": NOW + timedelta(seconds=60 + 30 * (number % 999_983)),
            }
            for number in range(first, first + count)
        ],
    )
    tx.execute(update(accounts).where(accounts.c.id == account).values(balance=accounts.c.balance + EACH * count))


def meet(tx: Tx) -> str:
    """Let somebody join who turns out to be a member already, with a full purse."""
    for place, name in enumerate(("first-card", "second-card"), start=1):
        joined = NOW - timedelta(days=10 - place)
        members.add(tx, name, handle=place.to_bytes(8), state="joined", joined_at=joined)
    return rows.account(tx, "second-card", "points")


def fill_purse(tx: Tx, account: str, first: int) -> None:
    since = {"account_id": account, "earned": EACH, "remaining": EACH, "available_at": NOW - timedelta(days=1)}
    tx.execute(
        lots.insert(),
        [
            {"id": id_of(f"purse:{number}"), "expires_at": NOW + timedelta(days=1, minutes=number % ENDS), **since}
            for number in range(first, first + BATCH)
        ],
    )
    tx.execute(update(accounts).where(accounts.c.id == account).values(balance=accounts.c.balance + EACH * BATCH))


async def join_and_part(db: Database, name: str, moment: Moment) -> None:
    """Print what it takes to make one of two members, and to part them."""
    account = await db.write(meet)
    for first in range(0, PURSE, BATCH):
        await db.write(fill_purse, account, first)
    pair = ("first-card", "second-card")
    by: dict[str, Any] = {"actor": "bench", "moment": moment}
    done, joined = await db.write(busy, lambda tx: merges.merge(tx, *pair, reference="bench", **by))
    _, parted = await db.write(busy, lambda tx: merges.undo(tx, done.id, **by))
    print(f"{name:12} {PURSE} lots, {ENDS} ends: two become one in {joined:.2f} s, and two again in {parted:.2f} s")


async def timed(db: Database, deed: Callable[..., Any], *arguments: Any, **facts: Any) -> float:
    begun = time.perf_counter()
    await db.write(deed, *arguments, **facts)
    return (time.perf_counter() - begun) * 1000


async def measure(url: str, name: str) -> float:
    """Print what a spend and a look take; return the slowest spend of a few in milliseconds."""
    db = await Database.open(url, cipher=make_cipher(), server=True, name="bench")
    await migrate(db)
    counter = Counter(db, NOW)
    await counter.open()
    account = await db.write(settle)
    for first in range(0, LOTS, BATCH):
        await db.write(fill, account, first, BATCH)
    spent = [
        await timed(
            db, points.spend, "a-regular", number, Cause(f"spend:{number}:{round_}", "bench"), moment=counter.moment()
        )
        for round_ in range(ROUNDS)
        for number in (5, 95, 1_995)
    ]
    looked = [await timed(db, points.balance, "a-regular", now=NOW) for _ in range(ROUNDS)]
    counter.pass_by(minutes=60)
    late = await timed(db, points.spend, "a-regular", 95, Cause("late", "bench"), moment=counter.moment())
    await join_and_part(db, name, counter.moment())
    await db.close()
    print(f"{name:12} {LOTS} lots: a spend of 1 to 200 of them {min(spent):6.1f} to {max(spent):6.1f} ms")
    print(f"{name:12} the balance {max(looked):6.1f} ms; a spend after an hour in which lots ended {late:6.1f} ms")
    return max(*spent, late)


async def main(addresses: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as folder:
        slowest = [await measure(f"sqlite:///{folder}/lots.db", "SQLite FULL")]
    slowest += [await measure(url, "PostgreSQL") for url in addresses]
    print("within" if max(slowest) <= MOST_MS else "BEYOND", f"{MOST_MS:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
