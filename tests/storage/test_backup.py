"""A backup is one only if it was checked; a restore touches nothing until it was checked again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage.backup import backup, digest_path, restore, verify
from storage.database import Database, Tx
from storage.faults import BackupUnsigned, DatabaseDamaged, DatabaseInUse, DatabaseMissing
from tests.storage.purse import PURSE, numbers, put


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "memberbot.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "monday.db"


@pytest.fixture
async def server(path: Path) -> AsyncIterator[Database]:
    db = await Database.open(f"sqlite:///{path}", server=True, name="till-1")
    await db.run_ddl(PURSE.create)
    yield db
    await db.close()


def at_most_one_unpaired(tx: Tx) -> Sequence[str]:
    odd = tx.scalar(select(func.count()).select_from(PURSE)) % 2
    return ["the number of purses is odd"] if odd else []


def content(path: Path) -> bytes:
    return path.read_bytes()


def overwrite(path: Path, place: int, what: bytes) -> None:
    whole = content(path)
    path.write_bytes(whole[:place] + what + whole[place + len(what) :])


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def stored(path: Path) -> list[int]:
    db = await Database.open(f"sqlite:///{path}")
    found = await db.read(numbers)
    await db.close()
    return found


async def test_a_backup_beside_a_busy_server_holds_whole_units_only(server: Database, path: Path, copy: Path) -> None:
    def pair(tx: Tx, number: int) -> None:
        put(tx, number)
        put(tx, number + 100_000)

    async def work() -> None:
        for first in range(0, 1000, 20):
            await asyncio.gather(*(server.write(pair, n) for n in range(first, first + 20)))

    await server.write(pair, 99_999)
    working = asyncio.create_task(work())
    made = await asyncio.to_thread(backup, path, copy, checks=[at_most_one_unpaired])
    await working
    kept = await stored(copy)
    assert 99_999 in kept
    assert {n + 100_000 for n in kept if n < 100_000} == {n for n in kept if n >= 100_000}
    assert made.size % 4096 == 0
    assert digest_path(copy).read_text() == f"{made.sha256}  monday.db\n"


async def test_a_backup_is_private_and_leaves_nothing_else(server: Database, path: Path, copy: Path) -> None:
    await server.write(put, 1)
    await asyncio.to_thread(backup, path, copy)
    assert set(modes(copy.parent)) == {"monday.db", "monday.db.sha256"}
    assert modes(copy.parent)["monday.db"] == 0o600


async def test_a_copy_that_breaks_a_rule_does_not_become_a_backup(server: Database, path: Path, copy: Path) -> None:
    await asyncio.to_thread(backup, path, copy)
    await server.write(put, 1)
    with pytest.raises(DatabaseDamaged, match="the number of purses is odd"):
        await asyncio.to_thread(backup, path, copy, checks=[at_most_one_unpaired])
    assert await stored(copy) == []
    assert set(modes(copy.parent)) == {"monday.db", "monday.db.sha256"}


async def test_any_changed_byte_of_a_backup_is_noticed(server: Database, path: Path, copy: Path) -> None:
    await asyncio.gather(*(server.write(put, n) for n in range(300)))
    await asyncio.to_thread(backup, path, copy)
    verify(copy)
    whole = content(copy)
    for place in random.Random(1).sample(range(len(whole)), 40):
        overwrite(copy, place, bytes([whole[place] ^ 1]))
        with pytest.raises(DatabaseDamaged):
            verify(copy)
        overwrite(copy, place, whole[place : place + 1])
    verify(copy)


async def test_a_damaged_database_is_not_called_a_backup(path: Path, copy: Path) -> None:
    db = await Database.open(f"sqlite:///{path}")
    await db.run_ddl(PURSE.create)
    await asyncio.gather(*(db.write(put, n) for n in range(500)))
    await db.close()
    overwrite(path, 4096, b"\xff" * 64)
    with pytest.raises(DatabaseDamaged):
        backup(path, copy)
    assert modes(copy.parent) == {}


@pytest.mark.usefixtures("server")
async def test_a_backup_without_its_digest_needs_to_be_allowed(path: Path, copy: Path) -> None:
    await asyncio.to_thread(backup, path, copy)
    digest_path(copy).unlink()
    with pytest.raises(BackupUnsigned, match=r"monday\.db\.sha256 is missing"):
        verify(copy)
    verify(copy, unsigned=True)


async def test_a_restore_waits_for_the_server_to_stop(server: Database, path: Path, copy: Path) -> None:
    await asyncio.to_thread(backup, path, copy)
    await server.write(put, 1)
    with pytest.raises(DatabaseInUse, match="till-1"):
        restore(copy, path)
    assert await server.read(numbers) == [1]


def leave_a_log(path: Path) -> None:
    """Put beside the file what a killed server leaves there: a log that belongs to the old file."""
    path.with_name("memberbot.db-wal").write_bytes(b"old log")
    path.with_name("memberbot.db-shm").write_bytes(b"old index")


async def test_a_restore_brings_the_day_of_the_backup_back(path: Path, copy: Path) -> None:
    db = await Database.open(f"sqlite:///{path}")
    await db.run_ddl(PURSE.create)
    await db.write(put, 1)
    await asyncio.to_thread(backup, path, copy)
    await db.write(put, 2)
    await db.close()
    leave_a_log(path)
    restore(copy, path, checks=[lambda tx: [] if numbers(tx) == [1] else ["not that day"]])
    assert not {"memberbot.db-wal", "memberbot.db-shm"} & set(modes(path.parent))
    assert await stored(path) == [1]
    assert await stored(path.with_name("memberbot.db.replaced")) == [1, 2]


async def test_a_restore_from_a_damaged_backup_touches_nothing(path: Path, copy: Path) -> None:
    db = await Database.open(f"sqlite:///{path}")
    await db.run_ddl(PURSE.create)
    await db.close()
    await asyncio.to_thread(backup, path, copy)
    overwrite(copy, 0, b"?")
    before = content(path)
    with pytest.raises(DatabaseDamaged):
        restore(copy, path)
    assert content(path) == before


def test_what_is_not_there_is_said_to_be_missing(path: Path, copy: Path) -> None:
    with pytest.raises(DatabaseMissing, match=r"memberbot\.db"):
        backup(path, copy)
    with pytest.raises(DatabaseMissing, match=r"monday\.db"):
        restore(copy, path)
    assert not path.exists()
    assert not path.parent.exists()
