"""The keys of tills, known by their digests alone: who holds the table cannot make a key from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, update

from storage.database import Tx
from storage.tables import api_keys as t


def add(tx: Tx, key_id: str, **values: Any) -> bool:
    """Keep a key; False if its name is taken."""
    return tx.insert_once(t, {"id": key_id, **values})


def by_digest(tx: Tx, digest: bytes) -> Row[Any] | None:
    """Return the key with this digest, also a revoked one, or None."""
    return tx.one(select(t).where(t.c.digest == digest))


def by_name(tx: Tx, name: str) -> Row[Any] | None:
    """Return the key with this name, also a revoked one, or None."""
    return tx.one(select(t).where(t.c.name == name))


def find(tx: Tx, key_id: str) -> Row[Any] | None:
    """Return the key with this id, also a revoked one, or None."""
    return tx.one(select(t).where(t.c.id == key_id))


def listed(tx: Tx) -> list[Row[Any]]:
    """Return all keys, oldest first."""
    return tx.all(select(t).order_by(t.c.created_at, t.c.id))


def revoke(tx: Tx, name: str, now: datetime) -> bool:
    """Withdraw the key with this name; False if there is none or it was withdrawn before."""
    found = update(t).where(t.c.name == name, t.c.revoked_at.is_(None))
    return tx.execute(found.values(revoked_at=now)).rowcount == 1


def hold(tx: Tx, key_id: str) -> Row[Any] | None:
    """Return a key that is not revoked, and keep others who hold it waiting until the commit."""
    found = select(t).where(t.c.id == key_id, t.c.revoked_at.is_(None))
    return tx.one(found.with_for_update() if tx.dialect == "postgresql" else found)


def living(tx: Tx, key_id: str) -> bool:
    """Tell whether this key is there and was not revoked."""
    return tx.scalar(select(t.c.id).where(t.c.id == key_id, t.c.revoked_at.is_(None))) is not None


def note_use(tx: Tx, key_id: str, *, now: datetime, before: datetime) -> None:
    """Remember that the key is in use, unless it was noted after ``before`` already."""
    stale = or_(t.c.used_at.is_(None), t.c.used_at < before)
    tx.execute(update(t).where(t.c.id == key_id, stale).values(used_at=now))
