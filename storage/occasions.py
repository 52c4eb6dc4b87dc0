"""How many purchases of a member stand, ever and lately: what is a first one is decided by it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, func, select

from storage.database import Tx
from storage.tables import purchases as t

_SINCE: Final = bindparam("since", type_=t.c.at.type)
_NUMBERS: Final = select(
    func.count().label("ever"),
    func.coalesce(func.sum(case((t.c.at >= _SINCE, 1), else_=0)), 0).label("lately"),
).where(t.c.member_id == bindparam("of"), t.c.undone_at.is_(None))


def numbers(tx: Tx, member_id: str, since: datetime) -> tuple[int, int]:
    """Return how many purchases of the member were made and not undone, ever and since then."""
    row = tx.one(_NUMBERS, {"of": member_id, "since": since})
    return (0, 0) if row is None else (int(row.ever), int(row.lately))
