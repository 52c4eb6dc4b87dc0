"""Our own polling loop against a Telegram on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.telegram.polling import Polling, Window
from membership.messages import Button, Reply, plain, say
from playground.faults import Fault, Kind
from tests.bot.telegram.house import MEI, TOM, House

Running = Callable[[], AbstractAsyncContextManager[Polling]]


@pytest.fixture
def running(house: House) -> Running:
    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[Polling]:
        polling = Polling(house.bot, house.updates, wait_seconds=5, pause_seconds=0.01)
        task = asyncio.create_task(polling.run())
        yield polling
        await polling.stop()
        async with asyncio.timeout(8):
            await task

    return run


async def test_what_is_said_is_taken_and_answered(house: House, running: Running) -> None:
    async with running():
        await house.phones.start(MEI, "poster-1")
        await house.until(lambda: len(house.shop_bubbles()) == 1)
    assert [(said.kind, said.text, said.source) for said in house.desk.taken] == [
        ("text", "/start poster-1", "poster-1")
    ]
    assert house.shop_bubbles()[0].text == "heard /start poster-1"


async def test_a_press_edits_the_pressed_message_and_shows_the_toast(house: House, running: Running) -> None:
    def answer(said: object) -> Reply:
        del said
        pressed = bool(house.desk.taken[-1].pressed)
        again = ((Button(plain("Again"), word="points"),),)
        return Reply((plain("120 points" if pressed else "Welcome"),), buttons=again, toast=say("toast.fresh"))

    house.desk.answer = answer
    async with running():
        await house.phones.start(MEI)
        await house.until(lambda: bool(house.shop_bubbles()))
        await house.phones.press(MEI, house.shop_bubbles()[0].id, "points")
        await house.until(lambda: house.shop_bubbles()[0].edited and bool(house.phones.screen(MEI).toast))
    assert [bubble.text for bubble in house.shop_bubbles()] == ["120 points"]
    assert house.phones.screen(MEI).toast == "toast.fresh/en"


async def test_everything_of_one_person_is_in_order_and_others_do_not_wait(house: House, running: Running) -> None:
    gate = house.desk.gates["first"] = asyncio.Event()
    await house.phones.start(MEI)
    await house.phones.start(TOM)
    async with running():
        await house.until(lambda: len(house.desk.taken) == 2)
        await house.phones.say(MEI, "first")
        await house.phones.say(MEI, "second")
        await house.phones.say(TOM, "hello")
        await house.until(lambda: texts(house, TOM) == ["heard /start", "heard hello"])
        assert texts(house, MEI) == ["heard /start"]
        gate.set()
        await house.until(lambda: len(texts(house, MEI)) == 3)
    assert texts(house, MEI) == ["heard /start", "heard first", "heard second"]


async def test_nothing_is_confirmed_before_it_and_all_before_it_are_committed(house: House, running: Running) -> None:
    gate = house.desk.gates["slow"] = asyncio.Event()
    await house.phones.start(MEI)
    await house.phones.start(TOM)
    await house.phones.say(MEI, "slow")
    await house.phones.say(TOM, "quick")
    async with running():
        await house.until(lambda: "heard quick" in texts(house, TOM))
        rounds = house.calls("getUpdates")
        await house.until(lambda: house.calls("getUpdates") > rounds)  # it goes on asking, and confirms no more
        assert waiting_texts(house) == ["slow", "quick"]
        gate.set()
    assert waiting_texts(house) == []
    assert house.desk.repeated == []


async def test_what_was_not_confirmed_before_a_crash_comes_again_and_is_answered_once(
    house: House, running: Running
) -> None:
    def answer(_: object) -> Reply:
        house.faults.plan(Fault("hang", match="getUpdates"))  # the confirmation will not reach Telegram
        return Reply((plain("welcome"),))

    house.desk.answer = answer
    await house.phones.start(MEI)
    crashed = asyncio.create_task(Polling(house.bot, house.updates, wait_seconds=5).run())
    await house.until(lambda: len(house.shop_bubbles()) == 1 and not house.faults.planned)
    crashed.cancel()
    await asyncio.wait([crashed])
    async with running():
        await house.until(lambda: len(house.desk.repeated) == 1)
    assert len(house.desk.taken) == 1
    assert len(house.shop_bubbles()) == 1


async def test_an_update_delivered_twice_has_one_effect(house: House, running: Running) -> None:
    house.faults.plan(Fault("duplicate", match="message"))
    async with running():
        await house.phones.start(MEI)
        await house.until(lambda: len(house.shop_bubbles()) == 1)
    assert waiting_texts(house) == []
    assert len(house.desk.taken) == 1


async def test_what_could_not_be_committed_is_asked_for_again(house: House, running: Running) -> None:
    house.desk.bugs.append(RuntimeError("the disk is full"))
    with capture_logs() as logs:
        async with running():
            await house.phones.start(MEI)
            await house.until(lambda: len(house.shop_bubbles()) == 1)
    assert [line["event"] for line in logs] == ["telegram_update_not_taken"]


async def test_a_webhook_left_from_before_is_taken_away(house: House, running: Running) -> None:
    await house.bot.set_webhook(url="http://127.0.0.1:9/hook")
    async with running():
        await house.phones.start(MEI)
        await house.until(lambda: len(house.shop_bubbles()) == 1)


async def test_a_webhook_set_by_somebody_else_is_explained_and_taken_away(house: House, running: Running) -> None:
    with capture_logs() as logs:
        async with running():
            await house.until(lambda: house.calls("deleteWebhook") == 1)
            await house.bot.set_webhook(url="http://127.0.0.1:9/hook")
            await house.phones.start(MEI)
            await house.until(lambda: len(house.shop_bubbles()) == 1)
    conflict = next(line for line in logs if line["event"] == "telegram_polling_conflict")
    assert "one program" in conflict["cure"]


@pytest.mark.parametrize("kind", ["502", "html", "cut", "reset"])
async def test_trouble_with_asking_is_waited_out(house: House, running: Running, kind: Kind) -> None:
    house.faults.plan(Fault(kind, match="getUpdates"))
    with capture_logs() as logs:
        async with running():
            await house.phones.start(MEI)
            await house.until(lambda: len(house.shop_bubbles()) == 1)
    assert [line["event"] for line in logs] == ["telegram_polling_failed"]


async def test_telegrams_wish_for_silence_is_honoured(house: House, running: Running) -> None:
    house.faults.plan(Fault("429", match="getUpdates", retry_after=1))
    async with running():
        await house.phones.start(MEI)
        await house.until(lambda: len(house.shop_bubbles()) == 1)
    first, second = house.inspector.named("getUpdates")[:2]
    assert (second.at - first.at).total_seconds() >= 1


async def test_stopping_lets_a_turn_under_way_finish_and_confirms_it(house: House) -> None:
    gate = house.desk.gates["/start"] = asyncio.Event()
    polling = Polling(house.bot, house.updates, wait_seconds=5)
    task = asyncio.create_task(polling.run())
    await house.phones.start(MEI)
    await house.until(lambda: house.calls("getUpdates") > 1)
    await polling.stop()
    asyncio.get_running_loop().call_later(0.7, gate.set)
    async with asyncio.timeout(5):
        await task
    await house.updates.close()
    assert texts(house, MEI) == ["heard /start"]
    assert waiting_texts(house) == []


def texts(house: House, user: str) -> list[str]:
    return [bubble.text for bubble in house.shop_bubbles(user)]


def waiting_texts(house: House) -> list[str]:
    """Return the texts that Telegram still keeps for us."""
    return [news.body["message"]["text"] for news in house.phones._world.pushes.waiting]


@given(orders=st.permutations(range(10, 16)), cut=st.integers(0, 6))
async def test_the_offset_never_passes_what_is_not_taken(orders: list[int], cut: int) -> None:
    gates = {number: asyncio.Event() for number in orders}

    async def take(update: Mapping[str, Any]) -> None:
        await gates[update["update_id"]].wait()

    window = Window()
    for number in sorted(orders):
        window.open({"update_id": number}, take)
    for number in orders[:cut]:
        gates[number].set()
    await window.wait(0.001)
    assert window.settle()
    missing = set(orders[cut:])
    assert window.offset == (min(missing) if missing else 16)
    for gate in gates.values():
        gate.set()
    await window.wait(1)
    window.settle()
    assert window.offset == 16
