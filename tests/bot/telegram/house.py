"""Stand-ins for the desk, the words, the painter and the code reader, each as small as it can truly be."""

from __future__ import annotations

import asyncio
import html
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.notebook import Notebook
from bot.telegram.connection import ShopBot
from bot.telegram.outgoing import TelegramMessenger
from bot.telegram.updates import Updates
from handlers.said import Said
from membership.member import Identity, Who
from membership.messages import Message, Picture, Reply, plain
from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Bubble
from playground.telegram_api import TelegramPlatform
from scheduler.messenger import Sent, Trouble
from services.outgoing import Outgoing
from services.turns import Turn

TOKEN = "7000001:AAEmqL5dMZpW1rT8xkV3sQ"
ACCOUNT = "7000001"
USERNAME = "memberbot_cafe_bot"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MEI, TOM = "5001", "5002"


class PlainWords:
    """Shows plain messages as they are, ``marked`` ones as HTML somebody forgot to escape, others by their key."""

    languages = ("en", "zh-hans", "zh-hant")

    def text(self, message: Message, language: str) -> str:
        if message.key in {"plain", "marked"}:
            return str(message.facts["text"])
        return " ".join([f"{message.key}/{language}", *map(str, message.facts.values())])

    def html(self, message: Message, language: str) -> str:
        text = self.text(message, language)
        return text if message.key == "marked" else html.escape(text, quote=False)


class PlainPainter:
    """Draws a white picture as wide as the fact ``width`` says."""

    def __init__(self) -> None:
        self.painted = 0

    async def paint(self, picture: Picture, language: str) -> bytes:
        del language
        self.painted += 1
        return png(int(picture.facts.get("width", 120)))


class Eyes:
    """Reads codes as a test tells it to."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.codes: tuple[str, ...] = ()
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def read(self, picture: bytes) -> tuple[str, ...]:
        self.seen.append(picture)
        if self.gate:
            await self.gate.wait()
        if self.error:
            raise self.error
        return self.codes


class Counter:
    """A desk that keeps what was said, answers as a test tells it to, and takes each event once."""

    def __init__(self, messenger: TelegramMessenger, *, changed: asyncio.Event) -> None:
        self._messenger = messenger
        self._changed = changed
        self._first: dict[str, Turn] = {}
        self.answer: Callable[[Said], Reply | None] = lambda said: Reply((plain(f"heard {said.text or said.word}"),))
        self.taken: list[Said] = []
        self.repeated: list[Said] = []
        self.sent: list[Sent] = []
        self.troubles: list[Trouble] = []
        self.gates: dict[str, asyncio.Event] = {}
        self.bugs: list[Exception] = []

    async def take(self, said: Said, /) -> Turn:
        if gate := self.gates.get(said.text or said.word):
            await gate.wait()
        if self.bugs:
            raise self.bugs.pop(0)
        if first := self._first.get(said.event):
            self.repeated.append(said)
            self._changed.set()
            return Turn(first.who, first.reply, repeated=True)
        self.taken.append(said)
        self._changed.set()
        who = Who("i1", said.identity, "en")
        reply = self.answer(said)
        row = row_to(said.identity.external_id, reply, id=said.event) if reply else None
        self._first[said.event] = turn = Turn(who, reply, row)
        return turn

    async def deliver(self, row: Outgoing) -> None:
        try:
            self.sent.append(await self._messenger.send(row))
        except Trouble as trouble:
            self.troubles.append(trouble)
        self._changed.set()


def row_to(user: str, reply: Reply, **facts: Any) -> Outgoing:
    """Return an outbox row for a person of the rehearsal."""
    known: dict[str, Any] = {"id": "row", "kind": "reply", "kind_class": "reply", "identity_id": "i1", "language": "en"}
    return Outgoing(**{**known, **facts}, identity=Identity("telegram", ACCOUNT, user), reply=reply)


@dataclass
class House:
    bot: ShopBot
    messenger: TelegramMessenger
    desk: Counter
    eyes: Eyes
    updates: Updates
    phones: TelegramPlatform
    clock: MovableClock
    inspector: Inspector
    faults: Faults
    notebook: Notebook
    painter: PlainPainter
    words: PlainWords
    changed: asyncio.Event

    def shop_bubbles(self, user: str = MEI) -> list[Bubble]:
        return [bubble for bubble in self.phones.screen(user).bubbles if bubble.author == "shop"]

    def calls(self, name: str) -> int:
        return len(self.inspector.named(name))

    async def send(self, reply: Reply, *, user: str = MEI, **facts: Any) -> Sent:
        return await self.messenger.send(row_to(user, reply, **facts))

    async def until(self, true: Callable[[], bool], *, seconds: float = 5.0) -> None:
        """Wait until this is true; it is looked at after each call of the platform and each act of the desk."""
        async with asyncio.timeout(seconds):
            while not true():
                self.changed.clear()
                await self.changed.wait()


def png(width: int = 120, height: int = 80) -> bytes:
    """Make a small true PNG of the given size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\xff" * width for _ in range(height)))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
