"""One WeChat on a real socket, with a program that answers its pushes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.wechat_api import WeChatPlatform
from tests.playground.wechat.rehearsal import AES, APP, SECRET, TOKEN, Program, Rehearsal, free_port, person


@pytest.fixture
async def shop() -> AsyncIterator[Rehearsal]:
    inspector, faults, program = Inspector(), Faults(), Program()
    clock = MovableClock(datetime(2027, 3, 10, 4, 0, tzinfo=UTC))
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    wechat = WeChatPlatform(
        clock=clock,
        inspector=inspector,
        faults=faults,
        app_id=APP,
        app_secret=SECRET,
        token=TOKEN,
        aes_key=AES,
        base_url=lambda: base,
    )
    app = web.Application()
    app.add_routes(wechat.routes())
    app.router.add_route("*", "/callback", program.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    wechat.callback_url = f"{base}/callback"
    wechat.pusher.timeout_seconds, wechat.pusher.retry_pause_seconds = 0.3, 0.0
    await wechat.start_pushing()
    wechat.add(person("oA"))
    wechat.add(person("oB"))
    async with aiohttp.ClientSession() as client:
        rehearsal = Rehearsal(wechat, program, client, clock, inspector, faults, f"{base}/wechat")
        await rehearsal.sign_in()
        yield rehearsal
        await wechat.close()
    await runner.cleanup()


@pytest.fixture
async def fan(shop: Rehearsal) -> str:
    """Somebody who follows, whose following was pushed and forgotten again."""
    await shop.wechat.start("oA")
    shop.program.received.clear()
    follower = shop.wechat.account.fans["oA"]
    follower.windows.clear()
    follower.talked_at = None
    return "oA"
