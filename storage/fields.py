"""What members answered to the shop's own questions, sealed; of a list of answers, which one, in plain to count by."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update

from storage.database import Tx
from storage.tables import fields as t

_OF: Final = select(t).where(t.c.member_id == bindparam("of"))


def of(tx: Tx, member_id: str) -> dict[str, str]:
    """Return the member's answers, opened, by the field's code."""
    return {row.field: _opened(tx, row) for row in tx.all(_OF, {"of": member_id})}


def put(tx: Tx, member_id: str, field: str, value: str, *, choice: str, actor: str, at: datetime) -> None:
    """Keep an answer in place of an earlier one; ``choice`` is its code where the field has a list, else ""."""
    sealed = tx.cipher.seal("fields", "value_ct", _place(member_id, field), value)
    values = {"value_ct": sealed, "choice": choice, "actor": actor, "at": at}
    if not tx.insert_once(t, {"member_id": member_id, "field": field, **values}):
        tx.execute(update(t).where(t.c.member_id == member_id, t.c.field == field).values(**values))


def choices(tx: Tx, member_id: str) -> dict[str, str]:
    """Return which answer of a list the member chose, by the field's code; "" where it has no list."""
    return {row.field: row.choice for row in tx.all(_OF, {"of": member_id})}


def drop(tx: Tx, member_id: str, field: str) -> bool:
    """Take an answer back; False where there was none."""
    return tx.execute(delete(t).where(t.c.member_id == member_id, t.c.field == field)).rowcount == 1


def _opened(tx: Tx, row: Any) -> str:
    return tx.cipher.open("fields", "value_ct", _place(row.member_id, row.field), row.value_ct)


def _place(member_id: str, field: str) -> str:
    """Return what stands for the row's id: it has none of its own."""
    return f"{member_id}:{field}"
