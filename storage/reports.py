"""The figures of a span of time, added up by the database over its indexes of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, case, cast, func, select

from storage.database import Tx
from storage.tables import coupons, lots, members, purchases, redemptions, transfers


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` up to but not including ``until`` (UTC), in one store or (None) in all."""

    since: datetime
    until: datetime
    store_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """Sales without what was undone and refunded (minor units), how many purchases, by how many members."""

    sales_minor: int
    purchases: int
    buyers: int


def sales(tx: Tx, span: Span) -> Sold:
    """Return what was sold."""
    buyers = func.count(func.distinct(purchases.c.member_id)).label("buyers")
    found = select(_net().label("net"), func.count().label("number"), buyers).where(_sold(span))
    row = tx.one(found)
    assert row is not None
    return Sold(int(row.net), int(row.number), int(row.buyers))


def sales_by(tx: Tx, span: Span, edges: Sequence[datetime]) -> dict[int, int]:
    """Return the sales between each edge and the next, by the number of the edge; empty ones are missing."""
    place = _place(purchases.c.at, edges)
    rows = tx.all(select(place, _net().label("total")).where(_sold(span)).group_by("place"))
    return {int(row.place): int(row.total) for row in rows}


def campaigned(tx: Tx, span: Span) -> list[Row[Any]]:
    """Return what was sold with points that counted several times: how often, alike ones together.

    ``terms`` are those of the purchase, ``paid`` is what was paid (minor units), ``principal`` and ``bonus`` the parts
    of it that were stored value, ``refunded`` what went back.
    """
    terms = cast(purchases.c.terms, Text)
    sums = {
        "paid": purchases.c.paid_minor,
        "principal": purchases.c.stored_principal_minor,
        "bonus": purchases.c.stored_bonus_minor,
        "refunded": purchases.c.refunded_minor,
    }
    what = (terms.label("terms"), *(column.label(name) for name, column in sums.items()))
    found = select(*what, func.count().label("number")).where(_sold(span), terms.not_like('%"boost": null%'))
    return tx.all(found.group_by(terms, *sums.values()))


def joined(tx: Tx, span: Span) -> int:
    """Return how many became members."""
    return int(tx.scalar(select(func.count()).select_from(members).where(_within(members.c.joined_at, span))))


def joined_by(tx: Tx, span: Span, edges: Sequence[datetime]) -> dict[int, int]:
    """Return how many became members between each edge and the next, by the number of the edge."""
    place = _place(members.c.joined_at, edges)
    found = select(place, func.count().label("total")).where(_within(members.c.joined_at, span))
    return {int(row.place): int(row.total) for row in tx.all(found.group_by("place"))}


def sources(tx: Tx, span: Span, *, limit: int) -> dict[str, int]:
    """Return where new members came from and how many, the most frequent first."""
    total = func.count().label("total")
    found = select(members.c.source, total).where(_within(members.c.joined_at, span)).group_by(members.c.source)
    rows = tx.all(found.order_by(total.desc(), members.c.source).limit(limit))
    return {row.source: int(row.total) for row in rows}


def points_moved(tx: Tx, span: Span) -> dict[str, int]:
    """Return the points that moved, by the kind of movement."""
    moved = and_(_within(transfers.c.at, span), transfers.c.unit == "points")
    if span.store_id is not None:
        moved = and_(moved, transfers.c.store_id == span.store_id)
    found = select(transfers.c.kind, func.sum(transfers.c.amount).label("total")).where(moved)
    return {row.kind: int(row.total) for row in tx.all(found.group_by(transfers.c.kind))}


def points_out(tx: Tx, now: datetime) -> int:
    """Return the points members hold that have not run out."""
    live = and_(lots.c.remaining > 0, lots.c.expires_at > now)
    return int(tx.scalar(select(func.coalesce(func.sum(lots.c.remaining), 0)).where(live)))


def coupons_issued(tx: Tx, span: Span) -> int:
    """Return how many coupons were given out."""
    return int(tx.scalar(select(func.count()).select_from(coupons).where(_within(coupons.c.issued_at, span))))


def coupons_redeemed(tx: Tx, span: Span) -> int:
    """Return how many coupons were used, without those that were given back."""
    used = and_(_within(redemptions.c.at, span), redemptions.c.reversed_at.is_(None))
    if span.store_id is not None:
        used = and_(used, redemptions.c.store_id == span.store_id)
    return int(tx.scalar(select(func.count()).select_from(redemptions).where(used)))


def _net() -> ColumnElement[Any]:
    return func.coalesce(func.sum(purchases.c.paid_minor - purchases.c.refunded_minor), 0)


def _sold(span: Span) -> ColumnElement[bool]:
    stands = and_(_within(purchases.c.at, span), purchases.c.undone_at.is_(None))
    return stands if span.store_id is None else and_(stands, purchases.c.store_id == span.store_id)


def _within(column: Any, span: Span) -> ColumnElement[bool]:
    return and_(column >= span.since, column < span.until)


def _place(column: Any, edges: Sequence[datetime]) -> ColumnElement[Any]:
    """Return the number of the edge a moment lies behind, as the database finds it."""
    behind = [(column < edge, number) for number, edge in enumerate(edges[1:])]
    return (case(*behind, else_=len(edges) - 1) if behind else func.coalesce(0)).label("place")
