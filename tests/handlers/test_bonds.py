"""Family and friends in chat: an invitation typed by the other one, points sent with one yes, both told."""

from __future__ import annotations

import tomllib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from locales import Words
from membership.messages import Reply
from services import Database, rules
from storage.tables import outbox
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.proof import assert_clean

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
async def shop(db: Database, now: datetime) -> Counter:
    counter = Counter(db, now)
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await db.write(rules.bring, {**body, "transfer": {"min": 1}}, actor="test", now=now)
    return counter


def fact(reply: Reply, key: str, name: str) -> str:
    return str(next(message.facts[name] for message in reply.messages if message.key == key))


async def test_points_go_from_one_app_to_the_other_with_both_peoples_yes(shop: Counter) -> None:
    amy, ben = Person(shop, "telegram", "Amy"), Person(shop, "wechat", "Ben", language="zh-Hans")
    for one in (amy, ben):
        await one.press("join")
    await amy.press("checkin")
    assert keys(await amy.press("family")) == ["family.title", "lines"]
    code = fact(await amy.press("family code"), "family.code", "code")
    asked = await ben.say(code)
    assert keys(asked) == ["family.will_link"]
    linked = await ben.press(button(asked, "family ok"))
    assert keys(linked) == ["family.linked"]
    send = button(await amy.press("family"), "family send")
    assert keys(await amy.press(send)) == ["family.ask_points"]
    assert keys(await amy.say("many")) == ["refusal.invalid_points", "question.still_open"]
    assert keys(await amy.say("2")) == ["refusal.insufficient_points", "question.still_open"]
    shown = await amy.say("1")
    assert keys(shown) == ["family.will_send", "family.no_return"]
    pay = button(shown, "family pay")
    assert len(pay.encode()) <= 64
    for _ in range(2):
        assert keys(await amy.press(pay)) == ["family.sent"]
    told = await shop.db.read(lambda tx: tx.all(select(outbox.c.recipient).where(outbox.c.kind == "family")))
    assert len(told) == 2
    history = "\n".join(WORDS.text(message, "zh-Hans") for message in (await ben.press("points history")).messages)
    assert "+1" in history
    assert "亲友转赠" in history
    ended = await ben.press(button(await ben.press("family"), "family end"))
    assert keys(ended) == ["family.ended"]
    assert keys(await amy.press(send)) == ["refusal.not_linked"]
    await assert_clean(shop.db)


async def test_a_shop_without_it_says_so(amy: Person) -> None:
    await amy.press("join")
    assert keys(await amy.press("family")) == ["refusal.transfer_off"]
    assert keys(await amy.say("FAM-00000000")) == ["refusal.transfer_off"]


async def test_wrong_invitations_are_counted_with_wrong_links(shop: Counter) -> None:
    amy = Person(shop, "wechat", "Amy")
    await amy.press("join")
    for code in ("FAM-00000000", "LINK-00000000") * 2:
        assert keys(await amy.say(code)) == ["refusal.link_unknown"]
    assert keys(await amy.say("FAM-00000000")) == ["refusal.link_unknown"]
    assert keys(await amy.say("FAM-00000000")) == ["refusal.link_locked"]
