"""Who did what and when: rows written with the deed, chained by their hashes afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, select, update

from storage.database import Tx
from storage.tables import audit as t

# Built once: a chain of a thousand rows is sealed in one go.
_OF: Final[BindParameter[str]] = bindparam("of")
_SEAL: Final = (
    update(t)
    .where(t.c.id == _OF, t.c.sequence.is_(None))
    .values(sequence=bindparam("number"), hash=bindparam("digest"))
)


def note(tx: Tx, **values: Any) -> None:
    """Write one row in the deed's own transaction."""
    tx.insert_once(t, values)


def note_all(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many rows in the deed's own transaction."""
    tx.insert_each_once(t, rows)


def unsealed(tx: Tx, limit: int) -> list[Row[Any]]:
    """Return rows that are not in the chain yet, oldest first."""
    return tx.all(select(t).where(t.c.sequence.is_(None)).order_by(t.c.at, t.c.id).limit(limit))


def head(tx: Tx) -> tuple[int, bytes]:
    """Return number and hash of the chain's last row; (0, b"") for an empty chain."""
    row = tx.one(select(t.c.sequence, t.c.hash).where(t.c.sequence.is_not(None)).order_by(t.c.sequence.desc()).limit(1))
    return (0, b"") if row is None else (row.sequence, row.hash)


def seal(tx: Tx, row_id: str, *, sequence: int, digest: bytes) -> None:
    """Put one row into the chain."""
    tx.execute(_SEAL, {"of": row_id, "number": sequence, "digest": digest})


def chain(tx: Tx, *, after: int, limit: int) -> list[Row[Any]]:
    """Return chained rows behind this number, in order."""
    sealed = select(t).where(t.c.sequence > after).order_by(t.c.sequence)
    return tx.all(sealed.limit(limit))
