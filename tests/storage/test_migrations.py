"""The steps make exactly the tables the program names, once, whoever comes first; and the ledger refuses to change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from storage.database import Database, Tx
from storage.migrations import DatabaseNewer, migrate, pending, upgrade
from storage.tables import metadata
from tests.databases import PostgresDatabases

STEPS = ["0001", "0002", "0003", "0004", "0005", "0006"]


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgresql: PostgresDatabases = request.getfixturevalue("postgresql")
    name = "empty_for_steps"
    postgresql.server.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    yield postgresql.server.url(name)
    postgresql.server.admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    db = await Database.open(empty_url)
    yield db
    await db.close()


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def checks(make: Callable[[Connection], object]) -> dict[str, list[tuple[str, str]]]:
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.begin() as connection:
        make(connection)
        found = inspect(connection)
        return {
            table: sorted((str(check["name"]), str(check["sqltext"])) for check in found.get_check_constraints(table))
            for table in metadata.tables
        }


async def test_the_steps_make_the_tables_the_program_names(empty: Database) -> None:
    assert await migrate(empty) == STEPS
    assert await empty.run_ddl(differences) == []


def test_the_steps_make_the_checks_the_program_names() -> None:
    stepped = checks(upgrade)
    assert any(stepped.values())
    assert stepped == checks(metadata.create_all)


BEFORE_0006 = (
    "DROP TABLE ratings",
    "CREATE TABLE ratings (id, purchase_id, member_id, store_id, state, score, due_at, asked_at, answered_at)",
    "DROP TABLE purchases",
    "CREATE TABLE purchases (id, at)",
    "INSERT INTO purchases VALUES ('p', 7)",
    "INSERT INTO ratings VALUES ('r', 'p', 'm', 's', 'answered', 5, 1, 2, 3)",
    "UPDATE alembic_version SET version_num = '0005'",
)


def test_ratings_are_kept_when_visits_on_a_pass_get_theirs() -> None:
    engine = create_engine("sqlite://", poolclass=NullPool)  # without foreign keys: a rating stands there alone
    with engine.begin() as connection:
        upgrade(connection)
        for row in BEFORE_0006:
            connection.exec_driver_sql(row)
        assert upgrade(connection) == ["0006"]
        kept = connection.execute(text("SELECT id, purchase_id, score, answered_at, visit_id, at FROM ratings")).one()
        assert tuple(kept) == ("r", "p", 5, 3, None, 7)


PHONES = (
    "DROP TABLE members",
    "CREATE TABLE members (id, state, phone_index, phone_tail_index)",
    "INSERT INTO members VALUES ('gone', 'left', 1, 2), ('here', 'joined', 3, 4), ('noted', 'enrolled', 5, 6)",
)


def test_who_had_left_before_holds_no_phone_and_who_is_a_member_keeps_theirs() -> None:
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.begin() as connection:
        upgrade(connection)
        for row in (*BEFORE_0006, *PHONES):
            connection.exec_driver_sql(row)
        upgrade(connection)
        found = connection.execute(text("SELECT phone_index, phone_tail_index FROM members ORDER BY id")).all()
        assert [tuple(row) for row in found] == [(None, None), (3, 4), (5, 6)]


async def test_a_table_nobody_made_a_step_for_would_be_noticed(empty: Database) -> None:
    await migrate(empty)
    await empty.run_ddl(lambda connection: connection.execute(text("ALTER TABLE stores ADD COLUMN forgotten TEXT")))
    assert len(await empty.run_ddl(differences)) == 1


async def test_steps_are_applied_once(empty: Database) -> None:
    assert await pending(empty) == STEPS
    await migrate(empty)
    assert await pending(empty) == []
    assert await migrate(empty) == []


async def test_two_programs_that_start_together_apply_each_step_once(empty_url: str) -> None:
    one, two = await Database.open(empty_url), await Database.open(empty_url)
    applied = await asyncio.gather(migrate(one), migrate(two))
    await one.close()
    await two.close()
    assert sorted(applied) == [[], STEPS]


async def test_a_database_of_a_newer_program_is_refused(empty: Database) -> None:
    await migrate(empty)
    await empty.run_ddl(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(DatabaseNewer, match="9999"):
        await migrate(empty)


async def test_steps_that_fail_leave_nothing_behind(empty: Database) -> None:
    await empty.run_ddl(lambda connection: connection.execute(text("CREATE TABLE transfers (id TEXT)")))
    with pytest.raises(DBAPIError):
        await migrate(empty)
    found = await empty.run_ddl(_tables)
    assert found == ["transfers"]


def _tables(connection: Connection) -> list[str]:
    seen = MetaData()
    seen.reflect(connection)
    return sorted(seen.tables)


ROWS = (
    "INSERT INTO accounts (id, kind, unit) VALUES ('a', 'issue', 'points'), ('b', 'redeem', 'points')",
    """INSERT INTO transfers (id, reference, debit, credit, amount, unit, kind, why, actor, content_hash, at)
    VALUES ('t', 'r', 'a', 'b', 5, 'points', 'earn', '[]', 'me', 'x', {at})""",
    """INSERT INTO lots (id, account_id, earned, remaining, available_at, expires_at)
    VALUES ('t', 'b', 5, 5, {at}, {at})""",
    "INSERT INTO slices (transfer_id, lot_id, amount) VALUES ('t', 't', 1)",
    "INSERT INTO audit (id, at, actor, action, subject, facts) VALUES ('s', {at}, 'me', 'earn', 't', '{{}}')",
)


def write_a_history(tx: Tx) -> None:
    at = "0" if tx.dialect == "sqlite" else "now()"
    for row in ROWS:
        tx.connection.exec_driver_sql(row.format(at=at))


SEAL = "UPDATE audit SET sequence = 1, hash = 'h'"


@pytest.mark.parametrize(
    ("first", "deed", "table"),
    [
        ("", "UPDATE transfers SET amount = 6", "transfers"),
        ("", "UPDATE transfers SET why = why", "transfers"),
        ("", "DELETE FROM transfers", "transfers"),
        ("", "UPDATE slices SET amount = 2", "slices"),
        ("", "DELETE FROM slices", "slices"),
        ("", "UPDATE audit SET actor = 'you'", "audit"),
        ("", "DELETE FROM audit", "audit"),
        (SEAL, "UPDATE audit SET hash = 'i'", "audit"),
        (SEAL, "UPDATE audit SET sequence = 2", "audit"),
        (SEAL, "UPDATE audit SET sequence = NULL", "audit"),
    ],
)
async def test_what_was_written_refuses_to_change(db: Database, first: str, deed: str, table: str) -> None:
    await db.write(write_a_history)
    if first:
        await db.write(lambda tx: tx.connection.exec_driver_sql(first))
    with pytest.raises(DBAPIError, match=f"{table} are never changed"):
        await db.write(lambda tx: tx.connection.exec_driver_sql(deed))


async def test_a_row_of_the_trail_is_sealed_once(db: Database) -> None:
    await db.write(write_a_history)
    await db.write(lambda tx: tx.connection.exec_driver_sql(SEAL))
    with pytest.raises(DBAPIError):
        await db.write(lambda tx: tx.connection.exec_driver_sql(SEAL))


@pytest.mark.parametrize("table", ["transfers", "slices", "audit"])
async def test_a_whole_table_cannot_be_emptied_either(db: Database, table: str) -> None:
    if db.dialect == "postgresql":  # SQLite has no TRUNCATE: its DELETE is refused above
        with pytest.raises(DBAPIError, match="never changed"):
            await db.write(lambda tx: tx.connection.exec_driver_sql(f"TRUNCATE {table} CASCADE"))
