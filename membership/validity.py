"""When something counts: its first and last day, its weekdays, its hours, and the days it is left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from membership.days import Hours
from membership.reading import Reader

_WINDOW_MAX = 3660
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Validity:
    """When a coupon counts.

    Either the window ``starts_on`` to ``ends_on`` (both days whole), or ``days`` days after it was given, counted
    from that day (``from_next_day``: from the day after). Within that: only on ``weekdays`` (0 = Monday; empty:
    all), only within ``hours``, never on the ``blackout`` days.
    """

    starts_on: date | None = None
    ends_on: date | None = None
    days: int | None = None
    from_next_day: bool = False
    weekdays: frozenset[int] = frozenset()
    hours: Hours | None = None
    blackout: frozenset[date] = frozenset()

    def last_on(self, given_on: date) -> date | None:
        """Return the last day of a coupon given on this day; None: it has no end. The window's end comes first."""
        counted = None if self.days is None else given_on + timedelta(days=self.days + self.from_next_day - 1)
        return min((day for day in (counted, self.ends_on) if day is not None), default=None)

    def first_on(self, given_on: date) -> date:
        """Return the first day on which a coupon given on this day counts."""
        first = given_on + timedelta(days=1) if self.from_next_day else given_on
        return first if self.starts_on is None else max(first, self.starts_on)

    def allows(self, local: datetime) -> bool:
        """Tell whether the coupon counts at this local weekday and hour."""
        if not self.allows_day(local.date()):
            return False
        return self.hours is None or self.hours.contain(local.time())

    def allows_day(self, day: date) -> bool:
        """Tell whether it counts at some hour of this day, its window aside."""
        return day not in self.blackout and (not self.weekdays or day.weekday() in self.weekdays)


def read(table: Reader, *, given: bool = True, month_days: Collection[int] = ()) -> Validity:
    """Read the keys that say when something counts, wherever they stand; ``given``: a coupon's own days too.

    ``month_days`` are days of the month, read elsewhere, outside of which it does not count (empty: all count).
    """
    listed = table.words("weekdays")
    if not set(listed) <= set(WEEKDAYS):
        table.note("weekdays", "holds something else than days of the week", "write " + ", ".join(WEEKDAYS))
    starts_on, ends_on = table.day("starts_on"), table.day("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        table.note("ends_on", "lies before starts_on", "let it end after it begins")
    found = Validity(
        starts_on=starts_on,
        ends_on=ends_on,
        days=table.whole_or_none("days", low=1, high=3650) if given else None,
        from_next_day=given and table.flag("from_next_day", default=False),
        weekdays=frozenset(WEEKDAYS.index(day) for day in listed if day in WEEKDAYS),
        hours=table.hours_or_none(),
        blackout=table.dates("blackout"),
    )
    _check_ever(found, table, month_days)
    return found


def _check_ever(validity: Validity, table: Reader, month_days: Collection[int]) -> None:
    """Note a window in which no day is left once weekdays, days of the month and blackout days are taken out."""
    first, last = validity.starts_on, validity.ends_on
    if first is None or last is None or not 0 <= (last - first).days <= _WINDOW_MAX:
        return
    days = (first + timedelta(days=day) for day in range((last - first).days + 1))
    if not any(validity.allows_day(day) and (not month_days or day.day in month_days) for day in days):
        table.note("ends_on", "leaves no day on which it counts", "look at its weekdays and the days left out")
