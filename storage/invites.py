"""Invitations to work here, known by the blind index of their one-time codes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from storage.database import Tx
from storage.tables import invites as t


def add(tx: Tx, invite_id: str, code: str, **values: Any) -> None:
    """Keep an invitation; its code itself is kept nowhere."""
    tx.insert_once(t, {"id": invite_id, "token_index": tx.cipher.index("invites.token", code), **values})


def by_code(tx: Tx, code: str) -> Row[Any] | None:
    """Return the invitation with this code, or None."""
    return tx.one(select(t).where(t.c.token_index == tx.cipher.index("invites.token", code)))


def find(tx: Tx, invite_id: str) -> Row[Any] | None:
    """Return one invitation, or None."""
    return tx.one(select(t).where(t.c.id == invite_id))


def waiting(tx: Tx, now: datetime) -> list[Row[Any]]:
    """Return the invitations that somebody accepted and that wait for the inviter's yes, oldest first."""
    found = select(t).where(t.c.state == "accepted", t.c.expires_at >= now)
    return tx.all(found.order_by(t.c.used_at, t.c.id))


def accept(tx: Tx, invite_id: str, identity_id: str, now: datetime) -> bool:
    """Use an invitation up; False if somebody did before, or it was withdrawn."""
    unused = update(t).where(t.c.id == invite_id, t.c.state == "open")
    return tx.execute(unused.values(state="accepted", used_at=now, used_by=identity_id)).rowcount == 1


def decide(tx: Tx, invite_id: str, state: str, *, by: str, now: datetime) -> bool:
    """Say yes (``confirmed``) or no (``refused``) to whoever accepted; False if that was said before."""
    waits = update(t).where(t.c.id == invite_id, t.c.state == "accepted")
    return tx.execute(waits.values(state=state, decided_by=by, decided_at=now)).rowcount == 1
