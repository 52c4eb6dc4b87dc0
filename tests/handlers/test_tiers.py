"""Tiers in chat: a member sees what keeps theirs, a manager sets one by hand, and both read how it came."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Reply, words
from services import tier_moves
from storage import outbox as outbox_rows
from storage.tables import members, outbox, remarks, tier_changes
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))


def spoken(reply: Reply, language: str = "zh-Hans") -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


async def buy(amy: Person, cashier: Person, amount: str) -> None:
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    await cashier.press(button(await cashier.say(amount), "pay ok"))


async def rows(counter: Counter, table: Any) -> list[Any]:
    return await counter.db.read(lambda tx: tx.all(table.select()))


async def notices(counter: Counter, kind: str) -> list[Reply]:
    found = [row for row in await rows(counter, outbox) if row.kind == kind]
    return [await counter.db.read(outbox_rows.payload, row) for row in found]


@pytest.fixture
async def manager(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Max")
    await counter.employ(person, "manager")
    return person


async def test_a_member_reads_what_the_tier_brings_what_keeps_it_and_how_it_came(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    assert "tier" in words(await amy.press("points"))
    assert "再消费 1,000 元升级为银卡会员" in spoken(await amy.press("tier"))
    await buy(amy, cashier, "1000")
    counter.pass_by(days=1)
    shown = spoken(await amy.press("tier"))
    for line in (
        "银卡会员",
        "消费享 9.5 折",
        "1.2 倍积分",
        "有效期至 2027年12月6日",
        "2027年12月6日（含当天）前再消费 1,000 元，可保住银卡会员",
        "再消费 2,000 元升级为金卡会员",
        "普通会员 → 银卡会员：消费达标升级",
    ):
        assert line in shown, line


async def test_the_review_lowers_a_tier_and_the_member_is_told_in_their_words(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await buy(amy, cashier, "1000")
    counter.pass_by(days=365 + 15)
    assert await counter.db.write(tier_moves.review_due, counter.moment()) == 1
    [told] = await notices(counter, "tier_lowered")
    assert spoken(told) == "你的银卡会员已到期，现为普通会员。"
    assert "银卡会员 → 普通会员：到期未达标" in spoken(await amy.press("tier"))


async def set_gold(manager: Person, code: str, reason: str = "settier why goodwill") -> Reply:
    assert keys(await manager.press("settier")) == ["settier.who"]
    shown = await manager.scan(code)
    asked = await manager.press(button(shown, "settier to gold"))
    assert keys(asked) == ["settier.until"]
    await manager.press(button(asked, "settier until 30"))
    return await manager.press(reason) if reason.startswith("settier") else await manager.say(reason)


async def code_of(amy: Person) -> str:
    card = await amy.press("code")
    assert card.picture is not None
    return str(card.picture.facts["code"])


async def test_a_manager_sets_a_tier_to_a_day_and_pressed_twice_it_is_set_once(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    will = await set_gold(manager, await code_of(amy))
    assert spoken(will) == "A**：普通会员 → 金卡会员，至 2026年12月22日\n原因：补偿顾客"
    press = button(will, "settier ok")
    for _ in range(2):
        assert keys(await manager.press(press)) == ["settier.done"]
    assert len(await rows(counter, tier_changes)) == 1
    assert [spoken(one) for one in await notices(counter, "tier_set")] == [
        "店家已将你设为金卡会员，有效期至 2026年12月22日。"
    ]
    assert "店家赠予，有效期至 2026年12月22日" in spoken(await amy.press("tier"))
    await assert_clean(counter.db)


async def test_own_words_are_kept_sealed_and_shown_to_staff_alone(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    will = await set_gold(manager, await code_of(amy), "friend of the house")
    await manager.press(button(will, "settier ok"))
    await manager.press("settier")
    counter.pass_by(minutes=5)
    again = await manager.scan(await code_of(amy))
    assert "friend of the house" in spoken(again)
    assert "friend of the house" not in spoken(await amy.press("tier"))
    [kept] = await rows(counter, remarks)
    assert b"friend" not in kept.text_ct
    assert keys(await manager.press(button(again, "settier end"))) == ["settier.ended"]
    [member] = await rows(counter, members)
    assert (member.tier, member.tier_fixed_until) == ("basic", None)


async def test_the_last_day_can_be_typed(amy: Person, manager: Person) -> None:
    await amy.press("join")
    await manager.press("settier")
    press = button(await manager.scan(await code_of(amy)), "settier to silver")
    await manager.press(press)
    for typed in ("2026-02-30", "2026-11-21", "2036-01-01", "next week", "3/4"):
        assert keys(await manager.say(typed))[0] == "refusal.invalid_last_day", typed
    assert keys(await manager.say("2026年12月31日")) == ["settier.reason"]


@pytest.mark.parametrize(
    ("language", "typed", "until"),
    [
        ("en", "31 Dec", date(2026, 12, 31)),
        ("en", "12/31", date(2026, 12, 31)),
        ("en", "3 months", date(2027, 2, 22)),
        ("zh-Hans", "年底", date(2026, 12, 31)),
        ("zh-Hans", "3/4", date(2027, 3, 4)),
        ("zh-Hant", "三個月", date(2027, 2, 22)),
    ],
)
async def test_the_last_day_is_typed_as_people_say_it(
    amy: Person, manager: Person, *, language: str, typed: str, until: date
) -> None:
    await amy.press("join")
    await manager.press(f"language {language}")
    await manager.press("settier")
    await manager.press(button(await manager.scan(await code_of(amy)), "settier to silver"))
    asked = await manager.say(typed)
    assert keys(asked) == ["settier.reason"]
    assert asked.messages[0].facts["on"] == until


async def test_forged_and_old_buttons_set_nothing(counter: Counter, amy: Person, manager: Person) -> None:
    await amy.press("join")
    for word in ("settier to gold", "settier until 30", "settier why goodwill", "settier ok 1", "settier end"):
        assert keys(await manager.press(word)) == ["refusal.quote_expired"]
    await manager.press("settier")
    await manager.scan(await code_of(amy))
    await manager.press("settier to platinum")
    await manager.press("settier until 30")
    will = await manager.press("settier why goodwill")
    assert keys(await manager.press(button(will, "settier ok"))) == ["refusal.tier_unknown"]
    assert await rows(counter, tier_changes) == []


async def test_nobody_sets_their_own(manager: Person, counter: Counter) -> None:
    await manager.press("join")
    await manager.press("settier")
    assert keys(await manager.scan(await code_of(manager)))[0] == "refusal.self_credit"
    assert await rows(counter, tier_changes) == []


@pytest.mark.parametrize(
    ("typed", "word"),
    [("等级", "tier"), ("等級", "tier"), ("my tier", "tier"), ("调级", "settier"), ("調級", "settier")],
)
def test_it_is_understood_in_every_language(typed: str, word: str) -> None:
    assert WORDS.keywords()[typed] == word
