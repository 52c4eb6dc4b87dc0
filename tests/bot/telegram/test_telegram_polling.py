"""Our own polling loop against a Telegram on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from bot.telegram.polling import Polling
from membership.messages import Button, Reply, plain, say
from tests.bot.telegram.house import MEI, House

Running = Callable[[], AbstractAsyncContextManager[Polling]]


@pytest.fixture
def running(house: House) -> Running:
    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[Polling]:
        polling = Polling(house.bot, house.updates, wait_seconds=5)
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
