"""The lottery's odds: the worked examples of docs/rules/lottery.md, and what holds for any drum."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales import Words
from membership import rules
from membership.errors import LotteryClosed
from membership.lottery import Left, LotteryRules, Prize, check_open, odds_of, published, written
from membership.moment import Moment
from membership.rules import RulesError
from tests.documents import read, rows, sections

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
PAGE = sections(read("docs/rules/lottery.md"), 2)
WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
DRAWS = 20_000


def drum(*odds: Fraction) -> LotteryRules:
    return LotteryRules(tuple(Prize(f"p{number}", one, points=1) for number, one in enumerate(odds)))


def wins(lottery: LotteryRules) -> Counter[str]:
    """Pull every ticket of the drum once."""
    found = (lottery.won_by(ticket) for ticket in range(lottery.tickets))
    return Counter("nothing" if prize is None else prize.id for prize in found)


def test_the_worked_drums_are_true() -> None:
    for text, tickets, shares, nothing in rows(PAGE["What the odds mean"]):
        odds = [odds_of(one) for one in text.split(", ")]
        lottery = drum(*(one for one in odds if one is not None))
        counted = wins(lottery)
        assert str(lottery.tickets) == tickets
        assert ", ".join(str(counted[f"p{number}"]) for number in range(len(odds))) == shares
        assert WORDS.text(published(lottery.no_win), "en") == nothing


def test_the_worked_writings_are_true() -> None:
    for text, exact, shown in rows(PAGE["How odds are written"]):
        odds = odds_of(text.strip('`"'))
        assert (str(odds) if odds is not None else "refused") == exact
        assert ("–" if odds is None else WORDS.text(published(odds), "en")) == shown


ODDS = st.lists(st.builds(Fraction, st.just(1), st.sampled_from((4, 5, 6, 8, 9, 10, 25))), min_size=1, max_size=4)


@given(ODDS)
def test_every_prize_has_exactly_its_share_of_the_tickets(odds: list[Fraction]) -> None:
    lottery = drum(*odds)
    counted = wins(lottery)
    for prize in lottery.prizes:
        assert Fraction(counted[prize.id], lottery.tickets) == prize.odds
    assert Fraction(counted["nothing"], lottery.tickets) == lottery.no_win


@given(st.fractions(Fraction(1, 999_999), 1, max_denominator=999_999))
def test_what_is_published_is_exactly_what_counts(odds: Fraction) -> None:
    assert odds_of(written(odds)) == odds


@given(st.fractions(Fraction(1, 10_000), 1, max_denominator=999_999))
def test_a_rounded_percentage_is_as_near_as_two_decimals_can_be_and_says_so(odds: Fraction) -> None:
    shown = WORDS.text(published(odds), "en")
    percent = shown.removeprefix("≈").partition("%")[0]
    assert abs(Fraction(percent) / 100 - odds) <= Fraction(1, 20_000)
    assert shown.startswith("≈") == (Fraction(percent) / 100 != odds)
    assert not shown.startswith("≈") or shown.endswith(f"% ({odds.numerator}/{odds.denominator})")


def test_many_draws_are_spread_as_published() -> None:
    """Pearson's chi-square over seeds as they come at the doors: 4 cells, so 16.27 is passed once in a thousand."""
    lottery = drum(Fraction(1, 20), Fraction(1, 8), Fraction(1, 3))
    seen = Counter(
        None if (prize := lottery.won_by(Moment(NOW, number.to_bytes(32)).below("draw", lottery.tickets))) is None
        else prize.id
        for number in range(DRAWS)
    )  # fmt: skip
    expected = {prize.id: prize.odds * DRAWS for prize in lottery.prizes} | {None: lottery.no_win * DRAWS}
    chi_square = sum((seen[cell] - wanted) ** 2 / wanted for cell, wanted in expected.items())
    assert float(chi_square) < 16.27


def test_a_lottery_that_favours_somebody_is_found_out() -> None:
    lottery = drum(Fraction(1, 20), Fraction(1, 8), Fraction(1, 3))
    seen = Counter(
        None if (prize := lottery.won_by(Moment(NOW, number.to_bytes(32)).below("draw", 19 * lottery.tickets // 20)))
        is None else prize.id
        for number in range(DRAWS)
    )  # fmt: skip
    expected = {prize.id: prize.odds * DRAWS for prize in lottery.prizes} | {None: lottery.no_win * DRAWS}
    assert float(sum((seen[cell] - wanted) ** 2 / wanted for cell, wanted in expected.items())) > 16.27


@pytest.mark.parametrize(
    ("starts", "ends", "left", "is_open"),
    [
        (None, None, (None,), True),
        (None, None, (0, 1), True),
        (None, None, (0, 0), False),
        (date(2026, 11, 22), date(2026, 11, 22), (1,), True),
        (date(2026, 11, 23), None, (1,), False),
        (None, date(2026, 11, 21), (1,), False),
    ],
)
def test_it_is_open_on_its_days_while_anything_is_left(
    starts: date | None, ends: date | None, left: tuple[int | None, ...], *, is_open: bool
) -> None:
    prize = Prize("p", Fraction(1, 2), points=1)
    lottery = LotteryRules((prize,), starts_on=starts, ends_on=ends)
    heaps = [Left(prize, count) for count in left]
    if is_open:
        check_open(lottery, heaps, today=date(2026, 11, 22))
    else:
        with pytest.raises(LotteryClosed):
            check_open(lottery, heaps, today=date(2026, 11, 22))


GOOD = {"id": "a", "odds": "5%", "points": 5}


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({}, "lottery.prizes"),
        ({"prizes": [{**GOOD, "odds": "0%"}]}, "lottery.prizes[1].odds"),
        ({"prizes": [{**GOOD, "odds": "five"}]}, "lottery.prizes[1].odds"),
        ({"prizes": [{**GOOD, "points": 0}]}, "lottery.prizes[1]"),
        ({"prizes": [{**GOOD, "offer": "welcome"}]}, "lottery.prizes[1]"),
        ({"prizes": [{"id": "a", "odds": "5%", "offer": "nowhere"}]}, "lottery.prizes[1].offer"),
        ({"prizes": [GOOD, GOOD]}, "lottery.prizes[2]"),
        ({"prizes": [{**GOOD, "odds": "60%"}, {**GOOD, "id": "b", "odds": "41%"}]}, "lottery.prizes"),
        ({"prizes": [GOOD], "per_day": 0}, "lottery.per_day"),
        ({"prizes": [GOOD], "prise_points": 5}, "lottery.prise_points"),
    ],
)
def test_a_slip_in_the_table_is_named(told: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "lottery": told})
    assert [problem.path for problem in wrong.value.problems] == [place]


def test_goods_are_a_gift_of_their_own_and_without_the_table_there_is_no_lottery() -> None:
    goods = {"id": "tea", "odds": "100%", "goods": {"en": "a tea"}}
    shop = rules.parse({**CAFE, "lottery": {"goods_days": 5, "prizes": [goods]}})
    gift = shop.offer("prize-tea")
    assert gift is not None
    assert (gift.kind, gift.goods["en"], gift.validity.days, gift.claim) == ("gift", "a tea", 5, "granted")
    assert "lottery" not in shop.lacking
    assert "lottery" in rules.parse(CAFE).lacking
