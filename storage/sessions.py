"""Browsers that are signed in, each with a secret of which only the digest is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, bindparam, delete, or_, select, update

from storage.database import Tx
from storage.tables import sessions, staff
from storage.tickets import digest

# Statements of every call of a page are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[Any]] = bindparam("of")
_DIGEST: Final = bindparam("shown", type_=sessions.c.digest.type)
_FIND: Final = select(sessions).where(sessions.c.digest == _DIGEST)
_END: Final = update(sessions).where(sessions.c.id == _OF, sessions.c.ended_at.is_(None))


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
    """Drop cards' sessions that are over, and devices not signed in on since; return how many."""
    over = or_(
        and_(sessions.c.door != "staff", sessions.c.expires_at < now),
        and_(sessions.c.door == "staff", sessions.c.expires_at < devices_before),
    )
    return tx.execute(delete(sessions).where(over)).rowcount
