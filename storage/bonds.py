"""Who is linked with whom as family or friends, since when, and until when it was so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select, update

from membership.moment import Moment, id_of
from storage.database import Tx
from storage.tables import bonds as t
from storage.tables import transfers


def add(tx: Tx, one: str, other: str, *, moment: Moment) -> str:
    """Write down that two are linked from now on; return the id."""
    first, second = sorted((one, other))
    row_id = id_of(f"bond:{first}:{second}:{moment.now.isoformat()}")
    tx.insert_once(t, {"id": row_id, "one_id": first, "other_id": second, "at": moment.now})
    return row_id


def between(tx: Tx, one: str, other: str) -> Row[Any] | None:
    """Return the standing bond of two people, or None."""
    first, second = sorted((one, other))
    return tx.one(select(t).where(t.c.one_id == first, t.c.other_id == second, t.c.ended_at.is_(None)))


def find(tx: Tx, bond_id: str) -> Row[Any] | None:
    """Return a bond, standing or not, or None."""
    return tx.one(select(t).where(t.c.id == bond_id))


def of_member(tx: Tx, member_id: str) -> list[Row[Any]]:
    """Return the standing bonds of a member, oldest first."""
    mine = or_(t.c.one_id == member_id, t.c.other_id == member_id)
    return tx.all(select(t).where(mine, t.c.ended_at.is_(None)).order_by(t.c.at, t.c.id))


def end(tx: Tx, bond_id: str, now: datetime) -> bool:
    """End a bond; False if it was ended before."""
    standing = update(t).where(t.c.id == bond_id, t.c.ended_at.is_(None))
    return tx.execute(standing.values(ended_at=now)).rowcount == 1


def reopen(tx: Tx, bond_id: str) -> None:
    """Let a bond that was ended stand again."""
    tx.execute(update(t).where(t.c.id == bond_id).values(ended_at=None))


def sent_since(tx: Tx, account: str, since: datetime) -> int:
    """Return how many points were sent to others from this account since a moment."""
    sent = (transfers.c.debit == account, transfers.c.kind == "transfer", transfers.c.at >= since)
    return int(tx.scalar(select(func.coalesce(func.sum(transfers.c.amount), 0)).where(*sent)))
