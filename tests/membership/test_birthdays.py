"""Birthdays: read in many ways, celebrated once in every birthday-year on the documented day."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from membership import birthdays
from membership.birthdays import Birthday, Feb29, Occurrence
from membership.errors import BirthdayChangedRecently, InvalidBirthday

TODAY = date(2026, 11, 22)


def lunar(month: int, day: int, year: int | None = None, *, leap: bool = False) -> Birthday:
    return Birthday(month, day, year, lunar=True, leap=leap)


@pytest.mark.parametrize(
    ("written", "birthday"),
    [
        ("3 May", Birthday(5, 3)),
        ("may 3rd", Birthday(5, 3)),
        ("3rd of May 1990", Birthday(5, 3, 1990)),
        ("May 3, 1990", Birthday(5, 3, 1990)),
        ("29 Feb", Birthday(2, 29)),
        ("1 sept", Birthday(9, 1)),
        ("1990-05-03", Birthday(5, 3, 1990)),
        ("1990/5/3", Birthday(5, 3, 1990)),
        ("05-03", Birthday(5, 3)),
        ("3.5.1990", Birthday(5, 3, 1990)),
        ("3.5.", Birthday(5, 3)),
        ("5月3日", Birthday(5, 3)),
        (" 5 月 3 号 ", Birthday(5, 3)),
        ("1990年5月3日", Birthday(5, 3, 1990)),
        ("五月三日", Birthday(5, 3)),
        ("一九九〇年十二月二十五日", Birthday(12, 25, 1990)),
        ("公历十月一日", Birthday(10, 1)),
        ("农历八月十五", lunar(8, 15)),
        ("農曆八月十五", lunar(8, 15)),
        ("农历1990年8月15", lunar(8, 15, 1990)),
        ("1990年农历八月十五", lunar(8, 15, 1990)),
        ("腊月初八", lunar(12, 8)),
        ("臘月三十", lunar(12, 30)),
        ("正月廿三", lunar(1, 23)),
        ("冬月二十", lunar(11, 20)),
        ("八月初十", lunar(8, 10)),
        ("闰四月初二", lunar(4, 2, leap=True)),
        ("农历2023年闰二月初二", lunar(2, 2, 2023, leap=True)),
        ("三月三十一日", Birthday(3, 31)),
    ],
)
def test_a_birthday_is_read_as_people_write_it(written: str, birthday: Birthday) -> None:
    assert birthdays.parse(written, TODAY) == birthday


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0000",
        "tomorrow",
        "1900-13-01",
        "1899-12-31",
        "0000-01-01",
        "0000/1/1",
        "1 May 0000",
        "2030-01-01",
        "2026-11-23",
        "02-30",
        "30/02",
        "3/5",
        "31 April",
        "1990-02-29",
        "2月30日",
        "13月1日",
        "农历13月1日",
        "农历一月四十",
        "农历8月31",
        "农历八月三十一",
        "公历腊月初八",
        "农历2024年闰二月初二",
        "农历2026年十二月三十",
        "农历2030年一月初一",
        "-05+03",
        "５月３日",
    ],
)
def test_a_day_nobody_is_born_on_is_refused(written: str) -> None:
    with pytest.raises(InvalidBirthday):
        birthdays.parse(written, TODAY)


def test_the_first_of_1900_may_be_somebodys_birthday() -> None:
    assert birthdays.parse("1900-01-01", TODAY) == Birthday(1, 1, 1900)


@given(st.text(alphabet="0123456789-/.年月日号农历闰初十廿腊正三 maydec", max_size=16))
def test_any_text_is_a_birthday_or_refused(written: str) -> None:
    with suppress(InvalidBirthday):
        assert birthdays.next_on(birthdays.parse(written, TODAY), TODAY) > TODAY


@pytest.mark.parametrize(
    ("birthday", "after", "occurrence"),
    [
        (Birthday(5, 3), date(2026, 5, 2), Occurrence(date(2026, 5, 3), "Y2026")),
        (Birthday(5, 3), date(2026, 5, 3), Occurrence(date(2027, 5, 3), "Y2027")),
        (Birthday(2, 29), date(2026, 11, 22), Occurrence(date(2027, 2, 28), "Y2027")),
        (Birthday(2, 29), date(2027, 11, 22), Occurrence(date(2028, 2, 29), "Y2028")),
        (lunar(8, 15), date(2026, 1, 1), Occurrence(date(2026, 9, 25), "L2026")),
        (lunar(12, 8), date(2026, 1, 1), Occurrence(date(2026, 1, 26), "L2025")),
        (lunar(12, 8), date(2026, 1, 26), Occurrence(date(2027, 1, 15), "L2026")),
        (lunar(12, 30), date(2026, 3, 1), Occurrence(date(2027, 2, 5), "L2026")),
        (lunar(1, 1), date(2026, 3, 1), Occurrence(date(2027, 2, 6), "L2027")),
        (lunar(5, 10, leap=True), date(2027, 12, 1), Occurrence(date(2028, 7, 2), "L2028")),
        (lunar(5, 10), date(2027, 12, 1), Occurrence(date(2028, 6, 2), "L2028")),
        (lunar(5, 10, leap=True), date(2026, 12, 1), Occurrence(date(2027, 6, 14), "L2027")),
    ],
)
def test_the_next_birthday_is_on_its_documented_day(birthday: Birthday, after: date, occurrence: Occurrence) -> None:
    assert birthdays.next_occurrence(birthday, after) == occurrence


def test_a_shop_may_keep_leap_days_on_the_first_of_march() -> None:
    assert birthdays.next_on(Birthday(2, 29), TODAY, feb29="mar1") == date(2027, 3, 1)
    assert birthdays.next_on(Birthday(2, 28), TODAY, feb29="mar1") == date(2027, 2, 28)
    assert birthdays.next_on(Birthday(2, 29), date(2028, 1, 1), feb29="mar1") == date(2028, 2, 29)


BIRTHDAYS = st.one_of(
    st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: Birthday(day.month, day.day)),
    st.sampled_from([Birthday(2, 29), lunar(12, 30), lunar(5, 30, leap=True), lunar(1, 1), lunar(12, 29)]),
    st.builds(lunar, st.integers(1, 12), st.integers(1, 30), leap=st.booleans()),
)


@settings(max_examples=60, deadline=None)
@given(BIRTHDAYS, st.sampled_from(["feb28", "mar1"]))
def test_from_2026_to_2036_everybody_has_exactly_one_birthday_in_each_year(birthday: Birthday, feb29: Feb29) -> None:
    day, found = date(2025, 12, 31), []
    while day < date(2036, 12, 31):
        occurrence = birthdays.next_occurrence(birthday, day, feb29=feb29)
        found.append(occurrence)
        day = occurrence.on
    years = [int(occurrence.period_key[1:]) for occurrence in found]
    assert years == list(range(years[0], years[0] + len(years)))
    assert years[0] in (2025, 2026)
    assert all(350 <= (later.on - sooner.on).days <= 390 for sooner, later in pairwise(found))
    assert all(birthdays.on_day(birthday, occurrence.on, feb29=feb29) == occurrence for occurrence in found)


@given(BIRTHDAYS)
def test_a_stored_birthday_is_read_back(birthday: Birthday) -> None:
    assert birthdays.parse(birthday.text, TODAY) == birthday


def test_a_day_that_is_no_birthday_has_none() -> None:
    assert birthdays.on_day(Birthday(5, 3), date(2026, 5, 4)) is None


def test_a_birthday_may_be_changed_once_a_year() -> None:
    birthdays.check_change(None, TODAY)
    birthdays.check_change(TODAY - timedelta(days=365), TODAY)
    with pytest.raises(BirthdayChangedRecently) as refusal:
        birthdays.check_change(TODAY - timedelta(days=364), TODAY)
    assert refusal.value.facts == {"on": TODAY + timedelta(days=1)}
