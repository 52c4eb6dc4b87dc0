"""What the bot shows of itself, whom it reaches with which file, and the page it opens."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from playground.phones import Person


def commands(*names: str) -> list[dict[str, str]]:
    return [{"command": name, "description": f"about {name}"} for name in names]


@pytest.mark.usefixtures("mei")
async def test_a_phone_shows_the_commands_of_the_narrowest_scope_in_its_language(bot: Any) -> None:
    async def shown() -> list[str]:
        return [command["command"] for command in bot.phones.screen("5001").commands]

    steps: list[tuple[str, dict[str, Any]]] = [
        ("a", {}),
        ("b", {"language_code": "zh"}),
        ("c", {"scope": {"type": "all_private_chats"}}),
        ("d", {"scope": {"type": "all_private_chats"}, "language_code": "zh"}),
        ("e", {"scope": {"type": "chat", "chat_id": 5001}}),
        ("f", {"scope": {"type": "chat", "chat_id": 5001}, "language_code": "zh"}),
    ]
    for name, where in steps:
        await bot.ok("setMyCommands", commands=commands(name), **where)
        assert await shown() == [name]
        assert await bot.ok("getMyCommands", **where) == commands(name)
    for (_, where), (left, _) in zip(reversed(steps), reversed(steps[:-1]), strict=False):
        await bot.ok("deleteMyCommands", **where)
        assert await shown() == [left]
    assert [command["command"] for command in bot.phones.screen("5002").commands] == ["a"]


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"commands": commands("Join")}, "BOT_COMMAND_INVALID"),
        ({"commands": commands("加入")}, "BOT_COMMAND_INVALID"),
        ({"commands": commands("a" * 33)}, "command length must not exceed 32"),
        ({"commands": commands("")}, "command must be non-empty"),
        ({"commands": [{"command": "a", "description": ""}]}, "command description must be non-empty"),
        (
            {"commands": [{"command": "a", "description": "x" * 257}]},
            "command description length must not exceed 256",
        ),
        ({"commands": commands("a") * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": commands("a"), "language_code": "zh-hans"}, "invalid language code specified"),
        ({"commands": commands("a"), "scope": {"type": "chat", "chat_id": 404}}, "chat not found"),
        (
            {"commands": commands("a"), "scope": {"type": "everywhere"}},
            "can't parse BotCommandScope: unsupported type specified",
        ),
    ],
)
async def test_commands_that_telegram_would_not_show(bot: Any, parameters: dict[str, Any], why: str) -> None:
    assert await bot.refused("setMyCommands", **parameters) == (400, f"Bad Request: {why}")


async def test_the_menu_button_is_the_chats_own_or_everybodys(bot: Any, mei: int) -> None:
    card = {"type": "web_app", "text": "Card", "web_app": {"url": "https://shop.example/card"}}
    assert await bot.ok("getChatMenuButton") == {"type": "commands"}
    await bot.ok("setChatMenuButton", chat_id=mei, menu_button=card)

    assert await bot.ok("getChatMenuButton", chat_id=mei) == card
    shown = {"type": "web_app", "text": "Card", "url": "https://shop.example/card"}
    assert bot.phones.screen("5001").menu_button == shown
    assert bot.phones.screen("5002").menu_button == {"type": "commands"}
    await bot.ok("setChatMenuButton", chat_id=mei)
    assert await bot.ok("getChatMenuButton", chat_id=mei) == {"type": "commands"}


async def test_names_and_texts_are_kept_by_language(bot: Any) -> None:
    await bot.ok("setMyName", name="Café")
    await bot.ok("setMyDescription", description="Welcome")
    await bot.ok("setMyDescription", description="欢迎", language_code="zh")
    await bot.ok("setMyShortDescription", short_description="A café")

    assert (await bot.ok("getMe"))["first_name"] == "Café"
    assert bot.phones.screen("5001").title == "Café"
    assert await bot.ok("getMyDescription", language_code="zh") == {"description": "欢迎"}
    assert await bot.ok("getMyDescription", language_code="de") == {"description": "Welcome"}
    assert await bot.ok("getMyShortDescription") == {"short_description": "A café"}
    assert (await bot.refused("setMyName", name="x" * 65))[0] == 400


async def test_a_chat_tells_who_it_is_and_typing_fades(bot: Any, mei: int) -> None:
    chat = await bot.ok("getChat", chat_id=mei)
    assert (chat["type"], chat["first_name"]) == ("private", "Mei")
    await bot.ok("sendChatAction", chat_id=mei, action="typing")
    assert bot.phones.screen("5001").typing
    before = bot.phones.version("5001")
    bot.clock.step(timedelta(seconds=6))
    assert bot.phones.version("5001") > before
    assert not bot.phones.screen("5001").typing
    wrong = (400, "Bad Request: wrong parameter action in request")
    assert await bot.refused("sendChatAction", chat_id=mei, action="dancing") == wrong


async def test_a_photo_is_sent_once_and_then_by_its_id(bot: Any, mei: int, picture: Any) -> None:
    data = picture()
    answer = await bot.upload("sendPhoto", {"chat_id": mei, "photo": "attach://card", "caption": "*"}, card=data)
    sent = answer.body["result"]

    again = await bot.ok("sendPhoto", chat_id=mei, photo=sent["photo"][-1]["file_id"], caption="again")

    assert again["photo"] == sent["photo"]
    bubble = bot.phones.screen("5001").bubbles[-1]
    assert (bubble.kind, bubble.text) == ("image", "again")
    assert bot.phones.image(bubble.image) == (data, "image/png")
    async with bot.session.get(bubble.image) as response:
        assert (await response.read(), response.content_type) == (data, "image/png")


async def test_a_picture_is_put_in_place_of_another(bot: Any, mei: int, picture: Any) -> None:
    answer = await bot.upload("sendPhoto", {"chat_id": mei}, photo=picture())
    number = answer.body["result"]["message_id"]
    media = '{"type": "photo", "media": "attach://fresh", "caption": "<b>new</b>", "parse_mode": "HTML"}'

    await bot.upload("editMessageMedia", {"chat_id": mei, "message_id": number, "media": media}, fresh=picture(60, 60))

    (bubble,) = [bubble for bubble in bot.phones.screen("5001").bubbles if bubble.id == str(number)]
    assert (bubble.text, bubble.spans, bubble.edited) == ("new", [(0, 3, "bold", "")], True)
    assert bot.phones.image(bubble.image)[0] == picture(60, 60)


async def test_a_document_is_shown_by_its_name(bot: Any, mei: int) -> None:
    answer = await bot.upload("sendDocument", {"chat_id": mei}, document=b"a,b\n1,2\n")
    assert answer.body["result"]["document"]["file_size"] == 8
    bubble = bot.phones.screen("5001").bubbles[-1]
    assert (bubble.kind, bubble.title) == ("document", "document.png")
    refusal = await bot.refused("sendPhoto", chat_id=mei, photo=answer.body["result"]["document"]["file_id"])
    assert refusal == (400, "Bad Request: can't use file of type Document as Photo")


@pytest.mark.parametrize(
    ("photo", "why"),
    [
        ("", "there is no photo in the request"),
        ("https://shop.example/a.png", "failed to get HTTP URL content"),
        ("AgACAgIAAxkunknown", "wrong file identifier/HTTP URL specified"),
    ],
)
async def test_a_photo_that_is_none(bot: Any, mei: int, photo: str, why: str) -> None:
    assert await bot.refused("sendPhoto", chat_id=mei, photo=photo) == (400, f"Bad Request: {why}")


async def test_pictures_that_telegram_cannot_show(bot: Any, mei: int, picture: Any) -> None:
    big = picture() + bytes(10 * 1024 * 1024)
    refusals = {
        "IMAGE_PROCESS_FAILED": b"no picture",
        "PHOTO_INVALID_DIMENSIONS": picture(9990, 11),
        f"file of size {len(big)} bytes is too big for a photo; the maximum size is 10485760 bytes": big,
    }
    for why, data in refusals.items():
        answer = await bot.upload("sendPhoto", {"chat_id": mei}, photo=data)
        assert answer.body["description"] == f"Bad Request: {why}"


async def test_a_file_that_is_gone_is_not_found(bot: Any) -> None:
    gone = (400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    assert await bot.refused("getFile", file_id="AgACAgIAAxkgone") == gone
    async with bot.session.get(f"{bot.server}/telegram/file/bot{bot.token}/photos/gone.jpg") as response:
        assert response.status == 404


@pytest.mark.usefixtures("mei")
async def test_the_note_of_a_mini_app_is_signed_over_every_field(bot: Any) -> None:
    fields = dict(parse_qsl(bot.phones.init_data("5001", "table7"), strict_parsing=True))
    given = fields.pop("hash")
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", bot.token.encode(), hashlib.sha256).digest()

    assert hmac.new(key, lines.encode(), hashlib.sha256).hexdigest() == given
    assert fields["start_param"] == "table7"
    assert "signature" in fields
    assert abs(int(fields["auth_date"]) - bot.clock.now().timestamp()) < 5


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("https://t.me/memberbot_cafe_bot?start=scan_1", "/start scan_1"),
        ("tg://resolve?domain=MemberBot_cafe_bot&start=x", "/start x"),
        ("https://t.me/memberbot_cafe_bot", "/start"),
        ("https://t.me/another_bot?start=x", None),
        ("https://evil.example/memberbot_cafe_bot?start=x", None),
        ("M1ABCDEFG", None),
    ],
)
async def test_the_camera_opens_links_to_this_bot_only(bot: Any, code: str, text: str | None) -> None:
    await bot.phones.scan("5001", code)
    assert [update["message"]["text"] for update in await bot.updates()] == ([text] if text else [])


async def test_a_user_id_is_a_number_and_nobody_elses(bot: Any) -> None:
    for user, why in (("5001", "taken"), ("oX_openid", "number")):
        with pytest.raises(ValueError, match=why):
            bot.phones.add(Person("ann", "telegram", user, "Ann", "", "en"))
    with pytest.raises(KeyError):
        bot.phones.screen("404")


async def test_after_a_reset_everybody_is_new_again(bot: Any, mei: int) -> None:
    await bot.ok("setMyCommands", commands=commands("join"))
    await bot.phones.say("5001", "hello")

    bot.phones.reset()

    screen = bot.phones.screen("5001")
    assert (screen.bubbles, screen.following) == ([], False)
    assert [command["command"] for command in screen.commands] == ["join"]
    assert await bot.updates() == []
    assert (await bot.refused("sendMessage", chat_id=mei, text="x"))[0] == 403
