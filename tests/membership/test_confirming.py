"""When a bill waits for the member's yes, and what already is one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from membership.confirming import Taking, is_needed, is_said, worth_of
from membership.counter_rules import CounterRules
from membership.messages import say
from membership.money import Money
from membership.pricing import Line
from membership.rules import parse

PRESETS = Path(__file__).parents[2] / "membership" / "presets"


def rules(**counter: object) -> CounterRules:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    return parse({**body, "counter": counter}).counter


@pytest.mark.parametrize(
    ("worth", "stored", "needed"),
    [(0, 0, False), (5_000, 0, False), (5_001, 0, True), (0, 1, True), (5_000, 1, True), (10**9, 0, True)],
)
def test_much_of_the_members_needs_a_yes_and_stored_value_always(worth: int, stored: int, *, needed: bool) -> None:
    assert is_needed(rules(), Taking(worth, stored)) is needed


def test_a_shop_may_ask_for_every_point() -> None:
    assert is_needed(rules(confirm_above="0"), Taking(1, 0))
    assert not is_needed(rules(confirm_above="0"), Taking(0, 0))


@pytest.mark.parametrize(
    ("taking", "yes", "pay_code", "said"),
    [
        (Taking(20_000, 0), "", True, "pay_code"),
        (Taking(19_999, 1), "", True, "pay_code"),
        (Taking(20_000, 1), "", True, ""),
        (Taking(20_000, 0), "", False, ""),
        (Taking(90_000, 0), "pin", False, "pin"),
        (Taking(90_000, 0), "manager", True, "manager"),
        (Taking(100, 0), "chat", False, ""),  # only the member's own message says that
        (Taking(100, 0), "anything", False, ""),
    ],
)
def test_a_pin_a_manager_or_a_pay_code_is_a_yes(taking: Taking, yes: str, said: str, *, pay_code: bool) -> None:
    assert is_said(rules(), taking, yes=yes, pay_code=pay_code) == said


def test_a_tier_price_takes_nothing_from_the_member() -> None:
    lines = [
        Line(say("price.bill"), Money(10_000, "CNY")),
        Line(say("price.tier"), Money(-1_000, "CNY")),
        Line(say("price.coupon"), Money(-500, "CNY")),
        Line(say("price.points"), Money(-250, "CNY")),
        Line(say("price.stored"), Money(-8_250, "CNY")),
    ]
    assert worth_of(lines) == 750


def test_the_limits_follow_the_currency_where_the_file_says_nothing() -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    yen = parse({**body, "shop": {**body["shop"], "currency": "JPY"}}).counter
    assert (rules().pin_day_minor, yen.pin_day_minor) == (20_000, 200)
