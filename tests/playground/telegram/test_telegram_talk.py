"""People talk to the bot, and the bot gets it as the Bot API sends it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest


async def test_start_with_a_deep_link_arrives_as_a_command_with_its_payload(bot: Any) -> None:
    await bot.phones.start("5001", "join_table7")

    (update,) = await bot.updates()

    message = update["message"]
    assert message["text"] == "/start join_table7"
    assert message["entities"] == [{"offset": 0, "length": 6, "type": "bot_command"}]
    assert message["from"] == {"id": 5001, "is_bot": False, "first_name": "Mei", "language_code": "zh-hans"}
    assert message["chat"] == {"id": 5001, "first_name": "Mei", "type": "private"}
    assert abs(message["date"] - bot.clock.now().timestamp()) < 5


async def test_the_answer_is_seen_on_the_phone(bot: Any, mei: int) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Points", "callback_data": "p:1"}]]}

    sent = await bot.ok("sendMessage", chat_id=mei, text="<b>Hi</b> 😀 there", parse_mode="HTML", reply_markup=keyboard)

    assert sent["text"] == "Hi 😀 there"
    assert sent["entities"] == [{"offset": 0, "length": 2, "type": "bold"}]
    assert sent["reply_markup"] == keyboard
    bubble = bot.phones.screen("5001").bubbles[-1]
    assert (bubble.author, bubble.text, bubble.spans) == ("shop", "Hi 😀 there", [(0, 2, "bold", "")])
    assert bubble.buttons == [[{"text": "Points", "data": "p:1"}]]


async def test_a_pressed_button_arrives_with_its_message_and_its_answer_is_a_toast(bot: Any, mei: int) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Points", "callback_data": "p:1"}]]}
    sent = await bot.ok("sendMessage", chat_id=mei, text="Hello", reply_markup=keyboard)

    await bot.phones.press("5001", str(sent["message_id"]), "p:1")
    (update,) = await bot.updates()
    query = update["callback_query"]
    await bot.ok("answerCallbackQuery", callback_query_id=query["id"], text="Done")

    assert query["data"] == "p:1"
    assert query["from"]["id"] == mei
    assert query["message"] == sent
    assert bot.phones.screen("5001").toast == "Done"


async def test_a_press_is_answered_within_150_seconds_and_once(bot: Any, mei: int) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Points", "callback_data": "p:1"}]]}
    sent = await bot.ok("sendMessage", chat_id=mei, text="Hello", reply_markup=keyboard)
    await bot.phones.press("5001", str(sent["message_id"]), "p:1")
    await bot.phones.press("5001", str(sent["message_id"]), "p:1")
    first, second = [update["callback_query"]["id"] for update in await bot.updates()]
    too_old = (400, "Bad Request: query is too old and response timeout expired or query ID is invalid")

    await bot.ok("answerCallbackQuery", callback_query_id=first)
    assert await bot.refused("answerCallbackQuery", callback_query_id=first) == too_old
    bot.clock.step(timedelta(seconds=151))
    assert await bot.refused("answerCallbackQuery", callback_query_id=second) == too_old


async def test_sharing_ones_own_contact_names_oneself_as_its_owner(bot: Any, mei: int) -> None:
    keys = {"keyboard": [[{"text": "Share", "request_contact": True}]], "one_time_keyboard": True}
    asked = await bot.ok("sendMessage", chat_id=mei, text="Your phone?", reply_markup=keys)
    assert bot.phones.screen("5001").keyboard == [[{"text": "Share", "request_contact": True}]]

    await bot.phones.contact("5001")

    (update,) = await bot.updates()
    assert update["message"]["contact"] == {"phone_number": "+8613800000001", "first_name": "Mei", "user_id": mei}
    assert update["message"]["reply_to_message"]["message_id"] == asked["message_id"]
    assert bot.phones.screen("5001").keyboard == []


async def test_somebody_elses_contact_names_that_person(bot: Any, mei: int) -> None:
    await bot.phones.contact("5001", owner="5002")

    (update,) = await bot.updates()
    assert update["message"]["from"]["id"] == mei
    assert update["message"]["contact"]["user_id"] == 5002


async def test_blocking_tells_the_bot_and_refuses_what_it_sends(bot: Any, mei: int) -> None:
    await bot.phones.stop("5001")
    assert await bot.refused("sendMessage", chat_id=mei, text="x") == (403, "Forbidden: bot was blocked by the user")
    await bot.phones.start("5001")

    updates = await bot.updates()
    states = [update["my_chat_member"]["new_chat_member"]["status"] for update in updates if "my_chat_member" in update]
    assert states == ["kicked", "member"]
    await bot.ok("sendMessage", chat_id=mei, text="welcome back")


@pytest.mark.usefixtures("mei")
async def test_a_photo_goes_up_in_sizes_and_comes_down_as_it_was(bot: Any, picture: Any) -> None:
    data = picture(1000, 600)
    await bot.phones.photo("5001", data)

    (update,) = await bot.updates()
    sizes = update["message"]["photo"]
    assert [(size["width"], size["height"]) for size in sizes] == [(90, 54), (320, 192), (800, 480), (1000, 600)]
    file = await bot.ok("getFile", file_id=sizes[-1]["file_id"])
    async with bot.session.get(f"{bot.server}/telegram/file/bot{bot.token}/{file['file_path']}") as response:
        assert await response.read() == data


@pytest.mark.usefixtures("mei")
async def test_a_long_poll_ends_as_soon_as_somebody_speaks(bot: Any) -> None:
    poll = asyncio.create_task(bot.updates(timeout=20))
    await asyncio.sleep(0.05)
    await bot.phones.say("5001", "hello")

    async with asyncio.timeout(8):
        (update,) = await poll
    assert update["message"]["text"] == "hello"


@pytest.mark.parametrize("words", ["", "   \n"])
@pytest.mark.usefixtures("mei")
async def test_an_app_does_not_send_nothing(bot: Any, words: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        await bot.phones.say("5001", words)
    assert await bot.updates() == []


@pytest.mark.usefixtures("mei")
async def test_a_long_text_goes_as_several_messages(bot: Any) -> None:
    await bot.phones.say("5001", "😀" * 2048 + "x")
    first, second = [update["message"]["text"] for update in await bot.updates()]
    assert (first, second) == ("😀" * 2048, "x")


async def test_a_one_time_keyboard_folds_away_when_one_of_its_keys_is_tapped(bot: Any, mei: int) -> None:
    keys = {"keyboard": [["Yes", "No"]], "one_time_keyboard": True}
    await bot.ok("sendMessage", chat_id=mei, text="Offers?", reply_markup=keys)
    await bot.phones.say("5001", "what is that?")
    assert bot.phones.screen("5001").keyboard == [[{"text": "Yes"}, {"text": "No"}]]
    await bot.phones.say("5001", "Yes")
    assert bot.phones.screen("5001").keyboard == []


async def test_a_lasting_keyboard_stays_until_the_bot_removes_it(bot: Any, mei: int) -> None:
    await bot.ok("sendMessage", chat_id=mei, text="Desk", reply_markup={"keyboard": [["Scan"]]})
    await bot.phones.say("5001", "Scan")
    assert bot.phones.screen("5001").keyboard == [[{"text": "Scan"}]]
    await bot.ok("sendMessage", chat_id=mei, text="Bye", reply_markup={"remove_keyboard": True})
    assert bot.phones.screen("5001").keyboard == []


async def test_who_has_not_started_or_has_blocked_cannot_write_or_press(bot: Any, mei: int) -> None:
    sent = await bot.ok(
        "sendMessage",
        chat_id=mei,
        text="x",
        reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]},
    )
    await bot.phones.stop("5001")
    with pytest.raises(ValueError, match="Unblock"):
        await bot.phones.press("5001", str(sent["message_id"]), "go")
    with pytest.raises(ValueError, match="Start"):
        await bot.phones.say("5002", "hello")
    why = "Forbidden: bot was blocked by the user"
    edit = {"chat_id": mei, "message_id": sent["message_id"], "text": "y"}
    assert await bot.refused("editMessageText", **edit) == (403, why)


async def test_only_a_button_that_is_shown_can_be_pressed(bot: Any, mei: int) -> None:
    sent = await bot.ok("sendMessage", chat_id=mei, text="x")
    with pytest.raises(KeyError):
        await bot.phones.press("5001", str(sent["message_id"]), "forged")
    with pytest.raises(KeyError):
        await bot.phones.press("5001", "4040", "go")


async def test_a_bot_may_mark_its_text_by_a_list_of_entities(bot: Any, mei: int) -> None:
    marks = [{"type": "bold", "offset": 0, "length": 2}]
    sent = await bot.ok("sendMessage", chat_id=mei, text="Hi there", entities=marks)
    assert sent["entities"] == marks
    wrong = await bot.refused("sendMessage", chat_id=mei, text="Hi", entities=[{"type": "bold"}])
    assert wrong[0] == 400


@pytest.mark.usefixtures("mei")
async def test_the_phone_chooses_a_command_and_shares_a_stranger(bot: Any) -> None:
    await bot.phones.menu("5001", "points")
    await bot.phones.contact("5001", owner="Ann", phone="+15550100")
    command, stranger = [update["message"] for update in await bot.updates()]
    assert command["text"] == "/points"
    assert stranger["contact"] == {"phone_number": "+15550100", "first_name": "Ann"}
