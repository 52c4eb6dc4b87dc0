"""The presets: each trade has its own ladder and its own extras, and says why."""

from __future__ import annotations

import re
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

import membership
from membership import rules
from membership.rules import ShopRules

NAMES = ("cafe", "restaurant", "retail", "salon", "gym")
TEXTS = {name: (Path(membership.__file__).parent / "presets" / f"{name}.toml").read_text("utf-8") for name in NAMES}
SHOPS = {name: rules.parse(tomllib.loads(text)) for name, text in TEXTS.items()}


def ladder(shop: ShopRules) -> tuple[object, ...]:
    return shop.ladder.metric, shop.ladder.window, shop.ladder.review


@pytest.mark.parametrize(("one", "other"), list(combinations(NAMES, 2)))
def test_no_two_trades_climb_the_same_ladder(one: str, other: str) -> None:
    assert ladder(SHOPS[one]) != ladder(SHOPS[other])


@pytest.mark.parametrize("name", NAMES)
def test_each_says_why_its_ladder_is_as_it_is_and_names_what_else_could_stand_there(name: str) -> None:
    written = re.search(r"^\[ladder\] +# (?P<why>.+)\n(?P<rest>(?:.+\n)+)", TEXTS[name], re.MULTILINE)
    assert written is not None
    assert len(written["why"]) > 30
    for key in ("metric", "window", "review"):
        assert re.search(rf"^{key} = .+# .*or ", written["rest"], re.MULTILINE), key


def test_a_tier_that_can_be_lost_is_warned_of_in_time() -> None:
    for name in NAMES:
        ladder = SHOPS[name].ladder
        if ladder.reviews:
            assert ladder.grace_days >= 7, name
            assert max(ladder.warned_ahead) > ladder.grace_days, name


def test_every_part_of_the_engine_is_shown_by_some_trade() -> None:
    having = {
        "checkin": [name for name in NAMES if SHOPS[name].checkin],
        "campaigns": [name for name in NAMES if SHOPS[name].campaigns],
        "promotions": [name for name in NAMES if SHOPS[name].promotions],
        "stored value": [name for name in NAMES if SHOPS[name].stored_value],
        "passes": [name for name in NAMES if SHOPS[name].passes],
        "referral": [name for name in NAMES if SHOPS[name].referral],
        "tier gifts": [name for name in NAMES if any(tier.gift for tier in SHOPS[name].ladder.tiers)],
        "monthly coupons": [name for name in NAMES if any(tier.monthly for tier in SHOPS[name].ladder.tiers)],
    }
    assert {part: bool(names) for part, names in having.items()} == dict.fromkeys(having, True)
