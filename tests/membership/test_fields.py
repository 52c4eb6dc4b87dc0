"""The shop's own fields: what each kind takes, and which slips in the rules are named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from membership import rules
from membership.errors import InvalidAnswer, InvalidTag
from membership.fields import Field, parse
from membership.rules import RulesError
from membership.tags import parse as tag

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
MILK = Field("milk", {"en": "Milk"}, "choice", {"oat": {"en": "Oat", "zh-Hans": "燕麦"}, "cow": {"en": "Cow"}})


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (MILK, " OAT ", "oat"),
        (MILK, "燕麦", "oat"),
        (Field("n", {}, "number"), "-1,250.5", "-1250.5"),
        (Field("d", {}, "date"), "2026-1-3", "2026-01-03"),
        (Field("d", {}, "date"), "2026年11月22日", "2026-11-22"),
        (Field("t", {}, "text"), "  no\u202e nuts ", "no nuts"),
    ],
)
def test_an_answer_is_kept_in_one_way(field: Field, typed: str, kept: str) -> None:
    assert parse(field, typed) == kept


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (MILK, "soy"),
        (MILK, ""),
        (Field("n", {}, "number"), "five"),
        (Field("n", {}, "number"), "٣"),
        (Field("d", {}, "date"), "2026-02-30"),
        (Field("d", {}, "date"), "yesterday"),
        (Field("t", {}, "text"), "\u200b"),
        (Field("t", {}, "text"), 101 * "x"),
    ],
)
def test_what_does_not_fit_is_refused(field: Field, typed: str) -> None:
    with pytest.raises(InvalidAnswer):
        parse(field, typed)


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ([{"id": "milk", "name": "Milk", "kind": "choice"}], "fields[1].choices"),
        ([{"id": "milk", "name": "Milk", "choices": [{"id": "a", "name": "A"}]}], "fields[1].choices"),
        ([{"id": "milk", "name": "Milk", "kind": "yes"}], "fields[1].kind"),
        ([{"id": "milk", "name": "Milk", "asks": "friends"}], "fields[1].asks"),
        ([{"name": "Milk"}], "fields[1].id"),
        (2 * [{"id": "milk", "name": "Milk"}], "fields[2]"),
        ([{"id": f"f{number}", "name": "F"} for number in range(21)], "fields"),
        (
            [{"id": "m", "name": "M", "kind": "choice", "choices": 2 * [{"id": "a", "name": "A"}]}],
            "fields[1].choices[2].id",
        ),
    ],
)
def test_a_slip_in_the_rules_is_named(told: list[dict[str, Any]], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "fields": told})
    assert [problem.path for problem in wrong.value.problems] == [place]


@pytest.mark.parametrize(("typed", "kept"), [(" oat  milk ", "oat-milk"), ("vip", "VIP"), ("常客", "常客")])
def test_a_tag_is_one_word_in_the_spelling_that_is_known(typed: str, kept: str) -> None:
    assert tag(typed, known=["VIP"]) == kept


@pytest.mark.parametrize("typed", ["", " \u200b ", 14 * "客", 27 * "x"])
def test_what_no_button_could_carry_is_no_tag(typed: str) -> None:
    with pytest.raises(InvalidTag):
        tag(typed)
