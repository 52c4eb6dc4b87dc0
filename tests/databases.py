"""Both databases for tests: a fresh, empty memory with all tables, on SQLite and on PostgreSQL."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from storage.cipher import Cipher, Random, new_keyring
from storage.database import Database

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
    """Make every table in an empty database."""
    metadata = importlib.import_module("storage.tables").metadata
    create: Callable[..., None] = metadata.create_all
    await db.run_ddl(create)


async def open_sqlite(folder: Path, cipher: Cipher | None = None) -> Database:
    """A fresh SQLite database with all tables in this folder; the caller closes it."""
    db = await Database.open(f"sqlite:///{folder / 'memberbot.db'}", cipher=cipher)
    await prepare(db)
    return db
