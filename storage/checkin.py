"""The days a member checked in, each once, and what each of them brought."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from membership.checkin import CheckIn
from storage.database import Tx
from storage.tables import check_ins as t

_SINCE: Final = (
    select(t)
    .where(t.c.member_id == bindparam("of"), t.c.day >= bindparam("since", type_=t.c.day.type))
    .order_by(t.c.day)
)
_CHANGE: Final = update(t).where(t.c.member_id == bindparam("of"), t.c.day == bindparam("on", type_=t.c.day.type))


def since(tx: Tx, member_id: str, day: date) -> list[CheckIn]:
    """Return the member's check-ins from this day on, oldest first."""
    return [_check_in(row) for row in tx.all(_SINCE, {"of": member_id, "since": day})]


def add(tx: Tx, row_id: str, member_id: str, done: CheckIn, *, rules_version: int, at: datetime) -> bool:
    """Write a check-in down; False if the member has one on that day already."""
    told = {"day": done.day, "streak": done.streak, "points": done.points, "made_up": done.made_up}
    return tx.insert_once(t, {"id": row_id, "member_id": member_id, **told, "rules_version": rules_version, "at": at})


def move_up(tx: Tx, member_id: str, done: CheckIn) -> None:
    """Write down that a day before was made up: this one is now further in a row, and worth more."""
    tx.execute(_CHANGE.values(streak=done.streak, points=done.points), {"of": member_id, "on": done.day})


def _check_in(row: Row[Any]) -> CheckIn:
    return CheckIn(row.day, int(row.streak), int(row.points), bool(row.made_up))
