"""How news reaches the program: webhook, redelivery, queues, long polling."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from playground.faults import Fault

BUTTON = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
TAKEN_OVER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


async def test_updates_are_posted_with_the_secret(bot: Any, shop: Any) -> None:
    answer = await bot.call("setWebhook", url=shop.url, secret_token="s3cret-_")
    assert answer.body == {"ok": True, "result": True, "description": "Webhook was set"}

    await bot.phones.start("5001")

    (update,) = await shop.until(1)
    assert update["message"]["text"] == "/start"
    assert shop.secrets == ["s3cret-_"]


async def test_updates_that_waited_are_posted_once_a_webhook_is_set(bot: Any, shop: Any) -> None:
    await bot.phones.start("5001")
    await bot.phones.say("5001", "are you open?")
    assert (await bot.ok("getWebhookInfo"))["pending_update_count"] == 2

    await bot.ok("setWebhook", url=shop.url)

    posts = await shop.until(2)
    assert [post["message"]["text"] for post in posts] == ["/start", "are you open?"]


@pytest.mark.usefixtures("mei")
async def test_polling_is_refused_while_a_webhook_is_set(bot: Any, shop: Any) -> None:
    await bot.ok("setWebhook", url=shop.url)
    assert await bot.refused("getUpdates") == (409, ACTIVE)
    answer = await bot.call("deleteWebhook")
    assert answer.body["description"] == "Webhook was deleted"
    assert await bot.updates() == []


async def test_an_update_is_posted_again_until_it_is_taken_and_the_next_waits_for_it(bot: Any, shop: Any) -> None:
    broken, busy = web.Response(status=500), web.Response(status=503, headers={"Retry-After": "30"})
    shop.answers = [broken, web.Response(status=500), busy]
    await bot.ok("setWebhook", url=shop.url)
    await bot.phones.start("5001")
    await bot.phones.say("5001", "second")
    await shop.until(2)
    await asyncio.sleep(0.05)
    assert len(shop.posts) == 2, "once more at once, then after two seconds"

    info = await bot.ok("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert info["pending_update_count"] == 2
    bot.clock.step(timedelta(seconds=2))
    await shop.until(3)
    await asyncio.sleep(0.05)
    bot.clock.step(timedelta(seconds=29))
    await asyncio.sleep(0.05)
    assert len(shop.posts) == 3, "the program asked for 30 seconds of quiet"
    bot.clock.step(timedelta(seconds=1))

    posts = await shop.until(5)
    assert [post["message"]["text"] for post in posts] == ["/start"] * 4 + ["second"]
    assert len({post["update_id"] for post in posts}) == 2


@pytest.mark.usefixtures("mei")
async def test_messages_wait_for_each_other_and_presses_pass_by(bot: Any, shop: Any) -> None:
    sent = await bot.ok("sendMessage", chat_id=5001, text="x", reply_markup=BUTTON)
    await bot.phones.start("5002")
    shop.gates["message"] = asyncio.Event()
    await bot.ok("setWebhook", url=shop.url, drop_pending_updates=True)

    await bot.phones.say("5001", "one")
    await bot.phones.say("5001", "two")
    await bot.phones.say("5002", "three")
    await bot.phones.press("5001", str(sent["message_id"]), "go")
    posts = await shop.until(3)
    await asyncio.sleep(0.05)
    seen = {post["message"]["text"] if "message" in post else post["callback_query"]["data"] for post in posts}
    assert seen == {"one", "three", "go"}
    shop.gates["message"].set()

    posts = await shop.until(4)
    assert posts[-1]["message"]["text"] == "two"


async def test_an_unreachable_program_is_named_in_the_webhooks_state(bot: Any, shop: Any) -> None:
    tried = asyncio.Event()
    bot.inspector.on_call(lambda call: tried.set() if call.direction == "out" else None)
    await bot.ok("setWebhook", url="http://127.0.0.1:1/hook")
    await bot.phones.start("5001")
    async with asyncio.timeout(5):
        await tried.wait()
    assert (await bot.ok("getWebhookInfo"))["last_error_message"] == "Connection refused"

    await bot.ok("setWebhook", url=shop.url)
    assert (await shop.until(1))[0]["message"]["text"] == "/start"


async def test_a_planned_duplicate_is_posted_twice_under_one_id(bot: Any, shop: Any) -> None:
    await bot.ok("setWebhook", url=shop.url)
    bot.faults.plan(Fault("duplicate"))

    await bot.phones.start("5001")

    first, second = await shop.until(2)
    assert first == second


async def test_a_press_dies_after_150_seconds_and_a_message_after_a_day(bot: Any, mei: int) -> None:
    sent = await bot.ok("sendMessage", chat_id=mei, text="x", reply_markup=BUTTON)
    await bot.phones.press("5001", str(sent["message_id"]), "go")
    await bot.phones.say("5001", "hello")
    assert len(await bot.updates()) == 2

    bot.clock.step(timedelta(seconds=151))
    assert ["message" in update for update in await bot.updates()] == [True]
    bot.clock.step(timedelta(hours=24))
    assert await bot.updates() == []


@pytest.mark.usefixtures("mei")
async def test_an_offset_confirms_what_came_before_it(bot: Any) -> None:
    for text in ("one", "two", "three"):
        await bot.phones.say("5001", text)
    one, two = await bot.updates(limit=2)
    assert [update["update_id"] for update in await bot.updates()][:2] == [one["update_id"], two["update_id"]]

    (three,) = await bot.updates(offset=two["update_id"] + 1)

    assert three["message"]["text"] == "three"
    assert three["update_id"] == two["update_id"] + 1


@pytest.mark.usefixtures("mei")
async def test_a_second_poll_ends_the_first(bot: Any) -> None:
    first = asyncio.create_task(bot.refused("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(bot.updates(timeout=20))

    async with asyncio.timeout(8):
        assert await first == (409, TAKEN_OVER)
    await bot.phones.say("5001", "hello")
    assert len(await second) == 1


@pytest.mark.usefixtures("mei")
async def test_only_the_kinds_asked_for_come(bot: Any) -> None:
    await bot.updates(allowed_updates=["callback_query"])
    await bot.phones.say("5001", "not wanted")
    assert await bot.updates() == []
    assert (await bot.ok("getWebhookInfo"))["allowed_updates"] == ["callback_query"]
    await bot.updates(allowed_updates=[])
    await bot.phones.say("5001", "wanted")
    assert len(await bot.updates()) == 1


@pytest.mark.usefixtures("mei")
async def test_ids_begin_elsewhere_after_a_week_of_silence(bot: Any) -> None:
    await bot.phones.say("5001", "before")
    (before,) = await bot.updates()
    bot.clock.step(timedelta(days=7))
    await bot.phones.say("5001", "after")

    (after,) = await bot.updates(offset=0)

    assert after["update_id"] != before["update_id"] + 1


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"url": "http://shop.example/hook"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            {"url": "https://shop.example:8080/hook"},
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ({"url": "https://shop.example/", "secret_token": "a b"}, "secret token contains unallowed characters"),
        ({"url": "https://shop.example/", "secret_token": "a" * 257}, "secret token is too long"),
    ],
)
async def test_a_webhook_that_telegram_would_not_take(bot: Any, parameters: dict[str, str], why: str) -> None:
    assert await bot.refused("setWebhook", **parameters) == (400, f"Bad Request: {why}")


async def test_what_waits_can_be_dropped(bot: Any) -> None:
    await bot.phones.start("5001")
    await bot.ok("deleteWebhook", drop_pending_updates=True)
    assert await bot.updates() == []


@pytest.mark.usefixtures("mei")
async def test_setting_a_webhook_ends_a_waiting_poll(bot: Any, shop: Any) -> None:
    poll = asyncio.create_task(bot.refused("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await bot.ok("setWebhook", url=shop.url)
    async with asyncio.timeout(8):
        assert await poll == (409, "Conflict: terminated by setWebhook request")


async def test_no_more_posts_at_once_than_the_program_allows(bot: Any, shop: Any) -> None:
    shop.gates["message"] = asyncio.Event()
    await bot.ok("setWebhook", url=shop.url, max_connections=1)
    await bot.phones.start("5001")
    await bot.phones.start("5002")
    await shop.until(1)
    await asyncio.sleep(0.05)
    assert len(shop.posts) == 1
    shop.gates["message"].set()
    assert len(await shop.until(2)) == 2


async def test_after_a_reset_nobody_waits_for_an_old_failure(bot: Any, shop: Any) -> None:
    shop.answers = [web.Response(status=503, headers={"Retry-After": "3000"})]
    await bot.ok("setWebhook", url=shop.url)
    await bot.phones.start("5001")
    await shop.until(1)
    await asyncio.sleep(0.05)

    bot.phones.reset()
    await bot.phones.start("5001", "again")

    assert (await shop.until(2))[1]["message"]["text"] == "/start again"
