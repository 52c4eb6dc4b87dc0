"""Tiers: who stands where, what is ahead, and what a review makes of it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import rules
from membership.rules import RulesError
from membership.tier_windows import KINDS, Window
from membership.tiers import Ahead, Ladder, Review, Tier

BASIC, SILVER, GOLD = Tier("basic"), Tier("silver", threshold=100), Tier("gold", threshold=300)
LADDER = Ladder((BASIC, SILVER, GOLD))
CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("current", "counted", "after", "ahead"),
    [
        (None, 0, BASIC, Ahead(SILVER, 100)),
        ("basic", 99, BASIC, Ahead(SILVER, 1)),
        ("basic", 100, SILVER, Ahead(GOLD, 200)),
        ("basic", 300, GOLD, None),
        ("gold", 0, GOLD, None),
        ("silver", 0, SILVER, Ahead(GOLD, 300)),
        ("retired", 150, SILVER, Ahead(GOLD, 150)),
    ],
)
def test_members_rise_at_once_and_never_fall_by_a_purchase(
    current: str | None, counted: int, *, after: Tier, ahead: Ahead | None
) -> None:
    assert LADDER.after(current, counted) == after
    assert LADDER.ahead(current, counted) == ahead


def test_a_shop_without_tiers_has_nothing_to_rise_to() -> None:
    assert Ladder().after(None, 500) is None
    assert Ladder().ahead(None, 500) is None


@pytest.mark.parametrize(
    ("window", "today", "joined", "starts", "until"),
    [
        (Window(), "2026-11-22", "2020-01-01", None, None),
        (Window("rolling", 365), "2026-11-22", "2020-01-01", "2025-11-23", "2027-11-22"),
        (Window("rolling", 1), "2026-11-22", "2020-01-01", "2026-11-22", "2026-11-23"),
        (Window("calendar_year"), "2026-12-31", "2020-01-01", "2026-01-01", "2027-12-31"),
        (Window("calendar_year"), "2027-01-01", "2020-01-01", "2027-01-01", "2028-12-31"),
        (Window("anniversary"), "2026-11-22", "2026-11-22", "2026-11-22", "2028-11-21"),
        (Window("anniversary"), "2026-11-21", "2025-11-22", "2025-11-22", "2027-11-21"),
        (Window("anniversary"), "2027-02-27", "2024-02-29", "2026-02-28", "2028-02-28"),
        (Window("anniversary"), "2027-02-28", "2024-02-29", "2027-02-28", "2029-02-27"),
        (Window("anniversary"), "2028-02-28", "2024-02-29", "2027-02-28", "2029-02-27"),
    ],
)
def test_a_window_begins_and_its_hold_ends_on_days_of_the_shop(
    window: Window, today: str, joined: str, *, starts: str | None, until: str | None
) -> None:
    day, joined_on = date.fromisoformat(today), date.fromisoformat(joined)
    assert window.starts_on(day, joined_on) == (starts and date.fromisoformat(starts))
    assert window.held_until(day, joined_on) == (until and date.fromisoformat(until))


WINDOWS = st.builds(Window, st.sampled_from(KINDS[1:]), st.integers(1, 800))
DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))


@given(WINDOWS, DAYS, DAYS)
def test_windows_follow_each_other_without_a_gap_whatever_the_day(window: Window, day: date, joined: date) -> None:
    joined_on = min(day, joined)
    first, until = window.starts_on(day, joined_on), window.held_until(day, joined_on)
    assert first is not None
    assert until is not None
    assert first <= day < until
    begins = window.starts_on(until, joined_on)
    assert begins is not None
    assert begins > day  # what reached a tier does not keep it as well
    if window.kind == "rolling":
        assert begins == day + timedelta(days=1)
    else:  # the year that follows the one of the day
        assert window.starts_on(begins - timedelta(days=1), joined_on) == first
    later = window.held_until(until, joined_on)
    assert later is not None
    assert window.starts_on(later, joined_on) == until + timedelta(days=1)


@pytest.mark.parametrize(
    ("review", "held", "counted", "after"),
    [
        ("keep", "gold", 0, GOLD),
        ("one_down", "gold", 0, SILVER),
        ("one_down", "gold", 299, SILVER),
        ("one_down", "gold", 300, GOLD),
        ("one_down", "silver", 0, BASIC),
        ("by_metric", "gold", 99, BASIC),
        ("by_metric", "gold", 100, SILVER),
        ("by_metric", "silver", 900, SILVER),
        ("by_metric", "basic", 900, BASIC),
        ("by_metric", "retired", 150, SILVER),
    ],
)
def test_a_review_keeps_or_lowers_and_never_lifts(review: Review, held: str, counted: int, *, after: Tier) -> None:
    ladder = replace(LADDER, window=Window("calendar_year"), review=review)
    assert ladder.reviewed(held, counted) == after


def test_only_what_can_be_lost_has_an_end() -> None:
    today = date(2026, 11, 22)
    ladder = Ladder((BASIC, SILVER, GOLD), window=Window("calendar_year"), review="by_metric")
    assert ladder.held_until(GOLD, today, today) == date(2027, 12, 31)
    assert ladder.held_until(BASIC, today, today) is None
    assert replace(ladder, review="keep").held_until(GOLD, today, today) is None
    assert replace(ladder, window=Window()).held_until(GOLD, today, today) is None


def test_warnings_come_on_the_shops_days_and_when_the_grace_begins() -> None:
    assert Ladder(warn_days=(7, 30)).warned_ahead == (30, 7)
    assert Ladder(warn_days=(30, 7), grace_days=14).warned_ahead == (30, 14, 7)


@pytest.mark.parametrize(
    ("ladder", "tier", "place"),
    [
        ({"review": "by_metric"}, {}, "ladder.review"),
        ({"window": "weekly"}, {}, "ladder.window"),
        ({"metric": "balance"}, {}, "ladder.metric"),
        ({"grace_days": -1}, {}, "ladder.grace_days"),
        ({"warn_days": [0]}, {}, "ladder.warn_days"),
        ({}, {"gift": "cake"}, "tiers[2].gift"),
        ({}, {"monthly": "cake"}, "tiers[2].monthly"),
        ({}, {"birthday_multiplier": "much"}, "tiers[2].birthday_multiplier"),
        ({"metric": "visits"}, {"from": "1000"}, "tiers[2].from"),
    ],
)
def test_a_slip_in_the_ladder_is_named(ladder: dict[str, Any], tier: dict[str, Any], place: str) -> None:
    basic, silver, _ = CAFE["tiers"]
    with pytest.raises(RulesError) as wrong:
        rules.parse({**CAFE, "ladder": ladder, "tiers": [basic, silver | tier]})
    assert wrong.value.problems[0].path == place
