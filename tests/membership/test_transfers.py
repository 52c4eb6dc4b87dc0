"""Points between family and friends, as docs/rules/transfer.md tells it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from membership import rules
from membership.errors import Refusal
from membership.rules import RulesError
from membership.transfers import TransferRules
from tests.documents import read, rows, sections

CAFE: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "membership/presets/cafe.toml").read_text(encoding="utf-8")
)
EXAMPLES = sections(read("docs/rules/transfer.md"), 2)["At least 10 at once, at most 200 a month"]


@pytest.mark.parametrize(("before", "now", "answer"), list(rows(EXAMPLES)))
def test_the_worked_examples_are_true(before: str, now: str, answer: str) -> None:
    try:
        TransferRules(month_cap=200, least=10).check(int(now), int(before))
        said = "sent"
    except Refusal as no:
        said = no.key
    assert said == answer


def test_no_table_leaves_it_off_and_an_empty_one_turns_it_on() -> None:
    assert rules.parse({key: told for key, told in CAFE.items() if key != "transfer"}).transfer is None
    assert rules.parse({**CAFE, "transfer": {}}).transfer == TransferRules()


def test_a_shop_without_it_shows_no_word_of_it() -> None:
    off = rules.parse({key: told for key, told in CAFE.items() if key != "transfer"})
    assert "family" in off.lacking
    assert "family" not in rules.parse({**CAFE, "transfer": {}}).lacking


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"month_cap": 0}, "transfer.month_cap"),
        ({"min": 0}, "transfer.min"),
        ({"min": 11, "month_cap": 10}, "transfer.min"),
        ({"people": 21}, "transfer.people"),
        ({"fee": 1}, "transfer.fee"),
    ],
)
def test_a_slip_in_the_table_is_named(told: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "transfer": told})
    assert [problem.path for problem in wrong.value.problems] == [place]
