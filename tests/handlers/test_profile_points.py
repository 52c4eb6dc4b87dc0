"""Points for telling about oneself: said before, given once, for each thing of its own, on both apps."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from membership import rules as shop_rules
from membership.errors import PhoneTaken
from membership.member import Channel
from membership.messages import Reply
from membership.profile import ProfileRules
from membership.rules import RulesError
from services import members, merges, points, profile, rules
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.proof import assert_clean

CAFE: dict[str, Any] = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
CUPS = [{"id": "cups", "name": "Cups a day", "kind": "number"}]
GIVEN = {"phone": 10, "birthday": 7, "fields": 3}


@pytest.fixture
async def rewarding(counter: Counter) -> Counter:
    body = {**CAFE, "fields": CUPS, "profile": GIVEN}
    await counter.db.write(rules.bring, body, actor="test", now=counter.now)
    return counter


async def member_of(person: Person) -> str:
    await person.press("cancel")
    assert person.last is not None
    return str(person.last.who.member_id)


async def has(person: Person) -> int:
    return await person.counter.db.read(points.spendable, await member_of(person), now=person.counter.now)


def fact(reply: Reply, key: str) -> int:
    return int(next(message.facts["points"] for message in reply.messages if message.key == key))


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_each_thing_told_brings_its_points_once_and_says_so_before(rewarding: Counter, channel: Channel) -> None:
    amy = Person(rewarding, channel, "Amy")
    await amy.press("join")
    asked = await amy.press("profile name then")
    assert keys(asked) == ["profile.ask_name"], "the name brings nothing here"
    asked = await amy.say("Amy")
    assert fact(asked, "profile.brings") == 10
    told = await amy.say("13800138000")
    assert (fact(told, "profile.brought"), fact(told, "profile.brings")) == (10, 7)
    told = await amy.say("5-3")
    assert (fact(told, "profile.brought"), fact(told, "profile.brings")) == (7, 3)
    told = await amy.say("2")
    assert keys(told)[:2] == ["profile.kept", "profile.brought"]
    assert await has(amy) == 20
    assert keys(await amy.press("profile phone")) == ["profile.ask_phone"]
    assert "profile.brought" not in keys(await amy.say("13800138001"))
    assert await has(amy) == 20
    assert "history.told" in str((await amy.press("points history")).messages)
    await assert_clean(rewarding.db)


async def test_what_one_has_told_brings_nothing_more_when_two_have_become_one(rewarding: Counter) -> None:
    amy, also = Person(rewarding, "telegram", "Amy"), Person(rewarding, "wechat", "Amy")
    for one in (amy, also):
        await one.press("join")
        rewarding.pass_by(minutes=1)
    await also.press("profile phone")
    await also.say("13800138000")
    pair = (await member_of(amy), await member_of(also))
    done = await rewarding.db.write(merges.merge, *pair, reference="x", actor="mo", moment=rewarding.moment())
    await amy.press("profile phone")
    assert "profile.brought" not in keys(await amy.say("13800138002"))
    assert await has(amy) == 10
    assert await rewarding.db.read(profile.brings, done.kept_id, "birthday") == 7
    await assert_clean(rewarding.db)


async def test_a_stopped_card_and_a_phone_that_is_taken_bring_nothing(rewarding: Counter) -> None:
    amy, ben = Person(rewarding, "telegram", "Amy"), Person(rewarding, "wechat", "Ben")
    for one in (amy, ben):
        await one.press("join")
    await amy.press("profile phone")
    await amy.say("13800138000")
    await ben.press("profile phone")
    assert keys(await ben.say("13800138000"))[0] == f"refusal.{PhoneTaken().key}"
    assert await has(ben) == 0
    frozen = await member_of(ben)
    await rewarding.db.write(members.freeze, frozen, actor="mo", moment=rewarding.moment())
    assert await rewarding.db.write(profile.reward, frozen, "birthday", moment=rewarding.moment()) == 0


async def test_a_shop_without_the_table_gives_and_promises_nothing(amy: Person) -> None:
    await amy.press("join")
    assert keys(await amy.press("profile phone")) == ["profile.ask_phone"]
    assert keys(await amy.say("13800138000"))[:2] == ["profile.kept", "profile.shown"]
    assert button(await amy.press("profile"), "profile phone") == "profile phone"


def test_the_table_is_read_with_every_slip_named() -> None:
    assert shop_rules.parse({**CAFE, "profile": GIVEN}).profile == ProfileRules(0, 10, 7, 3)
    assert not shop_rules.parse({key: told for key, told in CAFE.items() if key != "profile"}).profile.given
    with pytest.raises(RulesError) as slip:
        shop_rules.parse({**CAFE, "profile": {"phone": -1, "gender": 5}})
    assert {problem.path for problem in slip.value.problems} == {"profile.phone", "profile.gender"}
