"""What Telegram refuses, in its own words."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest

INLINE = "can't parse inline keyboard button: "
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def inline(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Go", **button}]]}


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ({"text": "x", "parse_mode": "XML"}, "unsupported parse_mode"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": 999}, "chat not found"),
        ({"text": "x", "chat_id": "@mei"}, "chat not found"),
        ({"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
        ({"text": "x", "reply_markup": "{no"}, "can't parse reply markup JSON object"),
        ({"text": "x", "reply_parameters": {"message_id": 77}}, "message to be replied not found"),
    ],
)
async def test_a_message_that_telegram_would_not_send(bot: Any, mei: int, parameters: dict[str, Any], why: str) -> None:
    asked = {"chat_id": mei, **parameters}
    assert await bot.refused("sendMessage", **asked) == (400, f"Bad Request: {why}")


async def test_a_text_of_exactly_4096_utf16_units_after_its_marks_is_sent(bot: Any, mei: int) -> None:
    sent = await bot.ok("sendMessage", chat_id=mei, text=f"<b>{'😀' * 2048}</b>", parse_mode="HTML")
    assert sent["entities"] == [{"offset": 0, "length": 4096, "type": "bold"}]


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (inline(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
        (inline(callback_data="会" * 22), "BUTTON_DATA_INVALID"),
        (inline(), INLINE + "Text buttons are unallowed in the inline keyboard"),
        (inline(callback_data=""), INLINE + "Text buttons are unallowed in the inline keyboard"),
        (inline(callback_data=7), INLINE + 'Field "callback_data" must be of type String'),
        (
            inline(url="ftp://a.example"),
            "inline keyboard button URL 'ftp://a.example' is invalid: Unsupported URL protocol",
        ),
        (inline(url="http://shop"), "inline keyboard button URL 'http://shop' is invalid: Wrong HTTP URL"),
        (
            inline(web_app={"url": "http://a.example/"}),
            "inline keyboard button Web App URL 'http://a.example/' is invalid: Only HTTPS links are allowed",
        ),
        (inline(copy_text={"text": "x" * 257}), "BUTTON_COPY_TEXT_INVALID"),
        (inline(pay=True), "BUTTON_TYPE_INVALID"),
        ({"inline_keyboard": [[{"callback_data": "x"}]]}, INLINE + 'Can\'t find field "text"'),
        ({"inline_keyboard": [[{"text": "", "callback_data": "x"}]]}, "BUTTON_TEXT_INVALID"),
        ({"inline_keyboard": [["x"]]}, INLINE + "expected an Object"),
        (
            {"inline_keyboard": [{"text": "x"}]},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        ({"inline_keyboard": {}}, 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array'),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 9]}, "REPLY_MARKUP_TOO_LONG"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x"}]] * 101}, "REPLY_MARKUP_TOO_LONG"),
        ({"keyboard": [[{"text": 5}]]}, 'can\'t parse keyboard button: Field "text" must be of type String'),
        ({"keyboard": []}, "REPLY_MARKUP_INVALID"),
    ],
)
async def test_a_keyboard_that_telegram_would_not_show(bot: Any, mei: int, markup: dict[str, Any], why: str) -> None:
    answer = await bot.refused("sendMessage", chat_id=mei, text="x", reply_markup=markup)
    assert answer == (400, f"Bad Request: {why}")
    assert len(bot.phones.screen("5001").bubbles) == 1


@pytest.mark.parametrize(
    ("button", "shown"),
    [
        ({"callback_data": "x" * 64}, {"data": "x" * 64}),
        ({"url": "https://shop.example/a"}, {"url": "https://shop.example/a"}),
        ({"web_app": {"url": "https://shop.example/card"}}, {"web_app": "https://shop.example/card"}),
        ({"web_app": {"url": "http://127.0.0.1:8080/card"}}, {"web_app": "http://127.0.0.1:8080/card"}),
        ({"copy_text": {"text": "c" * 256}}, {"copy": "c" * 256}),
    ],
)
async def test_a_button_of_each_kind_is_shown(
    bot: Any, mei: int, button: dict[str, Any], shown: dict[str, str]
) -> None:
    await bot.ok("sendMessage", chat_id=mei, text="x", reply_markup=json.dumps(inline(**button)))
    assert bot.phones.screen("5001").bubbles[-1].buttons == [[{"text": "Go", **shown}]]


async def test_the_bot_cannot_write_first(bot: Any) -> None:
    refusal = (403, "Forbidden: bot can't initiate conversation with a user")
    for method in ("sendMessage", "sendChatAction"):
        assert await bot.refused(method, chat_id=5002, text="x", action="typing") == refusal


async def test_the_same_content_again_is_no_edit(bot: Any, mei: int) -> None:
    sent = await bot.ok("sendMessage", chat_id=mei, text="x", reply_markup=inline(callback_data="a"))
    same = {"chat_id": mei, "message_id": sent["message_id"], "text": "x", "reply_markup": inline(callback_data="a")}

    assert await bot.refused("editMessageText", **same) == (400, NOT_MODIFIED)
    changed = await bot.ok("editMessageText", **{**same, "reply_markup": inline(callback_data="b")})

    assert changed["edit_date"] >= changed["date"]
    assert bot.phones.screen("5001").bubbles[-1].buttons == [[{"text": "Go", "data": "b"}]]


async def test_an_edit_without_buttons_takes_the_buttons_away(bot: Any, mei: int) -> None:
    sent = await bot.ok("sendMessage", chat_id=mei, text="x", reply_markup=inline(callback_data="a"))
    await bot.ok("editMessageText", chat_id=mei, message_id=sent["message_id"], text="x")
    assert bot.phones.screen("5001").bubbles[-1].buttons == []


@pytest.mark.parametrize(
    ("method", "target", "parameters", "why"),
    [
        ("editMessageText", 4040, {"text": "y"}, "message to edit not found"),
        ("editMessageText", 0, {"text": "y"}, "message identifier is not specified"),
        ("editMessageText", "theirs", {"text": "y"}, "message can't be edited"),
        ("editMessageText", "keyed", {"text": "y"}, "message can't be edited"),
        ("editMessageText", "text", {"text": "y" * 4097}, "MESSAGE_TOO_LONG"),
        (
            "editMessageText",
            "text",
            {"text": "y", "reply_markup": {"remove_keyboard": True}},
            "inline keyboard expected",
        ),
        ("editMessageText", "photo", {"text": "y"}, "there is no text in the message to edit"),
        ("editMessageCaption", "text", {"caption": "y"}, "there is no caption in the message to edit"),
        ("editMessageCaption", "photo", {"caption": "y" * 1025}, "message caption is too long"),
        (
            "editMessageMedia",
            "photo",
            {"media": {"type": "song", "media": "x"}},
            "can't parse InputMedia: type must be one of photo or document",
        ),
        (
            "editMessageMedia",
            "photo",
            {"media": {"type": "photo", "media": "attach://new"}},
            "there is no photo in the request",
        ),
        ("editMessageReplyMarkup", "text", {}, NOT_MODIFIED.removeprefix("Bad Request: ")),
        ("deleteMessage", 4040, {}, "message to delete not found"),
    ],
)
async def test_an_edit_that_telegram_would_not_make(
    *,
    bot: Any,
    mei: int,
    picture: Any,
    method: str,
    target: str | int,
    parameters: dict[str, Any],
    why: str,
) -> None:
    text = await bot.ok("sendMessage", chat_id=mei, text="x")
    keyed = await bot.ok("sendMessage", chat_id=mei, text="x", reply_markup={"keyboard": [["a"]]})
    photo = (await bot.upload("sendPhoto", {"chat_id": mei}, photo=picture())).body["result"]
    numbers = {name: post["message_id"] for name, post in {"text": text, "keyed": keyed, "photo": photo}.items()}
    number = {**numbers, "theirs": 1}.get(str(target), target)

    answer = await bot.refused(method, chat_id=mei, message_id=number, **parameters)

    assert answer == (400, f"Bad Request: {why}")


async def test_a_message_can_be_deleted_for_two_days(bot: Any, mei: int) -> None:
    first = await bot.ok("sendMessage", chat_id=mei, text="one")
    second = await bot.ok("sendMessage", chat_id=mei, text="two")
    await bot.ok("deleteMessage", chat_id=mei, message_id=first["message_id"])
    bot.clock.step(timedelta(hours=49))

    late = await bot.refused("deleteMessage", chat_id=mei, message_id=second["message_id"])

    assert late == (400, "Bad Request: message can't be deleted for everyone")
    assert [bubble.text for bubble in bot.phones.screen("5001").bubbles] == ["/start", "two"]


@pytest.mark.parametrize(
    ("token", "status", "why"),
    [("7000001:wrong", 401, "Unauthorized"), ("8:x", 401, "Unauthorized"), ("nonsense", 404, "Not Found")],
)
async def test_a_wrong_token_opens_nothing(bot: Any, token: str, status: int, why: str) -> None:
    bot.token = token
    assert await bot.refused("getMe") == (status, why)
    async with bot.session.get(f"{bot.server}/telegram/file/bot{token}/photos/x.jpg") as response:
        assert response.status == status


async def test_an_unknown_method_is_not_found(bot: Any) -> None:
    assert await bot.refused("sendPigeon") == (404, "Not Found: method not found")


async def test_method_names_may_be_written_in_lower_case(bot: Any) -> None:
    assert (await bot.ok("getme"))["username"] == "memberbot_cafe_bot"


async def test_a_body_that_is_no_json_is_refused(bot: Any) -> None:
    headers = {"Content-Type": "application/json"}
    async with bot.session.post(bot.url("getMe"), data=b"{broken", headers=headers) as response:
        assert response.status == 400
        assert (await response.json())["description"] == "Bad Request: can't parse JSON object"


async def test_parameters_may_come_in_the_address_or_in_a_form(bot: Any, mei: int) -> None:
    async with bot.session.get(bot.url("sendMessage"), params={"chat_id": str(mei), "text": "by address"}) as response:
        assert (await response.json())["result"]["text"] == "by address"
    async with bot.session.post(bot.url("sendMessage"), data={"chat_id": str(mei), "text": "by form"}) as response:
        assert (await response.json())["result"]["text"] == "by form"


@pytest.mark.parametrize("payload", ["a" * 65, "with space", "汉字", "a=b"])
async def test_a_start_link_carries_64_plain_letters_at_most(bot: Any, payload: str) -> None:
    with pytest.raises(ValueError, match="start parameter"):
        await bot.phones.start("5001", payload)


@pytest.mark.parametrize(
    "parameters",
    [{"text": "x" * 201}, {"text": "😀" * 101}],
)
async def test_a_toast_has_at_most_200_units(bot: Any, parameters: dict[str, str]) -> None:
    answer = await bot.refused("answerCallbackQuery", callback_query_id="1", **parameters)
    assert answer == (400, "Bad Request: MESSAGE_TOO_LONG")


async def test_a_body_beyond_a_megabyte_is_refused(bot: Any, mei: int) -> None:
    body = io.BytesIO(json.dumps({"chat_id": mei, "text": "x" * (1 << 20)}).encode())
    async with bot.session.post(bot.url("sendMessage"), data=body, headers={"Content-Type": "application/json"}) as got:
        assert (got.status, (await got.json())["description"]) == (413, "Request Entity Too Large")


async def test_control_characters_become_blanks(bot: Any, mei: int) -> None:
    sent = await bot.ok("sendMessage", chat_id=mei, text="a\x00b\r\n\tc\x1f")
    assert sent["text"] == "a b\n c"
