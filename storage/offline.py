"""What one device recorded without a line on a day: counted, so that its share stays small."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import bindparam, func, select

from storage import guesses
from storage.database import Tx
from storage.tables import purchases as t

_RECORDED: Final = select(
    func.count().label("number"), func.coalesce(func.sum(t.c.amount_minor), 0).label("minor")
).where(
    t.c.reference >= bindparam("first"),
    t.c.reference < bindparam("behind"),
    t.c.business_on == bindparam("day", type_=t.c.business_on.type),
)


def recorded(tx: Tx, prefix: str, day: date) -> tuple[int, int]:
    """Return how many purchases whose references begin like this a day has, and their sum in minor units."""
    row = tx.one(_RECORDED, {"first": prefix, "behind": prefix + "\x7f", "day": day})
    assert row is not None, "sums always come in one row"
    return int(row.number), int(row.minor)


def hold(tx: Tx, device: str) -> None:
    """Let one purchase of a device at a time through to the commit, where they are counted."""
    guesses.hold(tx, f"offline:{device}")
