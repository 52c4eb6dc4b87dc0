"""The door Telegram posts to: who is let in, what is taken, and what is answered."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from bot.telegram.webhook import BODY_BYTES_MAX, PATH, Webhook, announce, kept_secret
from membership.messages import Button, Reply, plain
from playground.faults import Fault
from tests.bot.telegram.house import ACCOUNT, MEI, TOM, House

SECRET = "s3cret_of-the_shop"
START = {
    "update_id": 871460001,
    "message": {
        "message_id": 1,
        "from": {"id": 5001, "is_bot": False, "first_name": "Mei"},
        "chat": {"id": 5001, "type": "private"},
        "date": 1772443800,
        "text": "/start",
    },
}


class Post:
    """One request brought to the door by hand, counting how much of its body was read."""

    def __init__(self, body: bytes, *, secret: str | None = SECRET, length: str | None = None) -> None:
        self.pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)] or [b""]
        self.read = 0
        headers = [(b"content-type", b"application/json")]
        if secret is not None:
            headers.append((b"x-telegram-bot-api-secret-token", secret.encode("utf-8")))
        if length is not None:
            headers.append((b"content-length", length.encode()))
        self.request = Request({"type": "http", "method": "POST", "path": PATH, "headers": headers}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        piece = self.pieces[self.read]
        self.read += 1
        return {"type": "http.request", "body": piece, "more_body": self.read < len(self.pieces)}


@pytest.fixture
def door(house: House) -> Webhook:
    return Webhook(SECRET, house.updates)


async def answer(door: Webhook, post: Post) -> int:
    response = await door.receive(post.request)
    assert response.body == b""
    return response.status_code


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], SECRET.upper(), "é"])
async def test_without_the_secret_nothing_is_read(house: House, door: Webhook, secret: str | None) -> None:
    post = Post(json.dumps(START).encode(), secret=secret)
    assert await answer(door, post) == 401
    assert post.read == 0
    assert house.desk.taken == []


@pytest.mark.torture
async def test_a_wrong_secret_is_refused_no_slower_than_the_right_one_is_let_in(door: Webhook) -> None:
    """Medians of 1,000: nobody learns from the time how much of a secret was right, and a flood costs little."""

    async def median(secret: str, expected: int) -> float:
        times = []
        for _ in range(1000):
            post = Post(b"[]", secret=secret)
            started = time.perf_counter()
            status = await answer(door, post)
            times.append(time.perf_counter() - started)
            assert status == expected
        return statistics.median(times)

    right = await median(SECRET, 400)
    wrong = [await median(secret, 401) for secret in ("", "wrong", SECRET[:-1] + "x", "x" + SECRET[1:])]
    assert max(wrong) < right + 0.0005
    assert max(wrong) - min(wrong) < 0.0005


async def test_the_answer_comes_after_the_commit_and_before_the_delivery(house: House, door: Webhook) -> None:
    await house.phones.start(MEI)
    house.faults.plan(Fault("hang", match="sendMessage"))
    gate = house.desk.gates["/start"] = asyncio.Event()
    answering = asyncio.create_task(answer(door, Post(json.dumps(START).encode())))
    await asyncio.sleep(0.02)
    assert not answering.done()
    gate.set()
    assert await answering == 200
    assert (len(house.desk.taken), house.desk.sent) == (1, [])


async def test_what_cannot_be_committed_is_not_answered_with_200(house: House, door: Webhook) -> None:
    house.desk.bugs.append(RuntimeError("the disk is full"))
    with pytest.raises(RuntimeError):
        await door.receive(Post(json.dumps(START).encode()).request)


@pytest.mark.parametrize("length", [None, "1", str(2 * BODY_BYTES_MAX), "²"])
async def test_a_body_over_a_megabyte_is_refused_whatever_it_says_of_its_length(
    door: Webhook, length: str | None
) -> None:
    post = Post(b" " * (2 * BODY_BYTES_MAX), length=length)
    assert await answer(door, post) == 413
    assert post.read <= BODY_BYTES_MAX // 65_536 + 1


DEEP = b'{"update_id": 1, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
WIDE = b'{"update_id": 1, "message": ' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"update_id": "1"}', b'{"message": {}}', DEEP, WIDE,
     b'{"update_id": ' + b"9" * 10_000 + b"}"],
    ids=["empty", "cut", "list", "null", "text", "no utf-8", "id as text", "no id", "deep", "too deep", "huge number"],
)  # fmt: skip
async def test_what_is_no_update_is_a_bad_request(house: House, door: Webhook, body: bytes) -> None:
    assert await answer(door, Post(body)) == 400
    assert house.desk.taken == []


async def test_deep_json_costs_little_memory(door: Webhook) -> None:
    tracemalloc.start()
    try:
        for _ in range(20):
            await answer(door, Post(DEEP))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * 2**20


async def test_an_update_of_a_kind_not_known_yet_is_taken_and_let_go(house: House, door: Webhook) -> None:
    assert await answer(door, Post(b'{"update_id": 1, "something_new": {"a": 1}}')) == 200
    assert house.desk.taken == []


async def test_the_secret_is_made_once_and_kept_and_the_settings_come_first(house: House) -> None:
    assert await kept_secret(house.notebook, ACCOUNT, given="", fresh="first") == "first"
    assert await kept_secret(house.notebook, ACCOUNT, given="", fresh="second") == "first"
    assert await kept_secret(house.notebook, ACCOUNT, given="mine", fresh="third") == "mine"
    assert await kept_secret(house.notebook, "7000002", given="", fresh="other") == "other"


class Server(uvicorn.Server):
    """Uvicorn that tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
async def served(door: Webhook) -> AsyncIterator[str]:
    """The door on a real socket."""
    app = Starlette(routes=[Route(PATH, door.receive, methods=["POST"])])
    server = Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
    task = asyncio.create_task(server.serve())
    await server.ready.wait()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


async def test_the_rehearsals_telegram_posts_and_people_are_answered(house: House, served: str) -> None:
    await announce(house.bot, public_url=served + "/", secret=SECRET)
    house.desk.answer = lambda said: Reply(
        (plain(said.word or said.text),), buttons=((Button(plain("Go"), word="go"),),)
    )
    await house.phones.start(MEI)
    await house.phones.start(TOM)
    await house.until(lambda: bool(house.shop_bubbles(MEI) and house.shop_bubbles(TOM)))
    await house.phones.press(MEI, house.shop_bubbles()[0].id, "go")
    await house.until(lambda: house.shop_bubbles()[0].text == "go")
    call = house.inspector.named("setWebhook")[0].request
    assert call["url"] == served + PATH
    assert call["allowed_updates"] == ["message", "callback_query", "my_chat_member"]
    info = await house.bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (0, None)


async def test_an_update_delivered_twice_by_webhook_has_one_effect(house: House, served: str) -> None:
    await announce(house.bot, public_url=served, secret=SECRET)
    house.faults.plan(Fault("duplicate", match="message"))
    await house.phones.start(MEI)
    await house.until(lambda: len(house.desk.repeated) == 1)
    await house.updates.close()
    assert [bubble.text for bubble in house.shop_bubbles()] == ["heard /start"]


async def test_a_webhook_with_another_secret_gets_nothing_in(house: House, served: str) -> None:
    await announce(house.bot, public_url=served, secret="another")
    await house.phones.start(MEI)
    await house.until(lambda: bool(house.inspector.named("message")))
    info = await house.bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (
        1,
        "Wrong response from the webhook: 401 Unauthorized",
    )
    assert house.desk.taken == []
