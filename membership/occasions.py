"""When, where and for whom something of the shop holds: its dates, weekdays, hours, member days, stores and tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from membership import validity as validities
from membership.messages import Message, say
from membership.reading import Reader
from membership.validity import Validity

_ALWAYS = Validity()
_LONGEST_MONTH = 31
_WEEKDAYS = (
    *(say("weekday.mon"), say("weekday.tue"), say("weekday.wed"), say("weekday.thu")),
    *(say("weekday.fri"), say("weekday.sat"), say("weekday.sun")),
)


@dataclass(frozen=True, slots=True)
class Here:
    """Where a bill is made: at what local time of the shop, in which store (its code), for which tier (its id)."""

    local: datetime
    store: str
    tier: str | None


@dataclass(frozen=True, slots=True)
class When:
    """An occasion. ``month_days`` are days of the month such as the member day on the 8th; empty sets: all.

    Of ``validity`` the window, the weekdays, the hours and the blackout days count. A day that a month has not is
    left out in that month.
    """

    validity: Validity = _ALWAYS
    month_days: frozenset[int] = frozenset()
    stores: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()

    def holds(self, here: Here) -> bool:
        """Tell whether it holds here and now."""
        if (self.stores and here.store not in self.stores) or not self.is_for(here.tier):
            return False
        return self._is_time(here.local)

    def is_for(self, tier: str | None) -> bool:
        """Tell whether it means members of this tier."""
        return not self.tiers or tier in self.tiers

    def is_over(self, today: date) -> bool:
        """Tell whether its last day has passed."""
        return self.validity.ends_on is not None and today > self.validity.ends_on

    @property
    def told(self) -> tuple[Message, ...]:
        """Its times in words, one for each condition; where there is none, that it holds always."""
        window = self.validity
        lines = _dates(window.starts_on, window.ends_on)
        weekly, daily = _weekly(window), _daily(window)
        if self.month_days:
            weekly += (say("when.month_days", text=", ".join(str(day) for day in sorted(self.month_days))),)
        return (*lines, *weekly, *daily) or (say("when.always"),)

    def _is_time(self, local: datetime) -> bool:
        starts, today = self.validity.starts_on, local.date()
        if (starts is not None and today < starts) or self.is_over(today):
            return False
        return self.validity.allows(local) and (not self.month_days or today.day in self.month_days)


def hours_told(window: Validity) -> tuple[Message, ...]:
    """Return the days of the week and the hours in which something counts, in words; nothing where all do."""
    return _weekly(window) + _daily(window)


def _weekly(window: Validity) -> tuple[Message, ...]:
    weekdays = tuple(_WEEKDAYS[day] for day in sorted(window.weekdays))
    return (say("when.weekdays", weekdays=weekdays),) if weekdays else ()


def _daily(window: Validity) -> tuple[Message, ...]:
    if window.hours is None:
        return ()
    begin, end = (f"{clock:%H:%M}" for clock in (window.hours.start, window.hours.end))
    return (say("when.hours", begin=begin, end=end),)


def _dates(first: date | None, last: date | None) -> tuple[Message, ...]:
    if first is not None and last is not None:
        return (say("when.between", first=first, last=last),)
    starts = () if first is None else (say("when.from", on=first),)
    return starts if last is None else (*starts, say("when.until", on=last))


def read(table: Reader) -> When:
    """Read the keys that say when, where and for whom something holds, wherever they stand."""
    month_days = table.wholes("month_days", ()) if table.has("month_days") else ()
    are_days = all(1 <= day <= _LONGEST_MONTH for day in month_days)
    validity = validities.read(table, given=False, month_days=month_days if are_days else ())
    if not are_days:
        table.note("month_days", "holds something else than days of a month", "write days such as [8, 18, 28]")
    return When(
        validity=validity,
        month_days=frozenset(month_days),
        stores=frozenset(table.words("stores")),
        tiers=frozenset(table.words("tiers")),
    )


def check(when: When, place: str, top: Reader, *, stores: Sequence[str], tiers: Sequence[str]) -> None:
    """Note stores and tiers that the shop has not."""
    for key, wanted, known in (("tiers", when.tiers, tiers), ("stores", when.stores, stores)):
        top.known(f"{place}.{key}", wanted, known)
