"""Bills that wait for the member's yes: each is decided once, and keeps its points and money until then."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, literal_column, select, update

from storage import kept
from storage.database import Tx
from storage.tables import lots
from storage.tables import reservations as t

# Statements of a purchase are built once: building one anew takes four times as long as running it.
# The state stands in the text: with it left open SQLite would plan anew each time to find the partial index.
_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("now", type_=t.c.expires_at.type)
_PENDING: Final = t.c.state == literal_column("'pending'")
_FIND: Final = select(t).where(t.c.id == _OF)
_OPEN: Final = (
    select(t).where(t.c.member_id == _OF, _PENDING, t.c.expires_at > _NOW).order_by(t.c.at.desc(), t.c.id).limit(1)
)
_DECIDE: Final = update(t).where(t.c.id == _OF, _PENDING)
_DECIDE_IN_TIME: Final = _DECIDE.where(t.c.expires_at > _NOW)
_CHANGE: Final = update(t).where(t.c.id == _OF)
_DUE: Final = (
    select(t).where(_PENDING, t.c.expires_at <= _NOW).order_by(t.c.expires_at, t.c.id).limit(bindparam("most"))
)


def add(tx: Tx, row_id: str, **values: Any) -> bool:
    """Let a bill wait; False if it waits, or waited, already."""
    kept.changed(tx, lots)  # what can be spent is less from here on
    return tx.insert_once(t, {"id": row_id, "state": "pending", **values})


def find(tx: Tx, row_id: str) -> Row[Any] | None:
    """Return a bill by its id, or None."""
    return tx.one(_FIND, {"of": row_id})


def open_of(tx: Tx, member_id: str, now: datetime) -> Row[Any] | None:
    """Return the bill that waits for this member's yes, or None."""
    return tx.one(_OPEN, {"of": member_id, "now": now})


def decide(tx: Tx, row_id: str, state: str, *, now: datetime, how: str = "", late: bool = False) -> bool:
    """End the waiting, the first one wins; False if it ended before, or (unless ``late``) its time is over."""
    kept.changed(tx, lots)
    values = {"of": row_id, "state": state, "how": how, "decided_at": now}
    if late:
        return tx.execute(_DECIDE, values).rowcount == 1
    return tx.execute(_DECIDE_IN_TIME, {**values, "now": now}).rowcount == 1


def note_purchase(tx: Tx, row_id: str, purchase_id: str) -> None:
    """Remember the purchase that came of a bill."""
    tx.execute(_CHANGE, {"of": row_id, "purchase_id": purchase_id})


def due(tx: Tx, now: datetime, *, limit: int) -> list[Row[Any]]:
    """Return bills whose time ran out and that nobody has decided, the oldest first.

    They are not locked: the member is, before one is decided, and a lock here would be taken in the wrong order.
    """
    return tx.all(_DUE, {"now": now, "most": limit})
