"""Mass messages as rows: who waits for the next one, who is on their way in one, and how much was used up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Subquery, and_, exists, func, select, update

from membership.routing import AccountKind
from storage.broadcasts import NEXT, PLANNED
from storage.database import Tx
from storage.tables import broadcasts, counters, identities, members, outbox

MASS = "mass"
"""The reason of a row that is, or was, part of a mass message; ``lease_owner`` is the id of which."""

CALLED = ("sending", "sent", "uncertain")
"""States of rows that a mass message was, or may have been, used for."""

LONGEST = timedelta(days=8)
"""A broadcast that was started longer ago sends nothing any more."""

KINDS: tuple[AccountKind, ...] = ("unverified", "subscription", "service")
_KIND = "mass:kind"


def note_kind(tx: Tx, kind: AccountKind) -> None:
    """Remember which kind of account the running program found."""
    value = KINDS.index(kind)
    if not tx.insert_once(counters, {"name": _KIND, "value": value}):
        changed = update(counters).where(counters.c.name == _KIND, counters.c.value != value)
        tx.execute(changed.values(value=value))


def noted_kind(tx: Tx) -> AccountKind:
    """Return the kind of account the program found last; unverified before it found any."""
    return KINDS[tx.scalar(select(counters.c.value).where(counters.c.name == _KIND)) or 0]


def got(*, since: datetime) -> Subquery:
    """Return a subquery: how many mass messages (``total``) each member was written to with since this moment."""
    found = select(outbox.c.member_id, func.count().label("total")).where(_called(since))
    return found.group_by(outbox.c.member_id).subquery("got")


def was_called(tx: Tx, *, since: datetime) -> bool:
    """Tell whether any mass message was sent, or may have been, since this moment."""
    return tx.one(select(outbox.c.id).where(_called(since)).limit(1)) is not None


def ready(tx: Tx, *, now: datetime) -> Row[Any] | None:
    """Return the oldest running broadcast whose messages have all found their road, some of them this one."""
    mine = outbox.c.broadcast_id == broadcasts.c.id
    due = exists().where(mine, outbox.c.state == "pending", outbox.c.not_before <= now)
    runs = and_(broadcasts.c.state == "running", broadcasts.c.cursor == PLANNED)
    found = select(broadcasts).where(runs, exists().where(mine, _next(now)), ~due)
    return tx.one(found.order_by(broadcasts.c.started_at, broadcasts.c.id).limit(1))


def waiting(tx: Tx, broadcast_id: str, *, since: datetime, now: datetime, limit: int) -> list[Row[Any]]:
    """Return who waits for the next mass message, in order of id, held against others: see ``_people``."""
    found = _people(since).where(outbox.c.broadcast_id == broadcast_id, _next(now))
    held = found.order_by(outbox.c.id, identities.c.id).limit(limit)
    return tx.all(held.with_for_update(of=outbox, skip_locked=True) if tx.dialect == "postgresql" else held)


def in_doubt(tx: Tx, *, now: datetime) -> Row[Any] | None:
    """Return a mass message (``batch``, ``broadcast_id``) whose answer never came and which may be asked for again."""
    lost = and_(outbox.c.state == "sending", outbox.c.reason == MASS, outbox.c.lease_until < now)
    found = select(outbox.c.lease_owner.label("batch"), outbox.c.broadcast_id).where(lost)
    return tx.one(found.order_by(outbox.c.lease_until, outbox.c.lease_owner).limit(1))


def of_batch(tx: Tx, batch: str, *, since: datetime) -> list[Row[Any]]:
    """Return who is on their way in this mass message: see ``_people``."""
    mine = and_(outbox.c.lease_owner == batch, outbox.c.state == "sending", outbox.c.reason == MASS)
    return tx.all(_people(since).where(mine).order_by(outbox.c.id, identities.c.id))


def change(tx: Tx, ids: Collection[str], *, was: str, **values: Any) -> int:
    """Change these rows where they are still in the state they were in; return how many were."""
    found = update(outbox).where(outbox.c.id.in_(list(ids)), outbox.c.state == was)
    return tx.execute(found.values(**values)).rowcount if ids else 0


def begin(tx: Tx, ids: Collection[str], batch: str, *, until: datetime, now: datetime) -> int:
    """Mark rows as on their way in this mass message; ``not_before`` keeps when it was asked for first."""
    lease = {"lease_owner": batch, "lease_until": until, "lease_epoch": outbox.c.lease_epoch + 1}
    found = update(outbox).where(outbox.c.id.in_(list(ids)), outbox.c.state == "waiting")
    return tx.execute(found.values(state="sending", reason=MASS, not_before=now, **lease)).rowcount


def settle(tx: Tx, batch: str, *, until: datetime, **values: Any) -> int:
    """Change the rows of a mass message, unless somebody took it over since this lease; return how many."""
    mine = and_(outbox.c.lease_owner == batch, outbox.c.state == "sending", outbox.c.lease_until == until)
    return tx.execute(update(outbox).where(mine).values(**values)).rowcount


def give_up(tx: Tx, *, before: datetime, now: datetime, reason: str) -> int:
    """Settle as uncertain what was asked for first before this moment and never answered; return how many."""
    lost = and_(outbox.c.state == "sending", outbox.c.reason == MASS, outbox.c.lease_until < now)
    old = update(outbox).where(lost, outbox.c.not_before <= before)
    return tx.execute(old.values(state="uncertain", settled_at=now, last_error=reason)).rowcount


def count(tx: Tx, broadcast_id: str) -> int:
    """Return to how many members a broadcast went, or may have gone, by mass message."""
    mine = and_(outbox.c.broadcast_id == broadcast_id, outbox.c.reason == MASS, outbox.c.state.in_(CALLED))
    return int(tx.scalar(select(func.count()).select_from(outbox).where(mine)))


def _next(now: datetime) -> Any:
    return and_(outbox.c.state == "waiting", outbox.c.reason == NEXT, outbox.c.not_before <= now)


def _called(since: datetime) -> Any:
    recent = select(broadcasts.c.id).where(broadcasts.c.started_at >= since - LONGEST)
    called = and_(outbox.c.reason == MASS, outbox.c.state.in_(CALLED), outbox.c.not_before >= since)
    return and_(outbox.c.broadcast_id.in_(recent), called)


def _people(since: datetime) -> Any:
    """Return rows with the WeChat account they can go to (None: none) and how much the member had since then.

    ``willing`` tells whether the member still wants offers and the broadcast still goes out. A member with two
    accounts comes twice.
    """
    had = got(since=since)
    wanted = and_(members.c.offers_on, members.c.state == "joined", members.c.frozen_at.is_(None))
    reached = and_(identities.c.following, identities.c.unreachable == "", identities.c.channel == "wechat")
    return (
        select(
            outbox.c.id.label("row_id"),
            and_(wanted, broadcasts.c.state == "running").label("willing"),
            func.coalesce(had.c.total, 0).label("had"),
            identities,
            members.c.language.label("member_language"),
        )
        .join(members, members.c.id == outbox.c.member_id)
        .join(broadcasts, broadcasts.c.id == outbox.c.broadcast_id)
        .outerjoin(identities, and_(identities.c.member_id == members.c.id, reached))
        .outerjoin(had, had.c.member_id == members.c.id)
    )
