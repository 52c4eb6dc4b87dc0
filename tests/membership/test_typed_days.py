"""A day to come, as people of each language type it."""

from __future__ import annotations

from datetime import date

import pytest

from membership.errors import InvalidLastDay
from membership.typed_days import last_day

TODAY = date(2026, 11, 22)
END = date(2026, 12, 31)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-12-31", "2026/12/31", "2026.12.31", " 2026年12月31日 ", "12月31日", "12月31号", "12 月 31 日",
        "十二月三十一日", "31 Dec", "31 December 2026", "Dec 31", "December 31, 2026", "31st of December",
        "Dec. 31st",
        "12/31", "31/12", "31.12.", "31.12.2026", "12-31", "12/31/2026", "１２月３１日", "end of year", "年底",
        "今年底",
        "the end of the year", "今年年底", "12月底", "end of December", "年末", "本年底", "今年末", "END OF YEAR!",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_the_last_of_december_is_understood_in_every_manner(typed: str, language: str) -> None:
    assert last_day(typed, TODAY, language=language) == END


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3 months", date(2027, 2, 22)),
        ("三个月", date(2027, 2, 22)),
        ("3個月", date(2027, 2, 22)),
        ("for a year", date(2027, 11, 22)),
        ("一年", date(2027, 11, 22)),
        ("半年", date(2027, 5, 22)),
        ("half a year", date(2027, 5, 22)),
        ("两周", date(2026, 12, 6)),
        ("十天", date(2026, 12, 2)),
        ("二十一天", date(2026, 12, 13)),
        ("十二個月", date(2027, 11, 22)),
        ("in 2 weeks", date(2026, 12, 6)),
        ("90天", date(2027, 2, 20)),
        ("90 days", date(2027, 2, 20)),
        ("今天", TODAY),
        ("tomorrow", date(2026, 11, 23)),
        ("月底", date(2026, 11, 30)),
        ("end of month", date(2026, 11, 30)),
        ("明年年底", date(2027, 12, 31)),
        ("2月底", date(2027, 2, 28)),
        ("29 Feb", date(2028, 2, 29)),
        ("21 Nov", date(2027, 11, 21)),
        ("5/5", date(2027, 5, 5)),
    ],
)
def test_spans_and_ends_count_from_today(typed: str, meant: date) -> None:
    assert last_day(typed, TODAY) == meant


def test_the_end_of_a_month_is_not_overrun() -> None:
    assert last_day("1 month", date(2027, 1, 31)) == date(2027, 2, 28)
    assert last_day("3 months", date(2026, 11, 30)) == date(2027, 2, 28)


@pytest.mark.parametrize("typed", ["3/4", "3-4", "3/4/2027", "3.4."])
def test_what_could_mean_two_days_is_not_guessed_at_but_chinese_says_the_month_first(typed: str) -> None:
    with pytest.raises(InvalidLastDay):
        last_day(typed, TODAY, language="en")
    assert last_day(typed, TODAY, language="zh-Hant") == date(2027, 3, 4)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "2026-02-30",
        "30 Feb",
        "13/13",
        "0 Dec",
        "32 Dec",
        "20261231",
        "-3 days",
        "12月",
        "半天",
        "三",
        "0月1日",
        "底",
        "末",
        "三四天",
        "两三天",
        "五三天",
        "十两天",
        "三四个月",
        "一二月三日",
        "三二十天",
        "十十天",
    ],
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(InvalidLastDay):
        last_day(typed, TODAY, language="zh-Hans")


@pytest.mark.parametrize("typed", ["9999 years", "9999年", "9999 months", "9999 days"])
def test_an_eternity_is_far_away_and_breaks_nothing(typed: str) -> None:
    assert last_day(typed, TODAY) > date(2050, 1, 1) or typed == "9999 days"
