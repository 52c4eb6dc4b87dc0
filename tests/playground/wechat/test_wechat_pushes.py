"""The rehearsal's WeChat pushes what people do, and shows what the program answers."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree as ET

import pytest

from playground.faults import Fault
from tests.playground.wechat.rehearsal import Rehearsal


async def test_the_callback_proves_that_it_knows_the_token(shop: Rehearsal) -> None:
    assert await shop.wechat.handshake()
    shop.wechat.callback_url = shop.base + "/cgi-bin/nothing"
    assert not await shop.wechat.handshake()


async def test_a_text_arrives_sealed_and_its_answer_appears_on_the_phone(shop: Rehearsal, fan: str) -> None:
    shop.program.answers = [shop.program.seal(shop.program.text(fan, "您有 20 积分"))]
    await shop.wechat.say(fan, "积分")
    assert shop.program.last() == {
        "xml": "",
        "ToUserName": "gh_memberbot",
        "FromUserName": "oA",
        "CreateTime": shop.program.last()["CreateTime"],
        "MsgType": "text",
        "Content": "积分",
        "MsgId": shop.program.last()["MsgId"],
    }
    assert shop.texts() == ["积分", "您有 20 积分"]


async def test_plain_mode_sends_and_takes_plain_xml(shop: Rehearsal, fan: str) -> None:
    shop.wechat.safe = shop.program.safe = False
    shop.program.answers = [shop.program.text(fan, "好")]
    await shop.wechat.say(fan, "你好")
    query, xml = shop.program.received[-1]
    assert "msg_signature" not in query
    assert ET.fromstring(xml).findtext("Content") == "你好"
    assert shop.texts()[-1] == "好"


@pytest.mark.parametrize("quiet", ["", "success"])
async def test_a_quiet_answer_shows_nothing(shop: Rehearsal, fan: str, quiet: str) -> None:
    shop.program.answers = [quiet]
    await shop.wechat.say(fan, "在吗")
    assert shop.texts() == ["在吗"]


async def test_a_silent_program_is_asked_three_times_with_the_same_message(shop: Rehearsal, fan: str) -> None:
    async def sleep() -> None:
        await asyncio.sleep(0.5)

    shop.program.pause = sleep
    await shop.wechat.say(fan, "积分")
    assert len(shop.program.inner) == 3
    assert len(set(shop.program.inner)) == 1
    assert len({query["nonce"] for query, _xml in shop.program.received}) == 3
    assert len({query["msg_signature"] for query, _xml in shop.program.received}) == 3
    assert "出现故障" in shop.texts()[-1]


async def test_an_error_status_is_retried_and_the_second_answer_counts(shop: Rehearsal, fan: str) -> None:
    shop.program.answers = [503, shop.program.seal(shop.program.text(fan, "到了"))]
    await shop.wechat.say(fan, "积分")
    assert len(shop.program.inner) == 2
    assert shop.texts() == ["积分", "到了"]


async def test_a_program_that_is_not_there_breaks_the_chat(shop: Rehearsal, fan: str) -> None:
    shop.wechat.callback_url = "http://127.0.0.1:1/callback"
    await shop.wechat.say(fan, "积分")
    assert "出现故障" in shop.texts()[-1]
    assert [call.fault != "" for call in shop.inspector.named("push/text")] == [True] * 3


async def test_a_duplicate_push_carries_the_same_message_and_shows_one_answer(shop: Rehearsal, fan: str) -> None:
    shop.faults.plan(Fault("duplicate"))
    answer = shop.program.seal(shop.program.text(fan, "一次"))
    shop.program.answers = [answer, answer]
    await shop.wechat.say(fan, "签到")
    assert shop.program.inner[0] == shop.program.inner[1]
    assert shop.texts() == ["签到", "一次"]


async def test_one_person_is_pushed_in_order_and_two_people_in_parallel(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.start("oB")
    shop.program.received.clear()
    together = asyncio.Event()

    async def wait_for_both() -> None:
        if len(shop.program.received) == 2:
            together.set()
        await asyncio.wait_for(together.wait(), 0.25)

    shop.program.pause = wait_for_both
    await asyncio.gather(
        shop.wechat.say(fan, "1"), shop.wechat.say(fan, "2"), shop.wechat.say(fan, "3"), shop.wechat.say("oB", "1")
    )
    said = [
        (ET.fromstring(xml).findtext("FromUserName"), ET.fromstring(xml).findtext("Content"))
        for xml in shop.program.inner
    ]
    assert set(said[:2]) == {("oA", "1"), ("oB", "1")}
    assert [content for user, content in said if user == "oA"] == ["1", "2", "3"]


async def test_control_characters_are_pushed_as_they_are(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.say(fan, "a\x01]]>b")
    assert "<Content><![CDATA[a\x01]]]]><![CDATA[>b]]></Content>" in shop.program.inner[-1]


async def test_nobody_is_pushed_to_before_a_server_is_configured(shop: Rehearsal, fan: str) -> None:
    shop.wechat.callback_url = ""
    await shop.wechat.say(fan, "在吗")
    assert shop.program.inner == []
    assert shop.texts() == ["在吗"]


async def test_the_inspector_shows_pushes_and_replies_opened_and_hides_the_keys(shop: Rehearsal, fan: str) -> None:
    shop.program.answers = [shop.program.seal(shop.program.text(fan, "您有 20 积分"))]
    await shop.wechat.say(fan, "积分")
    call = shop.inspector.named("push/text")[-1]
    assert call.direction == "out"
    assert "积分" in call.request
    assert "您有 20 积分" in call.answer
    await shop.get("cgi-bin/token", grant_type="client_credential", appid="wxrehearsal", secret="s3cret")
    shown = repr(list(shop.inspector.calls))
    assert "s3cret" not in shown
    assert shop.token not in shown
    assert not any(token in shown for token in shop.wechat.account.tokens)
