"""Statements compiled once for all databases of a test process, as one program compiles them once for its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event


class Compilations(dict[Any, Any]):
    """What SQLAlchemy keeps for an engine, kept for each kind of database: a key begins with the engine's dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


def share() -> None:
    """Let every connection of this process use the same ones; each test opens a database of its own."""
    kept = Compilations()
    event.listen(Engine, "engine_connect", lambda connection: _use(connection, kept))


def _use(connection: Connection, kept: Compilations) -> None:
    connection.execution_options(compiled_cache=kept)
