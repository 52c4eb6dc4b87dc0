"""The shop's rules: the presets are right, and every slip is named with its cure."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from datetime import date, time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import membership
from membership import rules
from membership.days import Hours
from membership.earning import Rate
from membership.points import ExpiryPolicy
from membership.rules import RulesError, Worth

PRESETS = Path(membership.__file__).parent / "presets"
CAFE: dict[str, Any] = tomllib.loads((PRESETS / "cafe.toml").read_text("utf-8"))


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the café's rules with one value changed (None: taken out)."""
    body = deepcopy(CAFE)
    table: Any = body
    *way, last = path.split(".")
    for part in way:
        table = table[int(part) - 1] if part.isdigit() else table.setdefault(part, {})
    if value is None:
        del table[last]
    else:
        table[last] = value
    return body


@pytest.mark.parametrize("name", ["cafe", "restaurant", "retail", "salon", "gym"])
def test_every_preset_is_a_whole_set_of_rules_in_the_three_core_languages(name: str) -> None:
    text = (PRESETS / f"{name}.toml").read_text("utf-8")
    preset = rules.parse(tomllib.loads(text))
    assert preset.code == name
    assert len(preset.ladder.tiers) == 3
    assert len(preset.offers_for("open")) == 1
    assert len(preset.offers_for("birthday")) == 1
    told = [preset.name, preset.terms, preset.privacy, *(tier.name for tier in preset.ladder.tiers)]
    told += [offer.title for offer in preset.offers] + [store.name for store in preset.stores]
    assert all({"zh-Hans", "zh-Hant", "en"} <= set(texts) for texts in told)
    assert "#" in text


def test_the_cafe_gives_a_point_a_yuan_and_a_yuan_for_a_hundred() -> None:
    cafe = rules.parse(CAFE)
    assert cafe.points.rate == Rate(1, 100)
    assert cafe.points.worth == Worth(100, 100)
    assert cafe.points.expiry == ExpiryPolicy("months", 12)
    assert cafe.ladder.tiers[2].multiplier == Fraction(3, 2)
    assert cafe.ladder.tiers[2].threshold == 300000
    assert cafe.quiet == Hours(time(21), time(9))
    assert cafe.limits.amount_max_minor == 500000
    assert cafe.zone.key == "Asia/Shanghai"
    assert (cafe.offer("welcome"), cafe.offer("none")) == (cafe.offers[0], None)
    assert (cafe.store("main"), cafe.store("none")) == (cafe.stores[0], None)


def test_a_plain_text_stands_for_every_language_and_a_missing_language_gets_the_shops_own() -> None:
    assert rules.parse(changed("shop.name", "Kaffee")).name == dict.fromkeys(("zh-Hans", "zh-Hant", "en"), "Kaffee")
    partly = rules.parse(changed("shop.name", {"zh-Hans": "咖啡", "de": "Kaffee"})).name
    assert partly == {"zh-Hans": "咖啡", "zh-Hant": "咖啡", "en": "咖啡", "de": "Kaffee"}


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("shop.name", None, "shop.name"),
        ("shop.name", 5, "shop.name"),
        ("shop.code", "Main Street", "shop.code"),
        ("shop.currency", "XXX", "shop.currency"),
        ("shop.currency", "yuan", "shop.currency"),
        ("shop.zone", "Asia/Shangai", "shop.zone"),
        ("shop.zone", "../secret", "shop.zone"),
        ("shop.languages", ["中文"], "shop.languages"),
        ("shop.languages", "en", "shop.languages"),
        ("shop.region", "China", "shop.region"),
        ("shop.nmae", "x", "shop.nmae"),
        ("points.earn.points", 0, "points.earn.points"),
        ("points.earn.points", True, "points.earn.points"),
        ("points.earn.per", "0", "points.earn.per"),
        ("points.earn.per", "1.234", "points.earn.per"),
        ("points.earn", 5, "points.earn"),
        ("points.worth.pay", None, "points.worth.pay"),
        ("points.cap_percent", 101, "points.cap_percent"),
        ("points.expiry.kind", "month", "points.expiry.kind"),
        ("points.expiry.count", 0, "points.expiry.count"),
        ("ladder.metric", "balance", "ladder.metric"),
        ("tiers.2.from", "0", "tiers"),
        ("tiers.2.multiplier", "1.23456", "tiers[2].multiplier"),
        ("tiers.2.multiplier", "101", "tiers[2].multiplier"),
        ("tiers.2.id", "gold", "tiers[3]"),
        ("tiers", "three", "tiers"),
        ("offers.1.kind", "csah", "offers[1].kind"),
        ("offers.1.value", None, "offers[1].value"),
        ("offers.1.tiers", ["platinum"], "offers[1].tiers"),
        ("offers.1.stores", ["west"], "offers[1].stores"),
        ("offers.1.stores", [""], "offers[1].stores"),
        ("offers.1.weekdays", ["monday"], "offers[1].weekdays"),
        ("offers.1.ends_on", "2026-13-01", "offers[1].ends_on"),
        ("offers.1.hours", {"from": "25:00", "until": "09:00"}, "offers[1].hours.from"),
        ("offers.1.exclusive", "yes", "offers[1].exclusive"),
        ("offers.2.percent_off", 101, "offers[2].percent_off"),
        ("offers.2.id", "welcome", "offers[2]"),
        ("birthday.feb29", "mar2", "birthday.feb29"),
        ("quiet.from", "9 pm", "quiet.from"),
        ("quiet.from", "09:00", "quiet"),
        ("limits.amount_max", -1, "limits.amount_max"),
        ("notices.points_days", [0], "notices.points_days"),
        ("notices.points_days", "30", "notices.points_days"),
        ("stores", None, "stores"),
        ("colour", "red", "colour"),
    ],
)
def test_one_slip_is_named_at_its_place_with_a_cure(path: str, value: object, place: str) -> None:
    with pytest.raises(RulesError) as wrong:
        rules.parse(changed(path, value))
    assert place in {problem.path for problem in wrong.value.problems}
    assert all(problem.what and problem.cure for problem in wrong.value.problems)


def test_all_slips_are_named_at_once() -> None:
    body = changed("offers.1.kind", "csah")
    body["shop"]["zone"] = "Mars/Base"
    body["quiet"]["unitl"] = "09:00"
    with pytest.raises(RulesError) as wrong:
        rules.parse(body)
    found = {problem.path: problem.cure for problem in wrong.value.problems}
    assert found["shop.zone"] == 'write a time zone, such as "Asia/Shanghai"'
    assert found["offers[1].kind"] == 'did you mean "cash"?'
    assert found["quiet.unitl"] == 'did you mean "until"?'
    assert 'quiet.unitl: is not a rule (did you mean "until"?)' in str(wrong.value)


def test_an_offer_that_ends_before_it_begins_is_a_slip() -> None:
    body = changed("offers.1.starts_on", date(2026, 12, 2))
    body["offers"][0]["ends_on"] = "2026-12-01"
    with pytest.raises(RulesError, match=r"offers\[1\]\.ends_on: lies before starts_on"):
        rules.parse(body)


def test_an_offer_may_be_narrowed_in_every_way() -> None:
    body = changed("offers.1.weekdays", ["mon", "sun"])
    body["offers"][0] |= {
        "hours": {"from": "14:00", "until": "17:00"},
        "blackout": ["2026-12-25"],
        "starts_on": date(2026, 12, 1),
        "stock": 100,
        "tiers": ["gold"],
        "stores": ["main"],
        "stack_group": "afternoon",
    }
    offer = rules.parse(body).offers[0]
    assert offer.validity.weekdays == {0, 6}
    assert offer.validity.hours == Hours(time(14), time(17))
    assert offer.validity.blackout == {date(2026, 12, 25)}
    assert (offer.stock, offer.stack_group) == (100, "afternoon")
    assert (offer.tiers, offer.stores) == (frozenset({"gold"}), frozenset({"main"}))


def test_times_may_come_from_toml_as_times() -> None:
    assert rules.parse(changed("quiet.from", time(22))).quiet.start == time(22)
    assert rules.parse(changed("quiet.from", "22:00:00")).quiet.start == time(22)


def test_amounts_follow_the_currency() -> None:
    body = changed("shop.currency", "JPY")
    assert rules.parse(body).points.rate.per_minor == 1
    body["points"]["earn"]["per"] = "1.00"
    with pytest.raises(RulesError):
        rules.parse(body)


def test_points_are_worth_whole_coins_rounded_down() -> None:
    assert Worth(3, 100).minor_of(2) == 66
    assert Worth(100, 100).points_within(550) == 550


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**13) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = (
    "shop",
    "shop.name",
    "points",
    "points.expiry",
    "tiers",
    "offers",
    "offers.1.hours",
    "offers.1.cap",
    "quiet.from",
)


@given(st.sampled_from(PLACES), JSON)
def test_whatever_is_written_is_a_set_of_rules_or_a_list_of_slips(path: str, value: object) -> None:
    try:
        rules.parse(changed(path, {} if value is None else value))
    except RulesError as wrong:
        assert wrong.problems  # noqa: PT017 -- both ends are right here, a crash is not
