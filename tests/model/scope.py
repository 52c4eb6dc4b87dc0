"""One open transaction in which each deed is a unit of its own, as in a common commit, and which is undone at the end.

Durability has tests of its own. Here nothing is ever written to a disk, so that a hundred thousand deeds take minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

from storage.cipher import Cipher
from storage.database import Dialect, Tx
from storage.postgres import SESSION
from storage.sqlite import SHARED_PRAGMAS
from storage.sqlite_line import savepoint
from storage.sqlite_start import newest_module

T = TypeVar("T")


class Crash(Exception):
    """The power went: whatever the unit had done so far is gone."""


class FailingTx(Tx):
    """A transaction in which the power goes after so many statements."""

    __slots__ = ("left",)

    def __init__(self, connection: Connection, *, cipher: Cipher, dialect: Dialect, statements: int) -> None:
        super().__init__(connection, cipher=cipher, dialect=dialect)
        self.left = statements

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        if self.left <= 0:
            raise Crash
        self.left -= 1
        return super().execute(statement, parameters)


class Scope:
    """A database in which runs are tried: each begins from the same state, and leaves nothing behind."""

    def __init__(self, engine: Engine, *, cipher: Cipher, dialect: Dialect) -> None:
        self.engine = engine
        self.connection = engine.connect()
        self._cipher = cipher
        self._dialect: Dialect = dialect

    @classmethod
    def on_sqlite(cls, url: str, *, cipher: Cipher) -> Scope:
        """Open a copy of this database in memory."""
        module = newest_module()
        raw = module.connect(":memory:", isolation_level=None, cached_statements=512, check_same_thread=False)
        source = module.connect(str(make_url(url).database))
        source.backup(raw)
        source.close()
        for pragma in SHARED_PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=module)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return cls(engine, cipher=cipher, dialect="sqlite")

    @classmethod
    def on_postgresql(cls, url: str, *, cipher: Cipher) -> Scope:
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            connect_args={"options": SESSION},
        )
        event.listen(engine, "connect", _keep_all_plans)
        return cls(engine, cipher=cipher, dialect="postgresql")

    def commit(self, deed: Callable[[Tx], T]) -> T:
        """Do something every run begins with."""
        with self.connection.begin():
            return deed(self._tx())

    def begin(self) -> None:
        self.connection.begin()

    def keep(self) -> None:
        self.connection.commit()

    def undo(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()

    def unit(self, deed: Callable[[Tx], T]) -> T:
        """Do one deed; if it raises, it has done nothing."""
        with self._savepoint():
            return deed(self._tx())

    def crash(self, deed: Callable[[Tx], object], *, statements: int) -> None:
        """Begin a deed, and let the power go after so many statements, or at its end."""
        with suppress(Crash), self._savepoint():
            deed(self.failing(statements))
            raise Crash

    def failing(self, statements: int) -> FailingTx:
        return FailingTx(self.connection, cipher=self._cipher, dialect=self._dialect, statements=statements)

    def look(self, reading: Callable[[Tx], T]) -> T:
        return reading(self._tx())

    def _tx(self) -> Tx:
        return Tx(self.connection, cipher=self._cipher, dialect=self._dialect)

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        if self._dialect == "postgresql":
            with self.connection.begin_nested():
                yield
        else:
            with savepoint(self.connection.connection.driver_connection, "unit"):
                yield


def _keep_all_plans(connection: Any, _: object) -> None:
    """Plan each statement once: the driver keeps a hundred plans, and all deeds together have more statements."""
    connection.prepared_max = 2_000
