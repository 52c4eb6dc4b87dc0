"""Another system of the shop, on a real socket: it checks the signature of each call by its own means."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC


@dataclass
class Receiver:
    """``answers`` are the statuses it gives, one after the other; then 204. ``calls`` are those it said yes to."""

    url: str = ""
    secret: str = ""
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    asked: int = 0
    gate: asyncio.Event | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> list[str]:
        return [call["type"] for call in self.calls]

    async def take(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.heard.set()
        body = await request.read()
        if self.gate is not None:
            await self.gate.wait()
        check(self.secret, dict(request.headers), body)
        status = self.answers.pop(0) if self.answers else 204
        if status // 100 == 2:
            self.ids.append(request.headers["webhook-id"])
            self.calls.append(json.loads(body))
        return web.Response(status=status, headers=self.headers)


def check(secret: str, headers: dict[str, str], body: bytes) -> None:
    """Verify a call as the Standard Webhooks text says, without a line of the program's. Raises InvalidSignature."""
    name = {header.lower(): value for header, value in headers.items()}
    mac = HMAC(base64.b64decode(secret.removeprefix("whsec_")), hashes.SHA256())
    mac.update(b".".join([name["webhook-id"].encode(), name["webhook-timestamp"].encode(), body]))
    version, _, signature = name["webhook-signature"].partition(",")
    assert version == "v1"
    mac.verify(base64.b64decode(signature))


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    """Open a receiver on this machine."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/hooks", receiver.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    try:
        yield receiver
    finally:
        if receiver.gate is not None:
            receiver.gate.set()
        await runner.cleanup()
