"""One-time codes by which two accounts find each other; only an index of each is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from storage.database import Tx
from storage.tables import tickets as t


def end_open(tx: Tx, identity_id: str, door: str, now: datetime) -> None:
    """End every code this account has asked for before and nobody used."""
    mine = update(t).where(
        t.c.identity_id == identity_id, t.c.door == door, t.c.used_at.is_(None), t.c.expires_at > now
    )
    tx.execute(mine.values(expires_at=now))


def add(tx: Tx, ticket_id: str, code: str, **values: Any) -> bool:
    """Keep a code (``door``, ``identity_id``, ``at``, ``expires_at``, ``facts``); False if it stands there already."""
    return tx.insert_once(t, {"id": ticket_id, "digest": _digest(tx, code), **values})


def by_code(tx: Tx, code: str, door: str) -> Row[Any] | None:
    """Return the code as it is kept, used or not, or None."""
    return tx.one(select(t).where(t.c.digest == _digest(tx, code), t.c.door == door))


def find(tx: Tx, ticket_id: str, door: str) -> Row[Any] | None:
    """Return a code by its id, or None."""
    return tx.one(select(t).where(t.c.id == ticket_id, t.c.door == door))


def use(tx: Tx, ticket_id: str, facts: Mapping[str, Any], now: datetime) -> bool:
    """Use a code up and note by whom; False if it was used before or its time is over."""
    fresh = update(t).where(t.c.id == ticket_id, t.c.used_at.is_(None), t.c.expires_at > now)
    return tx.execute(fresh.values(used_at=now, facts=dict(facts))).rowcount == 1


def _digest(tx: Tx, code: str) -> bytes:
    return tx.cipher.index("links.code", code)
