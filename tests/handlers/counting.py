"""A memory that counts what it is asked: the number of statements is the same on every machine, times are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import event

from storage.database import Database, Tx
from tests.databases import make_cipher

T = TypeVar("T")


class Counting(Database):
    """The same memory; ``statements`` are those of the last unit that was written."""

    def __init__(self, db: Database) -> None:
        super().__init__(db.store, cipher=make_cipher())
        self.statements: list[str] = []

    async def write(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        return await super().write(self._counted, function, args, kwargs)

    def _counted(self, tx: Tx, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        self.statements = said = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(tx.connection, "before_cursor_execute", note)
        try:
            return function(tx, *args, **kwargs)
        finally:
            event.remove(tx.connection, "before_cursor_execute", note)
