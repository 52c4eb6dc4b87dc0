"""Days and hours of the shop: when a local day begins, whatever the zone does with its clocks."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""How the memory writes that something has no end."""


def day_of(now: datetime, zone: ZoneInfo) -> date:
    """Return the shop's local date at this moment."""
    return now.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) of a local day."""
    return at(day, time(), zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) after a local day: what lasts to the end of the day is over then."""
    return start_of(day + timedelta(days=1), zone)


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the local clock shows this time.

    A time that does not exist (spring) becomes the first instant after the gap; one that exists twice (autumn)
    means its first occurrence.
    """
    local = datetime.combine(day, clock.replace(fold=0), zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    return _after_gap(local.replace(fold=1).astimezone(UTC), instant, zone)


def _after_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Search the second at which the zone's offset changes between two instants."""
    changed = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).utcoffset() == changed:
            after = middle
        else:
            before = middle
    return after


def month_end(day: date, months: int) -> date:
    """Return the last day of the month that lies ``months`` after the month of ``day``."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def in_year(year: int, month: int, day: int) -> date:
    """Return this day of the year; the 29th of February is the 28th in common years."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of the local clock from ``start`` up to ``end``, over midnight if ``end`` is not after ``start``."""

    start: time
    end: time

    def contain(self, clock: time) -> bool:
        clock = clock.replace(tzinfo=None, fold=0)
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def over_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return ``now`` if it lies outside the span, else the instant (UTC) at which the span ends."""
        local = now.astimezone(zone)
        if not self.contain(local.time()):
            return now
        ends = (at(local.date() + timedelta(days=days), self.end, zone) for days in (0, 1))
        return next(end for end in ends if end > now)
