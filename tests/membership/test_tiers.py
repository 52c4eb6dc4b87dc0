"""Tiers: who stands where, and what is ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from membership.tiers import Ahead, Ladder, Tier

BASIC, SILVER, GOLD = Tier("basic"), Tier("silver", threshold=100), Tier("gold", threshold=300)
LADDER = Ladder((BASIC, SILVER, GOLD))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


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


def test_a_rolling_window_counts_its_days() -> None:
    assert LADDER.counts_from(NOW) is None
    assert Ladder(window="rolling", days=365).counts_from(NOW) == NOW - timedelta(days=365)
