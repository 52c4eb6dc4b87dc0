"""What the clock plans by: whose birthday has come, whose points and coupons end when, a batch with one query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, select

from membership.moment import id_of
from storage.database import Tx
from storage.tables import accounts, coupons, lots, members, outbox


def born_by(tx: Tx, day: date, *, limit: int) -> list[Row[Any]]:
    """Return members whose next birthday is this day or earlier, the earliest first, held against other planners."""
    due = and_(members.c.birthday_next_on <= day, members.c.state != "left")
    found = select(members).where(due).order_by(members.c.birthday_next_on, members.c.id).limit(limit)
    return tx.all(found.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else found)


def born_soon(tx: Tx, after: date, until: date, *, given_since: datetime, limit: int) -> list[Row[Any]]:
    """Return members whose next birthday lies in these days and who were given no birthday's coupon since then."""
    given = exists().where(coupons.c.member_id == members.c.id, _born(given_since))
    soon = and_(members.c.birthday_next_on > after, members.c.birthday_next_on <= until, members.c.birthday_on)
    found = select(members).where(soon, members.c.state != "left", ~given)
    found = found.order_by(members.c.birthday_next_on, members.c.id).limit(limit)
    return tx.all(found.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else found)


def birthday_coupon(tx: Tx, member_id: str, offer_id: str, *, since: datetime) -> str | None:
    """Return the id of the birthday's coupon of this offer that the member was given since then, or None."""
    mine = and_(coupons.c.member_id == member_id, coupons.c.offer_id == id_of(f"offer:{offer_id}"), _born(since))
    found = tx.one(select(coupons.c.id).where(mine).order_by(coupons.c.issued_at.desc(), coupons.c.id).limit(1))
    return None if found is None else str(found.id)


def _born(since: datetime) -> ColumnElement[bool]:
    """Be a coupon that was given for a birthday since then."""
    return and_(coupons.c.reference.startswith("birthday:"), coupons.c.issued_at > since)


def said(tx: Tx, kind: str, member_ids: Collection[str]) -> dict[str, dict[str, datetime]]:
    """Return what of a kind was said to these members: by member, the period keys and when each was put in."""
    found = select(outbox.c.recipient, outbox.c.period_key, outbox.c.created_at)
    by_member: dict[str, dict[str, datetime]] = {}
    for row in tx.all(found.where(outbox.c.kind == kind, outbox.c.recipient.in_(member_ids))):
        by_member.setdefault(row.recipient, {})[row.period_key] = row.created_at
    return by_member


def points_ending(tx: Tx, member_id: str, *, since: datetime, until: datetime) -> int:
    """Return the member's points that are gone after ``since`` and at ``until`` the latest."""
    mine = and_(lots.c.account_id == id_of(f"account:{member_id}:points"), lots.c.remaining > 0)
    span = and_(lots.c.expires_at > since, lots.c.expires_at <= until)
    return int(tx.scalar(select(func.coalesce(func.sum(lots.c.remaining), 0)).where(mine, span)))


def with_points_ending(tx: Tx, key: str, *, since: datetime, until: datetime, limit: int) -> list[Row[Any]]:
    """Return member_id and points of members to warn: points end in this span, and nothing was said under the key."""
    unsaid = ~exists().where(
        outbox.c.recipient == members.c.id, outbox.c.kind == "points_expiring", outbox.c.period_key == key
    )
    ending = and_(lots.c.remaining > 0, lots.c.expires_at > since, lots.c.expires_at <= until)
    found = select(members.c.id.label("member_id"), func.sum(lots.c.remaining).label("points"))
    joined = found.join(accounts, accounts.c.member_id == members.c.id).join(lots, lots.c.account_id == accounts.c.id)
    due = joined.where(ending, unsaid, members.c.state != "left", members.c.reminders_on)
    return tx.all(due.group_by(members.c.id).order_by(members.c.id).limit(limit))


def coupons_ending(
    tx: Tx, stage: int, *, since: datetime, until: datetime, issued_by: datetime, limit: int
) -> list[Row[Any]]:
    """Return id, member_id and expires_at of unused coupons that end in this span and were not warned of yet."""
    key = coupons.c.id + f"/{stage}"
    unsaid = ~exists().where(
        outbox.c.recipient == coupons.c.member_id, outbox.c.kind == "coupon_expiring", outbox.c.period_key == key
    )
    ending = and_(coupons.c.state == "issued", coupons.c.expires_at > since, coupons.c.expires_at <= until)
    found = select(coupons.c.id, coupons.c.member_id, coupons.c.expires_at)
    joined = found.join(members, members.c.id == coupons.c.member_id)
    due = joined.where(
        ending, unsaid, coupons.c.issued_at < issued_by, members.c.state != "left", members.c.reminders_on
    )
    return tx.all(due.order_by(coupons.c.id).limit(limit))
