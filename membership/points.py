"""Points: which lots a spend or a clawback takes, and when a lot runs out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from membership import days
from membership.errors import InsufficientPoints


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of one earning.

    ``expires_at`` (UTC) is the first instant at which the points are gone; None: never. Points before
    ``available_at`` are pending.
    """

    id: str
    remaining: int
    available_at: datetime
    expires_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        return self.remaining > 0 and self.available_at <= now and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Slice:
    """Points taken from one lot by one spend."""

    lot_id: str
    points: int


def take(lots: Iterable[Lot], points: int, *, now: datetime) -> tuple[Slice, ...]:
    """Choose the lots for a spend: what runs out first is spent first, lots without an end last.

    Raises:
        InsufficientPoints: the live lots hold less.

    """
    live = in_order(lot for lot in lots if lot.live(now))
    balance = sum(lot.remaining for lot in live)
    if balance < points:
        raise InsufficientPoints(balance=balance, needed=points)
    return _slices(live, points)


def take_at_most(lots: Iterable[Lot], points: int, *, now: datetime, first: str | None = None) -> tuple[Slice, ...]:
    """Choose what a clawback can still take: the lot ``first`` (the purchase's own) before the others.

    Pending points are taken too. What is missing is the member's debt: ``points`` minus the sum of the slices.
    """
    held = in_order(lot for lot in lots if lot.remaining > 0 and (lot.expires_at is None or now < lot.expires_at))
    own = [lot for lot in held if lot.id == first]
    return _slices(own + [lot for lot in held if lot.id != first], points)


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """Sort lots as they are spent: by their end, lots without one last, then the older, then by id."""
    return sorted(
        lots, key=lambda lot: (lot.expires_at is None, lot.expires_at or lot.available_at, lot.available_at, lot.id)
    )


def _slices(lots: Sequence[Lot], points: int) -> tuple[Slice, ...]:
    slices, missing = [], points
    for lot in lots:
        taken = min(lot.remaining, missing)
        if taken > 0:
            slices.append(Slice(lot.id, taken))
            missing -= taken
    return tuple(slices)


def last_day(expires_at: datetime, zone: ZoneInfo) -> date:
    """Return the last local day on which something with this end still counts (in part, if it ends by day)."""
    return days.day_of(expires_at - timedelta(microseconds=1), zone)


@dataclass(frozen=True, slots=True)
class ExpiryPolicy:
    """How long points count; the last day counts whole, in the shop's zone.

    ``never``; ``days``: ``count`` days after the day of earning; ``months``: to the end of the month ``count``
    months later; ``fixed_day``: to ``month``-``day`` of the year ``count`` years after the one in which that day
    comes next (0: the very next one, the day of earning included).
    """

    kind: Literal["never", "days", "months", "fixed_day"] = "never"
    count: int = 0
    month: int = 12
    day: int = 31

    def last_on(self, earned_on: date) -> date | None:
        """Return the last day on which points earned on this day count; None: for ever."""
        if self.kind == "never":
            return None
        if self.kind == "days":
            return earned_on + timedelta(days=self.count)
        if self.kind == "months":
            return days.month_end(earned_on, self.count)
        this_year = days.in_year(earned_on.year, self.month, self.day)
        year = earned_on.year + self.count + (this_year < earned_on)
        return days.in_year(year, self.month, self.day)

    def expires_at(self, earned_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first instant (UTC) at which points earned now are gone; None: never."""
        last = self.last_on(days.day_of(earned_at, zone))
        return None if last is None else days.end_of(last, zone)
