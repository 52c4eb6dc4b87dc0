"""What is switched off for now of what the shop's rules offer, and who switched it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update

from membership.moment import id_of
from storage import kept
from storage.database import Tx
from storage.tables import switches as t

OFF: Final = "off"
ON: Final = "on"

_ALL_OFF: Final = select(t.c.kind, t.c.code).where(t.c.state == OFF)
_TURNED_SINCE: Final = select(t.c.kind, t.c.code).where(t.c.at > bindparam("since", type_=t.c.at.type))
_TURN: Final = update(t).where(t.c.id == bindparam("of"), t.c.state != bindparam("to")).values(state=bindparam("to"))


def off(tx: Tx) -> frozenset[tuple[str, str]]:
    """Return kind and code of everything that is switched off; one look serves the whole transaction."""
    return kept.once(tx, t, OFF, lambda: frozenset((row.kind, row.code) for row in tx.all(_ALL_OFF)))


def turned_since(tx: Tx, at: datetime) -> frozenset[tuple[str, str]]:
    """Return kind and code of everything that was switched after this moment, on or off."""
    return frozenset((row.kind, row.code) for row in tx.all(_TURNED_SINCE, {"since": at}))


def turn(tx: Tx, kind: str, code: str, state: str, *, actor: str, at: datetime) -> bool:
    """Switch something on or off; False where it is so already. What was never switched is on."""
    row_id = id_of(f"switch:{kind}:{code}")
    if state == OFF:
        tx.insert_once(t, {"id": row_id, "kind": kind, "code": code, "state": ON, "actor": actor, "at": at})
    moved = tx.execute(_TURN.values(actor=actor, at=at), {"of": row_id, "to": state}).rowcount == 1
    if moved:
        kept.changed(tx, t)
    return moved
