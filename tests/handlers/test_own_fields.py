"""The shop's own questions in the profile: one after another, each to be skipped, shown as they were answered."""

from __future__ import annotations

import tomllib
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Reply, words
from services import Database, fields, privacy, rules
from storage.tables import members
from tests.handlers.counter import PRESETS, Counter, Person, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
ASKED = [
    {
        "id": "milk",
        "name": "Milk",
        "kind": "choice",
        "choices": [{"id": "oat", "name": {"zh-Hans": "燕麦", "en": "Oat"}}],
    },
    {"id": "since", "name": "Customer since", "kind": "date"},
    {"id": "cups", "name": "Cups a day", "kind": "number"},
    {"id": "note", "name": "Note", "asks": "staff"},
]


@pytest.fixture
async def asking(counter: Counter) -> Counter:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await counter.db.write(rules.bring, {**body, "fields": ASKED}, actor="test", now=counter.now)
    return counter


def spoken(reply: Reply, language: str = "en") -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


async def kept(db: Database) -> Any:
    found = await db.read(lambda tx: tx.all(members.select()))
    return await db.read(fields.of, found[0].id)


async def test_a_member_is_asked_one_thing_after_another_and_may_skip(asking: Counter, amy: Person) -> None:
    await amy.press("join")
    await amy.press("profile birthday then")
    assert keys(await amy.press("profile own.milk then")) == ["fields.ask_choice"]
    assert keys(await amy.press("profile choose 0")) == ["fields.ask_date"]
    skipped = await amy.press("profile own.cups then")
    assert keys(skipped) == ["fields.ask_number"]
    assert keys(await amy.say("many")) == ["refusal.invalid_answer", "question.still_open"]
    done = await amy.say("3")
    assert keys(done)[0] == "profile.kept"
    assert await kept(asking.db) == {"milk": "oat", "cups": "3"}
    assert ["Milk: Oat", "Customer since: not told yet", "Cups a day: 3"][0] in spoken(done)
    assert "Milk：燕麦" in spoken(done, "zh-Hans")
    assert "Note" not in spoken(done)


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize("typed", ["skip", "跳过", "略過"])
async def test_skip_may_be_typed_and_is_nobodys_name(amy: Person, typed: str) -> None:
    word = WORDS.keywords()[typed]
    await amy.press("join")
    await amy.press("profile name then")
    assert keys(await amy.say(typed, word=word)) == ["profile.ask_phone"]
    await amy.press("profile own.milk then")
    assert keys(await amy.say(typed, word=word)) == ["fields.ask_date"]
    assert amy.name in spoken(await amy.press("profile"))
    await amy.press("enrol")
    assert keys(await amy.say(typed, word=word))[0] == "help.not_understood"
    await amy.press("human")
    assert keys(await amy.say(typed, word=word))[0] in ("human.nobody", "human.sent")


@pytest.mark.usefixtures("asking")
async def test_what_a_button_of_the_last_answer_says_may_be_typed(amy: Person) -> None:
    labels = WORDS.labels()
    await amy.press("join")
    assert keys(await amy.say("改生日", labels=labels["改生日"]))[0] == "help.not_understood"
    amy.counter.pass_by(seconds=1)
    await amy.press("profile")
    assert keys(await amy.say("改生日", labels=labels["改生日"])) == ["profile.ask_birthday"]
    amy.counter.pass_by(seconds=1)
    assert keys(await amy.say("Skip", labels=labels["skip"]))[0] == "profile.thanks"
    amy.counter.pass_by(seconds=1)
    await amy.press("language")
    assert keys(await amy.say("English", word="language", labels=labels["english"])) == ["language.chosen"]
    await amy.press("human")
    assert keys(await amy.say("改生日", labels=labels["改生日"]))[0] in ("human.nobody", "human.sent")


async def test_skip_typed_where_nothing_can_be_skipped_leaves_the_question_open(counter: Counter, amy: Person) -> None:
    cashier = Person(counter, amy.channel, "Jay")
    await counter.employ(cashier, "cashier")
    await amy.press("join")
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    assert keys(await cashier.say("skip", word="skip")) == ["refusal.invalid_amount", "question.still_open"]
    assert keys(await cashier.say("58"))[0] == "desk.quote"


async def test_an_answer_is_changed_by_its_own_button(asking: Counter, amy: Person) -> None:
    await amy.press("join")
    shown = await amy.press("profile")
    assert [word for word in words(shown) if "own." in word] == [
        "profile own.milk",
        "profile own.since",
        "profile own.cups",
    ]
    for typed in ("2020-1-2", "2021年3月4日"):
        await amy.press("profile own.since")
        await amy.say(typed)
    assert await kept(asking.db) == {"since": "2021-03-04"}


async def test_what_the_shop_does_not_ask_of_members_cannot_be_answered(asking: Counter, amy: Person) -> None:
    await amy.press("join")
    for word in ("profile own.note", "profile own.nothing"):
        assert not any(key.startswith("fields.ask") for key in keys(await amy.press(word)))
    await amy.press("profile own.milk")
    for word in ("profile choose 1", "profile choose x", "profile choose"):
        assert keys(await amy.press(word)) == ["refusal.expired"], word
        await amy.press("profile own.milk")
    assert await kept(asking.db) == {}


async def test_the_copy_of_ones_data_holds_the_answers_and_erasure_takes_them(asking: Counter, amy: Person) -> None:
    await amy.press("join")
    await amy.press("profile own.cups")
    await amy.say("3")
    [member] = await asking.db.read(lambda tx: tx.all(members.select()))
    assert '"value": "3"' in await asking.db.read(privacy.export, member.id, now=asking.now)
    await asking.db.write(privacy.erase, member.id, now=asking.now)
    assert await kept(asking.db) == {}
