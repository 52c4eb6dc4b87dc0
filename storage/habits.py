"""What each member's purchases add up to: visits, money, rhythm, stage and scores, counted once a night in batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Row, and_, bindparam, case, delete, func, literal, or_, select, update

from membership import days
from membership.lifecycle import SCORE_MAX, last_places
from storage.database import Tx
from storage.tables import counters, members, passes, purchases, refunds, watermarks
from storage.tables import habits as t
from storage.tables import visits as taken
from storage.types import EPOCH, MICROSECOND

STANDS: Final = and_(
    purchases.c.undone_at.is_(None),
    or_(purchases.c.refunded_minor < purchases.c.paid_minor, purchases.c.paid_minor == 0),
)
"""A purchase that counts as a visit: not undone, and not given back whole."""

SOLD: Final = and_(
    passes.c.state != "voided",
    or_(passes.c.refunded_minor < passes.c.price_minor, passes.c.price_minor == 0),
)
"""A pass that was sold, not by mistake, and not given back whole: whoever bought it was here."""

USED: Final = taken.c.undone_at.is_(None)
"""A visit that was taken off a pass: whoever used it was here, and paid when the pass was sold."""

OVERLAP: Final = timedelta(days=2)
"""Purchases and refunds of the time before the last count are looked at again: one may be undone within a day."""

SCORED: Final = {"recency": "last_at", "frequency": "visits", "money": "spent_minor"}
"""The scores, and what each is taken by."""

SCORED_LATER: Final = MICROSECOND
"""So much later than the night is who has scores, too: what is left to do is found by an index."""
_CUT: Final = "fifths:"
_OF: Final[BindParameter[str]] = bindparam("of")
_ABOUT: Final = (members.c.id, members.c.joined_at, members.c.offers_on, members.c.frozen_at, members.c.state)
_HERE: Final = and_(members.c.state != "left", members.c.merged_into == "")
_FORGET: Final = delete(t).where(t.c.member_id == _OF)
_CHANGE: Final = update(t).where(t.c.member_id == _OF)


def unknown(tx: Tx, *, limit: int) -> list[Row[Any]]:
    """Return members nobody has counted yet: those behind all others first, for they are found at once."""
    last = select(func.max(t.c.member_id)).scalar_subquery()
    behind = members.c.id > func.coalesce(last, "")
    found = tx.all(select(*_ABOUT).where(_HERE, behind).order_by(members.c.id).limit(limit))
    if found:
        return found
    between = select(*_ABOUT).where(_HERE, members.c.id.not_in(select(t.c.member_id)))
    return tx.all(between.limit(limit))


def stale(tx: Tx, due: datetime, *, limit: int) -> list[Row[Any]]:
    """Return what was counted before this moment, each with what matters of the member."""
    found = select(t, *_ABOUT).join(members, members.c.id == t.c.member_id)
    return tx.all(found.where(t.c.computed_at < due, _HERE).limit(limit))


def touched(tx: Tx, member_ids: Collection[str], *, since: datetime) -> set[str]:
    """Return which of these members bought, used, or were given back, something since then."""
    mine, held = purchases.c.member_id.in_(member_ids), passes.c.member_id.in_(member_ids)
    bought = select(purchases.c.member_id).where(mine, purchases.c.at >= since)
    returned = select(purchases.c.member_id).join(refunds, refunds.c.purchase_id == purchases.c.id)
    sold = select(passes.c.member_id).where(held, or_(passes.c.at >= since, passes.c.ended_at >= since))
    used = select(passes.c.member_id).join(taken, taken.c.pass_id == passes.c.id)
    rows = tx.all(
        bought.union(returned.where(mine, refunds.c.at >= since), sold, used.where(held, taken.c.at >= since))
    )
    return {row.member_id for row in rows}


@dataclass(slots=True)
class Day:
    """A day of the shop on which a member came: from when to when, and what was paid for good (minor units)."""

    business_on: date
    first_at: datetime
    last_at: datetime
    net: int

    def meet(self, other: Day) -> None:
        """Let something else of the same day count as well."""
        self.first_at, self.last_at = min(self.first_at, other.first_at), max(self.last_at, other.last_at)
        self.net += other.net


def visits(tx: Tx, member_ids: Collection[str], zone: ZoneInfo) -> dict[str, list[Day]]:
    """Return the days these members came, in order: to buy something, to buy a pass, or to use one."""
    by_member: dict[str, dict[date, Day]] = {}
    for member_id, day in (*_bought(tx, member_ids), *_used(tx, member_ids, zone)):
        mine = by_member.setdefault(member_id, {})
        if day.business_on in mine:
            mine[day.business_on].meet(day)
        else:
            mine[day.business_on] = day
    return {member_id: [mine[on] for on in sorted(mine)] for member_id, mine in by_member.items()}


def _bought(tx: Tx, member_ids: Collection[str]) -> list[tuple[str, Day]]:
    net = func.sum(purchases.c.paid_minor - purchases.c.refunded_minor).label("net")
    when = (func.min(purchases.c.at).label("first_at"), func.max(purchases.c.at).label("last_at"))
    found = select(purchases.c.member_id, purchases.c.business_on, net, *when)
    mine = found.where(purchases.c.member_id.in_(member_ids), STANDS)
    rows = tx.all(mine.group_by(purchases.c.member_id, purchases.c.business_on))
    return [(row.member_id, Day(row.business_on, row.first_at, row.last_at, int(row.net))) for row in rows]


def _used(tx: Tx, member_ids: Collection[str], zone: ZoneInfo) -> list[tuple[str, Day]]:
    """Return the moments at which passes were sold to these members, and visits taken off them."""
    mine, net = passes.c.member_id.in_(member_ids), passes.c.price_minor - passes.c.refunded_minor
    sold = select(passes.c.member_id, passes.c.at, net.label("net")).where(mine, SOLD)
    used = select(passes.c.member_id, taken.c.at, literal(0).label("net")).join(taken, taken.c.pass_id == passes.c.id)
    rows = tx.all(sold.union_all(used.where(mine, USED)))
    return [(row.member_id, Day(days.day_of(row.at, zone), row.at, row.at, int(row.net))) for row in rows]


def add(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down members counted for the first time."""
    if rows:
        tx.execute(t.insert(), list(rows))


def change(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down what was counted anew; every row names the member as ``of``, and all have the same columns."""
    if rows:
        tx.execute(_CHANGE.values({name: bindparam(name) for name in rows[0] if name != "of"}), list(rows))


def drop_older(tx: Tx, due: datetime) -> None:
    """Forget figures older than this night: everybody who is still here has newer ones."""
    tx.execute(delete(t).where(t.c.computed_at < due))


def cut(tx: Tx, name: str) -> None:
    """Read off by which figures the fifths of one of SCORED part, and keep them for this night."""
    column = t.c[SCORED[name]]
    bought = t.c.visits > 0
    [whole] = tx.looked(select(func.count().label("members")).where(bought))
    places = last_places(int(whole.members))
    ordered = select(column.label("figure"), func.row_number().over(order_by=column).label("place")).where(bought)
    row = ordered.subquery()
    found = {one.place: _whole(one.figure) for one in tx.looked(select(row).where(row.c.place.in_(places)))}
    tx.execute(delete(counters).where(counters.c.name.in_(_cut_name(name, number) for number in range(1, SCORE_MAX))))
    cuts = [(number, found.get(place)) for number, place in enumerate(places, start=1)]  # some may have gone meanwhile
    kept = [{"name": _cut_name(name, number), "value": value} for number, value in cuts if value is not None]
    if kept:
        tx.execute(counters.insert(), kept)


def score(tx: Tx, due: datetime, *, limit: int) -> int:
    """Give the next members counted this night their fifths, by the figures kept; return how many, 0: all have them.

    Who has them is told by ``computed_at``: it lies SCORED_LATER behind the night.
    """
    kept = {row.name: row.value for row in tx.all(select(counters).where(counters.c.name.startswith(_CUT)))}
    values = {
        name: _fifth(name, [kept.get(_cut_name(name, number)) for number in range(1, SCORE_MAX)]) for name in SCORED
    }
    mine = select(t.c.member_id).where(t.c.computed_at == due).limit(limit)
    changed = update(t).where(t.c.member_id.in_(mine)).values(**values, computed_at=due + SCORED_LATER)
    return tx.execute(changed.execution_options(preserve_rowcount=True)).rowcount


def _fifth(name: str, cuts: Sequence[int | None]) -> Any:
    """Return the score of a row; of nobody who never bought anything."""
    column = t.c[SCORED[name]]
    bounds = [
        (column <= _figure(name, value), number) for number, value in enumerate(cuts, start=1) if value is not None
    ]
    return case((t.c.visits == 0, 0), *bounds, else_=SCORE_MAX if bounds else 0)


def _cut_name(name: str, number: int) -> str:
    return f"{_CUT}{name}:{number}"


def _whole(figure: Any) -> int:
    """Return a figure as a whole number; of a moment, its microseconds since 1970."""
    return (figure - EPOCH) // MICROSECOND if isinstance(figure, datetime) else int(figure)


def _figure(name: str, value: int) -> Any:
    return EPOCH + value * MICROSECOND if SCORED[name] == "last_at" else value


def by_stage(tx: Tx) -> dict[str, int]:
    """Return how many members are in each stage."""
    rows = tx.all(select(t.c.stage, func.count().label("total")).group_by(t.c.stage))
    return {row.stage: int(row.total) for row in rows}


def grid(tx: Tx) -> dict[tuple[int, int], int]:
    """Return how many members have which scores of recency and frequency."""
    found = select(t.c.recency, t.c.frequency, func.count().label("total")).where(t.c.recency > 0)
    rows = tx.all(found.group_by(t.c.recency, t.c.frequency))
    return {(int(row.recency), int(row.frequency)): int(row.total) for row in rows}


def counted_at(tx: Tx) -> datetime | None:
    """Return the night of the last count, or None before the first."""
    at: datetime | None = tx.scalar(select(func.max(t.c.computed_at)))
    return at


def last_night(tx: Tx, job: str) -> datetime | None:
    """Return the night this job came to last; a reader may ask, too."""
    at: datetime | None = tx.scalar(select(watermarks.c.at).where(watermarks.c.job == job))
    return at


def forget(tx: Tx, member_id: str) -> None:
    """Drop what is counted of a member; whoever is still here is counted anew at night."""
    tx.execute(_FORGET, {"of": member_id})
