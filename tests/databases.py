"""Both databases for tests: a fresh memory with all tables, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg

from storage.cipher import Cipher, Random, new_keyring
from storage.database import Database
from storage.migrations import migrate
from tests.postgres_server import PostgresServer

NOW: Final = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SHOP: Final = "test-shop"
KEK: Final = bytes(range(32))
# All of a catalogue that a test may change; copies of one template have the same numbers.
SHAPE: Final = """
    SELECT md5(concat(
        (SELECT string_agg(concat(oid, relname, reloptions), ',' ORDER BY oid)
           FROM pg_class WHERE relnamespace = 'public'::regnamespace),
        (SELECT string_agg(concat(attrelid, attname, attnotnull), ',' ORDER BY attrelid, attnum)
           FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
          WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0),
        (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint),
        (SELECT string_agg(concat(oid, tgname, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
        (SELECT string_agg(concat(oid, prosrc), ',' ORDER BY oid)
           FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
        (SELECT string_agg(version_num, ',') FROM alembic_version)))
"""
OTHERS_GO: Final = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def counting_random() -> Random:
    """Bytes that never repeat and are the same in each run."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size)


def make_cipher(*, now: datetime = NOW, random: Random | None = None) -> Cipher:
    source = random or counting_random()
    return Cipher.of(KEK, new_keyring(KEK, shop=SHOP, now=now, random=source), shop=SHOP, random=source)


async def prepare(db: Database) -> None:
    """Make every table in an empty database, as the first start of the program does."""
    await migrate(db)


async def _prepare_at(url: str) -> None:
    db = await Database.open(url)
    await prepare(db)
    await db.close()


class SqliteFiles:
    """Fresh SQLite files, each a copy of one that has all tables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._template = folder / "template.db"
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        """Give the address of a new database with all tables."""
        if not self._template.exists():
            await _prepare_at(f"sqlite:///{self._template}")
        folder = self.folder / f"{next(self._numbers)}"
        folder.mkdir()
        shutil.copy(self._template, folder / "memberbot.db")
        yield f"sqlite:///{folder / 'memberbot.db'}"
        shutil.rmtree(folder)


class PostgresDatabases:
    """Databases on the tests' PostgreSQL server, each a copy of one that has all tables.

    Copying takes many times longer than emptying, so a database is emptied and used again, but never where a test has
    left another shape behind.
    """

    def __init__(self) -> None:
        self.server = PostgresServer.start()
        self._template = f"template_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._idle: list[str] = []
        self._shape = ""
        self._full = ""

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        """Give the address of an empty database with all tables."""
        if not self._shape:
            await self._prepare()
        name = self._idle.pop() if self._idle else self._copy()
        yield self.server.url(name)
        if self._emptied(name):
            self._idle.append(name)
        else:
            self.server.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _prepare(self) -> None:
        self.server.admin(f"DROP DATABASE IF EXISTS {self._template}", f"CREATE DATABASE {self._template}")
        await _prepare_at(self.server.url(self._template))
        with psycopg.connect(self.server.url(self._template)) as connection:
            (self._shape,) = connection.execute(SHAPE).fetchone() or ("",)
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
            looks = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for (table,) in tables)
            self._full = " UNION ALL ".join(looks)

    def _copy(self) -> str:
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.server.admin(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {self._template}"
        )
        return name

    def _emptied(self, name: str) -> bool:
        """Empty the database, unless the test that had it changed more than its rows."""
        with psycopg.connect(self.server.url(name), autocommit=True) as connection:
            connection.execute(OTHERS_GO)
            if connection.execute(SHAPE).fetchone() != (self._shape,):
                return False
            full = [table for (table,) in connection.execute(self._full.encode())]
            # Neither the order of the tables nor what refuses to forget is asked here; swept, they are like new ones.
            forget = ";".join(f"DELETE FROM {table}" for table in full)
            connection.execute(f"SET session_replication_role = replica; {forget}".encode())
            if full:
                connection.execute(f"VACUUM (TRUNCATE) {', '.join(full)}".encode())
        return True

    def close(self) -> None:
        for name in self._idle:
            self.server.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.server.admin(f"DROP DATABASE IF EXISTS {self._template}")
        self.server.stop()
