"""What every test may ask for: a moment, a cipher, and a fresh database of either kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest
from hypothesis import settings

from storage.cipher import Cipher
from storage.database import Database
from tests import compilations, order
from tests.databases import NOW, PostgresDatabases, SqliteFiles, make_cipher

# The long forms (make torture) say themselves how much they try.
settings.register_profile("torture", deadline=None, print_blob=True)


@pytest.fixture
def now() -> datetime:
    """12:00 in Shanghai on 22 November 2026."""
    return NOW


@pytest.fixture
def cipher() -> Cipher:
    return make_cipher()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresDatabases]:
    databases = PostgresDatabases()
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def db_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of a fresh database with all tables; asked for by name, so that one kind starts only itself."""
    kind: SqliteFiles | PostgresDatabases = request.getfixturevalue(request.param)
    async with kind.fresh() as url:
        yield url


@pytest.fixture
async def db(db_url: str, cipher: Cipher) -> AsyncIterator[Database]:
    """A fresh database with all tables, open; the test runs once on each kind."""
    database = await Database.open(db_url, cipher=cipher)
    yield database
    await database.close()


def pytest_configure() -> None:
    compilations.share()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long form run every test of the doors on both databases."""
    parser.addoption("--both", action="store_true", help="run the tests of handlers and web on both databases")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, and leave the other database's half of the doors' tests to the long form."""
    left = [] if config.getoption("--both") else [item for item in items if not order.runs_here(item)]
    if left:
        config.hook.pytest_deselected(items=left)
    gone = set(left)
    items[:] = order.long_first(item for item in items if item not in gone)
