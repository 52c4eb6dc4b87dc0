"""The shop's figures of a day or a week, each beside the same span before it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from membership import days, earning
from membership import ratings as rules_of_ratings
from membership.earning import Terms
from membership.messages import Message, choose, plain
from membership.money import Money
from membership.stored_value import Parts, returned
from services import Tx, passes, ratings, rules
from storage import passes as pass_rows
from storage import ratings as rating_rows
from storage import reports as rows
from storage.reports import Span

SOURCES = 5
EFFECTS = 5
"""So many sources and campaigns a report tells."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a span holds. Amounts are in minor units, what was undone or refunded is taken off.

    Points are what came of them: issued less taken back, spent less given back.
    """

    sales_minor: int
    purchases: int
    buyers: int
    joined: int
    points_issued: int
    points_spent: int
    points_expired: int
    coupons_issued: int
    coupons_redeemed: int
    passes_sold: int = 0
    passes_minor: int = 0
    passes_back_minor: int = 0
    passes_ended: int = 0
    visits: int = 0
    ratings: int = 0
    rating_tenths: int | None = None
    ratings_low: int = 0

    @property
    def average_minor(self) -> int:
        """An average bill, rounded to the nearest minor unit; 0 without purchases."""
        return (2 * self.sales_minor + self.purchases) // (2 * self.purchases) if self.purchases else 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or one day of the report: when it begins (UTC), its sales in minor units, and who joined."""

    begins_at: datetime
    sales_minor: int
    joined: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a campaign did in a span: purchases it counted in, what stands of them (minor units), points on top."""

    name: Message
    purchases: int
    sales_minor: int
    points: int


@dataclass(frozen=True, slots=True)
class Report:
    """A day (``days`` 1) or some days up to now, and the same span before, up to the same time of day.

    ``store_id`` is set where it is one store's: members, coupons issued, expiry and what the points are worth are the
    whole shop's and are not told then.
    """

    days: int
    first: date
    last: date
    currency: str
    store_id: str | None
    now: Figures
    before: Figures
    bars: tuple[Bar, ...]
    points_out: int
    liability: Money
    sources: Mapping[str, int]
    effects: tuple[Effect, ...] = ()


def report(tx: Tx, *, length: int = 1, store_id: str | None = None, now: datetime) -> Report:
    """Return the figures of the last ``length`` local days, today included, of the shop or of one store."""
    shop = rules.current(tx)
    last = days.day_of(now, shop.zone)
    first = last - timedelta(days=length - 1)
    clock = now.astimezone(shop.zone).time()
    span = Span(days.start_of(first, shop.zone), now, store_id)
    earlier = first - timedelta(days=length)
    same_time = days.at(last - timedelta(days=length), clock, shop.zone)
    before = Span(days.start_of(earlier, shop.zone), same_time, store_id)
    out = 0 if store_id else rows.points_out(tx, now)
    return Report(
        days=length,
        first=first,
        last=last,
        currency=shop.currency,
        store_id=store_id,
        now=_figures(tx, span),
        before=_figures(tx, before),
        bars=_bars(tx, span, _edges(first, last, tx)),
        points_out=out,
        liability=Money(shop.points.worth.minor_of(out), shop.currency),
        sources={} if store_id else rows.sources(tx, span, limit=SOURCES),
        effects=_effects(tx, span) if shop.campaigns else (),
    )


def _effects(tx: Tx, span: Span) -> tuple[Effect, ...]:
    """Return what the campaigns did, the one that sold most first; points are those that stand, as a refund counts."""
    found: dict[str, Effect] = {}
    opened: dict[str, tuple[Terms, Terms]] = {}  # with the campaign and without; many bills share theirs
    for row in rows.campaigned(tx, span):
        if row.terms not in opened:
            read = earning.unpack(json.loads(row.terms))
            opened[row.terms] = read, replace(read, boost=None)
        terms, without = opened[row.terms]
        if terms.boost is None or terms.boost.campaign == earning.BIRTHDAY:
            continue
        base = _base_left(row)
        more = (terms.points_for(base) - without.points_for(base)) * row.number
        code = terms.boost.campaign
        name = choose(terms.boost.name) if terms.boost.name else plain(code)
        one = found.get(code) or Effect(name, 0, 0, 0)
        sold = one.sales_minor + (row.paid - row.refunded) * row.number
        found[code] = Effect(name, one.purchases + row.number, sold, one.points + more)
    return tuple(sorted(found.values(), key=lambda one: -one.sales_minor)[:EFFECTS])


def _base_left(row: Any) -> int:
    """Return what stands of a purchase and earned points: what the shop had given, and has not got back, did not."""
    back = returned(row.paid, Parts(row.principal, row.bonus), row.refunded)
    return int(row.paid - row.refunded - (row.bonus - back.bonus))


def _figures(tx: Tx, span: Span) -> Figures:
    sold, moved = rows.sales(tx, span), rows.points_moved(tx, span)
    whole_shop = span.store_id is None
    return Figures(
        sales_minor=sold.sales_minor,
        purchases=sold.purchases,
        buyers=sold.buyers,
        joined=rows.joined(tx, span) if whole_shop else 0,
        points_issued=moved.get("earn", 0) - moved.get("reverse_earn", 0) - moved.get("repay", 0),
        points_spent=moved.get("spend", 0) - moved.get("reverse_spend", 0),
        points_expired=moved.get("expire", 0) if whole_shop else 0,
        coupons_issued=rows.coupons_issued(tx, span) if whole_shop else 0,
        coupons_redeemed=rows.coupons_redeemed(tx, span),
        **(_passes(tx, span) if passes.kept(tx) else {}),
        **(_ratings(tx, span) if ratings.offered(tx) else {}),
    )


def _passes(tx: Tx, span: Span) -> dict[str, int]:
    """Return how many passes were sold for how much, what was given back, how many ended unused, visits taken."""
    where: dict[str, Any] = {"since": span.since, "until": span.until, "store_id": span.store_id}
    sold, back = pass_rows.sold(tx, **where), pass_rows.given_back(tx, **where)
    return {
        "passes_sold": sum(row.number for row in sold),
        "passes_minor": sum(int(row.amount) for row in sold),
        "passes_back_minor": sum(int(row.amount) for row in back),
        "passes_ended": pass_rows.ended(tx, **where),
        "visits": sum(int(row.number) for row in pass_rows.taken(tx, **where)),
    }


def _ratings(tx: Tx, span: Span) -> dict[str, Any]:
    """Return how many rated, the mean in tenths, and how many scores were low."""
    survey = rules.current(tx).survey
    found = rating_rows.scores(tx, since=span.since, until=span.until, store_id=span.store_id)
    told = [(int(row.score), int(row.number)) for row in found]
    low = sum(number for score, number in told if survey is not None and survey.is_low(score))
    mean = rules_of_ratings.average_tenths(told)
    return {"ratings": sum(number for _, number in told), "rating_tenths": mean, "ratings_low": low}


def _edges(first: date, last: date, tx: Tx) -> list[datetime]:
    """Return where the bars begin: every local day, or every hour of a single day (23 or 25 when clocks change)."""
    zone = rules.current(tx).zone
    if first < last:
        return [days.start_of(first + timedelta(days=number), zone) for number in range((last - first).days + 1)]
    start, end = days.start_of(first, zone), days.end_of(first, zone)
    hours = int((end - start).total_seconds()) // 3600
    return [start + timedelta(hours=number) for number in range(hours)]


def _bars(tx: Tx, span: Span, edges: list[datetime]) -> tuple[Bar, ...]:
    sold = rows.sales_by(tx, span, edges)
    joined = {} if span.store_id else rows.joined_by(tx, span, edges)
    found = [Bar(at.astimezone(UTC), sold.get(number, 0), joined.get(number, 0)) for number, at in enumerate(edges)]
    return tuple(found)
