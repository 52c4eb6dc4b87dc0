"""Broadcasts as rows: the draft, who may get it and who may not, how far it has come, and its picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, and_, case, exists, func, or_, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import audiences, blobs, counters, identities, members, outbox, watermarks
from storage.tables import broadcasts as t

PLANNED = "~"
"""The cursor behind the last member: every id sorts before it."""

FREEZING = "="
"""How the cursor begins while who is in the group is still being written down: then the rules' version, a colon, and
the last member that was looked at."""

NEXT = "mass_next"
"""The reason of a row that waits for the next mass message."""

LONG, LONG_MESSAGES = timedelta(hours=48), 5
SHORT, SHORT_MESSAGES = timedelta(minutes=1), 3
"""WeChat's windows for answers: after a message, and after a menu tap, a follow or a scan."""


def add(tx: Tx, row_id: str, body: Mapping[str, str], **values: Any) -> bool:
    """Write a draft down; False if it was written before."""
    return tx.insert_once(t, {"id": row_id, "state": "draft", "body_ct": _sealed(tx, row_id, body), **values})


def find(tx: Tx, row_id: str) -> Row[Any] | None:
    """Return a broadcast, or None."""
    return tx.one(select(t).where(t.c.id == row_id))


def body(tx: Tx, row: Row[Any]) -> dict[str, str]:
    """Return what the broadcast says, decrypted."""
    opened: dict[str, str] = json.loads(tx.cipher.open("broadcasts", "body_ct", row.id, row.body_ct))
    return opened


def rewrite(tx: Tx, row_id: str, body: Mapping[str, str], *, blob_id: str | None) -> bool:
    """Give a draft another text and picture; False if it is no draft any more."""
    return move(tx, row_id, states=("draft",), body_ct=_sealed(tx, row_id, body), blob_id=blob_id)


def move(tx: Tx, row_id: str, *, states: Collection[str], **values: Any) -> bool:
    """Change a broadcast that is in one of these states; tell whether it was."""
    return tx.execute(update(t).where(t.c.id == row_id, t.c.state.in_(states)).values(**values)).rowcount == 1


def drop_drafts(tx: Tx, staff_id: str) -> None:
    """Give up the drafts this person has not sent."""
    tx.execute(update(t).where(t.c.staff_id == staff_id, t.c.state == "draft").values(state="cancelled"))


def latest(tx: Tx) -> Row[Any] | None:
    """Return the broadcast that was started last, a running one before any other."""
    running_first = case((t.c.state == "running", 0), else_=1)
    started = select(t).where(t.c.started_at.is_not(None))
    return tx.one(started.order_by(running_first, t.c.started_at.desc(), t.c.id).limit(1))


def lock_unplanned(tx: Tx) -> Row[Any] | None:
    """Return the oldest running broadcast that has members left to plan, held against others; None if all are done."""
    found = select(t).where(t.c.state == "running", t.c.cursor != PLANNED).order_by(t.c.started_at, t.c.id).limit(1)
    return tx.one(found.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else found)


def advance(tx: Tx, row_id: str, cursor: str) -> None:
    """Remember how far the planning has come."""
    tx.execute(update(t).where(t.c.id == row_id).values(cursor=cursor))


def to_show(tx: Tx, *, since: datetime) -> list[Row[Any]]:
    """Return broadcasts that run, or ended since this moment."""
    return tx.all(select(t).where(or_(t.c.state == "running", t.c.ended_at >= since)).order_by(t.c.started_at, t.c.id))


def has_unsent(tx: Tx, row_id: str) -> bool:
    """Tell whether a message of the broadcast is still to leave (by itself or in a mass message) or on its way."""
    to_go = or_(outbox.c.state.in_(("pending", "sending")), _for_mass())
    return tx.one(select(outbox.c.id).where(outbox.c.broadcast_id == row_id, to_go).limit(1)) is not None


def for_mass(tx: Tx, row_id: str) -> int:
    """Return how many messages of the broadcast wait for the next mass message."""
    return int(tx.scalar(select(func.count()).where(outbox.c.broadcast_id == row_id, _for_mass())))


def audience(
    tx: Tx, now: datetime, had: Subquery | None = None, each: int = 0, *, only: Collection[ColumnElement[bool]] = ()
) -> dict[str, int]:
    """Return how many members would get a broadcast now by each road, or not, by the first reason that applies.

    ``only`` are the conditions of the group it is for, none for everybody.

    Roads: telegram, wechat (an open window), wechat_mass (no window, and fewer than ``each`` mass messages in
    ``had``), wechat_later (at the next contact). Reasons: left, frozen, no_consent, no_account, blocked.
    """
    road = _roads(now)
    outcome = case(
        (members.c.state == "left", "left"),
        (members.c.frozen_at.is_not(None), "frozen"),
        (~members.c.offers_on, "no_consent"),
        (or_(road.c.member_id.is_(None), members.c.state != "joined"), "no_account"),
        (road.c.reachable == 0, "blocked"),
        (or_(road.c.wechat_at.is_(None), road.c.telegram_at >= road.c.wechat_at), _first(road, had, each)),
        else_="wechat",
    ).label("outcome")
    joined = members.outerjoin(road, road.c.member_id == members.c.id)
    if had is not None:
        joined = joined.outerjoin(had, had.c.member_id == members.c.id)
    here = members.c.merged_into == ""  # who became part of somebody has not left
    one = select(outcome).select_from(joined).where(here, *only).subquery()
    rows = tx.looked(select(one.c.outcome, func.count().label("total")).group_by(one.c.outcome))
    return {row.outcome: int(row.total) for row in rows}


def wanting(tx: Tx, row: Row[Any], *, limit: int = 1, only: str = "") -> list[Row[Any]]:
    """Return members (id and sealed name) who may get a broadcast, in order of id, behind its cursor.

    Of everybody, who had joined when it was sent; of a group, who was in it then. ``only`` asks for one member alone,
    wherever the cursor stands.
    """
    reachable = exists().where(identities.c.member_id == members.c.id, _reachable())
    place = members.c.id == only if only else members.c.id > row.cursor
    willing = and_(*_willing(), members.c.joined_at <= row.started_at, place)
    found = select(members.c.id, members.c.name_ct).where(willing, reachable)
    if row.segment:
        found = found.join(audiences, audiences.c.member_id == members.c.id).where(audiences.c.broadcast_id == row.id)
    return tx.all(found.order_by(members.c.id).limit(limit))


def bring_over(tx: Tx, giver: str, taker: str) -> list[Row[Any]]:
    """Put a member in the place that another one, who became them, had in the groups of running broadcasts.

    Return the broadcasts that would have come to the giver yet and have passed the taker by: theirs are to be planned
    now. Those who plan wait until this is done.
    """
    running = select(t).where(t.c.state == "running", t.c.cursor != PLANNED).order_by(t.c.started_at, t.c.id)
    passed = []
    for row in tx.all(running.with_for_update() if tx.dialect == "postgresql" else running):
        place = select(audiences).where(audiences.c.broadcast_id == row.id, audiences.c.member_id == giver)
        if row.segment and tx.one(place) is None:
            continue
        if row.segment:
            tx.insert_once(audiences, {"broadcast_id": row.id, "member_id": taker})
        if not row.cursor.startswith(FREEZING) and taker <= row.cursor < giver:
            passed.append(row)
    return passed


def is_wanted(tx: Tx, broadcast_id: str, member_id: str) -> bool:
    """Tell whether the broadcast still goes out and this member still wants it."""
    goes = exists().where(t.c.id == broadcast_id, t.c.state.in_(("running", "done")))
    return tx.one(select(members.c.id).where(members.c.id == member_id, *_willing(), goes)) is not None


def outcomes(tx: Tx, broadcast_id: str, states: Collection[str]) -> dict[tuple[str, str], int]:
    """Return how many messages of a broadcast ended in these states, each with its reason."""
    same = and_(outbox.c.broadcast_id == broadcast_id, outbox.c.state.in_(states))
    found = select(outbox.c.state, outbox.c.reason, func.count().label("total")).where(same)
    rows = tx.all(found.group_by(outbox.c.state, outbox.c.reason))
    return {(row.state, row.reason): int(row.total) for row in rows}


def platform_id(tx: Tx, outbox_id: str) -> str:
    """Return the platform's id of a message that was sent; "" before."""
    found = select(outbox.c.platform_id).where(outbox.c.id == outbox_id, outbox.c.state == "sent")
    return str(tx.scalar(found) or "")


def claim_showing(tx: Tx, broadcast_id: str, *, now: datetime, pause: timedelta) -> bool:
    """Tell whether the progress was last shown at least ``pause`` ago, and note that it is shown now."""
    job = f"broadcast:{broadcast_id}"
    if tx.insert_once(watermarks, {"job": job, "at": now}):
        return True
    found = update(watermarks).where(watermarks.c.job == job, watermarks.c.at <= now - pause)
    return tx.execute(found.values(at=now)).rowcount == 1


def is_new(tx: Tx, broadcast_id: str, value: int) -> bool:
    """Tell whether this value (one number for all that the progress tells) differs from the one kept; keep it."""
    name = f"broadcast:{broadcast_id}"
    if tx.insert_once(counters, {"name": name, "value": value}):
        return True
    found = update(counters).where(counters.c.name == name, counters.c.value != value)
    return tx.execute(found.values(value=value)).rowcount == 1


def put_picture(tx: Tx, content: bytes, *, content_type: str, now: datetime) -> str:
    """Keep a picture and return its id: the same picture is kept once."""
    row_id = id_of(f"blob:{hashlib.sha256(content).hexdigest()}")
    tx.insert_once(blobs, {"id": row_id, "content_type": content_type, "content": content, "at": now})
    return row_id


def picture(tx: Tx, blob_id: str) -> bytes | None:
    """Return a kept picture, or None."""
    content = tx.scalar(select(blobs.c.content).where(blobs.c.id == blob_id))
    return None if content is None else bytes(content)


def _willing() -> tuple[Any, ...]:
    return members.c.offers_on, members.c.state == "joined", members.c.frozen_at.is_(None)


def _reachable() -> Any:
    return and_(identities.c.following, identities.c.unreachable == "")


def _roads(now: datetime) -> Any:
    """Return a subquery: each member's accounts in one row, with the latest contact of each road that is open."""
    spoke = func.coalesce(identities.c.said_at, identities.c.clicked_at, identities.c.first_at)
    long = and_(identities.c.said_at > now - LONG, identities.c.said_used < LONG_MESSAGES)
    short = and_(identities.c.clicked_at > now - SHORT, identities.c.clicked_used < SHORT_MESSAGES)
    telegram = and_(_reachable(), identities.c.channel == "telegram")
    wechat = and_(_reachable(), identities.c.channel == "wechat", or_(long, short))
    return (
        select(
            identities.c.member_id,
            func.max(case((_reachable(), 1), else_=0)).label("reachable"),
            func.max(case((telegram, spoke))).label("telegram_at"),
            func.max(case((wechat, spoke))).label("wechat_at"),
        )
        .where(identities.c.member_id.is_not(None))
        .group_by(identities.c.member_id)
        .subquery()
    )


def _first(road: Any, had: Subquery | None, each: int) -> Any:
    telegram = (road.c.telegram_at.is_not(None), "telegram")
    if had is None:
        return case(telegram, else_="wechat_later")
    return case(telegram, (func.coalesce(had.c.total, 0) < each, "wechat_mass"), else_="wechat_later")


def _for_mass() -> Any:
    return and_(outbox.c.state == "waiting", outbox.c.reason == NEXT)


def _sealed(tx: Tx, row_id: str, body: Mapping[str, str]) -> bytes:
    return tx.cipher.seal("broadcasts", "body_ct", row_id, json.dumps(dict(body), ensure_ascii=False))
