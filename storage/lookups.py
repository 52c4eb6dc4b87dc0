"""Finding members by the last digits of their phone, and keeping the blind index of those digits in step."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update

from storage import kept
from storage.database import Tx
from storage.tables import members as t
from storage.tables import staff

INDEX: Final = "members.phone_tail"
_FOUND: Final = (
    select(t)
    .where(t.c.phone_tail_index == bindparam("tail"), t.c.state != "left")
    .order_by(t.c.joined_at.desc(), t.c.id)
    .limit(bindparam("most"))
)
_MISSING: Final = (
    select(t)
    .where(t.c.phone_index.is_not(None), t.c.phone_tail_index.is_(None), t.c.erased_at.is_(None))
    .order_by(t.c.id)
    .limit(bindparam("most"))
)
_PRESENT: Final = select(t.c.id).where(t.c.phone_tail_index.is_not(None)).limit(bindparam("most"))
_SET: Final = update(t).where(t.c.id == bindparam("of"))
_HOLD: Final = select(staff.c.id).where(staff.c.id == bindparam("of")).with_for_update(key_share=True)


def by_tail(tx: Tx, tail: str, *, limit: int) -> list[Row[Any]]:
    """Return members whose phone ends in these digits, the newest first."""
    return tx.all(_FOUND, {"tail": tx.cipher.index(INDEX, tail), "most": limit})


def without_tail(tx: Tx, *, limit: int) -> list[Row[Any]]:
    """Return members whose phone is not in the index yet."""
    return tx.all(_MISSING, {"most": limit})


def set_tail(tx: Tx, member_id: str, tail: str) -> None:
    """Put the last digits of a member's phone into the index."""
    kept.changed(tx, t)
    tx.execute(_SET, {"of": member_id, "phone_tail_index": tx.cipher.index(INDEX, tail)})


def forget_tails(tx: Tx, *, limit: int) -> int:
    """Empty the index, at most so many rows; return how many."""
    found = [row.id for row in tx.all(_PRESENT, {"most": limit})]
    if found:
        kept.changed(tx, t)
        tx.execute(update(t).where(t.c.id.in_(found)).values(phone_tail_index=None))
    return len(found)


def hold(tx: Tx, staff_id: str) -> None:
    """Let one look-up of this person at a time through to the commit, where look-ups are counted."""
    if tx.dialect == "postgresql":  # on SQLite there is one writer at a time anyway
        tx.one(_HOLD, {"of": staff_id})
