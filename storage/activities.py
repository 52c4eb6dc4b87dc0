"""Activities and who signed up: places are counted on the activity's own row, which is held while one is taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select, update

from storage.database import Tx
from storage.tables import activities as t
from storage.tables import members
from storage.tables import sign_ups as s

_OF: Final = bindparam("of", type_=t.c.id.type)
_FIND: Final = select(t).where(t.c.id == _OF)
_HOLD: Final = _FIND.with_for_update()
_UPCOMING: Final = (
    select(t)
    .where(t.c.state == "open", t.c.ends_at > bindparam("now", type_=t.c.ends_at.type))
    .order_by(t.c.starts_at, t.c.id)
    .limit(bindparam("most", type_=t.c.taken.type))
    .offset(bindparam("behind", type_=t.c.taken.type))
)
_TAKE: Final = update(t).where(t.c.id == _OF).values(taken=t.c.taken + bindparam("more", type_=t.c.taken.type))
_SIGN_UP: Final = select(s).where(s.c.activity_id == _OF, s.c.member_id == bindparam("member"))
_IN_STATE: Final = s.c.state.in_(bindparam("states", expanding=True))
_LISTED: Final = select(s).where(s.c.activity_id == _OF, _IN_STATE).order_by(s.c.place, s.c.id)
_COUNT: Final = select(func.count()).select_from(s).where(s.c.activity_id == _OF, _IN_STATE)
_LAST_PLACE: Final = select(func.coalesce(func.max(s.c.place), 0)).where(s.c.activity_id == _OF)
_AHEAD: Final = _COUNT.where(s.c.place < bindparam("place", type_=s.c.place.type))


def add(tx: Tx, row_id: str, **values: Any) -> bool:
    """Write an activity down; False if it is there already."""
    return tx.insert_once(t, {"id": row_id, **values})


def find(tx: Tx, activity_id: str) -> Row[Any] | None:
    """Return an activity, or None."""
    return tx.one(_FIND, {"of": activity_id})


def hold(tx: Tx, activity_id: str) -> Row[Any] | None:
    """Return an activity and keep everybody else who takes or frees a place of it waiting until the commit."""
    return tx.one(_FIND if tx.dialect == "sqlite" else _HOLD, {"of": activity_id})


def upcoming(tx: Tx, now: datetime, *, behind: int, limit: int) -> list[Row[Any]]:
    """Return activities that are not over, the next one first, after so many earlier ones."""
    return tx.all(_UPCOMING, {"now": now, "most": limit, "behind": behind})


def change(tx: Tx, activity_id: str, **values: Any) -> None:
    """Change an activity that is held."""
    tx.execute(update(t).where(t.c.id == activity_id).values(**values))


def take(tx: Tx, activity_id: str, more: int) -> None:
    """Count so many places more (below zero: less) as taken."""
    tx.execute(_TAKE, {"of": activity_id, "more": more})


def sign_up(tx: Tx, activity_id: str, member_id: str) -> Row[Any] | None:
    """Return a member's sign-up, in whatever state, or None."""
    return tx.one(_SIGN_UP, {"of": activity_id, "member": member_id})


def find_sign_up(tx: Tx, row_id: str) -> Row[Any] | None:
    """Return a sign-up by its id, or None."""
    return tx.one(select(s).where(s.c.id == row_id))


def listed(tx: Tx, activity_id: str, *states: str, limit: int, offset: int = 0) -> list[Row[Any]]:
    """Return sign-ups in these states in the order in which they came."""
    return tx.all(_LISTED.limit(limit).offset(offset), {"of": activity_id, "states": list(states)})


def count(tx: Tx, activity_id: str, *states: str) -> int:
    """Return how many sign-ups are in these states."""
    return int(tx.scalar(_COUNT, {"of": activity_id, "states": list(states)}))


def ahead(tx: Tx, activity_id: str, place: int) -> int:
    """Return how many wait before this place."""
    return int(tx.scalar(_AHEAD, {"of": activity_id, "states": ["waiting"], "place": place}))


def put(tx: Tx, row_id: str, activity_id: str, member_id: str, *, state: str, now: datetime) -> None:
    """Write a sign-up down at the end of the line, also for somebody who had withdrawn."""
    place = int(tx.scalar(_LAST_PLACE, {"of": activity_id})) + 1
    told = {"state": state, "place": place, "at": now, "changed_at": now}
    if not tx.insert_once(s, {"id": row_id, "activity_id": activity_id, "member_id": member_id, **told}):
        tx.execute(update(s).where(s.c.activity_id == activity_id, s.c.member_id == member_id).values(**told))


def move(tx: Tx, row_id: str, *, state: str, now: datetime) -> None:
    """Change the state of a sign-up of an activity that is held."""
    tx.execute(update(s).where(s.c.id == row_id).values(state=state, changed_at=now))


def end(tx: Tx, activity_id: str, now: datetime) -> None:
    """Settle everybody who is not settled when all is over: who did not come missed it, who waited is let go."""
    for before, after in (("signed", "missed"), ("waiting", "withdrawn")):
        mine = update(s).where(s.c.activity_id == activity_id, s.c.state == before)
        tx.execute(mine.values(state=after, changed_at=now))


def ended(tx: Tx, before: datetime, *, limit: int) -> list[Row[Any]]:
    """Return activities still open whose end lies before this moment."""
    return tx.all(select(t).where(t.c.state == "open", t.c.ends_at <= before).order_by(t.c.ends_at).limit(limit))


def to_let_go(tx: Tx, *, limit: int) -> list[Row[Any]]:
    """Return sign-ups that stand for nothing any more.

    The activity was cancelled, the member has left, or became one with somebody who had signed up, too.
    """
    gone = select(s, t.c.state.label("activity_state")).join(t, t.c.id == s.c.activity_id)
    gone = gone.join(members, members.c.id == s.c.member_id)
    gone = gone.where(s.c.state.in_(("signed", "waiting")), t.c.state.in_(("open", "cancelled")))
    return tx.all(
        gone.where((t.c.state == "cancelled") | (members.c.state == "left") | (members.c.merged_into != ""))
        .order_by(s.c.activity_id, s.c.id)
        .limit(limit)
    )
