"""SQLite as the shop's memory: who may open it, with which settings, and what a fault may not do."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from storage import sqlite as profile
from storage.database import Database, Tx
from storage.faults import (
    DatabaseDamaged,
    DatabaseInUse,
    ForeignKeysBroken,
    NetworkDisk,
    ReadTooLong,
    SQLiteTooOld,
)
from storage.sqlite_start import SQLITE_MIN, network_mount, newest_module, refuse_network_disk
from tests.databases import NOW
from tests.storage.purse import PURSE, numbers, put


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "memberbot.db"


@pytest.fixture
async def server(path: Path) -> AsyncIterator[Database]:
    db = await Database.open(f"sqlite:///{path}", server=True, name="till-1", started=NOW)
    await db.run_ddl(PURSE.create)
    yield db
    await db.close()


def setting(tx: Tx, name: str) -> object:
    return tx.scalar(text(f"PRAGMA {name}"))


SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "temp_store": 2,
    "wal_autocheckpoint": 1000,
}


@pytest.mark.parametrize(("name", "value"), SETTINGS.items())
async def test_the_writer_has_the_settings_that_keep_acknowledged_data(
    server: Database, name: str, value: object
) -> None:
    assert await server.write(setting, name) == value


async def test_readers_and_commands_never_checkpoint(server: Database, path: Path) -> None:
    command = await Database.open(f"sqlite:///{path}")
    assert await command.write(setting, "wal_autocheckpoint") == 0
    assert await command.write(setting, "synchronous") == 2
    assert await server.read(setting, "wal_autocheckpoint") == 0
    assert await server.read(setting, "query_only") == 1
    await command.close()


async def test_a_command_works_beside_the_server(server: Database, path: Path) -> None:
    command = await Database.open(f"sqlite:///{path}")
    await asyncio.gather(*(server.write(put, n) for n in range(50)), *(command.write(put, n) for n in range(50, 100)))
    await command.close()
    assert await server.read(numbers) == list(range(100))


async def test_a_second_server_is_refused_and_told_who_holds_the_file(server: Database, path: Path) -> None:
    with pytest.raises(DatabaseInUse, match=rf"till-1, process {os.getpid()}, since 2026-11-22T04:00:00\+00:00"):
        await Database.open(f"sqlite:///{path}", server=True, name="till-2")
    await server.write(put, 1)


async def test_a_closed_server_leaves_the_file_free(path: Path) -> None:
    for _ in range(2):
        db = await Database.open(f"sqlite:///{path}", server=True)
        await db.close()
    assert not path.with_name(path.name + "-wal").exists()


def modes(folder: Path) -> set[int]:
    return {file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_only_the_owner_may_read_the_files(server: Database, path: Path) -> None:
    await server.write(put, 1)
    assert modes(path.parent) == {0o600}
    assert modes(path.parent.parent) == {0o700}


def sqlite_of(version: tuple[int, int, int]) -> ModuleType:
    module = ModuleType("sqlite3")
    vars(module).update(sqlite_version_info=version, sqlite_version=".".join(map(str, version)))
    return module


def test_a_sqlite_with_the_log_reset_bug_is_refused_unless_allowed() -> None:
    old = [sqlite_of((3, 40, 1)), sqlite_of((3, 51, 2))]
    with pytest.raises(SQLiteTooOld, match=r"SQLite 3\.51\.2 .* 3\.51\.3 or newer"):
        newest_module(old)
    assert newest_module(old, allow_old=True) is old[1]


def test_the_newer_sqlite_of_two_is_taken() -> None:
    good = sqlite_of(SQLITE_MIN)
    assert newest_module([sqlite_of((3, 40, 1)), good]) is good
    assert newest_module([good, sqlite_of((3, 9, 0))]) is good


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/shop/local ext4 rw 0 0
//nas/share /mnt/the\\040share cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/memberbot/memberbot.db", None),
        ("/home/shop/memberbot.db", "nfs4"),
        ("/home/shop/local/memberbot.db", None),
        ("/mnt/the share/memberbot.db", "cifs"),
        ("/homework/memberbot.db", None),
    ],
)
def test_a_network_disk_is_recognised_by_the_nearest_mount(path: str, kind: str | None) -> None:
    assert network_mount(Path(path), MOUNTS) == kind


def test_a_file_on_a_network_disk_is_refused_with_the_reason(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/export {tmp_path} nfs rw 0 0\n")
    with pytest.raises(NetworkDisk, match=r"network disk \(nfs\)"):
        refuse_network_disk(tmp_path / "memberbot.db", mounts=mounts)
    refuse_network_disk(tmp_path / "memberbot.db", mounts=tmp_path / "no such file")


def flip(path: Path, place: int) -> None:
    """Turn one byte of a file around; twice leaves it as it was."""
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


async def test_a_damaged_file_is_not_opened_by_a_server(path: Path) -> None:
    db = await Database.open(f"sqlite:///{path}", server=True)
    await db.run_ddl(PURSE.create)
    await asyncio.gather(*(db.write(put, n) for n in range(500)))
    await db.close()
    # The first bytes of a page say what kind of page it is and where its rows begin.
    for place in (0, 4096, 2 * 4096 + 3):
        flip(path, place)
        with pytest.raises(DatabaseDamaged, match="memberbot restore"):
            await Database.open(f"sqlite:///{path}", server=True)
        flip(path, place)
    await (await Database.open(f"sqlite:///{path}", server=True)).close()


async def test_a_unit_that_ends_the_shared_transaction_harms_only_itself(server: Database) -> None:
    await server.run_ddl(
        lambda connection: connection.exec_driver_sql(
            "CREATE TRIGGER no_seven BEFORE INSERT ON test_purse WHEN new.id = 7 "
            "BEGIN SELECT RAISE(ROLLBACK, 'no'); END"
        )
    )
    answers = await asyncio.gather(*(server.write(put, n) for n in range(20)), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, Exception)] == [7]
    assert await server.read(numbers) == [n for n in range(20) if n != 7]


async def test_a_unit_that_ends_its_transaction_by_hand_is_told_so_and_stops_nobody(server: Database) -> None:
    def own_end(tx: Tx) -> None:
        tx.connection.exec_driver_sql("ROLLBACK")

    units = (server.write(put, 1), server.write(own_end), server.write(put, 2))
    answers = await asyncio.gather(*units, return_exceptions=True)
    assert answers[0] == 1
    assert answers[2] == 2
    assert isinstance(answers[1], Exception)
    assert await server.read(numbers) == [1, 2]


async def test_a_commit_that_fails_is_an_error_for_everybody_in_it(server: Database) -> None:
    await server.run_ddl(
        lambda connection: connection.exec_driver_sql(
            "CREATE TABLE test_coin (purse INTEGER REFERENCES test_purse (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    )
    orphan = text("INSERT INTO test_coin VALUES (99)")
    answers = await asyncio.gather(server.write(put, 1), server.write(Tx.execute, orphan), return_exceptions=True)
    assert [type(answer) for answer in answers] == [IntegrityError, IntegrityError]
    assert await server.write(put, 2) == 2
    assert await server.read(numbers) == [2]


async def test_a_change_of_the_tables_may_not_leave_orphans(server: Database) -> None:
    await server.run_ddl(
        lambda connection: connection.exec_driver_sql("CREATE TABLE test_coin (purse INT REFERENCES test_purse (id))")
    )
    with pytest.raises(ForeignKeysBroken, match=r"1 rows .* test_coin"):
        await server.run_ddl(lambda connection: connection.exec_driver_sql("INSERT INTO test_coin VALUES (99)"))
    assert await server.read(Tx.all, text("SELECT * FROM test_coin")) == []
    assert await server.write(setting, "foreign_keys") == 1


async def test_a_read_that_takes_too_long_is_ended(server: Database) -> None:
    line = server.store.readers[0]  # type: ignore[attr-defined] # a SQLite store has its readers
    endless = text("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")

    def late(_: object) -> None:
        line.deadline = time.monotonic() + 0.05
        line.connection.execute(endless)

    with pytest.raises(ReadTooLong):
        await line.run(profile._read, line, late)
    assert await server.read(numbers) == []


async def test_a_read_past_its_time_may_not_begin_another_statement(server: Database) -> None:
    line = server.store.readers[0]  # type: ignore[attr-defined] # as above

    def late(_: object) -> None:
        line.deadline = time.monotonic() - 1
        line.connection.execute(text("SELECT 1"))

    with pytest.raises(ReadTooLong):
        await line.run(profile._read, line, late)


WORKER = """
import asyncio, sys
from storage.database import Database
from tests.storage.purse import put

async def person(db, first):
    for number in range(first, first + 1_000_000):
        await db.write(put, number)
        print(number, flush=True)

async def main(url):
    db = await Database.open(url, server=True)
    await asyncio.gather(*(person(db, n * 1_000_000) for n in range(16)))

asyncio.run(main(sys.argv[1]))
"""


async def test_rows_acknowledged_before_a_kill_are_there_afterwards(path: Path) -> None:
    url = f"sqlite:///{path}"
    db = await Database.open(url)
    await db.run_ddl(PURSE.create)
    await db.close()
    for lines in (1, 300):
        acknowledged = await work_until_killed(url, lines)
        db = await Database.open(url, server=True)
        assert len(acknowledged) >= lines
        assert acknowledged <= set(await db.read(numbers))
        await db.run_ddl(lambda connection: connection.exec_driver_sql("DELETE FROM test_purse"))
        await db.close()


async def work_until_killed(url: str, lines: int) -> set[int]:
    """Let another process write; kill it after so many acknowledged rows, and return all it told of."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, url, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    assert worker.stdout is not None
    told = [await worker.stdout.readline() for _ in range(lines)]
    worker.kill()
    rest = await worker.stdout.read()
    await worker.wait()
    return {int(line) for line in (*told, *rest.splitlines(keepends=True)) if line.endswith(b"\n")}


async def test_a_long_look_of_a_writing_function_is_made_beside_the_one_writer(server: Database) -> None:
    store, on_the_writer, runs = server.store, [], []
    assert isinstance(store, profile.Sqlite)
    event.listen(store.writer.connection, "before_cursor_execute", lambda *about: on_the_writer.append(about[2]))

    def put_and_count(tx: Tx, number: int) -> int:
        runs.append(number)
        put(tx, number)
        [row] = tx.looked(select(func.count().label("total")).select_from(PURSE).where(PURSE.c.id < 9))
        return int(row.total)

    await server.write(put, 1)
    assert await server.write(put_and_count, 2) == 1, "as things stood before"
    assert (runs, await server.read(numbers)) == ([2, 2], [1, 2])
    assert not [said for said in on_the_writer if "count(" in said]
    assert await server.read(look) == 2


def look(tx: Tx) -> int:
    [row] = tx.looked(select(func.count().label("total")).select_from(PURSE))
    return int(row.total)
