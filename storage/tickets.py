"""Secrets that open something: a page, another account, an invitation; only a digest of each is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select, update

from storage.database import Tx
from storage.tables import tickets as t

# Statements of every call of a page are built once: building one anew takes four times as long as running it.
_FIND: Final = select(t).where(t.c.digest == bindparam("shown", type_=t.c.digest.type), t.c.door == bindparam("to"))


def digest(secret: str) -> bytes:
    """Return what is kept of a secret. It has 128 random bits or more, so nobody finds it by trying."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def index(tx: Tx, code: str) -> bytes:
    """Return what is kept of a code so short that somebody could try them all: nobody can without the shop's key."""
    return tx.cipher.index("links.code", code)


def add(tx: Tx, ticket_id: str, shown: bytes, **values: Any) -> bool:
    """Keep a secret's digest (``door``, ``at``, ``expires_at`` …); False if the same was kept before."""
    return tx.insert_once(t, {"id": ticket_id, "digest": shown, **values})


def find(tx: Tx, shown: bytes, door: str) -> Row[Any] | None:
    """Return the ticket with this digest, used or not, or None."""
    return tx.one(_FIND, {"shown": shown, "to": door})


def by_id(tx: Tx, ticket_id: str, door: str) -> Row[Any] | None:
    """Return a ticket, used or not, or None."""
    return tx.one(select(t).where(t.c.id == ticket_id, t.c.door == door))


def use(tx: Tx, ticket_id: str, facts: Mapping[str, Any], now: datetime) -> bool:
    """Use a ticket up and note what came of it; False if it was used before or its time is over."""
    fresh = update(t).where(t.c.id == ticket_id, t.c.used_at.is_(None), t.c.expires_at > now)
    return tx.execute(fresh.values(used_at=now, facts=dict(facts))).rowcount == 1


def note(tx: Tx, ticket_id: str, facts: Mapping[str, Any]) -> None:
    """Note what came of a ticket that is used up."""
    tx.execute(update(t).where(t.c.id == ticket_id).values(facts=dict(facts)))


def end_open(tx: Tx, identity_id: str, door: str, now: datetime) -> None:
    """End every ticket this account has asked for before and nobody used."""
    mine = (t.c.identity_id == identity_id, t.c.door == door, t.c.used_at.is_(None), t.c.expires_at > now)
    tx.execute(update(t).where(*mine).values(expires_at=now))


def drop(tx: Tx, ticket_id: str) -> None:
    """Forget a ticket whose time would never be over."""
    tx.execute(delete(t).where(t.c.id == ticket_id))


def forget(tx: Tx, now: datetime) -> int:
    """Drop tickets whose time is over; return how many."""
    return tx.execute(delete(t).where(t.c.expires_at < now)).rowcount
