"""Counted passes: the worked examples of docs/rules/passes.md, and what holds for any of them."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import passes, rules
from membership.errors import Refusal
from membership.passes import Plan, Standing
from membership.rules import RulesError
from tests.documents import read, rows, sections

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
EXAMPLES = sections(read("docs/rules/passes.md"), 2)
SHANGHAI = ZoneInfo("Asia/Shanghai")
TEN: dict[str, Any] = {"id": "ten", "name": "Ten coffees", "visits": 10, "price": "200"}


def test_the_last_day_is_as_written() -> None:
    for sold_on, days, last in rows(EXAMPLES["The last day"]):
        plan = Plan("p", 10, 20_000, 2_500, days=None if days == "no end" else int(days))
        assert str(plan.last_on(date.fromisoformat(sold_on)) or "never") == last


def test_a_visit_may_be_taken_as_written() -> None:
    plan = Plan("ten", 10, 20_000, 2_500, days=30, stores=frozenset({"main"}))
    ends_at = plan.ends_at(datetime(2026, 11, 22, 4, tzinfo=UTC), SHANGHAI)
    for left, state, count, store, at, answer in rows(EXAMPLES["May a visit be taken"]):
        now, standing = datetime.fromisoformat(at).replace(tzinfo=UTC), Standing(state, int(left), ends_at)
        try:
            passes.check_use(plan, standing, int(count), store=store, now=now, zone=SHANGHAI)
            said = "yes"
        except Refusal as no:
            said = no.key
        assert (left, at, said) == (left, at, answer)


def test_what_is_given_back_is_as_written() -> None:
    for price, visits, single, taken, back, points in rows(EXAMPLES["What is given back"]):
        try:
            minor = passes.given_back(int(price), int(single), visits=int(visits), used=int(taken))
            said = (str(minor), str(passes.points_back(20, int(price), minor)))
        except Refusal as no:
            said = (no.key, "–")
        assert (price, taken, *said) == (price, taken, back, points)


PLANS = st.builds(
    lambda visits, price, more: (visits, price, -(-price // visits) + more),
    st.integers(1, 100),
    st.integers(1, 10**7),
    st.integers(0, 10**5),
)


@given(PLANS, st.integers(0, 99))
def test_no_more_is_given_back_than_the_visits_left_cost_and_every_visit_makes_it_less(
    plan: tuple[int, int, int], used: int
) -> None:
    visits, price, single = plan
    try:
        back = passes.given_back(price, single, visits=visits, used=used)
    except Refusal:
        assert used >= visits or price <= used * single
        return
    assert 0 < back <= price
    assert back * visits <= price * (visits - used)
    assert (back == price) is (used == 0)


@given(st.integers(0, 10**6), st.integers(1, 10**7), st.integers(0, 10**7))
def test_of_the_points_the_same_share_goes_back_all_with_all(points: int, price: int, back: int) -> None:
    taken = passes.points_back(points, price, min(back, price))
    assert 0 <= taken <= points
    assert passes.points_back(points, price, price) == points


def parsed(*told: dict[str, Any]) -> tuple[Plan, ...]:
    return rules.parse({**CAFE, "passes": list(told)}).passes


def test_a_pass_is_read_with_its_defaults() -> None:
    [plan] = parsed({**TEN, "visits": 3, "price": "100"})
    assert (plan.single_minor, plan.days, plan.points, plan.warn_left, plan.warn_days) == (3334, None, 0, 2, (7,))
    assert parsed({**TEN, "visits": 1})[0].warn_left == 0, "a single visit is not running low from the start"
    assert rules.parse({**CAFE, "passes": []}).lacking >= {"passes", "sellpass"}
    assert not rules.parse({**CAFE, "passes": [TEN]}).lacking & {"passes", "sellpass"}


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ([{**TEN, "visits": 0}], "passes[1].visits"),
        ([{**TEN, "price": "0"}], "passes[1].price"),
        ([{**TEN, "days": 0}], "passes[1].days"),
        ([{**TEN, "single": "19"}], "passes[1].single"),
        ([{**TEN, "warn_days": [0]}], "passes[1].warn_days"),
        ([{**TEN, "stores": ["moon"]}], "passes[1].stores"),
        ([{**TEN, "visit": 9}], "passes[1].visit"),
        ([TEN, TEN], "passes[2]"),
    ],
)
def test_a_slip_in_a_pass_is_named(told: list[dict[str, Any]], place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        parsed(*told)
    assert [problem.path for problem in wrong.value.problems] == [place]
