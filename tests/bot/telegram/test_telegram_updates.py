"""How updates become turns: photos read first, presses ended at once, answers in order, repeats without effect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from handlers.said import Said
from membership.messages import Button, Picture, Reply, plain
from pictures.decoding import UnreadablePicture
from playground.faults import Fault
from tests.bot.telegram.house import MEI, House, png

GO = ((Button(plain("Go"), word="go"),),)


@pytest.fixture(autouse=True)
async def mei_has_started(house: House) -> None:
    await house.phones.start(MEI)


def news(house: House) -> list[dict[str, Any]]:
    """Return what the platform has to tell since the last time."""
    waiting = house.phones._world.pushes.waiting
    taken = [item.body for item in waiting]
    waiting.clear()
    return taken


async def take(house: House, *, times: int = 1) -> None:
    for update in news(house):
        for _ in range(times):
            await house.updates.take(update)


async def show_button(house: House) -> str:
    """Put a message with a button on the phone and return its id."""
    sent = await house.send(Reply((plain("old"),), buttons=GO))
    return sent.platform_id


async def test_take_returns_after_the_commit_and_before_the_answer(house: House) -> None:
    house.faults.plan(Fault("hang", match="sendMessage"))
    await take(house)
    assert len(house.desk.taken) == 1
    assert house.desk.sent == []


async def test_a_photo_is_read_before_its_turn(house: House) -> None:
    house.eyes.codes = ("M1-CODE",)
    await house.phones.photo(MEI, png())
    await take(house)
    said = house.desk.taken[-1]
    assert (said.kind, said.codes, said.picture, said.refused) == ("photo", ("M1-CODE",), png(), "")


async def test_a_photo_without_a_code_is_no_refusal(house: House) -> None:
    await house.phones.photo(MEI, png())
    await take(house)
    assert (house.desk.taken[-1].codes, house.desk.taken[-1].refused) == ((), "")


async def test_a_photo_that_cannot_be_read_says_why(house: House) -> None:
    house.eyes.error = UnreadablePicture("too_many_pixels")
    await house.phones.photo(MEI, png())
    await take(house)
    assert house.desk.taken[-1].refused == "too_many_pixels"


async def test_a_photo_too_large_is_not_even_asked_for(house: House) -> None:
    await house.phones.photo(MEI, png())
    update = next(update for update in news(house) if "photo" in update["message"])
    update["message"]["photo"][-1]["file_size"] = 10_000_001
    await house.updates.take(update)
    assert house.desk.taken[-1].refused == "too_large"
    assert house.calls("getFile") == 0


@pytest.mark.parametrize("count", [1, 2])
async def test_a_photo_is_asked_for_twice_and_then_given_up(house: House, count: int) -> None:
    house.faults.plan(Fault("502", match="getFile", count=count))
    await house.phones.photo(MEI, png())
    with capture_logs():
        await take(house)
    assert house.desk.taken[-1].refused == ("" if count == 1 else "unavailable")


async def test_reading_that_takes_long_shows_that_somebody_is_at_work(house: House) -> None:
    house.eyes.gate = asyncio.Event()
    await house.phones.photo(MEI, png())
    taking = asyncio.create_task(take(house))
    await house.until(lambda: house.phones.screen(MEI).typing)
    house.eyes.gate.set()
    await taking
    await house.updates.close()
    assert house.calls("sendChatAction") == 1


async def test_quick_reading_shows_nothing(house: House) -> None:
    await house.phones.photo(MEI, png())
    await take(house)
    assert house.calls("sendChatAction") == 0


async def test_words_after_a_photo_wait_for_it(house: House) -> None:
    house.eyes.gate = asyncio.Event()
    await house.phones.photo(MEI, png())
    await house.phones.say(MEI, "and?")
    updates = [asyncio.create_task(house.updates.take(update)) for update in news(house)]
    await house.until(lambda: len(house.eyes.seen) == 1)
    assert [said.text for said in house.desk.taken] == ["/start"]
    house.eyes.gate.set()
    await asyncio.gather(*updates)
    assert [said.kind for said in house.desk.taken] == ["text", "photo", "text"]


async def test_the_waiting_sign_on_a_button_ends_without_waiting_for_the_message(house: House) -> None:
    pressed = await show_button(house)
    news(house)
    house.faults.plan(Fault("hang", match="editMessageText"))
    await house.phones.press(MEI, pressed, "go")
    await take(house)
    await house.until(lambda: house.calls("answerCallbackQuery") == 1)
    assert house.desk.sent == []


@pytest.mark.parametrize("reply", [None, Reply(toast=plain("x" * 300)), Reply((plain("new"),))])
async def test_every_press_is_answered_whatever_the_reply(house: House, reply: Reply | None) -> None:
    house.desk.answer = lambda _: reply
    pressed = await show_button(house)
    await house.phones.press(MEI, pressed, "go")
    await take(house)
    await house.until(lambda: house.calls("answerCallbackQuery") == 1)
    assert house.inspector.named("answerCallbackQuery")[0].status == 200


async def test_a_reply_that_is_no_edit_comes_as_a_new_message(house: House) -> None:
    house.desk.answer = lambda said: Reply((plain(said.word or "hi"),), edit=False)
    await take(house)
    pressed = await show_button(house)
    await house.phones.press(MEI, pressed, "go")
    await take(house)
    await house.updates.close()
    assert [bubble.text for bubble in house.shop_bubbles()] == ["hi", "old", "go"]


async def test_a_press_answered_too_late_is_swallowed(house: House) -> None:
    pressed = await show_button(house)
    await house.phones.press(MEI, pressed, "go")
    updates = news(house)
    house.phones._world.queries.clear()
    with capture_logs() as logs:
        for update in updates:
            await house.updates.take(update)
        await house.updates.close()
    assert house.inspector.named("answerCallbackQuery")[0].status == 400
    assert logs == []


async def test_answers_that_hang_do_not_keep_the_program_from_ending(house: House) -> None:
    house.faults.plan(Fault("hang", match="sendMessage"))
    await take(house)
    assert await house.updates.close(seconds=0.1) is False
    assert await house.updates.close(seconds=0.1) is True


async def test_the_same_update_twenty_times_has_one_effect_and_one_answer(house: House) -> None:
    await take(house, times=20)
    await house.updates.close()
    assert (len(house.desk.taken), len(house.desk.repeated)) == (1, 19)
    assert len(house.shop_bubbles()) == 1


async def test_a_repeated_press_is_answered_but_nothing_is_sent_again(house: House) -> None:
    pressed = await show_button(house)
    news(house)
    await house.phones.press(MEI, pressed, "go")
    await take(house, times=2)
    await house.updates.close()
    assert house.calls("answerCallbackQuery") == 2
    assert house.calls("editMessageText") == 1


async def test_answers_of_one_person_leave_in_the_order_of_her_words(house: House) -> None:
    house.desk.answer = lambda said: Reply((plain(said.text),), picture=Picture("card") if said.text == "a" else None)
    for text in "abc":
        await house.phones.say(MEI, text)
    await take(house)
    await house.updates.close()
    assert [bubble.text for bubble in house.shop_bubbles()] == ["/start", "a", "b", "c"]


async def test_what_is_no_update_is_passed_over_and_noted_without_its_content(house: House) -> None:
    with capture_logs() as logs:
        await house.updates.take({"update_id": 1, "message": {"text": "my secret"}})
    assert [line["event"] for line in logs] == ["telegram_update_unreadable"]
    assert "my secret" not in str(logs)


async def test_what_cannot_be_committed_is_raised_to_whoever_brought_it(house: House) -> None:
    house.desk.bugs.append(RuntimeError("the disk is full"))
    with pytest.raises(RuntimeError):
        await take(house)


async def test_a_command_in_a_group_is_shown_the_way_and_stored_nowhere(house: House) -> None:
    group = {"id": -1001700000001, "type": "supergroup", "title": "Neighbours"}
    mei = {"id": 5001, "is_bot": False, "first_name": "Mei"}
    message = {"message_id": 1, "from": mei, "chat": group, "date": 1772443800, "text": "/points"}
    with capture_logs():
        await house.updates.take({"update_id": 1, "message": message})
        await house.updates.close()
    call = house.inspector.named("sendMessage")[0].request
    assert call["chat_id"] == "-1001700000001"
    assert "https://t.me/memberbot_cafe_bot" in call["text"]
    assert house.desk.taken == []


async def test_a_delivery_with_a_bug_is_logged_and_stops_nobody(house: House) -> None:
    def answer(said: Said) -> Reply:
        return Reply(picture=Picture("card", {"width": "wide"})) if said.text == "a" else Reply((plain("fine"),))

    house.desk.answer = answer
    news(house)
    await house.phones.say(MEI, "a")
    await house.phones.say(MEI, "b")
    with capture_logs() as logs:
        await take(house)
        await house.updates.close()
    assert [line["event"] for line in logs] == ["telegram_delivery_failed"]
    assert [bubble.text for bubble in house.shop_bubbles()] == ["fine"]


async def test_presses_forged_by_hand_reach_the_desk_as_words_of_no_button(house: House) -> None:
    pressed = await show_button(house)
    await house.phones.press(MEI, pressed, "go")
    updates = news(house)
    updates[-1]["callback_query"]["data"] = "z" * 65
    for update in updates:
        await house.updates.take(update)
    assert (house.desk.taken[-1].kind, house.desk.taken[-1].word) == ("press", "")
