"""A Telegram on a real socket, a bot that speaks bare HTTP to it, and a shop that listens for its webhook."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Person
from playground.telegram_api import TelegramPlatform

TOKEN = "7000001:AAEmqL5dMZpW1rT8xkV3sQ"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any


@dataclass
class Bot:
    """The caller's side of the Bot API, with nothing but HTTP."""

    session: aiohttp.ClientSession
    server: str
    clock: MovableClock
    faults: Faults
    inspector: Inspector
    phones: TelegramPlatform
    token: str = TOKEN

    def url(self, method: str) -> str:
        return f"{self.server}/telegram/bot{self.token}/{method}"

    async def call(self, method: str, **parameters: Any) -> Answer:
        async with self.session.post(self.url(method), json=parameters) as response:
            return Answer(response.status, await response.json(), response.headers)

    async def upload(self, method: str, fields: dict[str, Any], **files: bytes) -> Answer:
        form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
        for name, data in files.items():
            form.add_field(name, io.BytesIO(data), filename=f"{name}.png", content_type="image/png")
        async with self.session.post(self.url(method), data=form) as response:
            return Answer(response.status, await response.json(), response.headers)

    async def ok(self, method: str, **parameters: Any) -> Any:
        answer = await self.call(method, **parameters)
        assert answer.body.get("ok") is True, answer.body
        return answer.body["result"]

    async def refused(self, method: str, **parameters: Any) -> tuple[int, str]:
        answer = await self.call(method, **parameters)
        assert answer.body["ok"] is False
        assert answer.body["error_code"] == answer.status
        return answer.status, answer.body["description"]

    async def updates(self, **parameters: Any) -> list[dict[str, Any]]:
        return list(await self.ok("getUpdates", **parameters))


@dataclass
class Shop:
    """A program behind a webhook: it keeps what came and answers as it is told."""

    url: str
    posts: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        kind = next(name for name in update if name != "update_id")
        self.posts.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self._came.set()
        if kind in self.gates:
            await self.gates[kind].wait()
        return self.answers.pop(0) if self.answers else web.Response()

    async def until(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            while len(self.posts) < count:
                self._came.clear()
                await self._came.wait()
        return self.posts


async def _serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    clock, inspector, faults = MovableClock(START), Inspector(), Faults()
    where: list[str] = []
    phones = TelegramPlatform(
        clock=clock,
        inspector=inspector,
        faults=faults,
        token=TOKEN,
        base_url=lambda: f"{where[0]}/telegram",
    )
    app = web.Application()
    app.add_routes(phones.routes())
    runner, server = await _serve(app)
    where.append(server)
    phones.add(Person("mei", "telegram", "5001", "Mei", "+8613800000001", "zh-Hans"))
    phones.add(Person("tom", "telegram", "5002", "Tom", "+447700900123", "en"))
    await phones.start_pushing()
    async with aiohttp.ClientSession() as session:
        yield Bot(session, server, clock, faults, inspector, phones)
        await phones.close()
    await runner.cleanup()


@pytest.fixture
async def mei(bot: Bot) -> int:
    """Mei, who pressed Start; her first message is confirmed already."""
    await bot.phones.start("5001")
    await bot.updates(offset=-1)
    updates = await bot.updates()
    await bot.updates(offset=updates[-1]["update_id"] + 1)
    return 5001


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    app = web.Application()
    shop = Shop("")
    app.router.add_post("/hook", shop.take)
    runner, server = await _serve(app)
    shop.url = f"{server}/hook"
    yield shop
    for gate in shop.gates.values():
        gate.set()
    await runner.cleanup()


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Make a small true PNG of the given size."""

    def png(width: int = 120, height: int = 80) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        rows = zlib.compress(b"".join(b"\0" + b"\xff" * width for _ in range(height)))
        header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    return png
