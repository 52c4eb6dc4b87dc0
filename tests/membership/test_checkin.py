"""Check-in: the worked examples of docs/rules/checkin.md, and what holds for any days somebody comes."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import days, rules
from membership.checkin import ONE_DAY, CheckIn, CheckInRules, check_in, first_needed, make_up, standing
from membership.errors import NothingToMakeUp, Refusal
from membership.rules import RulesError
from tests.documents import read, rows, sections

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
CAFE_RULES = CheckInRules((1, 1, 1, 2, 2, 2, 3), month_cap=20)
EXAMPLES = sections(read("docs/rules/checkin.md"), 2)
FIRST = date(2026, 1, 1)


class Book:
    """What one member did, as the memory would keep it."""

    def __init__(self, checkin: CheckInRules) -> None:
        self.rules, self.kept = checkin, dict[date, CheckIn]()

    def past(self, today: date) -> list[CheckIn]:
        return [one for one in self.kept.values() if one.day >= first_needed(today)]

    def come(self, today: date) -> int:
        before = self.total
        self.kept[today] = check_in(self.rules, self.past(today), today)
        return self.total - before

    def mend(self, today: date) -> int:
        before = self.total
        self.kept |= {one.day: one for one in make_up(self.rules, self.past(today), today)}
        return self.total - before

    @property
    def total(self) -> int:
        return sum(one.points for one in self.kept.values())


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_worked_examples_are_true(title: str) -> None:
    book = Book(CAFE_RULES)
    for written, deed, streak, points in rows(EXAMPLES[title]):
        today = date.fromisoformat(written)
        try:
            came = str(book.mend(today) if deed == "mend" else book.come(today))
        except Refusal as no:
            came = no.key
        assert (written, str(standing(CAFE_RULES, book.past(today), today).streak), came) == (written, streak, points)


def test_the_cafe_of_the_examples_is_the_preset() -> None:
    assert rules.parse(CAFE).checkin == CAFE_RULES


def test_a_second_time_on_a_day_is_the_first_again() -> None:
    book = Book(CAFE_RULES)
    assert (book.come(FIRST), book.come(FIRST)) == (1, 0)


def test_tomorrow_is_told_as_it_comes() -> None:
    book = Book(CAFE_RULES)
    for number in range(60):
        today = FIRST + number * ONE_DAY
        book.come(today)
        assert book.come(today + ONE_DAY) == standing(CAFE_RULES, book.past(today)[:-1], today).tomorrow


@pytest.mark.parametrize(("zone", "day"), [("Asia/Shanghai", 1), ("UTC", 31), ("America/New_York", 31)])
def test_the_year_ends_at_the_shops_own_midnight(zone: str, day: int) -> None:
    at = datetime(2026, 12, 31, 16, 30, tzinfo=ZoneInfo("UTC"))
    assert days.day_of(at, ZoneInfo(zone)).day == day


def test_a_row_goes_on_over_a_year_end_and_a_leap_day() -> None:
    book = Book(CheckInRules((1, 2)))
    for number in range(70):
        book.come(date(2027, 12, 25) + number * ONE_DAY)
    assert book.kept[date(2028, 2, 29)].streak == 67


def test_a_day_made_up_on_the_first_belongs_to_the_month_before() -> None:
    book = Book(CAFE_RULES)
    for day in (date(2026, 11, 29), date(2026, 12, 1), date(2026, 12, 3)):
        book.come(day)
        if day.month == 12:
            book.mend(day)
    assert [one.day for one in book.kept.values() if one.made_up] == [date(2026, 11, 30), date(2026, 12, 2)]


def test_a_shop_may_mend_no_days() -> None:
    book = Book(CheckInRules(make_up=False))
    book.come(FIRST)
    with pytest.raises(NothingToMakeUp):
        book.mend(FIRST + 2 * ONE_DAY)


VISITS = st.lists(st.booleans(), min_size=1, max_size=120)
SHOPS = st.builds(
    lambda points, cap: CheckInRules(tuple(sorted(points)), cap),
    st.lists(st.integers(0, 20), min_size=1, max_size=9),
    st.none() | st.integers(1, 60),
)


@given(SHOPS, VISITS)
def test_no_month_goes_over_its_cap_and_every_row_is_counted_right(shop: CheckInRules, visits: list[bool]) -> None:
    book, row = Book(shop), 0
    for number, comes in enumerate(visits):
        today = FIRST + number * ONE_DAY
        row = row + 1 if comes else 0
        if comes:
            book.come(today)
            assert book.kept[today].streak == row
    months = {one.day.month for one in book.kept.values()}
    sums = [sum(one.points for one in book.kept.values() if one.day.month == month) for month in months]
    assert shop.month_cap is None or all(brought <= shop.month_cap for brought in sums)


@given(SHOPS, st.integers(1, 40), st.integers(0, 364))
def test_making_up_before_or_after_todays_check_in_is_the_same(shop: CheckInRules, before: int, start: int) -> None:
    first, second = Book(shop), Book(shop)
    begin = FIRST + timedelta(days=start)
    today = begin + (before + 1) * ONE_DAY
    for book in (first, second):
        for number in range(before):
            book.come(begin + number * ONE_DAY)
    first.mend(today)
    first.come(today)
    second.come(today)
    second.mend(today)
    assert first.total == second.total
    assert [one.streak for one in first.kept.values()] == [second.kept[day].streak for day in first.kept]


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"points": []}, "checkin.points"),
        ({"points": [3, 2]}, "checkin.points"),
        ({"points": 5}, "checkin.points"),
        ({"month_cap": 0}, "checkin.month_cap"),
        ({"make_up": "yes"}, "checkin.make_up"),
        ({"month_cpa": 20}, "checkin.month_cpa"),
    ],
)
def test_a_slip_in_the_table_is_named(told: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "checkin": told})
    assert [problem.path for problem in wrong.value.problems] == [place]


def test_an_empty_table_turns_it_on_and_no_table_leaves_it_off() -> None:
    assert rules.parse({**CAFE, "checkin": {}}).checkin == CheckInRules()
    assert rules.parse({key: told for key, told in CAFE.items() if key != "checkin"}).checkin is None
