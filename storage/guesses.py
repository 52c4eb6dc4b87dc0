"""Wrong numbers that were typed, for whoever typed them and for their store; their locks, and one count at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, bindparam, case, delete, func, or_, select

from storage.database import Tx
from storage.tables import guesses as t

LOCK: Final = "_lock"
"""What the kind of a lock ends with: a row of its own, which no time takes away."""

_WHO: Final[BindParameter[str]] = bindparam("who")
_KIND: Final[BindParameter[str]] = bindparam("said")


def _counted(*conditions: Any) -> Any:
    return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)


def _since(name: str) -> Any:
    return t.c.at > bindparam(name, type_=t.c.at.type)


_MINE: Final = and_(t.c.kind == _KIND, t.c.actor == _WHO)
_STANDING: Final = select(
    _counted(_MINE, _since("short")).label("short"),
    _counted(_MINE, _since("day")).label("day"),
    _counted(t.c.kind == _KIND, _since("day")).label("store"),
    _counted(t.c.kind == bindparam("lock"), t.c.actor.in_((_WHO, bindparam("place")))).label("locks"),
).where(or_(t.c.actor == _WHO, t.c.store_id == bindparam("where")))
_ADD: Final = t.insert().inline()
_TRIES: Final = (
    select(t.c.at).where(_MINE, _since("since")).order_by(t.c.at.desc(), t.c.number.desc()).limit(bindparam("most"))
)


def add(tx: Tx, actor: str, *, store_id: str, kind: str, now: datetime) -> None:
    """Count one wrong number, or one try."""
    tx.execute(_ADD, {"actor": actor, "store_id": store_id, "kind": kind, "at": now})


def lock(tx: Tx, actor: str, *, store_id: str, kind: str, now: datetime) -> None:
    """Let this person, till or place type no more until somebody forgives."""
    add(tx, actor, store_id=store_id, kind=kind + LOCK, now=now)


def standing(tx: Tx, actor: str, place: str, *, store_id: str, kind: str, short: datetime, day: datetime) -> Row[Any]:
    """Return the wrong numbers since ``short`` and ``day``, the ``store``'s of the day, and the ``locks``."""
    asked = {"who": actor, "place": place, "where": store_id, "said": kind, "lock": kind + LOCK}
    row = tx.one(_STANDING, {**asked, "short": short, "day": day})
    assert row is not None, "sums always come in one row"
    return row


def tries(tx: Tx, actor: str, *, kind: str, since: datetime, most: int) -> list[datetime]:
    """Return the moments of the last tries since then, newest first."""
    return [row.at for row in tx.all(_TRIES, {"who": actor, "said": kind, "since": since, "most": most})]


def forget(tx: Tx, actor: str, *, kind: str) -> None:
    """Forget the wrong numbers of a person or till, and their lock."""
    tx.execute(delete(t).where(t.c.actor == actor, t.c.kind.in_((kind, kind + LOCK))))


def forget_store(tx: Tx, place: str, store_id: str, *, kind: str) -> None:
    """Forget the wrong numbers of a store and its lock; whoever is locked themselves stays so."""
    tx.execute(delete(t).where(t.c.store_id == store_id, t.c.kind == kind))
    tx.execute(delete(t).where(t.c.actor == place, t.c.kind == kind + LOCK))


def hold(tx: Tx, *names: str) -> None:
    """Let one transaction at a time count under these names, to the commit, on all instances together.

    Whatever is counted to a limit is held by it, not wrong numbers alone: a cashier's purchases of a day, what one
    gives by hand, what a device sends afterwards. A name begins with what is counted, as in ``purchases:``. Names are
    taken in order, so that no two wait for each other. SQLite has one writer anyway.
    """
    if tx.dialect == "postgresql":
        for name in sorted(names):
            tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
