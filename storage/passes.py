"""Counted passes: each with the visits left on it, and every visit that was taken; a visit is taken at most once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, exists, func, literal_column, select, update

from membership.passes import LIVE
from storage.database import Tx
from storage.tables import audit, members, outbox, visits
from storage.tables import passes as t

_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("now", type_=t.c.expires_at.type)
_SINCE: Final = bindparam("since", type_=t.c.at.type)
_UNTIL: Final = bindparam("until", type_=t.c.at.type)
_MOST: Final[BindParameter[int]] = bindparam("most")
_COUNT: Final[BindParameter[int]] = bindparam("by")
_FIND: Final = select(t).where(t.c.id == _OF)
_NUMBER: Final = visits.c.count.label("number")  # a row's own count is a method
_FIND_VISIT: Final = select(visits, _NUMBER).where(visits.c.id == _OF)
_LIVE_OF: Final = (
    select(t)
    .where(t.c.member_id == _OF, t.c.state == LIVE, t.c.remaining > 0, t.c.expires_at > _NOW)
    .order_by(t.c.expires_at, t.c.at, t.c.id)
)
_ALL_OF: Final = select(t).where(t.c.member_id == _OF).order_by(t.c.at.desc(), t.c.id.desc()).limit(_MOST)
_TAKE: Final = update(t).where(t.c.id == _OF, t.c.state == LIVE, t.c.remaining >= _COUNT, t.c.expires_at > _NOW)
_GIVE: Final = update(t).where(t.c.id == _OF, t.c.state == LIVE)
_END: Final = update(t).where(t.c.id == _OF, t.c.state == LIVE)
_UNDO: Final = update(visits).where(visits.c.id == _OF, visits.c.undone_at.is_(None))
_DECIDE: Final = update(visits).where(visits.c.id == _OF, visits.c.yes == literal_column("'asked'"))
_HISTORY: Final = (
    select(visits, _NUMBER, t.c.plan, t.c.rules_version)
    .join(t, t.c.id == visits.c.pass_id)
    .where(visits.c.member_id == _OF, visits.c.yes.not_in(("asked", "refused")))
    .order_by(visits.c.at.desc(), visits.c.id.desc())
    .limit(_MOST)
    .offset(bindparam("behind"))
)
_DUE: Final = (
    select(t).where(t.c.ended_at.is_(None), t.c.expires_at <= _NOW).order_by(t.c.expires_at, t.c.id).limit(_MOST)
)
_EXPIRE: Final = update(t).where(t.c.id == _OF, t.c.ended_at.is_(None))
_SOLD: Final = (
    select(t.c.actor, func.count().label("number"), func.sum(t.c.price_minor).label("amount"))
    .where(t.c.at >= _SINCE, t.c.at < _UNTIL, t.c.state != "voided")
    .group_by(t.c.actor)
)
_TAKEN: Final = (
    select(visits.c.actor, func.sum(visits.c.count).label("number"))
    .where(visits.c.at >= _SINCE, visits.c.at < _UNTIL, visits.c.undone_at.is_(None))
    .group_by(visits.c.actor)
)
_ENDED: Final = select(func.count()).where(
    t.c.state == LIVE, t.c.remaining > 0, t.c.expires_at >= _SINCE, t.c.expires_at < _UNTIL
)
_BY_PIN: Final = (
    select(_NUMBER, t.c.plan, t.c.rules_version)
    .join(t, t.c.id == visits.c.pass_id)
    .where(visits.c.member_id == _OF, visits.c.yes == "pin", visits.c.undone_at.is_(None), visits.c.at >= _SINCE)
)
_GIVEN_BACK: Final = (
    select(audit.c.actor, func.count().label("number"), func.sum(t.c.refunded_minor).label("amount"))
    .join(t, t.c.id == audit.c.subject)
    .where(audit.c.action == "pass.refund", t.c.ended_at >= _SINCE, t.c.ended_at < _UNTIL)
    .group_by(audit.c.actor)
)


def add(tx: Tx, pass_id: str, **values: Any) -> bool:
    """Write a sale down; False if its reference stands there already."""
    return tx.insert_once(t, {"id": pass_id, "state": LIVE, **values})


def find(tx: Tx, pass_id: str) -> Row[Any] | None:
    """Return a pass, or None."""
    return tx.one(_FIND, {"of": pass_id})


def live_of(tx: Tx, member_id: str, now: datetime) -> list[Row[Any]]:
    """Return the member's passes with visits left, the one that ends first at the front."""
    return tx.all(_LIVE_OF, {"of": member_id, "now": now})


def all_of(tx: Tx, member_id: str, *, limit: int) -> list[Row[Any]]:
    """Return the member's passes, whatever became of them, the newest first."""
    return tx.all(_ALL_OF, {"of": member_id, "most": limit})


def take(tx: Tx, pass_id: str, count: int, now: datetime) -> bool:
    """Take visits off a pass; False where it has not so many, or is over."""
    taken = _TAKE.values(remaining=t.c.remaining - count)
    return tx.execute(taken, {"of": pass_id, "by": count, "now": now}).rowcount == 1


def give(tx: Tx, pass_id: str, count: int) -> bool:
    """Put visits back on a pass; False where it was given back or undone meanwhile."""
    return tx.execute(_GIVE.values(remaining=t.c.remaining + count), {"of": pass_id}).rowcount == 1


def end(tx: Tx, pass_id: str, state: str, *, refunded_minor: int = 0, now: datetime) -> bool:
    """Let a pass be over: refunded or voided; False if it was before."""
    values = {"state": state, "refunded_minor": refunded_minor, "ended_at": now}
    return tx.execute(_END.values(**values), {"of": pass_id}).rowcount == 1


def add_visit(tx: Tx, visit_id: str, **values: Any) -> bool:
    """Write a visit down; False if its reference stands there already."""
    return tx.insert_once(visits, {"id": visit_id, **values})


def find_visit(tx: Tx, visit_id: str) -> Row[Any] | None:
    """Return a visit with its ``number``, or None."""
    return tx.one(_FIND_VISIT, {"of": visit_id})


def undo_visit(tx: Tx, visit_id: str, now: datetime) -> bool:
    """Mark a visit as undone; False if it was before."""
    return tx.execute(_UNDO.values(undone_at=now), {"of": visit_id}).rowcount == 1


def decide(tx: Tx, visit_id: str, yes: str, now: datetime, *, taken: bool) -> bool:
    """Decide a visit the member was asked about, once; False if it was decided before. ``taken`` lets it stand."""
    values = {"yes": yes, "at": now, "undone_at": None if taken else now}
    return tx.execute(_DECIDE.values(**values), {"of": visit_id}).rowcount == 1


def asked_of(tx: Tx, member_id: str, since: datetime) -> Row[Any] | None:
    """Return a visit this member was asked about since then and has not answered, or None."""
    mine = (visits.c.member_id == member_id, visits.c.yes == "asked", visits.c.at > since)
    return tx.one(select(visits).where(*mine).order_by(visits.c.at.desc(), visits.c.id).limit(1))


def history(tx: Tx, member_id: str, *, behind: int, limit: int) -> list[Row[Any]]:
    """Return the member's visits with number, plan and rules_version, newest first, after so many newer ones."""
    return tx.all(_HISTORY, {"of": member_id, "most": limit, "behind": behind})


def due(tx: Tx, now: datetime, *, limit: int) -> list[Row[Any]]:
    """Return passes whose end has come and was not noted yet, the oldest first."""
    return tx.all(_DUE, {"now": now, "most": limit})


def expire(tx: Tx, pass_id: str, now: datetime) -> bool:
    """Note that the end of a pass has come; False if it was noted before."""
    return tx.execute(_EXPIRE.values(ended_at=now), {"of": pass_id}).rowcount == 1


def ending(
    tx: Tx, plans: Collection[str], stage: int, *, since: datetime, until: datetime, sold_by: datetime, limit: int
) -> list[Row[Any]]:
    """Return passes with visits left that end in this span and were not warned of so many days ahead yet."""
    key = t.c.id + f"/{stage}"
    unsaid = ~exists().where(
        outbox.c.recipient == t.c.member_id, outbox.c.kind == "pass_ending", outbox.c.period_key == key
    )
    found = select(t).join(members, members.c.id == t.c.member_id)
    found = found.where(
        t.c.state == LIVE, t.c.ended_at.is_(None), t.c.remaining > 0, t.c.plan.in_(plans), t.c.at < sold_by
    )
    found = found.where(t.c.expires_at > since, t.c.expires_at <= until)
    return tx.all(found.where(unsaid, members.c.state != "left", members.c.reminders_on).order_by(t.c.id).limit(limit))


def sold(tx: Tx, *, since: datetime, until: datetime, store_id: str | None = None) -> list[Row[Any]]:
    """Return what each person sold of passes in this span: number and amount (minor units), undone ones left out."""
    return tx.all(_in_store(_SOLD, t.c.store_id, store_id), {"since": since, "until": until})


def taken(tx: Tx, *, since: datetime, until: datetime, store_id: str | None = None) -> list[Row[Any]]:
    """Return how many visits each person took off passes in this span, undone ones left out."""
    return tx.all(_in_store(_TAKEN, visits.c.store_id, store_id), {"since": since, "until": until})


def given_back(tx: Tx, *, since: datetime, until: datetime, store_id: str | None = None) -> list[Row[Any]]:
    """Return how many passes each person gave back in this span, and how much for them (minor units)."""
    return tx.all(_in_store(_GIVEN_BACK, audit.c.store_id, store_id), {"since": since, "until": until})


def ended(tx: Tx, *, since: datetime, until: datetime, store_id: str | None = None) -> int:
    """Return how many passes ended in this span with visits left on them."""
    return int(tx.scalar(_in_store(_ENDED, t.c.store_id, store_id), {"since": since, "until": until}))


def by_pin(tx: Tx, member_id: str, since: datetime) -> list[Row[Any]]:
    """Return number, plan and rules_version of the visits a member agreed to by PIN since then."""
    return tx.all(_BY_PIN, {"of": member_id, "since": since})


def _in_store(statement: Any, column: Any, store_id: str | None) -> Any:
    return statement if store_id is None else statement.where(column == store_id)
