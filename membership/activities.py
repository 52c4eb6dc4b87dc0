"""Activities 活动: when one takes place and for how many, until when one may join, and who is let in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from membership.errors import ActivityOver, ActivityTooEarly, CapacityTaken, InvalidLastDay
from membership.typed_days import last_day

TITLE_MAX: Final = 40
ABOUT_MAX: Final = 500
NUMBER_MAX: Final = 100_000
DOORS: Final = timedelta(hours=2)
"""So long before the beginning staff may mark who has come; the second reminder leaves then, too."""
DAY_BEFORE: Final = timedelta(days=1)
AFTERWARDS: Final = timedelta(days=1)
"""So long after the end staff may still mark who came; then the activity is over for good."""
LONGEST: Final = timedelta(days=31)
COMING: Final = ("signed", "attended", "missed")
"""The states of a sign-up that hold a place."""

_CLOCK: Final = r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})|[点點時时](?P<half>半)?)"
_WHEN: Final = re.compile(
    r"(?:(?P<year>20[0-9]{2})[-/.年])?(?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})[日号號]?[ ,T]*" + _CLOCK
)
_DAY_FIRST: Final = re.compile(r"(?P<named>.{2,40}?)[ ,]*(?: at )?" + _CLOCK)
_ENDS: Final = re.compile(_CLOCK)
_LASTS: Final = re.compile(r"(?P<number>[0-9]{1,3}(?:\.5)?) ?(?P<unit>|h|hours?|小时|小時|min|minutes?|分钟|分鐘)")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an activity is to be: the owner's words, where, from when to when (UTC), for how many (None: any number).

    ``points`` are given to everybody who comes.
    """

    title: str
    about: str
    store_id: str
    starts_at: datetime
    ends_at: datetime
    capacity: int | None = None
    points: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity as it stands; ``taken`` are the places taken, ``state`` is open, cancelled or over."""

    id: str
    plan: Plan
    taken: int
    state: str

    @property
    def free(self) -> int | None:
        """How many places are left (None: any number)."""
        return None if self.plan.capacity is None else self.plan.capacity - self.taken


def check_open(activity: Activity, now: datetime) -> None:
    """Refuse to join, to withdraw and to change once it has begun or was cancelled. Raises ActivityOver."""
    if activity.state != "open" or activity.plan.starts_at <= now:
        raise ActivityOver


def check_doors(activity: Activity, now: datetime) -> None:
    """Refuse to mark who came, before the doors open and when all is over. Raises ActivityOver, ActivityTooEarly."""
    if activity.state != "open" or now >= activity.plan.ends_at + AFTERWARDS:
        raise ActivityOver
    doors = activity.plan.starts_at - DOORS
    if now < doors:
        raise ActivityTooEarly(at=doors)


def check_capacity(capacity: int | None, taken: int) -> None:
    """Refuse fewer places than are taken. Raises CapacityTaken."""
    if capacity is not None and capacity < taken:
        raise CapacityTaken(taken=taken)


def room_for(capacity: int | None, taken: int, waiting: int) -> int:
    """Return how many of those who wait move up."""
    return waiting if capacity is None else min(waiting, max(0, capacity - taken))


def reminders(starts_at: datetime, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """Return which reminders are still to come for somebody who signs up now, and when: a day before, 2 h before."""
    due = (("day", starts_at - DAY_BEFORE), ("hours", starts_at - DOORS))
    return tuple((stage, at) for stage, at in due if at > now)


def when(text: str, today: date) -> datetime | None:
    """Return the local day and time that was typed, without a zone; None where it is neither.

    "2026-12-05 14:00", "12-05 14:00", "12月5日14:00", "12月5日14点半", "5 Dec 14:00" and "tomorrow 14:00" are
    understood; without a year it is the next such day.
    """
    found = _WHEN.fullmatch(_tidy(text))
    if found is None:
        return _named_day(text, today)
    clock = _clock(found)
    if clock is None:
        return None
    years = (int(found["year"]),) if found["year"] else (today.year, today.year + 1)
    for year in years:
        try:
            day = date(year, int(found["month"]), int(found["day"]))
        except ValueError:
            continue
        if found["year"] or day >= today:
            return datetime.combine(day, clock)
    return None


def _named_day(text: str, today: date) -> datetime | None:
    """Return a day in words with its time, such as "5 Dec 14:00" or "明天 14:00"; None where it is neither."""
    found = _DAY_FIRST.fullmatch(_tidy(text))
    clock = None if found is None else _clock(found)
    if found is None or clock is None:
        return None
    try:
        return datetime.combine(last_day(found["named"], today), clock)
    except InvalidLastDay:
        return None


def ends(text: str, start: datetime) -> datetime | None:
    """Return the local end that was typed, as a time ("16:00"; a past one is the next day's) or hours ("2h", "2")."""
    lasts = _LASTS.fullmatch(_tidy(text).lower())
    if lasts is not None:
        unit = timedelta(hours=1) if lasts["unit"][:1] in "h小" else timedelta(minutes=1)
        length = float(lasts["number"]) * unit
        return start + length if timedelta() < length <= LONGEST else None
    found = _ENDS.fullmatch(_tidy(text))
    clock = None if found is None else _clock(found)
    if clock is None:
        return None
    end = datetime.combine(start.date(), clock)
    return end if end > start else end + timedelta(days=1)


def number(text: str) -> int | None:
    """Return a whole number from 0 to NUMBER_MAX that was typed in plain digits; None for anything else."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 7):  # noqa: PLR2004 -- as many digits as NUMBER_MAX
        return None
    return int(plain) if int(plain) <= NUMBER_MAX else None


def _clock(found: re.Match[str]) -> time | None:
    minute = 30 if found["half"] else int(found["minute"] or 0)
    hour = int(found["hour"])
    return time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004 -- a clock's own figures


def _tidy(text: str) -> str:
    return text.strip().replace("\uff1a", ":").replace("\u3000", " ")  # as Chinese keyboards write them
