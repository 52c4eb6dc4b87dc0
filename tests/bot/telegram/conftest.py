"""The shop's bot on one side, the rehearsal's Telegram on a real socket on the other, and small real stand-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.notebook import Notebook
from bot.telegram.connection import make_bot
from bot.telegram.keyboards import Place
from bot.telegram.outgoing import TelegramMessenger
from bot.telegram.photos import Photos
from bot.telegram.updates import Account, Updates
from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Person
from playground.telegram_api import TelegramPlatform
from storage.cipher import Cipher
from storage.database import Database
from tests.bot.telegram.house import ACCOUNT, START, TOKEN, USERNAME, Counter, Eyes, House, PlainPainter, PlainWords
from tests.databases import SqliteFiles


@pytest.fixture
async def db(sqlite: SqliteFiles, cipher: Cipher) -> AsyncIterator[Database]:
    """The wires need a notebook and do not mind its kind: one database is enough."""
    async with sqlite.fresh() as url:
        database = await Database.open(url, cipher=cipher)
        yield database
        await database.close()


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    """Everything between a phone and the desk, on loopback sockets."""
    clock, inspector, faults = MovableClock(START), Inspector(), Faults()
    where: list[str] = []
    phones = TelegramPlatform(
        clock=clock, inspector=inspector, faults=faults, token=TOKEN, username=USERNAME, base_url=lambda: where[0]
    )
    app = web.Application()
    app.add_routes(phones.routes())
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    where.append(f"http://127.0.0.1:{runner.addresses[0][1]}/telegram")
    phones.add(Person("mei", "telegram", "5001", "Mei", "+8613800000001", "zh-Hans"))
    phones.add(Person("tom", "telegram", "5002", "Tom", "+447700900123", "en"))
    await phones.start_pushing()
    async with aiohttp.ClientSession() as session:
        bot, words, painter, notebook = (
            make_bot(session, TOKEN, api_url=where[0], clock=clock),
            PlainWords(),
            PlainPainter(),
            Notebook(db, clock=clock),
        )
        messenger = TelegramMessenger(bot, words, painter, notebook, place=Place(USERNAME, "https://cafe.example"))
        changed = asyncio.Event()
        inspector.on_call(lambda _: changed.set())
        desk, eyes = Counter(messenger, changed=changed), Eyes()
        updates = Updates(
            bot,
            desk,
            account=Account(ACCOUNT, USERNAME),
            clock=clock,
            words=words,
            photos=Photos(bot, eyes.read),
            language="en",
        )
        yield House(
            bot=bot,
            messenger=messenger,
            desk=desk,
            eyes=eyes,
            updates=updates,
            phones=phones,
            clock=clock,
            inspector=inspector,
            faults=faults,
            notebook=notebook,
            painter=painter,
            words=words,
            changed=changed,
        )
        await phones.close()  # lets go of calls left hanging
        await updates.close()
    await runner.cleanup()
