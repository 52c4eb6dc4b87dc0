"""Groups of members as they are written: what is read, what asks nothing, and which slips are named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from membership import rules
from membership.rules import RulesError
from membership.segments import Conditions, Joined, Span, opened

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
MILK = {"id": "milk", "name": "Milk", "kind": "choice", "choices": [{"id": "oat", "name": "Oat"}]}


def test_a_group_is_read_whole() -> None:
    told = {"id": "dear", "name": "Dear ones", "tiers": ["gold"], "tags": ["oat milk"], "spent": {"from": "99.5"}}
    [segment] = rules.parse({**CAFE, "segments": [told]}).segments
    assert segment.conditions == Conditions(tiers=("gold",), tags=("oat-milk",), spent=Span(9950))
    assert segment.conditions.asked == ("tiers", "tags", "spent")
    assert (segment.code, segment.name["en"], segment.made_here) == ("dear", "Dear ones", False)


def test_what_was_kept_is_read_again_and_what_is_not_understood_asks_nothing() -> None:
    told = {"away_for": 30, "visits": {"from": 0}, "joined": {"within_days": 7}, "stages": ["asleep"], "later": 1}
    assert opened(told, "CNY") == Conditions(away_for=30, visits=Span(0), joined=Joined(within_days=7))


def test_today_alone_is_a_condition_and_nothing_is_none() -> None:
    assert Conditions(visited_within=0).asked == ("visited_within",)
    assert Conditions().asked == ()


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({}, "segments[1]"),
        ({"tiers": ["platinum"]}, "segments[1].tiers"),
        ({"stores": ["west"]}, "segments[1].stores"),
        ({"coupons": ["nothing"]}, "segments[1].coupons"),
        ({"fields": ["milk=cow"]}, "segments[1].fields.milk"),
        ({"fields": ["juice=oat"]}, "segments[1].fields.juice"),
        ({"fields": ["milk"]}, "segments[1].fields"),
        ({"stages": ["asleep"]}, "segments[1].stages"),
        ({"channels": ["fax"]}, "segments[1].channels"),
        ({"recency": [6]}, "segments[1].recency"),
        ({"birthday_months": ["13"]}, "segments[1].birthday_months"),
        ({"visits": {"from": 5, "until": 4}}, "segments[1].visits.until"),
        ({"visits": {"over": 5}}, "segments[1].visits.over"),
        ({"tags": [" "]}, "segments[1].tags"),
        ({"sex": ["f"]}, "segments[1].sex"),
    ],
)
def test_a_slip_is_named(told: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "fields": [MILK], "segments": [{"id": "one", "name": "One", **told}]})
    assert place in [problem.path for problem in wrong.value.problems]


def test_two_groups_of_one_code_are_named() -> None:
    told = {"id": "one", "name": "One", "tiers": ["gold"]}
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "segments": [told, told]})
    assert [problem.path for problem in wrong.value.problems] == ["segments[2]"]
