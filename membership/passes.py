"""Counted passes 次卡: paid once, used visit by visit; until when they count, and what of one is given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from membership import days, money
from membership.errors import PassExpired, PassNotHere, PassOver, PassUsedUp, PassWorthNothing
from membership.reading import Reader

VISITS_MAX: Final = 1000
DAYS_MAX: Final = 3660
LIVE: Final = "live"


@dataclass(frozen=True, slots=True)
class Plan:
    """A pass the shop sells: so many ``visits`` of ``goods`` for ``price_minor`` (minor units).

    ``single_minor`` is what one visit costs without a pass; what is given back is reckoned by it. ``days``: so many
    days it counts, the day of the sale being the first (None: no end). ``points`` come with the sale. ``stores`` are
    where it counts (empty: in all). ``warn_left``: with so many visits left the member is offered the next one;
    ``warn_days``: so many days before its end. ``on_sale`` False: no more are sold, those there are count on.
    """

    id: str
    visits: int
    price_minor: int
    single_minor: int
    name: Mapping[str, str] = field(default_factory=dict)
    goods: Mapping[str, str] = field(default_factory=dict)
    days: int | None = None
    points: int = 0
    stores: frozenset[str] = frozenset()
    warn_left: int = 2
    warn_days: tuple[int, ...] = (7,)
    on_sale: bool = True

    def last_on(self, sold_on: date) -> date | None:
        """Return the last day of a pass sold on this day; None: it has no end."""
        return None if self.days is None else sold_on + timedelta(days=self.days - 1)

    def ends_at(self, sold_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the moment (UTC) at which a pass sold now is over: the end of its last day."""
        last = self.last_on(days.day_of(sold_at, zone))
        return None if last is None else days.end_of(last, zone)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pass stands: its ``state`` (live, refunded, voided), visits left, and its end (UTC; None: never)."""

    state: str
    remaining: int
    ends_at: datetime | None


def check_use(plan: Plan, standing: Standing, count: int, *, store: str, now: datetime, zone: ZoneInfo) -> None:
    """Refuse visits that the pass does not cover, here and now.

    Raises:
        PassOver, PassExpired, PassUsedUp, PassNotHere: in this order.

    """
    check_live(standing, now=now, zone=zone)
    if standing.remaining < count:
        raise PassUsedUp(left=standing.remaining)
    if plan.stores and store not in plan.stores:
        raise PassNotHere


def check_live(standing: Standing, *, now: datetime, zone: ZoneInfo) -> None:
    """Refuse a pass that is over. Raises PassOver, PassExpired."""
    if standing.state != LIVE:
        raise PassOver
    if standing.ends_at is not None and standing.ends_at <= now:
        raise PassExpired(on=days.day_of(standing.ends_at - timedelta(microseconds=1), zone))


def given_back(price_minor: int, single_minor: int, *, visits: int, used: int) -> int:
    """Return what of a pass is given back: its price less each visit taken at the single price, never below zero.

    Raises:
        PassUsedUp: no visit is left.
        PassWorthNothing: the visits taken come to the price.

    """
    if used >= visits:
        raise PassUsedUp(left=0)
    left = price_minor - used * single_minor
    if left <= 0 < price_minor:
        raise PassWorthNothing
    return max(0, left)


def points_back(points: int, price_minor: int, given_back_minor: int) -> int:
    """Return how many of the sale's points go back with the money: the same share, rounded down; all with all."""
    return points if given_back_minor == price_minor else points * given_back_minor // price_minor


def last_day(expires_at: datetime, zone: ZoneInfo) -> date | None:
    """Return the last day of a pass that is over at this moment; None for one without an end."""
    return None if expires_at >= days.NEVER else days.day_of(expires_at - timedelta(microseconds=1), zone)


def read(top: Reader) -> tuple[Plan, ...]:
    """Read the passes ``[[passes]]``; none: the shop sells none."""
    return tuple(_plan(table) for table in top.tables("passes"))


def check(plans: Sequence[Plan], stores: Sequence[str], top: Reader) -> None:
    """Note passes that are there twice, and stores that do not exist."""
    top.once("passes", [plan.id for plan in plans])
    for number, plan in enumerate(plans, start=1):
        top.known(f"passes[{number}].stores", plan.stores, stores)


def _plan(table: Reader) -> Plan:
    visits, price = table.whole("visits", low=1, high=VISITS_MAX), table.amount("price", low=1)
    plan = Plan(
        id=table.code(),
        visits=visits,
        price_minor=price,
        single_minor=table.amount("single", -(-price // visits), low=1),
        name=table.texts("name"),
        goods=table.texts("goods", required=False),
        days=table.whole_or_none("days", low=1, high=DAYS_MAX),
        points=table.whole("points", 0, high=money.AMOUNT_MAX),
        stores=frozenset(table.words("stores")),
        warn_left=table.whole("warn_left", min(2, visits - 1), high=VISITS_MAX),
        warn_days=table.days_ahead("warn_days", (7,)),
        on_sale=table.flag("on_sale", default=True),
    )
    if plan.single_minor * plan.visits < plan.price_minor:
        table.note("single", "makes the pass dearer than its visits one by one", "let single times visits reach price")
    table.done()
    return plan
