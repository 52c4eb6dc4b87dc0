"""Deeds that wait for a second person: what exactly, who asked, until when, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, select, update

from storage.database import Tx
from storage.tables import approvals as t

_OF: Final[BindParameter[str]] = bindparam("of")
_FIND: Final = select(t).where(t.c.id == _OF)
_LOCK: Final = _FIND.with_for_update()
_PENDING: Final = t.c.state == "pending"


def add(tx: Tx, approval_id: str, **values: Any) -> bool:
    """Write down what was asked; False where its reference was used before."""
    return tx.insert_once(t, {"id": approval_id, "state": "pending", **values})


def find(tx: Tx, approval_id: str) -> Row[Any] | None:
    """Return what was asked, or None."""
    return tx.one(_FIND, {"of": approval_id})


def lock(tx: Tx, approval_id: str) -> Row[Any] | None:
    """Return what was asked and keep others from deciding it until the commit; None where there is none."""
    return tx.one(_LOCK if tx.dialect == "postgresql" else _FIND, {"of": approval_id})


def settle(tx: Tx, approval_id: str, state: str, **values: Any) -> bool:
    """Decide what is still pending; False where it was decided before."""
    open_one = update(t).where(t.c.id == approval_id, _PENDING)
    return tx.execute(open_one.values(state=state, **values)).rowcount == 1


def conclude(tx: Tx, approval_id: str, **values: Any) -> None:
    """Write down what came of what was just decided."""
    tx.execute(update(t).where(t.c.id == approval_id).values(**values))


def pending(tx: Tx, *, now: datetime, store_ids: Sequence[str] | None) -> list[Row[Any]]:
    """Return what waits in these stores (None: in all), oldest first."""
    found = select(t).where(_PENDING, t.c.expires_at > now).order_by(t.c.at, t.c.id).limit(50)
    return tx.all(found if store_ids is None else found.where(t.c.store_id.in_(store_ids)))


def due(tx: Tx, now: datetime, *, limit: int = 200) -> list[Row[Any]]:
    """Return what nobody decided in time."""
    return tx.all(select(t).where(_PENDING, t.c.expires_at <= now).order_by(t.c.expires_at, t.c.id).limit(limit))
