"""The figures behind odd patterns: each a question to the database over an index of time, person by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, and_, case, cast, exists, func, or_, select

from membership.fraud import Part
from storage.database import Tx
from storage.tables import guesses, purchases, redemptions, refunds, scans, stores, transfers


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` up to but not including ``until`` (UTC)."""

    since: datetime
    until: datetime

    def holds(self, column: Any) -> ColumnElement[bool]:
        return and_(column >= self.since, column < self.until)


def typed(tx: Tx, span: Span) -> dict[str, Part]:
    """Return how many of each person's scans were typed."""
    return _parts(tx, scans.c.actor, scans.c.typed, span.holds(scans.c.at))


def rounded(tx: Tx, span: Span, *, unit_minor: int) -> dict[str, Part]:
    """Return how many of each person's purchases are of a round amount and without a till's receipt number."""
    plain = and_(purchases.c.amount_minor % unit_minor == 0, purchases.c.receipt_no.like("M____"))
    return _parts(tx, purchases.c.actor, plain, span.holds(purchases.c.at))


def sales(tx: Tx, span: Span) -> dict[str, Part]:
    """Return how many of each person's purchases were recorded without a code of the member."""
    return _parts(tx, purchases.c.actor, purchases.c.scan_id.is_(None), span.holds(purchases.c.at))


def voids(tx: Tx, span: Span) -> dict[str, tuple[int, int]]:
    """Return how many of their own purchases each person took back, and how many of those with points or coupons."""
    used = exists().where(redemptions.c.purchase_id == purchases.c.id)
    spent = or_(purchases.c.points_spent > 0, used)
    found = (
        select(refunds.c.actor, func.count().label("total"), _number(spent).label("cases"))
        .join(purchases, purchases.c.id == refunds.c.purchase_id)
        .where(span.holds(refunds.c.at), purchases.c.actor == refunds.c.actor)
    )
    return {row.actor: (int(row.total), int(row.cases)) for row in tx.all(found.group_by(refunds.c.actor))}


def adjusts(tx: Tx, span: Span) -> dict[str, int]:
    """Return how often each person gave or took points by hand."""
    mine = and_(span.holds(transfers.c.at), transfers.c.kind == "adjust")
    found = select(transfers.c.actor, func.count().label("total")).where(mine).group_by(transfers.c.actor)
    return {row.actor: int(row.total) for row in tx.all(found)}


def lookups(tx: Tx, span: Span) -> dict[str, int]:
    """Return how often each person looked a member up by phone."""
    here = guesses.c.store_id.in_(select(stores.c.id))  # what the index over store and time needs
    mine = and_(here, span.holds(guesses.c.at), guesses.c.kind == "phone")
    found = select(guesses.c.actor, func.count().label("total")).where(mine).group_by(guesses.c.actor)
    return {row.actor: int(row.total) for row in tx.all(found)}


def pairs(tx: Tx, span: Span) -> list[tuple[str, str, int]]:
    """Return who served which member more than twice, and how often."""
    total = func.count().label("total")
    found = select(purchases.c.actor, purchases.c.member_id, total).where(span.holds(purchases.c.at))
    rows = tx.all(found.group_by(purchases.c.actor, purchases.c.member_id).having(func.count() > 2))  # noqa: PLR2004 -- said above
    return [(row.actor, row.member_id, int(row.total)) for row in rows]


def refund_pairs(tx: Tx, span: Span, *, least: int) -> list[Row[Any]]:
    """Return who refunded which member at least so often: ``actor``, ``member_id``, ``total`` and ``minor``."""
    minor = func.sum(refunds.c.amount_minor).label("minor")
    found = (
        select(refunds.c.actor, purchases.c.member_id, func.count().label("total"), minor)
        .join(purchases, purchases.c.id == refunds.c.purchase_id)
        .where(span.holds(refunds.c.at))
        .group_by(refunds.c.actor, purchases.c.member_id)
        .having(func.count() >= least)
    )
    return tx.all(found.order_by(refunds.c.actor, purchases.c.member_id))


def hours(tx: Tx, edges: Sequence[datetime]) -> list[tuple[str, int, datetime, datetime]]:
    """Return the first and last purchase of each store between each edge and the next: store, number, both times."""
    behind = [(purchases.c.at < edge, number) for number, edge in enumerate(edges[1:])]
    place = case(*behind, else_=len(edges) - 1).label("place")
    span = Span(edges[0], edges[-1])
    first, last = func.min(purchases.c.at).label("first"), func.max(purchases.c.at).label("last")
    found = select(purchases.c.store_id, place, first, last).where(span.holds(purchases.c.at))
    rows = tx.all(found.group_by(purchases.c.store_id, "place"))
    return [(row.store_id, int(row.place), row.first, row.last) for row in rows]


def outside(tx: Tx, span: Span, usual: Mapping[str, Span], *, of: str) -> list[Row[Any]]:
    """Return ``actor``, ``store_id``, ``total``: purchases, or scans without one, outside these hours of the stores."""
    table = purchases if of == "purchases" else scans
    late = [
        and_(table.c.store_id == store_id, or_(table.c.at < day.since, table.c.at > day.until))
        for store_id, day in usual.items()
    ]
    if not late:
        return []
    found = select(table.c.actor, table.c.store_id, func.count().label("total")).where(
        span.holds(table.c.at), or_(*late)
    )
    found = found if of == "purchases" else found.where(scans.c.used_at.is_(None))
    return tx.all(found.group_by(table.c.actor, table.c.store_id).order_by(table.c.actor, table.c.store_id))


def _parts(tx: Tx, actor: Any, is_case: Any, where: ColumnElement[bool]) -> dict[str, Part]:
    found = select(actor.label("actor"), func.count().label("total"), _number(is_case).label("cases")).where(where)
    return {row.actor: Part(int(row.cases), int(row.total)) for row in tx.all(found.group_by(actor))}


def _number(is_case: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(cast(case((is_case, 1), else_=0), Integer)), 0)
