"""Birthdays, solar and lunar: read as people write them, and found once in every birthday-year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from lunar_python import LunarYear, Solar

from membership import days
from membership.errors import BirthdayChangedRecently, InvalidBirthday

Feb29 = Literal["feb28", "mar1"]
YEAR_MIN = 1900
CHANGE_DAYS = 365
_PLAIN_YEAR = 2000  # a leap year with all solar days
_LUNAR_DAYS_MAX = 30


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day of birth: month and day, solar or lunar, the year only if the member told it.

    ``leap`` is a lunar leap month 闰. A lunar ``year`` is the lunar year of birth.
    """

    month: int
    day: int
    year: int | None = None
    lunar: bool = False
    leap: bool = False

    @property
    def text(self) -> str:
        """The birthday as one short word to store: ``1990-05-03``, ``--05-03``, ``L--08-15``, ``L2023-02+02``."""
        year = "-" if self.year is None else f"{self.year:04}"
        return f"{'L' if self.lunar else ''}{year}-{self.month:02}{'+' if self.leap else '-'}{self.day:02}"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One celebration: the local date, and the birthday-year it belongs to (``Y2027`` solar, ``L2027`` lunar)."""

    on: date
    period_key: str


def next_on(birthday: Birthday, after: date, *, feb29: Feb29 = "feb28") -> date:
    """Return the first date after ``after`` on which the birthday is celebrated."""
    return next_occurrence(birthday, after, feb29=feb29).on


def next_occurrence(birthday: Birthday, after: date, *, feb29: Feb29 = "feb28") -> Occurrence:
    """Return the first celebration after a date.

    A solar 29th of February is kept on the 28th in common years (``mar1``: on the 1st of March). A lunar day 30 is
    kept on day 29 where the month is short; a birthday in a leap month in that leap month if the year has it,
    else in the plain one.
    """
    return next(found for found in _occurrences(birthday, after.year - 1, feb29) if found.on > after)


def on_day(birthday: Birthday, day: date, *, feb29: Feb29 = "feb28") -> Occurrence | None:
    """Return the celebration of this very day, or None."""
    found = next_occurrence(birthday, day - timedelta(days=1), feb29=feb29)
    return found if found.on == day else None


def _occurrences(birthday: Birthday, year: int, feb29: Feb29) -> Iterator[Occurrence]:
    # a lunar year runs into February of the next solar one, so the search begins one year early
    while True:
        if birthday.lunar:
            yield Occurrence(_lunar_on(birthday, year), f"L{year}")
        else:
            yield Occurrence(_solar_on(birthday, year, feb29), f"Y{year}")
        year += 1


def _solar_on(birthday: Birthday, year: int, feb29: Feb29) -> date:
    day = days.in_year(year, birthday.month, birthday.day)
    return day + timedelta(days=1) if feb29 == "mar1" and day.day < birthday.day else day


def _lunar_on(birthday: Birthday, lunar_year: int) -> date:
    months = _months(lunar_year)
    leap = birthday.leap and -birthday.month in months
    first, length = months[-birthday.month if leap else birthday.month]
    return first + timedelta(days=min(birthday.day, length) - 1)


@lru_cache(maxsize=256)
def _months(lunar_year: int) -> Mapping[int, tuple[date, int]]:
    """Return first day and length of each month of a lunar year; a leap month has the number below zero.

    Remembered, because the astronomy behind one year takes some 15 ms and a shop plans thousands of birthdays.
    """
    found = {}
    for month in LunarYear.fromYear(lunar_year).getMonthsInYear():
        first = Solar.fromJulianDay(month.getFirstJulianDay())
        found[int(month.getMonth())] = (
            date(first.getYear(), first.getMonth(), first.getDay()),
            int(month.getDayCount()),
        )
    return found


def check_change(changed_on: date | None, today: date) -> None:
    """Refuse a second change within a year.

    Raises:
        BirthdayChangedRecently: it may be changed again on the day named.

    """
    if changed_on is not None and today < changed_on + timedelta(days=CHANGE_DAYS):
        raise BirthdayChangedRecently(on=changed_on + timedelta(days=CHANGE_DAYS))


def parse(text: str, today: date) -> Birthday:
    """Read a birthday: "3 May", "May 3", "5月3日", "1990-05-03", "05-03", "农历八月十五", "腊月初八", "闰四月初二".

    Raises:
        InvalidBirthday: there is no such day, it lies in the future, before 1900, or it could mean two days.

    """
    written = re.sub(r"\s+", " ", text.strip().lower())
    birthday = _stored(written) or _chinese(written.replace(" ", "")) or _western(written)
    if birthday is None or not _exists(birthday, today):
        raise InvalidBirthday
    return birthday


def _exists(birthday: Birthday, today: date) -> bool:
    if birthday.year is not None and not YEAR_MIN <= birthday.year <= today.year:
        return False
    if not 1 <= birthday.month <= 12:  # noqa: PLR2004 -- months
        return False
    if birthday.lunar:
        return 1 <= birthday.day <= _LUNAR_DAYS_MAX and (
            birthday.year is None or _lunar_day_exists(birthday, birthday.year, today)
        )
    try:
        day = date(birthday.year or _PLAIN_YEAR, birthday.month, birthday.day)
    except ValueError:
        return False
    return birthday.year is None or day <= today


def _lunar_day_exists(birthday: Birthday, year: int, today: date) -> bool:
    month = _months(year).get(-birthday.month if birthday.leap else birthday.month)
    return month is not None and birthday.day <= month[1] and _lunar_on(birthday, year) <= today


def _stored(text: str) -> Birthday | None:
    found = re.fullmatch(r"(l?)(-|[0-9]{4})-([0-9]{2})([-+])([0-9]{2})", text, re.ASCII)
    if found is None or (found[4] == "+" and not found[1]):
        return None
    year = None if found[2] == "-" else int(found[2])
    return Birthday(int(found[3]), int(found[5]), year, lunar=bool(found[1]), leap=found[4] == "+")


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = (
    *("january", "february", "march", "april", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTH = "|".join((*_LONG, "sept", *_MONTHS))
_WESTERN = (
    rf"(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?(?P<m>{_MONTH})\.?(?:,? (?P<y>[0-9]{{4}}))?",
    rf"(?P<m>{_MONTH})\.? (?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>[0-9]{{4}}))?",
    r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})",
    r"(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})",
    r"(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{1,2})\.(?P<y>[0-9]{4})?",
)


def _western(text: str) -> Birthday | None:
    for shape in _WESTERN:
        found = re.fullmatch(shape, text, re.ASCII)
        if found is not None:
            month = _MONTHS.index(found["m"][:3]) + 1 if found["m"].isalpha() else int(found["m"])
            return Birthday(month, int(found["d"]), _year(found.groupdict().get("y")))
    return None


def _year(text: str | None) -> int | None:
    return int(text) if text else None


_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12, "臘": 12}
_CHINESE = re.compile(
    r"(?P<cal>农历|農曆|阴历|陰曆|旧历|舊曆|公历|公曆|阳历|陽曆)?"
    r"(?:(?P<y>[0-9]{4}|[〇零一二三四五六七八九]{4})年)?"
    r"(?P<cal2>农历|農曆|阴历|陰曆)?"
    r"(?P<leap>闰|閏)?(?P<m>[0-9]{1,2}|[正冬腊臘]|十?[一二]|[三四五六七八九十])月"
    r"(?P<d>[0-9]{1,2}|初[一二三四五六七八九十]|二?十?[一二三四五六七八九]|[二三]?十|廿[一二三四五六七八九]?|三十[一]?)"
    r"(?P<unit>日|号|號)?",
    re.ASCII,
)


def _chinese(text: str) -> Birthday | None:
    found = _CHINESE.fullmatch(text)
    if found is None:
        return None
    calendar = found["cal"] or found["cal2"] or ""
    # 正月, 腊月, 初八, 廿三 and leap months exist in the lunar calendar alone
    lunar_words = bool(found["leap"]) or found["m"] in _LUNAR_MONTHS or found["d"][0] in "初廿"
    solar = calendar[:1] in ("公", "阳", "陽")
    if solar and lunar_words:
        return None
    lunar = lunar_words or (bool(calendar) and not solar)
    year = None if found["y"] is None else _number_of_year(found["y"])
    month = _LUNAR_MONTHS.get(found["m"]) or _number(found["m"])
    return Birthday(month, _number(found["d"].removeprefix("初")), year, lunar=lunar, leap=bool(found["leap"]))


def _number_of_year(text: str) -> int:
    return int(text) if text.isascii() else int("".join(str(_DIGITS[char]) for char in text))


def _number(text: str) -> int:
    """Return a number up to 39 as the calendar writes it: 3, 三, 十, 十五, 二十, 廿三, 三十."""
    if text.isascii():
        return int(text)
    tens, ten, ones = text.replace("廿", "二十").rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
