"""The memory in one file on this machine: SQLite, where one writer commits many people's changes with one sync."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from storage.faults import DatabaseClosed, ForeignKeysBroken, ReadTooLong
from storage.lock import ServerLock
from storage.sqlite_line import Line, Unit, run_units, transaction
from storage.sqlite_log import check_log
from storage.sqlite_start import check_whole, make_private, newest_module, refuse_network_disk

T = TypeVar("T")

GROUP_MAX: Final = 50
READ_SECONDS_MAX: Final = 5.0

SHARED_PRAGMAS: Final = (
    "busy_timeout=5000",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
    "temp_store=MEMORY",
    "cache_size=-32768",
)
# FULL, because NORMAL loses commits that were already acknowledged when the power goes.
WRITER_PRAGMAS: Final = (*SHARED_PRAGMAS, "journal_mode=WAL", "synchronous=FULL", "journal_size_limit=67108864")
# Only the server checkpoints: a command beside it must not move the write-ahead log under its feet.
COMMAND_PRAGMAS: Final = (*WRITER_PRAGMAS, "wal_autocheckpoint=0")
READER_PRAGMAS: Final = (*SHARED_PRAGMAS, "query_only=ON", "wal_autocheckpoint=0")


class Sqlite:
    """A SQLite file open for work: a line for writing, lines for reading, and the queue of those who wait."""

    dialect: Final = "sqlite"

    def __init__(self, writer: Line, readers: Sequence[Line], lock: ServerLock | None) -> None:
        self.writer = writer
        self.readers = readers
        self._next_reader = itertools.cycle(readers)
        self._lock = lock
        self._queue: deque[Unit] = deque()
        self._drainer: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        server: bool,
        readers: int,
        name: str = "memberbot",
        started: datetime | None = None,
        allow_old: bool = False,
    ) -> Self:
        """Check, lock (a server only) and open the file; raises what storage.lock and storage.sqlite_start name."""
        module = newest_module(allow_old=allow_old)
        refuse_network_disk(path)
        make_private(path)
        async with AsyncExitStack() as stack:
            lock = ServerLock.take(path, name=name, started=started) if server else None
            if lock:
                stack.callback(lock.release)
            check_log(path)
            pragmas = WRITER_PRAGMAS if server else COMMAND_PRAGMAS
            writer = await Line.open(path, module=module, pragmas=pragmas, begin="BEGIN IMMEDIATE")
            stack.push_async_callback(writer.close)
            if server:
                await writer.run(check_whole, writer.raw, path)
                # Begin the log anew, so that no frame of before a crash can be taken for one of after it.
                await writer.run(_run_pragma, writer, "wal_checkpoint(RESTART)")
            reading = []
            for _ in range(readers):
                reading.append(await Line.open(path, module=module, pragmas=READER_PRAGMAS, begin="BEGIN"))
                stack.push_async_callback(reading[-1].close)
                await reading[-1].run(_limit_reads, reading[-1])
            stack.pop_all()
        return cls(writer, reading, lock)

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Queue the function; the answer comes after COMMIT returned. A cancelled caller leaves all or nothing."""
        self._refuse_when_closed()
        caller: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(Unit(function, caller))
        if self._drainer is None or self._drainer.done():
            self._drainer = asyncio.create_task(self._drain())
        return await caller

    async def _drain(self) -> None:
        while self._queue:
            taken = [self._queue.popleft() for _ in range(min(GROUP_MAX, len(self._queue)))]
            units = [unit for unit in taken if not unit.caller.done()]
            if units:
                await self.writer.run(run_units, self.writer, units)
            for unit in units:
                unit.settle()

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run the function on a snapshot; ReadTooLong after 5 seconds."""
        self._refuse_when_closed()
        line = next(self._next_reader)
        return await line.run(_read, line, function)

    async def run_ddl(self, function: Callable[[Connection], T]) -> T:
        """Run the function in a transaction of its own; foreign keys are checked at its end, not on the way."""
        self._refuse_when_closed()
        return await self.writer.run(_change_schema, self.writer, function)

    async def close(self) -> None:
        """Finish what waits, then close every line and free the lock."""
        self._closed = True
        while self._drainer is not None and not self._drainer.done():
            await asyncio.wait([self._drainer])
        for line in (*self.readers, self.writer):
            await line.close()
        if self._lock:
            self._lock.release()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise DatabaseClosed


def _run_pragma(line: Line, pragma: str) -> None:
    line.raw.execute(f"PRAGMA {pragma}").fetchall()


def _limit_reads(line: Line) -> None:
    """Check the deadline before each statement and, inside a long one, every few thousand steps."""

    def refuse_late(*_: Any) -> None:
        if time.monotonic() > line.deadline:
            raise ReadTooLong(seconds=READ_SECONDS_MAX)

    line.raw.set_progress_handler(lambda: int(time.monotonic() > line.deadline), 10_000)
    event.listen(line.connection, "before_cursor_execute", refuse_late)


def _read(line: Line, function: Callable[[Connection], T]) -> T:
    line.deadline = time.monotonic() + READ_SECONDS_MAX
    try:
        with transaction(line) as connection:
            return function(connection)
    except OperationalError as ended:
        if time.monotonic() > line.deadline:
            raise ReadTooLong(seconds=READ_SECONDS_MAX) from ended
        raise
    finally:
        line.deadline = float("inf")


def _change_schema(line: Line, function: Callable[[Connection], T]) -> T:
    # Rebuilding a table drops the old one, which with keys enforced would take the rows that point at it along;
    # the pragma works outside a transaction only (https://sqlite.org/lang_altertable.html#otheralter).
    line.raw.execute("PRAGMA foreign_keys=OFF")
    try:
        with transaction(line) as connection:
            answer = function(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise ForeignKeysBroken(count=len(broken), table=broken[0][0])
            return answer
    finally:
        line.raw.execute("PRAGMA foreign_keys=ON")
