"""How long a spend takes in an account of a million lots: no more of them may be read than it needs.

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

from membership.moment import id_of
from services import points
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
