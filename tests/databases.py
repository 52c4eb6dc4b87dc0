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

from storage.cipher import Cipher, Random, new_keyring
from storage.database import Database
from storage.migrations import migrate
from tests.postgres_server import PostgresServer

NOW: Final = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SHOP: Final = "test-shop"
KEK: Final = bytes(range(32))


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
    """Fresh databases on the tests' PostgreSQL server, each a copy of one that has all tables."""

    def __init__(self) -> None:
        self.server = PostgresServer.start()
        self._template = f"template_{os.getpid()}"
        self._numbers = itertools.count(0)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        """Give the address of a new database with all tables."""
        number = next(self._numbers)
        if number == 0:
            self.server.admin(f"DROP DATABASE IF EXISTS {self._template}", f"CREATE DATABASE {self._template}")
            await _prepare_at(self.server.url(self._template))
        name = f"test_{os.getpid()}_{number}"
        self.server.admin(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {self._template}"
        )
        yield self.server.url(name)
        self.server.admin(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self.server.admin(f"DROP DATABASE IF EXISTS {self._template}")
        self.server.stop()
