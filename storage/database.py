"""The door to the memory: a function goes in, runs whole in one transaction, and is answered after the commit."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, Self, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Insert, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from storage.cipher import Cipher
from storage.faults import NoCipher, UnknownDatabase
from storage.postgres import Postgres
from storage.sqlite import Sqlite
from storage.sqlite_line import savepoint

T = TypeVar("T")
P = ParamSpec("P")
Dialect = Literal["sqlite", "postgresql"]
Answers = dict[str, list[Row[Any]]]


class LookFirst(Exception):
    """A writing function asks for a long look that was not made yet: it is undone, and runs again with the answer."""

    def __init__(self, asked: str, statement: Executable) -> None:
        super().__init__()
        self.asked = asked
        self.statement = statement


class Rehearsed(Exception):
    """Everything went well, and is undone again."""


class Tx:
    """One open transaction. It ends with the function it was handed to: keep neither it nor its results.

    ``kept`` holds what was read once and cannot change before the function ends.
    """

    __slots__ = ("_answers", "_cipher", "connection", "dialect", "kept")

    def __init__(
        self, connection: Connection, *, cipher: Cipher | None, dialect: Dialect, answers: Answers | None = None
    ) -> None:
        self.connection = connection
        self._cipher = cipher
        self._answers = answers
        self.dialect: Dialect = dialect
        self.kept: dict[str, Any] = {}

    @property
    def cipher(self) -> Cipher:
        if self._cipher is None:
            raise NoCipher
        return self._cipher

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        # Core statements always come back with a cursor; the library's wider type speaks of its mapper.
        result: CursorResult[Any] = self.connection.execute(statement, parameters)
        return result

    def one(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """Return the first row, or None."""
        return self.execute(statement, parameters).first()

    def all(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> list[Row[Any]]:
        return list(self.execute(statement, parameters).all())

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the first column of the first row, or None."""
        return self.execute(statement, parameters).scalar()

    def looked(self, statement: Select[Any]) -> list[Row[Any]]:
        """Return what a long look at many rows finds; where one writer serves everybody, nobody waits for it.

        There it is made on a line for reading, as things stood just before this transaction, which begins anew with
        the answer. So nothing but a count may hang on it, and what the function has changed before is not in it.
        """
        if self._answers is None:
            return self.all(statement)
        written = statement.compile(dialect=self.connection.dialect)
        asked = f"{written} {written.params}"
        if asked not in self._answers:
            raise LookFirst(asked, statement)
        return self._answers[asked]

    def insert_once(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Insert the row unless one with the same unique key stands there already; True if it was inserted."""
        return self.execute(_insert_once(table, self.dialect), dict(values)).rowcount == 1

    def insert_each_once(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows in one go, but those with a unique key that stands there already."""
        if rows:
            self.execute(_insert_once(table, self.dialect), rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside if it raises; what happened before stays."""
        if self.dialect == "postgresql":
            with self.connection.begin_nested():
                yield
        else:
            with savepoint(self.connection.connection.driver_connection, "part"):
                yield

    def rehearse(self, deed: Callable[[], T]) -> T:
        """Return what a deed would answer, and undo it; it is only tried, and what stands in its way is raised."""
        with suppress(Rehearsed), self.savepoint():
            answer = deed()
            raise Rehearsed
        return answer


@lru_cache(maxsize=256)
def _insert_once(table: Table, dialect: Dialect) -> Insert:
    """Return the statement, built once for each table: building it anew takes longer than running it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().inline().execution_options(preserve_rowcount=True)


class Store(Protocol):
    """What both databases can do; SQLite and PostgreSQL answer to it."""

    @property
    def dialect(self) -> Dialect: ...
    async def write(self, function: Callable[[Connection], T]) -> T: ...
    async def read(self, function: Callable[[Connection], T]) -> T: ...
    async def run_ddl(self, function: Callable[[Connection], T]) -> T: ...
    async def close(self) -> None: ...


def _parse(url: str) -> tuple[Dialect, Path]:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnknownDatabase from None
    kind = parsed.get_backend_name() if parsed.drivername != "postgres" else "postgresql"
    if kind == "postgresql":
        return "postgresql", Path()
    if kind != "sqlite" or parsed.database in {None, "", ":memory:"}:
        raise UnknownDatabase
    return "sqlite", Path(str(parsed.database))


class Database:
    """The open memory of one shop."""

    def __init__(self, store: Store, *, cipher: Cipher | None) -> None:
        self.store = store
        self._cipher = cipher

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        cipher: Cipher | None = None,
        server: bool = False,
        readers: int = 2,
        name: str = "memberbot",
        started: datetime | None = None,
        allow_old_sqlite: bool = False,
        jitter: Callable[[], float] = random.random,
    ) -> Self:
        """Open `sqlite:///file` (`sqlite:////absolute/file`) or `postgresql://user:password@host/name`.

        On a SQLite file a server takes the lock, signs it with `name` and `started`, and checks the whole file first;
        without `server` it is opened for a short command that may run beside one. `jitter` gives numbers from 0 to 1.
        Raises UnknownDatabase, DatabaseInUse, SQLiteTooOld, NetworkDisk, DatabaseDamaged.
        """
        kind, where = _parse(url)
        if kind == "postgresql":
            store: Store = await Postgres.open(make_url(url), jitter=jitter)
        else:
            store = await Sqlite.open(
                where, server=server, readers=readers, name=name, started=started, allow_old=allow_old_sqlite
            )
        return cls(store, cipher=cipher)

    @property
    def dialect(self) -> Dialect:
        return self.store.dialect

    def use(self, cipher: Cipher) -> None:
        """Give the keys, once they were read from this same database."""
        self._cipher = cipher

    async def write(self, function: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(tx, …)` in one transaction. The answer, or its exception, comes after the commit or rollback.

        On PostgreSQL the function may run again after a deadlock or a lost connection: the same ids, the same rows; on
        SQLite after a long look (``Tx.looked``), which may end in ReadTooLong.
        """
        answers: Answers | None = {} if self.dialect == "sqlite" else None
        while True:
            try:
                return await self.store.write(
                    lambda connection: function(self._tx(connection, answers), *args, **kwargs)
                )
            except LookFirst as look:
                assert answers is not None, "PostgreSQL looks at once"
                answers[look.asked] = await self.read(_all, look.statement)

    async def read(self, function: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(tx, …)` on one unchanging snapshot; it cannot write. ReadTooLong after 5 seconds."""
        return await self.store.read(lambda connection: function(self._tx(connection), *args, **kwargs))

    async def run_ddl(self, function: Callable[[Connection], T]) -> T:
        """Run a change of the tables in one transaction, with no other unit in it."""
        return await self.store.run_ddl(function)

    async def close(self) -> None:
        """Finish what waits and let go of the database."""
        await self.store.close()

    def _tx(self, connection: Connection, answers: Answers | None = None) -> Tx:
        return Tx(connection, cipher=self._cipher, dialect=self.dialect, answers=answers)


def _all(tx: Tx, statement: Executable) -> list[Row[Any]]:
    return tx.all(statement)
