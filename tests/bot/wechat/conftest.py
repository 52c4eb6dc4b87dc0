"""The WeChat wires against the rehearsal's platform: real HTTP in both directions."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import uvicorn
from aiohttp import web
from starlette.applications import Starlette

from bot.wechat.callback import Limits, WeChatCallback
from bot.wechat.calls import Api
from bot.wechat.client import ShopClient, stable_token
from bot.wechat.crypto import Seal
from bot.wechat.notices import Template
from bot.wechat.outgoing import WeChatMessenger
from bot.wechat.setup import Setup
from bot.wechat.token import Tokens
from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Bubble, Person
from playground.wechat_api import WeChatPlatform
from tests.bot.wechat.stage import AES_KEY, APP_ID, NOW, TOKEN, Brush, Counter, PlainWords, Pocketbook

SECRET = "app-secret-canary-5f3a"
PURCHASE = "rehearsal-template-01-" + "0" * 20
TEMPLATES = {"receipt": Template(PURCHASE, {"thing1": "store", "amount2": "paid", "number3": "points"}, page="/card")}


@dataclass
class Town:
    """The platform with its people, and the shop's wires to it."""

    wechat: WeChatPlatform
    clock: MovableClock
    inspector: Inspector
    faults: Faults
    api: Api
    tokens: Tokens
    client: ShopClient
    messenger: WeChatMessenger
    setup: Setup
    callback: WeChatCallback
    notebook: Pocketbook
    brush: Brush
    desk: Counter
    alerts: list[str] = field(default_factory=list)

    def bubbles(self, user: str = "oA") -> list[Bubble]:
        return [bubble for bubble in self.wechat.screen(user).bubbles if bubble.author != "me"]

    def calls(self, name: str) -> int:
        return len(self.inspector.named(f"cgi-bin/{name}"))


def _socket() -> socket.socket:
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def platform() -> AsyncIterator[tuple[WeChatPlatform, MovableClock, Inspector, Faults, str]]:
    clock, inspector, faults, place = MovableClock(NOW), Inspector(), Faults(), _socket()
    base = f"http://127.0.0.1:{place.getsockname()[1]}"
    wechat = WeChatPlatform(
        clock=clock,
        inspector=inspector,
        faults=faults,
        app_id=APP_ID,
        app_secret=SECRET,
        token=TOKEN,
        aes_key=AES_KEY,
        base_url=lambda: base,
    )
    app = web.Application()
    app.add_routes(wechat.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, place).start()
    await wechat.start_pushing()
    for user in ("oA", "oB"):
        wechat.add(Person(id=user, app="wechat", user=user, name=user, phone="", language="zh-Hans"))
    yield wechat, clock, inspector, faults, f"{base}/wechat"
    await wechat.close()
    await runner.cleanup()


@pytest.fixture
async def town(
    platform: tuple[WeChatPlatform, MovableClock, Inspector, Faults, str], http: aiohttp.ClientSession
) -> AsyncIterator[Town]:
    wechat, clock, inspector, faults, base = platform
    alerts: list[str] = []
    notebook, brush, desk, api = Pocketbook(clock), Brush(), Counter(), Api(http, base)
    fetch = stable_token(api, app_id=APP_ID, app_secret=SECRET)
    tokens = Tokens(account=APP_ID, fetch=fetch, notebook=notebook, clock=clock, alert=alerts.append)
    client = ShopClient(APP_ID, api=api, tokens=tokens)
    messenger = WeChatMessenger(
        client,
        account=APP_ID,
        words=PlainWords(),
        painter=brush,
        notebook=notebook,
        clock=clock,
        alert=alerts.append,
        public_url="https://shop.example",
        templates=TEMPLATES,
    )
    desk.send = messenger.send
    callback = WeChatCallback(
        account=APP_ID,
        seal=Seal(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID),
        desk=desk,
        answers=messenger,
        clock=clock,
        fetch=client.download,
        read_codes=_lengths,
        limits=Limits(answer=0.4, photo=0.3, rescue=0.3, follow=0.15),
    )
    setup = Setup(client, account=APP_ID, notebook=notebook, clock=clock)
    yield Town(
        wechat,
        clock,
        inspector,
        faults,
        api,
        tokens,
        client,
        messenger,
        setup,
        callback,
        notebook,
        brush,
        desk,
        alerts,
    )
    await callback.close()


@pytest.fixture
async def pushing(town: Town) -> AsyncIterator[Town]:
    """Let the platform push to the callback over a real socket."""
    place = _socket()
    app = Starlette(routes=list(town.callback.routes()))
    config = uvicorn.Config(app, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[place])
    town.wechat.callback_url = f"http://127.0.0.1:{place.getsockname()[1]}/wechat/callback"
    yield town
    await town.callback.close()
    await town.wechat.pusher.close()  # else the server would wait for its idle connection
    await server.shutdown(sockets=[place])


async def _lengths(picture: bytes) -> tuple[str, ...]:
    return (f"{len(picture)} bytes",)
