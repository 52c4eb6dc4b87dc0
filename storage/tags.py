"""Which member has which tags, who put them there and when."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, select

from storage.database import Tx
from storage.tables import tags as t

_OF: Final = select(t.c.tag).where(t.c.member_id == bindparam("of"))
_REMOVE: Final = delete(t).where(t.c.member_id == bindparam("of"), t.c.tag == bindparam("named"))


def of(tx: Tx, member_id: str) -> frozenset[str]:
    """Return the member's tags."""
    return frozenset(row.tag for row in tx.all(_OF, {"of": member_id}))


def add(tx: Tx, member_id: str, tag: str, *, actor: str, at: datetime) -> bool:
    """Put a tag to the member; False where it stood there already."""
    return tx.insert_once(t, {"member_id": member_id, "tag": tag, "actor": actor, "at": at})


def remove(tx: Tx, member_id: str, tag: str) -> bool:
    """Take a tag from the member; False where there was none."""
    return tx.execute(_REMOVE, {"of": member_id, "named": tag}).rowcount == 1


def known(tx: Tx, *, limit: int) -> dict[str, int]:
    """Return the tags in use and how many members have each, the most frequent first."""
    total = func.count().label("total")
    found = select(t.c.tag, total).group_by(t.c.tag).order_by(total.desc(), t.c.tag).limit(limit)
    return {row.tag: int(row.total) for row in tx.all(found)}
