"""A changed byte in the write-ahead log is noticed before SQLite drops what follows it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storage.database import Database
from storage.faults import DatabaseDamaged
from storage.sqlite import _run_pragma
from storage.sqlite_log import check_log
from tests.storage.purse import PURSE, numbers, put

FRAME = 24 + 4096


@pytest.fixture
async def crashed(tmp_path: Path) -> Path:
    """A database with its log as a killed server leaves it: every row in the log, none in the file yet."""
    live = tmp_path / "live.db"
    db = await Database.open(f"sqlite:///{live}")
    await db.run_ddl(PURSE.create)
    for number in range(40):
        await db.write(put, number)
    path = tmp_path / "memberbot.db"
    for suffix in ("", "-wal"):
        shutil.copy(f"{live}{suffix}", f"{path}{suffix}")
    await db.close()
    return path


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    path.write_bytes(content)


async def test_a_whole_log_is_played_in(crashed: Path) -> None:
    check_log(crashed)
    db = await Database.open(f"sqlite:///{crashed}", server=True)
    assert await db.read(numbers) == list(range(40))
    await db.close()


@pytest.mark.parametrize(
    "place",
    [0, 9, 17, 30, 32, 32 + 5, 32 + 9, 32 + 17, 32 + 24, 32 + 3 * FRAME + 2000, 32 + 10 * FRAME + 24 + 4095],
)
async def test_a_flipped_byte_before_other_transactions_stops_the_start(crashed: Path, place: int) -> None:
    flip(log_of(crashed), place)
    for server in (True, False):
        with pytest.raises(DatabaseDamaged, match=r"memberbot\.db-wal"):
            await Database.open(f"sqlite:///{crashed}", server=server)
    flip(log_of(crashed), place)
    db = await Database.open(f"sqlite:///{crashed}", server=True)
    assert await db.read(numbers) == list(range(40))
    await db.close()


@pytest.mark.parametrize("torn", [1, 23, 24, 2000, FRAME])
async def test_a_last_transaction_cut_off_by_a_power_cut_is_dropped_without_complaint(crashed: Path, torn: int) -> None:
    log = log_of(crashed)
    log.write_bytes(log.read_bytes()[:-torn])
    db = await Database.open(f"sqlite:///{crashed}", server=True)
    assert await db.read(numbers) == list(range(39))
    await db.close()


async def test_frames_of_an_older_round_behind_the_newest_are_not_damage(tmp_path: Path) -> None:
    path = tmp_path / "memberbot.db"
    db = await Database.open(f"sqlite:///{path}", server=True)
    await db.run_ddl(PURSE.create)
    for number in range(40):
        await db.write(put, number)
    writer = db.store.writer  # type: ignore[attr-defined] # a SQLite store has a writer
    await writer.run(_run_pragma, writer, "wal_checkpoint(RESTART)")
    await db.write(put, 40)
    check_log(path)
    await db.close()


@pytest.mark.parametrize("content", [b"", b"\0" * 32, b"\0" * (32 + FRAME)])
def test_a_log_only_just_begun_is_no_damage(tmp_path: Path, content: bytes) -> None:
    log_of(tmp_path / "memberbot.db").write_bytes(content)
    check_log(tmp_path / "memberbot.db")
