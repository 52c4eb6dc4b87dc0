"""Pairs of members who may be one person, and what was decided of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import doubles as t
from storage.tables import members


def add(tx: Tx, one: str, other: str, *, reason: str, at: datetime) -> bool:
    """Write a pair down; False if it stands there already, decided or not."""
    first, second = sorted((one, other))
    row_id = id_of(f"double:{first}:{second}")
    values = {"one_id": first, "other_id": second, "reason": reason, "state": "found", "at": at}
    return tx.insert_once(t, {"id": row_id, **values})


def find(tx: Tx, row_id: str) -> Row[Any] | None:
    """Return a pair, or None."""
    return tx.one(select(t).where(t.c.id == row_id))


def between(tx: Tx, one: str, other: str) -> Row[Any] | None:
    """Return this pair, or None."""
    first, second = sorted((one, other))
    return find(tx, id_of(f"double:{first}:{second}"))


def number_of(tx: Tx, member_id: str) -> int:
    """Return how many pairs a member is part of, decided or not."""
    mine = or_(t.c.one_id == member_id, t.c.other_id == member_id)
    return int(tx.scalar(select(func.count()).where(mine)))


def open_ones(tx: Tx, *, limit: int) -> list[Row[Any]]:
    """Return pairs nobody has decided, both still members, oldest first."""
    here = select(members.c.id).where(members.c.state != "left")
    found = select(t).where(t.c.state == "found", t.c.one_id.in_(here), t.c.other_id.in_(here))
    return tx.all(found.order_by(t.c.at, t.c.id).limit(limit))


def decide(tx: Tx, row_id: str, state: str, *, by: str) -> bool:
    """Note what was decided; False if it was decided before."""
    mine = update(t).where(t.c.id == row_id, t.c.state == "found")
    return tx.execute(mine.values(state=state, decided_by=by)).rowcount == 1


def settle(tx: Tx, one: str, other: str, *, by: str) -> None:
    """Note of a pair, if it stands there, that the two became one."""
    first, second = sorted((one, other))
    mine = update(t).where(t.c.one_id == first, t.c.other_id == second)
    tx.execute(mine.values(state="merged", decided_by=by))


def part(tx: Tx, one: str, other: str, *, by: str) -> None:
    """Note of a pair, if it stands there, that the two are two after all."""
    first, second = sorted((one, other))
    mine = update(t).where(t.c.one_id == first, t.c.other_id == second)
    tx.execute(mine.values(state="apart", decided_by=by))
