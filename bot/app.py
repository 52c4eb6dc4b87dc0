"""The program put together: the one place where things are made, started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import structlog
import uvicorn
from fastapi import FastAPI
from starlette.routing import BaseRoute

from bot import shop as opening
from bot.clock import Clock, SystemClock, moment
from bot.desk import Desk
from bot.notebook import Notebook
from bot.painter import Painter
from bot.settings import Settings
from bot.telegram.channel import TelegramChannel
from bot.webhooks import WebhookCaller
from bot.wechat.channel import WeChatChannel
from locales import Words
from membership.member import Channel
from membership.routing import AccountKind
from membership.rules import ShopRules
from pictures.reader import Reader
from scheduler.delivery import Delivery
from scheduler.jobs import Jobs
from scheduler.mass import MassSender
from scheduler.messenger import Messenger
from scheduler.webhooks import HookSender
from services import Database, rules
from web import app as web
from web.sign_in import SignIn

log = structlog.get_logger(__name__)

CONNECTIONS = 100
STOP_SECONDS = 5


class AddressTaken(Exception):
    """The address to listen on is used by another program, or is not this machine's."""


class NoChannel(Exception):
    """Neither Telegram nor WeChat is set up; the text says how to do it."""


@dataclass(slots=True)
class Program:
    """The running program, for those who drive it: its memory, its clockwork and its address."""

    database: Database
    delivery: Delivery
    jobs: Jobs
    words: Words
    url: str
    telegram: TelegramChannel | None
    wechat: WeChatChannel | None


async def serve(settings: Settings, *, clock: Clock | None = None) -> None:
    """Run until the machine says stop (SIGTERM, SIGINT). Raises NoChannel, and the faults of opening the memory."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with running(settings, clock=clock) as program:
        log.info("open", address=program.url, telegram=program.telegram is not None, wechat=program.wechat is not None)
        await stop.wait()
        log.info("closing")


@contextlib.asynccontextmanager
async def running(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Program]:
    """Open everything, from the memory to the doors, and close it the other way round."""
    clock = clock or SystemClock()
    if not (settings.telegram.token.get_secret_value() or settings.wechat.app_id):
        raise NoChannel("No channel is set up. Set MEMBERBOT_TELEGRAM__TOKEN or MEMBERBOT_WECHAT__APP_ID, or `init`.")
    async with contextlib.AsyncExitStack() as stack:
        database = await opening.open_database(settings, server=True, clock=clock, random=os.urandom)
        stack.push_async_callback(database.close)
        await opening.bring_rules(database, settings, clock.now())
        http = await stack.enter_async_context(_session())
        reader = Reader()
        stack.push_async_callback(reader.close)
        yield await _assembled(stack, settings, database=database, clock=clock, http=http, reader=reader)


async def _assembled(
    stack: contextlib.AsyncExitStack,
    settings: Settings,
    *,
    database: Database,
    clock: Clock,
    http: aiohttp.ClientSession,
    reader: Reader,
) -> Program:
    shop = await database.read(rules.current)
    words = Words.open(zone=shop.zone)
    painter, notebook = Painter(words, database), Notebook(database, clock=clock)
    listening = _listen(settings)
    url = settings.http.public_url or f"http://{settings.http.host}:{listening.getsockname()[1]}"
    parts = {"http": http, "words": words, "painter": painter, "notebook": notebook, "clock": clock}
    telegram = _telegram(settings, shop, url, **parts)
    wechat = _wechat(settings, shop, url, **parts)
    messengers: dict[Channel, Messenger] = {}
    if telegram is not None:
        messengers["telegram"] = await telegram.introduce()
    if wechat is not None:
        messengers["wechat"] = wechat.messenger
    delivery = Delivery(
        database,
        messengers,
        clock=clock,
        moment=partial(moment, clock),
        owner=secrets.token_hex(8),
        wechat=lambda: _kind(wechat),
        templates={key: str(told.get("id", "")) for key, told in settings.wechat.templates.items()},
    )
    desk = Desk(
        database,
        clock=clock,
        keywords=words.keywords(),
        tongues=words.keyword_languages(),
        labels=words.labels(),
        deliver=delivery.deliver,
        settle=delivery.settle,
    )
    application = web.create(
        database=database,
        words=words,
        clock_moment=partial(moment, clock),
        extra_routes=await _doors(telegram, wechat, desk, reader),
        public_url=url,
        metrics=settings.http.metrics,
        sign_ins=_sign_ins(telegram, wechat),
        read_photo=reader.read,
        data_folder=settings.key_file.parent,
    )
    await stack.enter_async_context(_served(application, listening, proxies=settings.http.trusted_proxies))
    jobs = _jobs(stack, delivery, wechat, desk=desk, database=database, clock=clock)
    await stack.enter_async_context(_ticking(delivery, jobs))
    stack.push_async_callback(desk.close)
    for channel in (telegram, wechat):
        if channel is not None:
            stack.push_async_callback(channel.close)
            await channel.open()
    return Program(database, delivery, jobs, words, url, telegram, wechat)


def _jobs(
    stack: contextlib.AsyncExitStack,
    delivery: Delivery,
    wechat: WeChatChannel | None,
    *,
    desk: Desk,
    database: Database,
    clock: Clock,
) -> Jobs:
    """Return the timetable with those who speak: the outbox, mass messages, calls to other systems, menus."""
    fresh, caller = partial(moment, clock), WebhookCaller()
    stack.push_async_callback(caller.close)
    mass = MassSender(database, None if wechat is None else wechat.messenger, clock=clock, kind=lambda: _kind(wechat))
    hooks = HookSender(database, caller, clock=clock, moment=fresh, owner=delivery.owner)
    return Jobs(database, delivery, clock=clock, moment=fresh, mass=mass, hooks=hooks, menus=desk.follow_rights)


async def _doors(
    telegram: TelegramChannel | None, wechat: WeChatChannel | None, desk: Desk, reader: Reader
) -> list[BaseRoute]:
    routes: list[BaseRoute] = []
    if telegram is not None:
        desk.menus["telegram"] = telegram.show_menus
        desk.common["telegram"] = telegram.language
        routes += await telegram.routes(desk, reader.read)
    if wechat is not None:
        desk.menus["wechat"] = wechat.show_menus
        routes += wechat.routes(desk, reader.read)
    return routes


def _telegram(settings: Settings, shop: ShopRules, url: str, **parts: Any) -> TelegramChannel | None:
    if not settings.telegram.token.get_secret_value():
        return None
    return TelegramChannel(settings.telegram, public_url=url, language=shop.languages[0], lacking=shop.lacking, **parts)


def _wechat(settings: Settings, shop: ShopRules, url: str, **parts: Any) -> WeChatChannel | None:
    return WeChatChannel(settings.wechat, public_url=url, shop=shop, **parts) if settings.wechat.app_id else None


def _sign_ins(telegram: TelegramChannel | None, wechat: WeChatChannel | None) -> dict[Channel, SignIn]:
    ways: dict[Channel, SignIn] = {}
    if telegram is not None:
        ways["telegram"] = telegram.sign_in
    if wechat is not None:
        ways["wechat"] = wechat.sign_in
    return ways


def _kind(wechat: WeChatChannel | None) -> AccountKind:
    """Return which kind of WeChat account is known now; what is not known yet is taken for a service account."""
    return "service" if wechat is None else wechat.messenger.capabilities.kind


def _session() -> aiohttp.ClientSession:
    """Return the one way out to both platforms; no cookies, no proxies from the environment."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def _listen(settings: Settings) -> socket.socket:
    """Return the socket the program listens on; port 0 takes a free one."""
    listening = socket.socket(socket.AF_INET6 if ":" in settings.http.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.http.host, settings.http.port))
    except OSError as taken:
        listening.close()
        raise AddressTaken(f"{settings.http.host}:{settings.http.port} cannot be used: {taken.strerror}.") from taken
    return listening


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: stopping is the program's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def _served(application: FastAPI, listening: socket.socket, *, proxies: str) -> AsyncIterator[None]:
    config = uvicorn.Config(
        application,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def _ticking(delivery: Delivery, jobs: Jobs) -> AsyncIterator[None]:
    """Let the outbox and the timetable run."""
    task = asyncio.create_task(delivery.run())
    jobs.start()
    try:
        yield
    finally:
        await jobs.stop()
        await delivery.stop()
        await task
