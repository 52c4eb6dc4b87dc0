"""Browsers that are signed in, and the one-time secrets that sign them in; only digests of secrets are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, bindparam, delete, or_, select, update

from storage.database import Tx
from storage.tables import sessions, staff, tickets

# Statements of every call of a page are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[Any]] = bindparam("of")
_DIGEST: Final = bindparam("shown", type_=sessions.c.digest.type)
_FIND: Final = select(sessions).where(sessions.c.digest == _DIGEST)
_END: Final = update(sessions).where(sessions.c.id == _OF, sessions.c.ended_at.is_(None))
_TICKET: Final = select(tickets).where(tickets.c.digest == _DIGEST)


def digest(secret: str) -> bytes:
    """Return what is kept of a secret. It has 128 random bits or more, so nobody finds it by trying."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def add_ticket(tx: Tx, ticket_id: str, secret: str, **values: Any) -> bool:
    """Keep a one-time secret (``door``, ``expires_at`` …); False if the same was kept before."""
    return tx.insert_once(tickets, {"id": ticket_id, "digest": digest(secret), **values})


def find_ticket(tx: Tx, secret: str) -> Row[Any] | None:
    """Return the one-time secret as it is kept, used or not, or None."""
    return tx.one(_TICKET, {"shown": digest(secret)})


def use_ticket(tx: Tx, ticket_id: str, facts: Mapping[str, Any], now: datetime) -> bool:
    """Use a one-time secret up and note what came of it; False if it was used before or has run out."""
    fresh = update(tickets).where(tickets.c.id == ticket_id, tickets.c.used_at.is_(None), tickets.c.expires_at > now)
    return tx.execute(fresh.values(used_at=now, facts=dict(facts))).rowcount == 1


def note_ticket(tx: Tx, ticket_id: str, facts: Mapping[str, Any]) -> None:
    """Note what came of a one-time secret that is used up."""
    tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(facts=dict(facts)))


def add(tx: Tx, session_id: str, secret: str, **values: Any) -> None:
    """Keep a session by the digest of the browser's secret."""
    tx.insert_once(sessions, {"id": session_id, "digest": digest(secret), **values})


def find(tx: Tx, secret: str) -> Row[Any] | None:
    """Return the session with this secret, also one that is over, or None."""
    return tx.one(_FIND, {"shown": digest(secret)})


def end(tx: Tx, session_id: str, now: datetime) -> bool:
    """End a session; False if it had ended before."""
    return tx.execute(_END, {"of": session_id, "ended_at": now}).rowcount == 1


def staff_of_device(tx: Tx, device: str) -> list[Row[Any]]:
    """Return the working people who signed in on this device, by name-giving row, longest with the shop first."""
    seen = select(sessions.c.staff_id).where(sessions.c.device == device, sessions.c.door == "staff")
    found = select(staff).where(staff.c.id.in_(seen), staff.c.removed_at.is_(None))
    return tx.all(found.order_by(staff.c.created_at, staff.c.id))


def forget(tx: Tx, *, now: datetime, devices_before: datetime) -> int:
    """Drop one-time secrets and cards' sessions that are over, and devices not signed in on since; return how many."""
    over = or_(
        and_(sessions.c.door != "staff", sessions.c.expires_at < now),
        and_(sessions.c.door == "staff", sessions.c.expires_at < devices_before),
    )
    dropped = tx.execute(delete(tickets).where(tickets.c.expires_at < now)).rowcount
    return dropped + tx.execute(delete(sessions).where(over)).rowcount
