"""What one device, and one person, recorded without a line on a day: counted, so that their share stays small."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, case, func, select

from storage import guesses
from storage.database import Tx
from storage.tables import purchases as t

# By the text's beginning, not by a range of texts: how those are sorted is each database's own matter.
_PREFIX: Final[BindParameter[str]] = bindparam("prefix")
_OF_DEVICE: Final = func.substr(t.c.reference, 1, func.length(_PREFIX)) == _PREFIX
_OF_PERSON: Final = t.c.actor == bindparam("person")


def _sums(whose: Any, name: str) -> tuple[Any, Any]:
    number = func.coalesce(func.sum(case((whose, 1), else_=0)), 0)
    minor = func.coalesce(func.sum(case((whose, t.c.amount_minor), else_=0)), 0)
    return number.label(f"{name}_number"), minor.label(f"{name}_minor")


# over the index of time: business_on has none
_RECORDED: Final = select(*_sums(_OF_DEVICE, "device"), *_sums(_OF_PERSON, "person")).where(
    t.c.at >= bindparam("since", type_=t.c.at.type),
    t.c.channel == bindparam("channel"),
    t.c.business_on == bindparam("day", type_=t.c.business_on.type),
)


def recorded(
    tx: Tx, channel: str, device: str, person: str, *, day: date, since: datetime
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how many purchases a device and a person have on a day that began at ``since``, each with their sum."""
    whose = {"channel": channel, "prefix": f"{channel}:{device}:", "person": person}
    row = tx.one(_RECORDED, {**whose, "day": day, "since": since})
    assert row is not None, "sums always come in one row"
    return (int(row.device_number), int(row.device_minor)), (int(row.person_number), int(row.person_minor))


def hold(tx: Tx, device: str, person: str) -> None:
    """Let one purchase of a device and of a person at a time through to the commit, where they are counted."""
    guesses.hold(tx, f"offline:{device}", f"offline:{person}")
