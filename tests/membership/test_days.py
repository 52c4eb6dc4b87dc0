"""Days and hours of the shop, on ordinary days and when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import days
from membership.days import Hours

ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia")


@pytest.mark.parametrize(
    ("day", "zone", "first"),
    [
        (date(2026, 11, 22), "Asia/Shanghai", datetime(2026, 11, 21, 16, tzinfo=UTC)),
        (date(2027, 4, 30), "Africa/Cairo", datetime(2027, 4, 29, 22, tzinfo=UTC)),
        (date(2027, 9, 5), "America/Santiago", datetime(2027, 9, 5, 4, tzinfo=UTC)),
        (date(2027, 3, 14), "America/Havana", datetime(2027, 3, 14, 5, tzinfo=UTC)),
    ],
)
def test_a_day_begins_with_its_first_instant_even_without_a_midnight(day: date, zone: str, first: datetime) -> None:
    assert days.start_of(day, ZoneInfo(zone)) == first


@pytest.mark.parametrize(
    ("day", "clock", "zone", "instant"),
    [
        (date(2026, 3, 29), time(1, 30), "Europe/London", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (date(2026, 10, 25), time(1, 30), "Europe/London", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 3, 8), time(2, 30), "America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_a_time_in_a_gap_is_the_first_after_it_and_a_double_time_its_first(
    day: date, clock: time, *, zone: str, instant: datetime
) -> None:
    assert days.at(day, clock, ZoneInfo(zone)) == instant


@given(st.dates(date(2026, 1, 1), date(2037, 12, 31)), st.sampled_from(ZONES))
def test_a_day_begins_where_the_day_before_ends(day: date, zone: str) -> None:
    first = days.start_of(day, ZoneInfo(zone))
    assert days.day_of(first, ZoneInfo(zone)) == day
    assert days.end_of(date.fromordinal(day.toordinal() - 1), ZoneInfo(zone)) == first


@pytest.mark.parametrize(
    ("months", "last"),
    [(0, date(2026, 11, 30)), (1, date(2026, 12, 31)), (3, date(2027, 2, 28)), (12, date(2027, 11, 30))],
)
def test_months_run_to_the_end_of_the_month(months: int, last: date) -> None:
    assert days.month_end(date(2026, 11, 22), months) == last


def test_a_leap_day_is_the_28th_in_common_years() -> None:
    assert days.in_year(2027, 2, 29) == date(2027, 2, 28)
    assert days.in_year(2028, 2, 29) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("local", "wait_until"),
    [
        ((22, 20, 59), None),
        ((22, 21, 0), (23, 9)),
        ((22, 23, 59), (23, 9)),
        ((23, 0, 0), (23, 9)),
        ((23, 8, 59), (23, 9)),
        ((23, 9, 0), None),
    ],
)
def test_quiet_hours_run_over_midnight(local: tuple[int, int, int], wait_until: tuple[int, int] | None) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime(2026, 11, *local, tzinfo=zone).astimezone(UTC)
    expected = datetime(2026, 11, *wait_until, tzinfo=zone) if wait_until else now
    assert Hours(time(21), time(9)).over_at(now, zone) == expected


@given(st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)), st.sampled_from(ZONES), st.times(), st.times())  # noqa: DTZ001 -- the zone is added below
def test_hours_always_end_outside_themselves_or_at_once(moment: datetime, zone: str, start: time, end: time) -> None:
    now = moment.replace(tzinfo=UTC)
    assert Hours(start, end).over_at(now, ZoneInfo(zone)) >= now
