"""One function, one transaction: whole or not at all, and answered only once it is kept."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from storage.database import Database, Tx

PURSE = Table("test_purse", MetaData(), Column("id", Integer, primary_key=True), Column("name", String, unique=True))


class Refused(ValueError):
    pass


@pytest.fixture
async def purses(db: Database) -> Database:
    await db.run_ddl(PURSE.create)
    return db


def put(tx: Tx, number: int, *, then: type[Exception] | None = None) -> int:
    tx.execute(insert(PURSE).values(id=number, name=f"p{number}"))
    if then is not None:
        raise then
    return number


def numbers(tx: Tx) -> list[int]:
    return [row.id for row in tx.all(select(PURSE.c.id).order_by(PURSE.c.id))]


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


async def test_insert_once_says_whether_the_row_is_new(purses: Database) -> None:
    assert await purses.write(Tx.insert_once, PURSE, {"id": 1, "name": "a"})
    assert not await purses.write(Tx.insert_once, PURSE, {"id": 1, "name": "b"})
    assert not await purses.write(Tx.insert_once, PURSE, {"id": 2, "name": "a"})
    assert await purses.read(Tx.scalar, select(func.count()).select_from(PURSE)) == 1


async def test_a_read_cannot_write(purses: Database) -> None:
    with pytest.raises(DBAPIError):
        await purses.read(put, 1)
    assert await purses.read(numbers) == []
