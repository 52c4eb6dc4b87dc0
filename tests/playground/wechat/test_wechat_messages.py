"""The rehearsal's WeChat lets the shop speak only when and how the platform allows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.playground.wechat.rehearsal import Rehearsal, person

PNG = b"\x89PNG\r\n\x1a\n picture"
Act = Callable[[Rehearsal], Awaitable[None]]
BUTTONS = {"button": [{"type": "click", "name": "积分", "key": "points"}]}


async def send(shop: Rehearsal, text: str = "hi", user: str = "oA") -> int:
    body = {"touser": user, "msgtype": "text", "text": {"content": text}}
    return int((await shop.post("cgi-bin/message/custom/send", body))["errcode"])


async def says(shop: Rehearsal) -> None:
    await shop.wechat.say("oA", "hi")


async def sends_photo(shop: Rehearsal) -> None:
    await shop.wechat.photo("oA", PNG)


async def clicks(shop: Rehearsal) -> None:
    await shop.post("cgi-bin/menu/create", BUTTONS)
    await shop.wechat.menu("oA", "points")


async def follows_again(shop: Rehearsal) -> None:
    await shop.wechat.stop("oA")
    await shop.wechat.start("oA")


async def scans_scene(shop: Rehearsal) -> None:
    scene = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "east"}}}
    await shop.post("cgi-bin/qrcode/create", scene)
    await shop.wechat.start("oA", "east")


@pytest.mark.parametrize(
    ("act", "count", "lasts"),
    [
        (says, 5, timedelta(hours=48)),
        (sends_photo, 5, timedelta(hours=48)),
        (clicks, 3, timedelta(minutes=1)),
        (follows_again, 3, timedelta(minutes=1)),
        (scans_scene, 3, timedelta(minutes=1)),
    ],
)
async def test_each_act_opens_its_own_window(
    shop: Rehearsal, fan: str, *, act: Act, count: int, lasts: timedelta
) -> None:
    assert await send(shop) == 45015
    await act(shop)
    assert [await send(shop, user=fan) for _ in range(count + 1)] == [0] * count + [45047]
    await act(shop)
    shop.clock.step(lasts - timedelta(seconds=5))
    await shop.sign_in()
    assert await send(shop) == 0
    shop.clock.step(timedelta(seconds=5))
    assert await send(shop) == 45015


async def test_a_view_of_a_page_opens_no_window(shop: Rehearsal, fan: str) -> None:
    await shop.post("cgi-bin/menu/create", {"button": [{"type": "view", "name": "卡", "url": "https://s.example/c"}]})
    await shop.wechat.menu(fan, "https://s.example/c")
    assert shop.program.last()["Event"] == "VIEW"
    assert shop.program.last()["EventKey"] == "https://s.example/c"
    assert await send(shop) == 45015


async def test_nobody_who_left_is_spoken_to(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.say(fan, "hi")
    await shop.wechat.stop(fan)
    assert await send(shop) == 45015


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"touser": "nobody", "msgtype": "text", "text": {"content": "x"}}, 40003),
        ({"msgtype": "text", "text": {"content": "x"}}, 40003),
        ({"touser": "oA", "msgtype": "hologram"}, 40008),
        ({"touser": "oA", "msgtype": "text", "text": {"content": ""}}, 44004),
        ({"touser": "oA", "msgtype": "text", "text": {"content": "好" * 683}}, 45002),
        ({"touser": "oA", "msgtype": "text", "text": "x"}, 47001),
        ({"touser": "oA", "msgtype": "image", "image": {"media_id": "m"}}, 40007),
        ({"touser": "oA", "msgtype": "news", "news": {"articles": []}}, 44003),
        ({"touser": "oA", "msgtype": "news", "news": {"articles": [{"title": "a"}, {"title": "b"}]}}, 45008),
        ({"touser": "oA", "msgtype": "msgmenu", "msgmenu": {"list": []}}, 47003),
        ({"touser": "oA", "msgtype": "miniprogrampage", "miniprogrampage": {"appid": "a", "pagepath": "p"}}, 40007),
    ],
)
async def test_a_wrong_message_is_refused_and_uses_up_nothing(
    shop: Rehearsal, fan: str, body: dict[str, Any], code: int
) -> None:
    await shop.wechat.say(fan, "hi")
    answer = await shop.post("cgi-bin/message/custom/send", body)
    assert answer["errcode"] == code
    assert " rid: " in answer["errmsg"]
    assert [await send(shop) for _ in range(6)] == [0] * 5 + [45047]


async def test_pictures_articles_and_choices_appear_on_the_phone(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.say(fan, "hi")
    media_id = (await shop.upload(PNG))["media_id"]
    choices = {"head_content": "满意吗", "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不"}]}
    for kind, content in (
        ("image", {"media_id": media_id}),
        ("news", {"articles": [{"title": "新品", "description": "d", "url": "https://s.example", "picurl": ""}]}),
        ("msgmenu", choices | {"tail_content": "谢谢"}),
    ):
        answer = await shop.post("cgi-bin/message/custom/send", {"touser": fan, "msgtype": kind, kind: content})
        assert answer == {"errcode": 0, "errmsg": "ok"}
    image, article, menu = shop.wechat.screen(fan).bubbles[-3:]
    assert shop.wechat.image(image.image) == (PNG, "image/png")
    assert (article.title, article.url) == ("新品", "https://s.example")
    assert menu.text == "满意吗\n满意\n不\n谢谢"
    assert menu.spans == [(4, 2, "word", "满意"), (7, 1, "word", "不")]
    await shop.wechat.press(fan, menu.id, "101")
    assert (shop.program.last()["Content"], shop.program.last()["bizmsgmenuid"]) == ("满意", "101")


async def test_typing_is_shown_shortly_after_the_person_spoke(shop: Rehearsal, fan: str) -> None:
    async def typing(command: str = "Typing") -> int:
        answer = await shop.post("cgi-bin/message/custom/typing", {"touser": fan, "command": command})
        return int(answer["errcode"])

    assert await typing() == 45080
    await shop.wechat.say(fan, "hi")
    assert [await typing(), await typing()] == [0, 45081]
    assert shop.wechat.screen(fan).typing
    shop.clock.step(timedelta(seconds=16))
    assert not shop.wechat.screen(fan).typing
    assert [await typing(), await typing("CancelTyping"), await typing("Dance")] == [0, 0, 45072]
    shop.clock.step(timedelta(seconds=31))
    assert await typing() == 45080


async def mass(shop: Rehearsal, text: str = "新品", **more: Any) -> dict[str, Any]:
    body = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": text}, **more}
    return dict(await shop.post("cgi-bin/message/mass/sendall", body))


async def test_a_follower_of_a_service_account_gets_four_mass_messages_a_month(shop: Rehearsal, fan: str) -> None:
    counts = []
    for number in range(5):
        assert (await mass(shop, f"第{number}"))["errmsg"] == "send job submission success"
        await shop.wechat.settle()
        counts.append(shop.program.last()["SentCount"])
    assert shop.texts(fan) == ["第0", "第1", "第2", "第3"]
    assert counts == ["1", "1", "1", "1", "0"]
    assert shop.program.last()["Event"] == "MASSSENDJOBFINISH"
    shop.clock.step(timedelta(days=31))
    await shop.sign_in()
    await mass(shop, "下月")
    assert shop.texts(fan)[-1] == "下月"


async def test_a_subscription_account_sends_once_a_day_of_beijing(shop: Rehearsal, fan: str) -> None:
    shop.wechat.kind = "subscription"
    assert [(await mass(shop))["errcode"], (await mass(shop))["errcode"]] == [0, 45028]
    shop.clock.step(timedelta(hours=12, minutes=5))  # noon in Beijing becomes five past midnight
    await shop.sign_in()
    assert (await mass(shop))["errcode"] == 0
    assert len(shop.texts(fan)) == 2


async def test_the_same_client_id_is_one_mass_message(shop: Rehearsal, fan: str) -> None:
    first, second = await mass(shop, clientmsgid="c1"), await mass(shop, clientmsgid="c1")
    assert (second["errcode"], second["msg_id"]) == (45065, first["msg_id"])
    assert shop.texts(fan) == ["新品"]


async def test_a_mass_message_to_a_tag_reaches_only_its_people(shop: Rehearsal, fan: str) -> None:
    await shop.wechat.start("oB")
    tag = (await shop.post("cgi-bin/tags/create", {"tag": {"name": "金卡"}}))["tag"]["id"]
    await shop.post("cgi-bin/tags/members/batchtagging", {"openid_list": ["oB"], "tagid": tag})
    await mass(shop, filter={"is_to_all": False, "tag_id": tag})
    assert (shop.texts(fan), shop.texts("oB")) == ([], ["新品"])
    assert (await mass(shop, filter={"is_to_all": False, "tag_id": 999}))["errcode"] == 45159


async def test_a_mass_message_to_names_needs_two_of_them(shop: Rehearsal, fan: str) -> None:
    shop.wechat.add(person("oC"))
    body = {"msgtype": "text", "text": {"content": "x"}}
    refused = await shop.post("cgi-bin/message/mass/send", body | {"touser": [fan]})
    sent = await shop.post("cgi-bin/message/mass/send", body | {"touser": [fan, "oC"]})
    assert (refused["errcode"], sent["errcode"]) == (40130, 0)
    assert (shop.texts(fan), shop.texts("oC")) == (["x"], [])
