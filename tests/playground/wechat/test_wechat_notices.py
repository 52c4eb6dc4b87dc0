"""The rehearsal's WeChat sends service notices by the platform's templates, and only with the right to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from playground.wechat_api.notices import TEMPLATES
from tests.playground.wechat.rehearsal import Rehearsal

PURCHASE = next(iter(TEMPLATES))
GOOD = {"thing1": {"value": "东门店"}, "amount2": {"value": "¥58.00"}, "number3": {"value": "58"}}


async def send(shop: Rehearsal, **changed: Any) -> dict[str, Any]:
    body = {"touser": "oA", "template_id": PURCHASE, "url": "https://s.example", "data": GOOD} | changed
    return dict(await shop.post("cgi-bin/message/template/send", body))


async def test_the_account_has_twenty_five_templates_with_their_fields(shop: Rehearsal) -> None:
    listed = (await shop.get("cgi-bin/template/get_all_private_template"))["template_list"]
    assert len({row["template_id"] for row in listed}) == 25
    assert "消费金额:{{amount2.DATA}}" in listed[0]["content"]
    assert all(template.fields() for template in TEMPLATES.values())


async def test_a_notice_appears_and_its_end_is_pushed(shop: Rehearsal, fan: str) -> None:
    sent = await send(shop)
    assert sent["errcode"] == 0
    bubble = shop.wechat.screen(fan).bubbles[-1]
    assert bubble.title == "消费成功通知"
    assert bubble.text == "消费门店：东门店\n消费金额：¥58.00\n获得积分：58"
    await shop.wechat.settle()
    last = shop.program.last()
    assert (last["Event"], last["MsgID"], last["Status"]) == ("TEMPLATESENDJOBFINISH", str(sent["msgid"]), "success")


async def test_a_person_who_blocks_notices_is_told_to_the_program_afterwards(shop: Rehearsal, fan: str) -> None:
    shop.wechat.block_notices(fan)
    assert (await send(shop))["errcode"] == 0
    await shop.wechat.settle()
    assert shop.program.last()["Status"] == "failed:user block"
    assert shop.texts() == []


async def test_the_same_client_id_is_one_notice_for_ten_minutes(shop: Rehearsal, fan: str) -> None:
    first, second = await send(shop, client_msg_id="m1"), await send(shop, client_msg_id="m1")
    assert first["msgid"] == second["msgid"]
    assert len(shop.texts(fan)) == 1
    shop.clock.step(timedelta(minutes=11))
    await send(shop, client_msg_id="m1")
    assert len(shop.texts(fan)) == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"touser": "nobody"}, 40003),
        ({"touser": "oB"}, 43004),
        ({"template_id": "invented"}, 40037),
        ({"data": {}}, 47003),
        ({"data": GOOD | {"thing1": {"value": ""}}}, 47003),
        ({"data": GOOD | {"thing1": {"value": "东" * 21}}}, 47003),
        ({"data": GOOD | {"thing1": {"value": "东\n门"}}}, 47003),
        ({"data": GOOD | {"thing1": {"value": "🎉 东门"}}}, 47003),
        ({"data": GOOD | {"thing1": "东门店"}}, 47003),
        ({"data": GOOD | {"amount2": {"value": "很多"}}}, 47003),
        ({"data": GOOD | {"number3": {"value": "58 分"}}}, 47003),
        ({"data": "x"}, 47001),
        ({"data": GOOD | {"thing1": {"value": "东" * 20}}}, 0),
        ({"data": GOOD | {"remark": {"value": "ignored"}}}, 0),
    ],
)
async def test_a_notice_keeps_to_its_template(shop: Rehearsal, fan: str, changed: dict[str, Any], code: int) -> None:
    assert (await send(shop, **changed))["errcode"] == code
    assert len(shop.texts(fan)) == (code == 0)


async def test_each_consent_allows_one_subscription_notice(shop: Rehearsal, fan: str) -> None:
    async def notify() -> int:
        body = {"touser": fan, "template_id": PURCHASE, "page": "", "data": GOOD}
        return int((await shop.post("cgi-bin/message/subscribe/bizsend", body))["errcode"])

    assert await notify() == 43101
    await shop.wechat.grant(fan, PURCHASE)
    last = shop.program.last()
    assert (last["Event"], last["SubscribeStatusString"]) == ("subscribe_msg_popup_event", "accept")
    assert last["TemplateId"] == PURCHASE
    assert [await notify(), await notify()] == [0, 43101]
    await shop.wechat.settle()
    assert shop.program.last()["Event"] == "subscribe_msg_sent_event"
