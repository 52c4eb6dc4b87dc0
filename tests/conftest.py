"""What every test may ask for: a moment, a cipher, and a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from storage.cipher import Cipher
from storage.database import Database
from tests.databases import NOW, make_cipher, open_sqlite


@pytest.fixture
def now() -> datetime:
    """12:00 in Shanghai on 22 November 2026."""
    return NOW


@pytest.fixture
def cipher() -> Cipher:
    return make_cipher()


@pytest.fixture(params=["sqlite"])
async def db(request: pytest.FixtureRequest, tmp_path: Path, cipher: Cipher) -> AsyncIterator[Database]:
    database = await open_sqlite(tmp_path, cipher)
    yield database
    await database.close()
