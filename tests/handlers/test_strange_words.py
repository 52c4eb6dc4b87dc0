"""Texts that mean something to a program, and characters that no text has: kept as text, taken out, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.telegram.said import hear
from bot.wechat.crypto import Refused
from bot.wechat.said import from_xml
from handlers.said import Said
from tests.bot.wechat.stage import text_xml
from tests.databases import NOW
from tests.handlers.counter import Counter, Person, keys
from tests.proof import assert_clean

FORMULAS = {
    '=HYPERLINK("http://x")': '=HYPERLINK("http://x")',
    "＝1+1": "＝1+1",
    "\t=1": "=1",
    "-2+3": "-2+3",
    "@A1": "@A1",
}
STRANGE = (
    "\0",
    "a\0b",
    "\ud83d",
    "\udfff" * 50,
    "\ufeffMei",
    "\ufffe\uffff",
    "M\x1b[31mei",
    "x" * 4096,
    "é\u0301" * 400,
)
ASKING = ("profile name", "profile phone", "profile birthday", "human", "scan", "enrol", "broadcast")


@pytest.mark.parametrize(("typed", "kept"), FORMULAS.items())
async def test_a_name_like_a_formula_is_text_in_the_members_own_data(amy: Person, typed: str, kept: str) -> None:
    await amy.press("join")
    await amy.press("profile name")
    assert keys(await amy.say(typed))[0] == "profile.kept"
    data = await amy.press("privacy export")
    assert data.document is not None
    assert json.loads(data.document[1])["members"][0]["name"] == kept


def from_telegram(text: str) -> Said:
    person = {"id": 5001, "is_bot": False, "first_name": text or "x", "language_code": "en"}
    message = {"message_id": 1, "from": person, "chat": {"id": 5001, "type": "private"}, "date": 1772443800}
    said = hear({"update_id": 1, "message": {**message, "text": text}}, account="1", now=NOW).said
    assert said is not None
    return said


def from_wechat(text: str) -> Said | None:
    """Return what WeChat's push of this text says; None where it cannot even be sent."""
    try:
        push = from_xml(text_xml(text), account="wx", now=NOW)
    except (Refused, UnicodeEncodeError):
        return None
    assert push is not None
    return push.saids[0]


async def everything_said(person: Person, said: Said) -> None:
    """Say this as an answer to every question there is, as a link's text and as a name."""
    for asking in ASKING:
        await person.press(asking)
        assert keys(await person.say(said.text, name=said.name)), asking
    await person.press("cancel")
    assert keys(await person.say("/start", word="start", source=said.text))
    assert keys(await person.tell("press", word=f"coupons show {said.text}"))


@pytest.mark.parametrize("heard", [from_telegram, from_wechat])
async def test_what_is_left_of_strange_texts_is_stored_by_both_databases(counter: Counter, heard: Any) -> None:
    olga = Person(counter, "telegram", "Olga")
    await counter.employ(olga, "owner")
    await olga.press("join")
    for text in STRANGE:
        said = heard(text)
        if said is not None:
            await everything_said(olga, said)
    assert (await olga.press("privacy export")).document is not None
    await assert_clean(counter.db)
