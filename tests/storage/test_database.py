"""One function, one transaction: whole or not at all, and answered only once it is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from storage.database import Database, Tx
from storage.faults import DatabaseClosed, NoCipher, UnknownDatabase
from storage.types import Json, UtcDateTime
from tests.databases import make_cipher
from tests.storage.purse import PURSE, Refused, numbers, put


@pytest.fixture
async def purses(db: Database) -> Database:
    await db.run_ddl(PURSE.create)
    return db


async def test_a_unit_that_raises_undoes_only_itself(purses: Database) -> None:
    answers = await asyncio.gather(
        *(purses.write(put, n, then=Refused if n % 3 == 0 else None) for n in range(120)), return_exceptions=True
    )
    assert [n for n in range(120) if isinstance(answers[n], Refused)] == list(range(0, 120, 3))
    assert await purses.read(numbers) == [n for n in range(120) if n % 3]


async def test_an_error_of_the_database_reaches_only_its_caller(purses: Database) -> None:
    answers = await asyncio.gather(*(purses.write(put, n) for n in (1, 2, 1, 3)), return_exceptions=True)
    assert sorted(str(type(answer).__name__) for answer in answers) == ["IntegrityError", "int", "int", "int"]
    assert await purses.read(numbers) == [1, 2, 3]


async def test_an_acknowledged_row_is_seen_by_the_next_read(purses: Database) -> None:
    for number in range(20):
        await purses.write(put, number)
        assert number in await purses.read(numbers)


async def test_a_cancelled_caller_leaves_a_whole_effect_or_none(purses: Database) -> None:
    def pair(tx: Tx, number: int) -> None:
        put(tx, number)
        put(tx, number + 1000)

    callers = [asyncio.create_task(purses.write(pair, n)) for n in range(200)]
    await asyncio.sleep(0.005)
    for caller in callers[::2]:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    await purses.write(put, 5000)
    stored = set(await purses.read(numbers))
    assert {n for n in stored if n < 1000} == {n - 1000 for n in stored if 1000 <= n < 5000}
    assert set(range(1, 200, 2)) <= stored


async def test_a_savepoint_undoes_its_inside_and_keeps_what_came_before(purses: Database) -> None:
    def unit(tx: Tx) -> None:
        put(tx, 1)
        with pytest.raises(Refused), tx.savepoint():
            put(tx, 2, then=Refused)
        put(tx, 3)

    await purses.write(unit)
    assert await purses.read(numbers) == [1, 3]


async def test_what_is_rehearsed_answers_or_refuses_and_leaves_nothing(purses: Database) -> None:
    def unit(tx: Tx) -> None:
        put(tx, 1)
        tx.rehearse(lambda: put(tx, 2))
        assert tx.rehearse(lambda: numbers(tx)) == [1]
        with pytest.raises(Refused):
            tx.rehearse(lambda: put(tx, 3, then=Refused))
        put(tx, 4)

    await purses.write(unit)
    assert await purses.read(numbers) == [1, 4]


async def test_insert_once_says_whether_the_row_is_new(purses: Database) -> None:
    assert await purses.write(Tx.insert_once, PURSE, {"id": 1, "name": "a"})
    assert not await purses.write(Tx.insert_once, PURSE, {"id": 1, "name": "b"})
    assert not await purses.write(Tx.insert_once, PURSE, {"id": 2, "name": "a"})
    assert await purses.read(Tx.scalar, select(func.count()).select_from(PURSE)) == 1


async def test_a_read_cannot_write(purses: Database) -> None:
    with pytest.raises(DBAPIError):
        await purses.read(put, 1)
    assert await purses.read(numbers) == []


async def test_a_read_sees_one_moment_even_while_others_write(purses: Database) -> None:
    loop = asyncio.get_running_loop()
    await purses.write(put, 1)

    def twice(tx: Tx) -> tuple[list[int], list[int]]:
        before = numbers(tx)
        asyncio.run_coroutine_threadsafe(purses.write(put, 2), loop).result(timeout=5)
        return before, numbers(tx)

    assert await purses.read(twice) == ([1], [1])
    assert await purses.read(numbers) == [1, 2]


async def test_a_change_of_the_tables_that_fails_leaves_them_as_they_were(purses: Database) -> None:
    def change(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE test_purse ADD COLUMN colour TEXT")
        raise Refused

    with pytest.raises(Refused):
        await purses.run_ddl(change)
    with pytest.raises(DBAPIError):
        await purses.read(Tx.all, text("SELECT colour FROM test_purse"))


async def test_closing_finishes_what_waits_and_takes_nothing_more(db_url: str) -> None:
    db = await Database.open(db_url)
    await db.run_ddl(PURSE.create)
    waiting = [asyncio.create_task(db.write(put, n)) for n in range(30)]
    await asyncio.sleep(0)
    await db.close()
    assert [await task for task in waiting] == list(range(30))
    with pytest.raises(DatabaseClosed):
        await db.write(put, 99)
    with pytest.raises(DatabaseClosed):
        await db.read(numbers)


async def test_moments_come_back_in_utc_to_the_microsecond_and_sort(db: Database) -> None:
    table = Table("test_moment", MetaData(), Column("at", UtcDateTime), Column("facts", Json))
    shanghai = datetime(2026, 11, 22, 12, 0, 0, 123457, tzinfo=ZoneInfo("Asia/Shanghai"))
    early, late = datetime(1899, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)

    def keep(tx: Tx) -> list[Any]:
        rows = [{"at": at, "facts": {"名": [1, None]}} for at in (late, shanghai, early)]
        tx.execute(insert(table), [*rows, {"at": None, "facts": None}])
        kept = tx.all(select(table).where(table.c.at.is_not(None)).order_by(table.c.at))
        assert tx.scalar(select(func.count()).where(table.c.facts.is_(None))) == 1
        return kept

    await db.run_ddl(table.create)
    kept = await db.write(keep)
    assert [row.at for row in kept] == [early, shanghai, late]
    assert {row.at.tzinfo for row in kept} == {UTC}
    assert kept[0].facts == {"名": [1, None]}


async def test_a_moment_without_a_zone_is_refused(db: Database) -> None:
    table = Table("test_moment", MetaData(), Column("at", UtcDateTime))
    await db.run_ddl(table.create)
    with pytest.raises(StatementError, match="without a time zone"):
        await db.write(Tx.execute, insert(table).values(at=datetime(2026, 11, 22)))  # noqa: DTZ001 - the point of it


@pytest.mark.parametrize("url", ["mysql://root:hunter2@host/x", "sqlite://", "sqlite:///:memory:", "hunter2"])
async def test_an_address_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UnknownDatabase) as refused:
        await Database.open(url)
    assert "hunter2" not in str(refused.value)


async def test_sealed_fields_need_keys(db_url: str) -> None:
    db = await Database.open(db_url)
    with pytest.raises(NoCipher):
        await db.read(lambda tx: tx.cipher)
    db.use(make_cipher())
    assert await db.read(lambda tx: tx.cipher.current_kid) == 1
    await db.close()
