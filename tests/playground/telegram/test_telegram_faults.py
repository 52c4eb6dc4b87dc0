"""What goes wrong on purpose, and what the inspector keeps of it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from playground.faults import Fault


def texts(bot: Any) -> list[str]:
    return [bubble.text for bubble in bot.phones.screen("5001").bubbles if bubble.author == "shop"]


async def raw(bot: Any, mei: int, **options: Any) -> tuple[int, str, str]:
    body = {"chat_id": mei, "text": "hello"}
    async with bot.session.post(bot.url("sendMessage"), json=body, **options) as response:
        return response.status, response.content_type, await response.text()


@pytest.mark.parametrize(
    ("fault", "status", "why"),
    [
        (Fault("429", retry_after=35), 429, "Too Many Requests: retry after 35"),
        (Fault("403"), 403, "Forbidden: bot was blocked by the user"),
        (Fault("400"), 400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0'),
    ],
)
async def test_a_planned_refusal_has_no_effect(bot: Any, mei: int, *, fault: Fault, status: int, why: str) -> None:
    bot.faults.plan(fault)
    answer = await bot.call("sendMessage", chat_id=mei, text="hello")
    assert (answer.status, answer.body["description"]) == (status, why)
    assert texts(bot) == []


async def test_too_many_requests_say_how_long_to_wait(bot: Any, mei: int) -> None:
    bot.faults.plan(Fault("429", retry_after=35, match="send"))
    await bot.ok("getMe")
    answer = await bot.call("sendMessage", chat_id=mei, text="hello")
    assert answer.body["parameters"] == {"retry_after": 35}
    assert answer.headers["Retry-After"] == "35"


async def test_a_page_in_place_of_json(bot: Any, mei: int) -> None:
    bot.faults.plan(Fault("502"))
    status, kind, body = await raw(bot, mei)
    assert (status, kind, body[:6]) == (502, "text/html", "<html>")
    assert texts(bot) == []
    bot.faults.plan(Fault("html"))
    status, kind, _ = await raw(bot, mei)
    assert (status, kind) == (200, "text/html")


async def test_json_cut_in_the_middle_of_an_answer_whose_call_took_effect(bot: Any, mei: int) -> None:
    bot.faults.plan(Fault("cut"))
    status, kind, body = await raw(bot, mei)
    assert (status, kind) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert texts(bot) == ["hello"]


async def test_a_call_that_takes_effect_and_loses_its_answer(bot: Any, mei: int) -> None:
    bot.faults.plan(Fault("reset"))
    with pytest.raises(aiohttp.ClientError):
        await raw(bot, mei)
    assert texts(bot) == ["hello"]


async def test_a_call_that_is_never_answered(bot: Any, mei: int) -> None:
    bot.faults.plan(Fault("hang"))
    with pytest.raises(TimeoutError):
        await raw(bot, mei, timeout=aiohttp.ClientTimeout(total=0.1))
    assert texts(bot) == []
    assert (await raw(bot, mei))[0] == 200


async def test_the_inspector_keeps_calls_and_pushes_without_any_secret(bot: Any, shop: Any, picture: Any) -> None:
    await bot.ok("setWebhook", url=shop.url, secret_token="hook-secret")
    pushed = asyncio.Event()
    bot.inspector.on_call(lambda call: pushed.set() if call.direction == "out" else None)
    await bot.phones.start("5001")
    async with asyncio.timeout(5):
        await pushed.wait()
    data = picture()
    await bot.upload("sendPhoto", {"chat_id": 5001, "caption": "card"}, photo=data)
    bot.faults.plan(Fault("403"))
    await bot.call("sendMessage", chat_id=5001, text="hello")

    (photo,) = bot.inspector.named("sendPhoto")
    assert photo.request == {"chat_id": "5001", "caption": "card", "photo": f"photo.png, image/png, {len(data)} bytes"}
    assert photo.answer["result"]["caption"] == "card"
    (push,) = bot.inspector.named("message")
    assert (push.direction, push.status, push.request["message"]["text"]) == ("out", 200, "/start")
    (refused,) = bot.inspector.named("sendMessage")
    assert (refused.fault, refused.status, refused.answer["ok"]) == ("403", 403, False)
    kept = repr(list(bot.inspector.calls))
    assert bot.token not in kept
    assert "hook-secret" not in kept
