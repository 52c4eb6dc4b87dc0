"""Campaigns in chat: what runs is listed with its times, and turned off and on with one tap."""

from __future__ import annotations

import tomllib
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Reply, words
from services import rules
from tests.handlers.counter import PRESETS, Counter, Person, button, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
CAMPAIGNS = [
    {"id": f"day-{number}", "name": f"Day {number}", "multiplier": "1.5", "weekdays": ["tue", "sun"]}
    for number in range(9)
]


@pytest.fixture
async def marketer(counter: Counter) -> Person:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    told = {**body, "campaigns": CAMPAIGNS}
    await counter.db.write(rules.bring, told, actor="test", now=counter.now)
    person = Person(counter, "wechat", "Kim")
    await counter.employ(person, "marketer")
    return person


def spoken(reply: Reply, language: str) -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


async def test_what_runs_is_turned_off_and_on_again(marketer: Person) -> None:
    listed = await marketer.press("campaigns")
    assert "✅ Day 0 · 积分 ×1.5 · 周二，周日" in spoken(listed, "zh-Hans")
    off = await marketer.press(button(listed, "campaigns off campaign day-0"))
    assert "⏸ Day 0 · 积分 ×1.5 · 已停用" in spoken(off, "zh-Hans")
    again = await marketer.press("campaigns off campaign day-0")
    assert spoken(again, "en") == spoken(off, "en")
    on = await marketer.press(button(off, "campaigns on campaign day-0"))
    assert spoken(on, "en") == spoken(listed, "en")


async def test_a_long_list_has_pages_and_stays_on_the_page_of_what_was_turned(marketer: Person) -> None:
    listed = await marketer.press("campaigns")
    assert "campaigns off offer welcome" not in words(listed)
    second = await marketer.press(button(listed, "campaigns from 8"))
    off = await marketer.press(button(second, "campaigns off offer welcome"))
    assert "campaigns on offer welcome" in words(off)
    assert keys(await marketer.press("campaigns off campaign nothing")) == ["refusal.expired"]
    assert keys(await marketer.press("campaigns off weather rain")) == ["refusal.expired"]


async def test_what_runs_in_one_store_alone_is_told_with_its_store(counter: Counter, amy: Person) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    stores = [*body["stores"], {"code": "east", "name": "East Gate"}]
    running = [{**CAMPAIGNS[0], "stores": ["east"]}, {**CAMPAIGNS[1], "stores": ["east", "main"]}]
    told = {**body, "stores": stores, "campaigns": running}
    await counter.db.write(rules.bring, told, actor="test", now=counter.now)
    await amy.press("join")
    shown = spoken(await amy.press("campaigns"), "en")
    assert "Day 0 · points ×1.5 · Tue, Sun, only at East Gate" in shown
    assert shown.endswith("Day 1 · points ×1.5 · Tue, Sun")


async def test_a_colleague_who_may_switch_nothing_sees_as_a_member_what_counts_for_them(
    counter: Counter, marketer: Person
) -> None:
    del marketer  # who brought the campaigns
    cashier = Person(counter, "telegram", "Lin")
    await counter.employ(cashier, "cashier")
    assert keys(await cashier.press("campaigns")) == ["refusal.not_allowed"]
    await cashier.press("join")
    offered = await cashier.press("perks")
    assert keys(await cashier.press(button(offered, "campaigns")))[0] == "switch.for_you"


@pytest.mark.parametrize("typed", ["活动倍率", "活動倍率", "campaigns"])
def test_it_is_understood_in_every_language(typed: str) -> None:
    assert WORDS.keywords()[typed] == "campaigns"


async def test_a_member_sees_what_counts_for_them_and_can_turn_nothing_off(marketer: Person, amy: Person) -> None:
    await amy.press("join")
    shown = await amy.say("campaigns", word="campaigns off campaign day-0")
    assert keys(shown) == ["switch.for_you", "lines"]
    assert "✨ Day 0 · points ×1.5 · Tue, Sun" in spoken(shown, "en")
    assert not [word for word in words(shown) if word.startswith("campaigns")]
    assert "✅ Day 0" in spoken(await marketer.press("campaigns"), "en")
    await marketer.press("campaigns off campaign day-0")
    assert "Day 0" not in spoken(await amy.press("campaigns"), "en")


async def test_what_is_over_or_for_others_is_not_shown_to_a_member(counter: Counter, amy: Person) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    told = [
        {"id": "past", "name": "Past", "ends_on": date(2026, 11, 21)},
        {"id": "golden", "name": "Golden", "tiers": ["gold"]},
    ]
    await counter.db.write(rules.bring, {**body, "campaigns": told}, actor="test", now=counter.now)
    await amy.press("join")
    assert keys(await amy.press("campaigns")) == ["switch.nothing"]
