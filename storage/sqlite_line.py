"""One connection to the SQLite file with its own thread, and how many callers' units share one commit on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self, TypeVar

import aiosqlite
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from storage.faults import DatabaseDamaged, TransactionLost

T = TypeVar("T")
Execute = Callable[..., Awaitable[Any]]


class Line:
    """One connection to the file with its own thread: whatever is run on a line runs there, one after another."""

    def __init__(self, source: aiosqlite.Connection) -> None:
        self._source = source
        self.connection: Connection
        self.deadline = float("inf")

    @classmethod
    async def open(cls, path: Path, *, module: ModuleType, pragmas: Sequence[str], begin: str) -> Self:
        # Autocommit in the driver: only our own BEGIN opens a transaction, never the driver's guess.
        connector = partial(module.connect, str(path), isolation_level=None, timeout=5.0, cached_statements=512)
        async with AsyncExitStack() as stack:
            source = await aiosqlite.Connection(connector, 64)
            stack.push_async_callback(source.close)
            line = cls(source)
            await line.run(line._prepare, path, module, pragmas, begin)
            stack.pop_all()
        return line

    @property
    def raw(self) -> Any:
        """The driver's own connection; to be touched on this line's thread only."""
        return self._source._conn  # noqa: SLF001 - aiosqlite offers no other way to its connection

    def _prepare(self, path: Path, module: ModuleType, pragmas: Sequence[str], begin: str) -> None:
        raw = self.raw
        try:
            for pragma in pragmas:
                raw.execute(f"PRAGMA {pragma}").fetchall()
        except module.OperationalError:
            raise
        except module.DatabaseError as fault:
            raise DatabaseDamaged(path=path, findings=fault) from fault
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=module)
        self.connection = engine.connect()
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Run the function on this line's thread; cancelling the caller does not stop it half-way."""
        execute: Execute = self._source._execute  # noqa: SLF001 - its one way to run a whole function
        answer: T = await execute(function, *args)
        return answer

    async def close(self) -> None:
        await self.run(self.connection.close)
        await self._source.close()


class Unit:
    """One caller's function and what became of it: an answer, or the exception it ended with."""

    def __init__(self, function: Callable[[Connection], Any], caller: asyncio.Future[Any]) -> None:
        self.function = function
        self.caller = caller
        self.answer: Any = None
        self.error: BaseException | None = None

    def __enter__(self) -> None:
        self.error = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        self.error = error
        return True

    def settle(self) -> None:
        if self.caller.done():
            return
        if self.error is not None:
            self.caller.set_exception(self.error)
        else:
            self.caller.set_result(self.answer)


def run_units(line: Line, units: Sequence[Unit]) -> None:
    """Run the units in one transaction, each in its own savepoint; afterwards every unit knows its end."""
    group = Unit(lambda _: _run_group(line, units), units[0].caller)
    with group:
        group.function(line.connection)
    if isinstance(group.error, TransactionLost) and len(units) > 1:
        for unit in units:
            run_units(line, [unit])
    elif group.error is not None:
        for unit in units:
            # With a transaction that did not commit, not even the units that went well have happened.
            unit.error = unit.error if isinstance(group.error, TransactionLost) and unit.error else group.error


@contextmanager
def transaction(line: Line) -> Iterator[Connection]:
    try:
        with line.connection.begin():
            yield line.connection
    finally:
        # A COMMIT that fails leaves SQLite's transaction open, and the next BEGIN would fail too.
        if line.raw.in_transaction:
            line.raw.rollback()


@contextmanager
def savepoint(raw: Any, name: str) -> Iterator[None]:
    """Undo what happens inside if it raises; ``name`` is a word of ours.

    By hand: the library's savepoints take as long as several more statements, and every unit and turn has one.
    """
    raw.execute(f"SAVEPOINT {name}")
    kept = False
    try:
        yield
        kept = True
    finally:
        if raw.in_transaction:
            if not kept:
                raw.execute(f"ROLLBACK TO {name}")
            raw.execute(f"RELEASE {name}")


def _run_group(line: Line, units: Sequence[Unit]) -> None:
    with transaction(line):
        for unit in units:
            with unit, savepoint(line.raw, "unit"):
                unit.answer = unit.function(line.connection)
            # Full disks, failed reads and RAISE(ROLLBACK) end the outer transaction too: going on would autocommit.
            if not line.raw.in_transaction:
                raise TransactionLost
