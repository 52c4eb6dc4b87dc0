"""What moved, in words: no figure of nothing, and goods that come with a bill are free."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership import figures
from membership.messages import plain, say
from membership.money import Money

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("taken", "restored", "english", "chinese"),
    [
        (115, 0, "Points −115 → 617", "积分 −115 → 617"),
        (0, 50, "Points +50 → 617", "积分 +50 → 617"),
        (115, 50, "Points −115 +50 → 617", "积分 −115 +50 → 617"),
        (0, 0, "Points stay at 617", "积分不变，仍为 617"),
    ],
)
def test_giving_back_tells_only_the_points_that_moved(taken: int, restored: int, english: str, chinese: str) -> None:
    told = figures.points_back(taken, restored, 617)
    assert WORDS.text(told, "en") == english
    assert WORDS.text(told, "zh-Hans") == chinese


@pytest.mark.parametrize(
    ("before", "earned", "after", "english"),
    [
        (10, 66, 76, "Points 10 → 76 (+66)"),
        (100, 0, 50, "Points 100 → 50"),
        (100, 0, 100, "Points 100"),
        (100, 50, 100, "Points 100 → 100 (+50)"),
    ],
)
def test_a_purchase_that_earned_nothing_shows_no_plus(before: int, earned: int, after: int, english: str) -> None:
    assert WORDS.text(figures.points_now(before, earned, after), "en") == english


@pytest.mark.parametrize(("before", "after", "english"), [(10, 76, "Points 10 → 76"), (10, 10, "Points 10")])
def test_a_member_reads_where_the_points_went(before: int, after: int, english: str) -> None:
    assert WORDS.text(figures.points_stand(before, after), "en") == english


@pytest.mark.parametrize(
    ("language", "line"),
    [("en", "Gift: cookie  free"), ("zh-Hans", "赠品：cookie  免费"), ("zh-Hant", "贈品：cookie  免費")],
)
def test_goods_that_come_with_a_bill_are_free(language: str, line: str) -> None:
    gift = say("price.gift", goods=plain("cookie"))
    assert WORDS.text(figures.price_line(gift, Money(0, "CNY")), language) == line
    assert "¥5" in WORDS.text(figures.price_line(gift, Money(500, "CNY")), language)
    assert "¥0" in WORDS.text(figures.price_line(say("price.bill"), Money(0, "CNY")), language)
