"""A shop in memory, and one on PostgreSQL, in which runs of the model are tried and undone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.cipher import Cipher
from tests.databases import PostgresDatabases, SqliteFiles
from tests.model.deeds import open_shop
from tests.model.scope import Scope


@pytest.fixture
async def in_memory(sqlite: SqliteFiles, cipher: Cipher) -> AsyncIterator[Scope]:
    async with sqlite.fresh() as url:
        scope = Scope.on_sqlite(url, cipher=cipher)
    scope.commit(open_shop)
    yield scope
    scope.close()


@pytest.fixture
async def on_postgresql(postgresql: PostgresDatabases, cipher: Cipher) -> AsyncIterator[Scope]:
    async with postgresql.fresh() as url:
        scope = Scope.on_postgresql(url, cipher=cipher)
        scope.commit(open_shop)
        yield scope
        scope.close()
