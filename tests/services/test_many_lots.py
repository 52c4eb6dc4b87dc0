"""What a spend costs does not grow with the lots a member holds: it reads the ones it takes, and few others."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from membership.moment import id_of
from services import points
from services.points import Cause
from storage import points as rows
from storage.cipher import Cipher
from storage.database import Database, Tx
from storage.sqlite import Sqlite
from storage.tables import accounts, lots
from tests.databases import SqliteFiles
from tests.handlers.counter import Counter
from tests.services.shopfront import Shop

FEW, MANY = 200, 20_000


@pytest.fixture
async def shop(sqlite: SqliteFiles, cipher: Cipher, now: datetime) -> AsyncIterator[Shop]:
    async with sqlite.fresh() as url:
        db = await Database.open(url, cipher=cipher)
        counter = Counter(db, now)
        await counter.open()
        yield Shop(counter)
        await db.close()


def fill(tx: Tx, member_id: str, number: int, now: datetime) -> None:
    """Open so many lots of ten points, which end a minute apart."""
    account = rows.account(tx, member_id, "points")
    since = {"account_id": account, "earned": 10, "remaining": 10, "available_at": now}
    made = (
        {"id": id_of(f"{member_id}:{place}"), "expires_at": now + timedelta(minutes=place + 1), **since}
        for place in range(number)
    )
    while batch := list(itertools.islice(made, 5_000)):
        tx.execute(lots.insert(), batch)
    tx.execute(update(accounts).where(accounts.c.id == account).values(balance=10 * number))


async def work(shop: Shop, lots_held: int) -> int:
    """Return how many hundreds of the database's smallest steps it takes to look at the points and spend some."""
    [member_id] = await shop.settle(1)
    await shop.db.write(fill, member_id, lots_held, shop.now)
    assert isinstance(shop.db.store, Sqlite)
    writer, steps = shop.db.store.writer, itertools.count()

    def count(handler: Any) -> None:
        writer.raw.set_progress_handler(handler, 100)

    def look_and_spend(tx: Tx) -> None:
        assert points.balance(tx, member_id, now=shop.now).points == 10 * lots_held
        points.spend(tx, member_id, 300, Cause(f"spent:{member_id}", "test"), moment=shop.moment())

    await writer.run(count, lambda: next(steps) < 0)
    await shop.db.write(look_and_spend)
    await writer.run(count, None)
    return next(steps)


async def test_a_spend_reads_no_more_of_many_lots_than_of_few(shop: Shop) -> None:
    few, many = await work(shop, FEW), await work(shop, MANY)

    assert many < 2 * few, f"{few} hundred steps with {FEW} lots, {many} hundred with {MANY}"
