"""Check-in 签到: one a day of the shop, points that rise with the days in a row, and one missed day mended a month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from membership.errors import MakeUpUsed, NothingToMakeUp
from membership.reading import Reader

ONE_DAY: Final = timedelta(days=1)
WEEK: Final = 7
POINTS: Final = (5, 5, 5, 5, 5, 5, 10)
"""What a table without points of its own brings: 5 a day, 10 from the seventh day in a row on."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One day somebody checked in: the how-manieth in a row it is, what it brought, and whether it was made up."""

    day: date
    streak: int
    points: int
    made_up: bool = False


@dataclass(frozen=True, slots=True)
class CheckInRules:
    """What checking in brings.

    ``points`` are those of the first, second, third … day in a row, never falling; the last of them count for every
    later day. ``month_cap`` is the most points of one calendar month (None: no cap). ``make_up``: may one missed day
    a month be made up.
    """

    points: tuple[int, ...] = POINTS
    month_cap: int | None = None
    make_up: bool = True

    def of_streak(self, streak: int) -> int:
        """Return what this day in a row (1, 2, 3 …) brings before the month's cap."""
        return self.points[min(streak, len(self.points)) - 1]

    def brings(self, past: Iterable[CheckIn], day: date, streak: int) -> int:
        """Return what a check-in on this day brings, of which the other days of its month leave so much."""
        if self.month_cap is None:
            return self.of_streak(streak)
        others = sum(one.points for one in past if one.day != day and _month(one.day) == _month(day))
        return min(self.of_streak(streak), max(0, self.month_cap - others))


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's check-ins look today.

    ``today`` is today's check-in, if there is one; ``streak`` the days in a row up to today (or to yesterday while
    today's is still open); ``tomorrow`` what the next day brings if today is not missed; ``left`` how many points the
    month may still bring (None: no cap); ``missed`` the day that can be made up now.
    """

    today: CheckIn | None
    streak: int
    tomorrow: int
    left: int | None
    missed: date | None
    week: tuple[tuple[date, CheckIn | None], ...]


def first_needed(today: date) -> date:
    """Return the first day whose check-ins the rules below ask for: a week back, and all of yesterday's month."""
    return min(today - (WEEK - 1) * ONE_DAY, (today - ONE_DAY).replace(day=1), today - 2 * ONE_DAY)


def check_in(rules: CheckInRules, past: Sequence[CheckIn], today: date) -> CheckIn:
    """Return today's check-in; the one that is there already, where there is one."""
    found = _on(past, today)
    if found is not None:
        return found
    streak = _streak(past, today - ONE_DAY) + 1
    return CheckIn(today, streak, rules.brings(past, today, streak))


def missed(rules: CheckInRules, past: Sequence[CheckIn], today: date) -> date | None:
    """Return the day that can be made up today, or None."""
    try:
        return make_up(rules, past, today)[0].day
    except (NothingToMakeUp, MakeUpUsed):
        return None


def make_up(rules: CheckInRules, past: Sequence[CheckIn], today: date) -> tuple[CheckIn, ...]:
    """Return yesterday's check-in, made up, and today's as it is then, where there is one.

    Only yesterday can be made up, where the day before it was checked in (so that it mends a streak), and one day in
    each calendar month. Today's check-in moves up with the streak and is worth what it would have been worth.

    Raises:
        NothingToMakeUp: yesterday was not missed, or nothing came before it, or the shop mends no days.
        MakeUpUsed: a day of yesterday's month was made up before.

    """
    yesterday, before = today - ONE_DAY, today - 2 * ONE_DAY
    if not rules.make_up or _on(past, yesterday) is not None or _on(past, before) is None:
        raise NothingToMakeUp
    if any(one.made_up and _month(one.day) == _month(yesterday) for one in past):
        raise MakeUpUsed
    streak = _streak(past, before) + 1
    mended = CheckIn(yesterday, streak, rules.brings(past, yesterday, streak), made_up=True)
    known = _on(past, today)
    if known is None:
        return (mended,)
    worth = max(known.points, rules.brings([*past, mended], today, streak + 1))
    return (mended, replace(known, streak=streak + 1, points=worth))


def standing(rules: CheckInRules, past: Sequence[CheckIn], today: date) -> Standing:
    """Return how it stands today, with the last seven days."""
    found = _on(past, today)
    streak = _streak(past, today if found is not None else today - ONE_DAY)
    counted = past if found is not None else [*past, check_in(rules, past, today)]
    tomorrow = today + ONE_DAY
    left = None
    if rules.month_cap is not None:
        left = max(0, rules.month_cap - sum(one.points for one in past if _month(one.day) == _month(today)))
    week = tuple(today - back * ONE_DAY for back in range(WEEK - 1, -1, -1))
    return Standing(
        today=found,
        streak=streak,
        tomorrow=rules.brings(counted, tomorrow, _streak(counted, today) + 1),
        left=left,
        missed=missed(rules, past, today),
        week=tuple((day, _on(past, day)) for day in week),
    )


def read(top: Reader) -> CheckInRules | None:
    """Read the table ``[checkin]``; None where the shop has none: nobody can check in."""
    if not top.has("checkin"):
        return None
    table = top.table("checkin")
    rules = CheckInRules(
        points=table.wholes("points", POINTS),
        month_cap=table.whole_or_none("month_cap", low=1),
        make_up=table.flag("make_up", default=True),
    )
    if sorted(rules.points) != list(rules.points):
        table.note("points", "fall", "let no day in a row bring less than the one before it")
    table.done()
    return rules


def _on(past: Iterable[CheckIn], day: date) -> CheckIn | None:
    return next((one for one in past if one.day == day), None)


def _streak(past: Iterable[CheckIn], day: date) -> int:
    """Return the days in a row up to this one; 0 where it was missed."""
    found = _on(past, day)
    return 0 if found is None else found.streak


def _month(day: date) -> tuple[int, int]:
    return (day.year, day.month)
