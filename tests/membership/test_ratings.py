"""Ratings: who is asked, what a score is, what is low, and the mean of many."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import ratings, rules
from membership.errors import InvalidScore
from membership.ratings import SurveyRules
from membership.rules import RulesError

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(("text", "score"), [("1", 1), ("5", 5), (" 4 ", 4), ("3分", 3), ("2 ★", 2)])
def test_a_score_is_tapped_or_typed(text: str, score: int) -> None:
    assert ratings.score_of(text) == score


@pytest.mark.parametrize("text", ["0", "6", "-1", "4.5", "", "five", "²", "٣", "55", "1" * 400])
def test_anything_else_is_no_score(text: str) -> None:
    with pytest.raises(InvalidScore):
        ratings.score_of(text)


def test_a_member_is_asked_again_after_the_shops_days() -> None:
    survey = SurveyRules(every_days=30)
    assert survey.is_rested(None, NOON)
    assert not survey.is_rested(NOON - timedelta(days=30, seconds=-1), NOON)
    assert survey.is_rested(NOON - timedelta(days=30), NOON)


def test_what_is_low_is_the_shops_to_say() -> None:
    assert [SurveyRules(low=2).is_low(score) for score in ratings.SCORES] == [True, True, False, False, False]
    assert not any(SurveyRules(low=0).is_low(score) for score in ratings.SCORES)


@pytest.mark.parametrize(
    ("scores", "tenths"),
    [([], None), ([(5, 0)], None), ([(5, 1)], 50), ([(4, 1), (5, 1)], 45), ([(5, 2), (4, 1)], 47), ([(1, 3)], 10)],
)
def test_the_mean_is_rounded_to_a_tenth(scores: list[tuple[int, int]], tenths: int | None) -> None:
    assert ratings.average_tenths(scores) == tenths


@given(st.lists(st.tuples(st.sampled_from(ratings.SCORES), st.integers(1, 1000)), min_size=1, max_size=5))
def test_the_mean_lies_between_the_worst_and_the_best(scores: list[tuple[int, int]]) -> None:
    mean = ratings.average_tenths(scores)
    assert mean is not None
    assert 10 * min(score for score, _ in scores) <= mean <= 10 * max(score for score, _ in scores)


def test_an_empty_table_turns_it_on_and_no_table_leaves_it_off() -> None:
    assert rules.parse({**CAFE, "survey": {}}).survey == SurveyRules()
    without = rules.parse({key: told for key, told in CAFE.items() if key != "survey"})
    assert without.survey is None
    assert "rate" in without.lacking


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"after_minutes": -1}, "survey.after_minutes"),
        ({"every_days": 0}, "survey.every_days"),
        ({"low": 5}, "survey.low"),
        ({"least": "x"}, "survey.least"),
        ({"after": 3}, "survey.after"),
    ],
)
def test_a_slip_in_the_table_is_named(told: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "survey": told})
    assert [problem.path for problem in wrong.value.problems] == [place]
