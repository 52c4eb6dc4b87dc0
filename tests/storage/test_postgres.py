"""PostgreSQL as a chain's memory: limits on waiting, and what happens when two meet or the line is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from storage.database import Database, Tx
from storage.postgres import ATTEMPTS_MAX, may_work_again
from tests.databases import PostgresDatabases
from tests.storage.purse import PURSE, numbers, put


@pytest.fixture
async def chain(postgresql: PostgresDatabases) -> AsyncIterator[Database]:
    async with postgresql.fresh() as url:
        db = await Database.open(url, jitter=lambda: 0.1)
        await db.run_ddl(PURSE.create)
        yield db
        await db.close()


LIMITS = {
    "lock_timeout": "3s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "15s",
    "synchronous_commit": "on",
    "transaction_isolation": "read committed",
    "timezone": "UTC",
}


@pytest.mark.parametrize(("name", "value"), LIMITS.items())
async def test_nobody_waits_for_ever_and_a_commit_is_on_disk(chain: Database, name: str, value: str) -> None:
    assert await chain.write(Tx.scalar, text(f"SHOW {name}")) == value


async def test_reads_are_snapshots_that_cannot_write(chain: Database) -> None:
    assert await chain.read(Tx.scalar, text("SHOW transaction_isolation")) == "repeatable read"
    assert await chain.read(Tx.scalar, text("SHOW transaction_read_only")) == "on"


async def test_two_who_lock_each_other_both_get_through(chain: Database) -> None:
    await chain.write(put, 1)
    await chain.write(put, 2)
    meeting = Barrier(2)
    runs: list[int] = []

    def swap(tx: Tx, first: int, second: int) -> None:
        runs.append(first)
        tx.execute(text(f"UPDATE test_purse SET name = name || '!' WHERE id = {first}"))
        if len(runs) <= 2:
            meeting.wait(timeout=5)
        tx.execute(text(f"UPDATE test_purse SET name = name || '!' WHERE id = {second}"))

    await asyncio.gather(chain.write(swap, 1, 2), chain.write(swap, 2, 1))
    assert len(runs) >= 3, "they met, and who gave way ran again (more than once, if it met the other again)"
    names = await chain.read(Tx.all, text("SELECT name FROM test_purse ORDER BY id"))
    assert [row.name for row in names] == ["p1!!", "p2!!"]


def cut(tx: Tx) -> None:
    """End this transaction's connection from outside, as a failing network would."""
    me = tx.scalar(text("SELECT pg_backend_pid()"))
    address = tx.connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [me])


async def test_a_unit_whose_connection_is_cut_runs_again(chain: Database) -> None:
    attempts: list[int] = []

    def unlucky_once(tx: Tx) -> None:
        attempts.append(1)
        put(tx, 1)
        if len(attempts) == 1:
            cut(tx)

    await chain.write(unlucky_once)
    assert len(attempts) == 2
    assert await chain.read(numbers) == [1]


async def test_a_unit_that_is_always_cut_gives_up_in_the_end(chain: Database) -> None:
    attempts: list[int] = []

    def unlucky(tx: Tx) -> None:
        attempts.append(1)
        put(tx, 1)
        cut(tx)

    with pytest.raises(OperationalError):
        await chain.write(unlucky)
    assert len(attempts) == ATTEMPTS_MAX
    assert await chain.read(numbers) == []


async def test_idle_connections_cut_by_a_restart_are_replaced(chain: Database) -> None:
    await asyncio.gather(*(chain.write(put, n) for n in range(8)))
    everybody = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await chain.read(Tx.scalar, everybody)
    await asyncio.gather(*(chain.write(put, n) for n in range(8, 40)))
    assert await chain.read(numbers) == list(range(40))


async def test_a_broken_rule_is_not_tried_again(chain: Database) -> None:
    attempts: list[int] = []

    def double(tx: Tx) -> None:
        attempts.append(1)
        put(tx, 1)
        put(tx, 1)

    with pytest.raises(IntegrityError):
        await chain.write(double)
    assert len(attempts) == 1


async def test_a_server_that_is_not_there_is_noticed_at_the_start(postgresql: PostgresDatabases) -> None:
    with pytest.raises(OperationalError, match="no_such_database"):
        await Database.open(postgresql.server.url("no_such_database"), jitter=lambda: 0)


@pytest.mark.parametrize(
    ("cause", "again"),
    [
        (psycopg.errors.SerializationFailure, True),
        (psycopg.errors.DeadlockDetected, True),
        (psycopg.errors.AdminShutdown, True),
        (psycopg.errors.CannotConnectNow, True),
        (psycopg.errors.LockNotAvailable, False),
        (psycopg.errors.QueryCanceled, False),
        (psycopg.errors.UniqueViolation, False),
        (psycopg.errors.InvalidPassword, False),
    ],
)
def test_only_meetings_and_lost_lines_are_tried_again(cause: Callable[[], psycopg.Error], *, again: bool) -> None:
    assert may_work_again(OperationalError("SELECT 1", {}, cause())) is again


async def test_a_connection_keeps_a_plan_for_every_statement_of_the_program(chain: Database) -> None:
    """With the driver's hundred, a hundred and twenty statements asked in turn would each be planned each time."""

    def ask(tx: Tx) -> int:
        for _ in range(7):
            for number in range(120):
                tx.execute(text(f"SELECT {number} + CAST(:more AS INTEGER)"), {"more": number})
        return int(tx.scalar(text("SELECT count(*) FROM pg_prepared_statements")))

    assert await chain.read(ask) >= 120
