"""The time a tier counts over: the days that are counted now, until when a tier is held, and what a review looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from membership.days import in_year

Kind = Literal["lifetime", "rolling", "calendar_year", "anniversary"]
KINDS: Final[tuple[Kind, ...]] = ("lifetime", "rolling", "calendar_year", "anniversary")
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of days of the shop; ``days`` belongs to a rolling window.

    ``joined_on`` is the day a member joined: from it the years of an anniversary window are told. Somebody who joined
    on 29 February begins a common year on 28 February.
    """

    kind: Kind = "lifetime"
    days: int = 365

    def starts_on(self, today: date, joined_on: date) -> date | None:
        """Return the first day of the window in which this day lies; None: everything ever counts."""
        if self.kind == "lifetime":
            return None
        if self.kind == "rolling":
            return today - timedelta(days=self.days - 1)
        return date(today.year, 1, 1) if self.kind == "calendar_year" else _year_of(today, joined_on)

    def held_until(self, day: date, joined_on: date) -> date | None:
        """Return the last day on which a tier reached (or kept) on this day is held: the end of the next window."""
        if self.kind == "lifetime":
            return None
        if self.kind == "rolling":
            return day + timedelta(days=self.days)
        if self.kind == "calendar_year":
            return date(day.year + 1, 12, 31)
        begun = _year_of(day, joined_on)
        return in_year(begun.year + 2, joined_on.month, joined_on.day) - _ONE_DAY


def _year_of(today: date, joined_on: date) -> date:
    """Return the first day of the membership year in which this day lies."""
    begins = in_year(today.year, joined_on.month, joined_on.day)
    return begins if begins <= today else in_year(today.year - 1, joined_on.month, joined_on.day)
