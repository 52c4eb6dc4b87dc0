"""What one transaction has read and need not read again: kept until the transaction itself changes such a row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Table

from membership.messages import Reply, pack
from storage.database import Tx

T = TypeVar("T")
_WRITTEN: Final = "written"


def once(tx: Tx, table: Table, key: str, read: Callable[[], T]) -> T:
    """Return what was read from this table under this key before, or read it now.

    Rows that other transactions may change meanwhile are as they were at the first look: what must not move is read
    under its lock.
    """
    name = f"{table.name}:{key}"
    if name in tx.kept:
        found: T = tx.kept[name]
        return found
    found = read()
    keep(tx, table, key, found)
    return found


def keep(tx: Tx, table: Table, key: str, found: object) -> None:
    """Keep what was just read under its lock in place of what was read before."""
    if _changed(table) not in tx.kept:
        tx.kept[f"{table.name}:{key}"] = found


def changed(tx: Tx, table: Table) -> None:
    """Forget what was kept of this table; from here on this transaction looks every time.

    Every time, because a savepoint may take the change back.
    """
    for name in [name for name in tx.kept if name.startswith(f"{table.name}:")]:
        del tx.kept[name]
    tx.kept[_changed(table)] = True


def is_changed(tx: Tx, *tables: Table) -> bool:
    """Tell whether this transaction changed rows of these tables, as far as rows of them are kept at all."""
    return any(_changed(table) in tx.kept for table in tables)


def _changed(table: Table) -> str:
    return f"{table.name} changed"


def written(tx: Tx, reply: Reply) -> str:
    """Return a reply as JSON; the same reply of a turn is stored twice, but written only once."""
    before, text = tx.kept.get(_WRITTEN, (None, ""))
    if before is not reply:
        text = json.dumps(pack(reply), ensure_ascii=False)
        tx.kept[_WRITTEN] = (reply, text)
    return str(text)
