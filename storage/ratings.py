"""Ratings: one for each purchase or visit on a pass at most, asked at its time, answered once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, exists, func, literal_column, select, update

from storage.database import Tx
from storage.tables import outbox, purchases, visits
from storage.tables import ratings as t

_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("now", type_=t.c.due_at.type)
_FIND: Final = select(t).where(t.c.id == _OF)
# The state stands in the text: with it left open SQLite would plan anew each time to find the partial index.
_DUE: Final = (
    select(t)
    .where(t.c.state == literal_column("'due'"), t.c.due_at <= _NOW)
    .order_by(t.c.due_at, t.c.id)
    .limit(bindparam("most"))
)
# Who told of their own accord was not asked, and has said it all the same.
_LAST_ASKED: Final = select(func.max(func.coalesce(t.c.asked_at, t.c.answered_at))).where(t.c.member_id == _OF)
_OPEN: Final = (
    select(t)
    .where(
        t.c.member_id == _OF, t.c.state.in_(("due", "asked")), t.c.due_at > bindparam("since", type_=t.c.due_at.type)
    )
    .order_by(t.c.due_at.desc(), t.c.id)
    .limit(1)
)
_MOVE: Final = update(t).where(t.c.id == _OF, t.c.state == bindparam("was"))
_HELD_BACK: Final = (
    exists()
    .where(outbox.c.recipient == t.c.member_id, outbox.c.kind == "rating", outbox.c.period_key == t.c.id)
    .where(outbox.c.state.in_(("pending", "waiting")))
)
_TAKE_BACK: Final = update(t).where(t.c.id == _OF, t.c.state == "asked", _HELD_BACK)
_ANSWER: Final = update(t).where(t.c.id == _OF, t.c.state.in_(("due", "asked")))
_STANDS: Final = (
    select(t.c.id)
    .outerjoin(purchases, purchases.c.id == t.c.purchase_id)
    .outerjoin(visits, visits.c.id == t.c.visit_id)
    .where(t.c.id == _OF, t.c.state == "asked", purchases.c.undone_at.is_(None), visits.c.undone_at.is_(None))
)
_SCORES: Final = (
    select(t.c.score, func.count().label("number"))
    .where(t.c.state == "answered", t.c.answered_at >= bindparam("since", type_=t.c.due_at.type))
    .where(t.c.answered_at < bindparam("until", type_=t.c.due_at.type))
    .group_by(t.c.score)
)


def add(tx: Tx, rating_id: str, **values: Any) -> bool:
    """Note that somebody is to be asked; False if it was noted before."""
    return tx.insert_once(t, {"id": rating_id, "state": "due", **values})


def find(tx: Tx, rating_id: str) -> Row[Any] | None:
    """Return a rating, or None."""
    return tx.one(_FIND, {"of": rating_id})


def due(tx: Tx, now: datetime, *, limit: int) -> list[Row[Any]]:
    """Return those whose time to be asked has come, the oldest first."""
    return tx.all(_DUE, {"now": now, "most": limit})


def last_asked(tx: Tx, member_id: str) -> datetime | None:
    """Return when the member was asked last, or None."""
    asked: datetime | None = tx.scalar(_LAST_ASKED, {"of": member_id})
    return asked


def still_open(tx: Tx, member_id: str, *, since: datetime) -> Row[Any] | None:
    """Return the member's newest purchase or visit since this moment that could still be rated, or None."""
    return tx.one(_OPEN, {"of": member_id, "since": since})


def move(tx: Tx, rating_id: str, state: str, *, was: str, **values: Any) -> bool:
    """Move a rating on; False if it was in another state by then."""
    return tx.execute(_MOVE.values(state=state, **values), {"of": rating_id, "was": was}).rowcount == 1


def take_back(tx: Tx, rating_id: str) -> None:
    """Take a question back that has not left yet: its member was not asked."""
    tx.execute(_TAKE_BACK.values(state="lapsed", asked_at=None), {"of": rating_id})


def answer(tx: Tx, rating_id: str, score: int, now: datetime) -> bool:
    """Keep the first answer; False if there was one before."""
    done = _ANSWER.values(state="answered", score=score, answered_at=now)
    return tx.execute(done, {"of": rating_id}).rowcount == 1


def is_still_asked(tx: Tx, rating_id: str) -> bool:
    """Tell whether a member who was asked has not answered, and what they were asked about was not undone since."""
    return tx.one(_STANDS, {"of": rating_id}) is not None


def scores(tx: Tx, *, since: datetime, until: datetime, store_id: str | None = None) -> list[Row[Any]]:
    """Return how often each score was given in this span, in one store or (None) in all."""
    asked = _SCORES if store_id is None else _SCORES.where(t.c.store_id == store_id)
    return tx.all(asked, {"since": since, "until": until})
