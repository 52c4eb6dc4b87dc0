"""What acceptance tests may ask for besides the stage: a PostgreSQL database of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.databases import PostgresDatabases


@pytest.fixture
async def postgresql_url(postgresql: PostgresDatabases) -> AsyncIterator[str]:
    async with postgresql.fresh() as url:
        yield url
