"""How many purchases of a member stand, ever and in a month: what is a first one is decided by it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, case, func, or_, select

from storage.database import Tx
from storage.tables import purchases as t

_SINCE: Final = bindparam("since", type_=t.c.at.type)
_UNTIL: Final = bindparam("until", type_=t.c.at.type)
_LATELY: Final = and_(t.c.at >= _SINCE, or_(t.c.at < _UNTIL, t.c.channel == "offline"))
_NUMBERS: Final = select(
    func.count().label("ever"),
    func.coalesce(func.sum(case((_LATELY, 1), else_=0)), 0).label("lately"),
).where(t.c.member_id == bindparam("of"), t.c.undone_at.is_(None))


def numbers(tx: Tx, member_id: str, since: datetime, until: datetime) -> tuple[int, int]:
    """Return how many purchases of the member were made and not undone: ever, and from ``since`` up to ``until``.

    What was sold without a line is recorded when it arrives: what came after ``until`` may be of before, and counts.
    """
    row = tx.one(_NUMBERS, {"of": member_id, "since": since, "until": until})
    return (0, 0) if row is None else (int(row.ever), int(row.lately))
