"""A day to come as people type it: a date in their own manner, so long from now, or the end of a month or year."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from membership import days
from membership.errors import InvalidLastDay

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG: Final = "january|february|march|april|june|july|august|sept|september|october|november|december"
_MONTH: Final = rf"(?P<m>{_LONG}|{'|'.join(_MONTHS)})\.?"
_DAY: Final = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:,? ?(?P<y>20[0-9]{2}))?"
_NUMERAL: Final = "一二三四五六七八九"
_CHINESE: Final = rf"(?:[{_NUMERAL}]?十)?[{_NUMERAL}]|[{_NUMERAL}]?十"
"""A number up to 99; 三四 is none: it means about so many."""
_CHINESE_DAY: Final = rf"(?P<d>[0-9]{{1,2}}|{_CHINESE})[日号號]?"
_NAMED: Final = tuple(
    re.compile(shape)
    for shape in (
        rf"{_DAY} (?:of )?{_MONTH}{_YEAR}",
        rf"{_MONTH} {_DAY}{_YEAR}",
        r"(?P<y>20[0-9]{2})(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})",
        rf"(?:(?P<y>20[0-9]{{2}})年)?(?P<m>[0-9]{{1,2}}|{_CHINESE})月{_CHINESE_DAY}",
        rf"(?:the )?end of {_MONTH}{_YEAR}",
        r"(?:(?P<y>20[0-9]{2})年)?(?P<m>[0-9]{1,2})月[底末]",
    )
)
"""Dates that name their parts: only one day can be meant. Those without a day mean the end of their month."""
_BARE: Final = re.compile(r"(?P<a>[0-9]{1,2})(?P<s>[-/.])(?P<b>[0-9]{1,2})(?:(?P=s)(?P<y>20[0-9]{2})?)?")
_SPAN: Final = re.compile(
    rf"(?:in |for )?(?P<n>[0-9]{{1,4}}|an?|one|two|three|six|half a|{_CHINESE}|[两兩半]) ?"
    r"(?P<unit>day|week|month|year|天|日|周|週|星期|个月|個月|年)s?[后後内內]?"
)
_UNITS: Final[Mapping[str, int]] = {"d": 1, "天": 1, "日": 1, "w": 7, "周": 7, "週": 7, "星": 7}
_NUMBERS: Final[Mapping[str, int]] = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "six": 6, "两": 2, "兩": 2}
_NEAR: Final[Mapping[str, int]] = {"today": 0, "今天": 0, "今日": 0, "tomorrow": 1, "明天": 1, "明日": 1}
_YEAR_END: Final = re.compile(r"(?:the )?end of (?:the |this )?year|year[- ]?end|(?:今年|本年)年?[底末]|年[底末]")
_NEXT_YEAR_END: Final = re.compile(r"(?:the )?end of next year|明年年?[底末]")
_MONTH_END: Final = re.compile(r"(?:the )?end of (?:the |this )?month|month[- ]?end|(?:本|这个|這個)?月[底末]")
_A_YEAR: Final = 12


def last_day(text: str, today: date, *, language: str = "") -> date:
    """Return the day that was typed: the next such day where the year is left out.

    "31 Dec", "Dec 31, 2026", "12月31日", "2026-12-31", "end of year", "年底", "3 months" and "三个月" are understood,
    and 12/31, where only one number can be the month. Of 3/4 Chinese says the month first; in other languages it could
    mean two days, which is not guessed at. Raises InvalidLastDay.
    """
    typed = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().rstrip("。!").lower()
    if typed in _NEAR:
        return today + timedelta(days=_NEAR[typed])
    found = _end(typed, today) or _named(typed, today) or _after(typed, today) or _bare(typed, today, language)
    if found is None:
        raise InvalidLastDay
    return found


def _end(typed: str, today: date) -> date | None:
    if _YEAR_END.fullmatch(typed):
        return date(today.year, 12, 31)
    if _NEXT_YEAR_END.fullmatch(typed):
        return date(today.year + 1, 12, 31)
    return days.month_end(today, 0) if _MONTH_END.fullmatch(typed) else None


def _named(typed: str, today: date) -> date | None:
    close = typed if typed.isascii() else typed.replace(" ", "")
    found = next((one for shape in _NAMED if (one := shape.fullmatch(close))), None)
    if found is None:
        return None
    told = found.groupdict()
    month = _MONTHS.index(told["m"][:3]) + 1 if told["m"].isascii() and told["m"].isalpha() else _number(told["m"])
    return _coming(told.get("y"), month, _number(told["d"]) if told.get("d") else None, today)


def _after(typed: str, today: date) -> date | None:
    """Return the day so long from today; of months and years, the same day of that month or its last one."""
    found = _SPAN.fullmatch(typed)
    if found is None:
        return None
    half, unit = found["n"] in ("half a", "半"), found["unit"][0]
    if unit in _UNITS:
        return None if half else today + timedelta(days=_number(found["n"]) * _UNITS[unit])
    months = (_A_YEAR // 2 if half else _number(found["n"]) * _A_YEAR) if unit in "y年" else _number(found["n"])
    if half and unit not in "y年":
        return None
    end = days.month_end(today, min(months, 100 * _A_YEAR))
    return end.replace(day=min(today.day, end.day))


def _bare(typed: str, today: date, language: str) -> date | None:
    """Return the day of two bare numbers, where it is certain which of them is the month."""
    found = _BARE.fullmatch(typed)
    if found is None:
        return None
    first, second = int(found["a"]), int(found["b"])
    if first > _A_YEAR >= second:
        return _coming(found["y"], second, first, today)
    if second > _A_YEAR or first == second or language.startswith("zh"):
        return _coming(found["y"], first, second, today)
    return None


def _coming(year: str | None, month: int, day: int | None, today: date) -> date | None:
    """Return this day of that year, or the next one from today on; without a day, the month's last."""
    for tried in (int(year),) if year else range(today.year, today.year + 9):  # 29 February may be eight years away
        last = calendar.monthrange(tried, month)[1] if 1 <= month <= _A_YEAR else 0
        if not 1 <= (last if day is None else day) <= last:
            continue
        found = date(tried, month, last if day is None else day)
        if year or found >= today:
            return found
    return None


def _number(text: str) -> int:
    """Return a number in digits, or up to 99 as Chinese writes it: 三, 十, 十二, 三十一."""
    if text.isdigit() or text in _NUMBERS:
        return _NUMBERS[text] if text in _NUMBERS else int(text)
    tens, ten, ones = text.rpartition("十")
    tenfold = 10 * (_NUMERAL.index(tens) + 1 if tens else 1) if ten else 0
    return tenfold + (_NUMERAL.index(ones) + 1 if ones else 0)
