"""How the shop speaks to a member whose name it does not know, and how staff tell such members apart."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from locales import Words
from tests.handlers.counter import Counter, Person, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("language", "hello"),
    [
        ("en", "Hello dear friend, good to see"),
        ("zh-Hans", "亲爱的会员，欢迎回到"),
        ("zh-Hant", "親愛的會員，歡迎回到"),
    ],
)
async def test_nobody_is_greeted_by_a_number(counter: Counter, language: str, hello: str) -> None:
    wen = Person(counter, "wechat", "Wen")
    await wen.press("join", name="")
    greeted = await wen.press("start", name="")
    assert hello in WORDS.text(greeted.messages[0], language)


async def test_staff_tell_members_without_a_name_apart_by_the_end_of_their_number(counter: Counter) -> None:
    wen, mia = Person(counter, "wechat", "Wen"), Person(counter, "telegram", "Mia")
    await counter.employ(mia, "manager")
    await wen.press("join", name="")
    code = await wen.press("code", name="")
    assert code.picture is not None
    await mia.press("adjust")
    asked = await mia.scan(str(code.picture.facts["code"]))
    assert wen.last is not None
    ending = str(wen.last.who.member_id).replace("-", "")[-4:].upper()
    assert f"Member no. {ending}" in WORDS.text(asked.messages[0], "en")
    assert f"尾号 {ending} 的会员" in WORDS.text(asked.messages[0], "zh-Hans")


async def test_who_does_not_work_here_is_offered_no_word_of_the_staff(counter: Counter) -> None:
    wen, mia = Person(counter, "wechat", "Wen"), Person(counter, "telegram", "Mia")
    await counter.employ(mia, "manager")
    assert keys(await mia.say("stoer", near="store")) == ["help.did_you_mean"]
    assert keys(await wen.say("stoer", near="store")) == ["help.not_understood"]
    assert keys(await wen.say("poitns", near="points")) == ["help.did_you_mean"]
