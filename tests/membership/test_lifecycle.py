"""Lifecycle: the worked examples of docs/rules/lifecycle.md, and what holds for any rhythm."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import rules
from membership.lifecycle import ONE_DAY, STAGES, Action, LifecycleRules, Seen, last_places, stage, usual
from membership.rules import RulesError
from tests.documents import read, rows, sections

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
EXAMPLES = sections(read("docs/rules/lifecycle.md"), 2)
TODAY = date(2026, 11, 22)
RULES = LifecycleRules()


def rhythm(written: str) -> timedelta | None:
    return None if written == "-" else float(written) * ONE_DAY


@pytest.mark.parametrize(("came", "between"), [*rows(EXAMPLES["Rhythms"])])
def test_the_rhythms_of_the_examples_are_true(came: str, between: str) -> None:
    assert usual([date.fromisoformat(day) for day in came.split()]) == rhythm(between)


@pytest.mark.parametrize(("visits", "away", "between", "named"), [*rows(EXAMPLES["Stages"])])
def test_the_stages_of_the_examples_are_true(visits: str, away: str, between: str, named: str) -> None:
    seen = Seen(int(visits), TODAY - int(away) * ONE_DAY, rhythm(between))
    assert stage(RULES, seen, TODAY) == named


@pytest.mark.parametrize(("rank", "total", "fifth"), [*rows(EXAMPLES["Scores (RFM)"])])
def test_the_scores_of_the_examples_are_true(rank: str, total: str, fifth: str) -> None:
    assert 1 + sum(int(rank) > place for place in last_places(int(total))) == int(fifth)


@given(st.integers(0, 60), st.integers(0, 200), st.none() | st.integers(2, 400))
def test_who_stays_away_longer_is_never_nearer(visits: int, away: int, half_days: int | None) -> None:
    usual_time = None if half_days is None else half_days * ONE_DAY / 2
    named = [stage(RULES, Seen(visits, TODAY - day * ONE_DAY, usual_time), TODAY) for day in (away, away + 1)]
    first, second = (max(0, STAGES.index(one) - 2) for one in named)
    assert first <= second


@given(st.integers(1, 500))
def test_scores_split_a_crowd_into_fifths(total: int) -> None:
    ends = (0, *last_places(total), total)
    sizes = [last - before for before, last in pairwise(ends)]
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(0, 20), min_size=1, max_size=80))
def test_the_figures_at_the_last_places_say_the_same_as_the_rank_of_each(figures: list[int]) -> None:
    ordered = sorted(figures)
    bounds = [ordered[place - 1] for place in last_places(len(ordered))]
    for figure in ordered:
        assert sum(figure > bound for bound in bounds) == ordered.index(figure) * 5 // len(ordered)


def test_an_action_is_read_with_its_coupon_and_its_words() -> None:
    action = {"stage": "at_risk", "offer": "welcome", "every_days": 60, "text": "Come back"}
    read_rules = rules.parse({**CAFE, "lifecycle": {"at_risk": "2", "actions": [action]}}).lifecycle
    words = dict.fromkeys(CAFE["shop"]["languages"], "Come back")
    assert read_rules.action("at_risk") == Action("at_risk", "welcome", 60, words)
    assert (read_rules.at_risk, read_rules.action("gone")) == (Fraction(2), None)


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"at_risk": "3"}, "lifecycle.at_risk"),
        ({"gone": "2"}, "lifecycle.at_risk"),
        ({"loyal_visits": 2}, "lifecycle.loyal_visits"),
        ({"usual_days": 0}, "lifecycle.usual_days"),
        ({"at": "4"}, "lifecycle.at"),
        ({"actions": [{"stage": "new", "offer": "welcome"}]}, "lifecycle.actions[1].stage"),
        ({"actions": [{"stage": "gone", "offer": "nothing"}]}, "lifecycle.actions[1].offer"),
        ({"actions": 2 * [{"stage": "gone", "offer": "welcome"}]}, "lifecycle.actions[2]"),
        ({"lonely_days": 3}, "lifecycle.lonely_days"),
    ],
)
def test_a_slip_in_the_table_is_named(told: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "lifecycle": told})
    assert [problem.path for problem in wrong.value.problems] == [place]
