"""A shop, its people and their turns, for tests of what is said."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from handlers import router
from handlers.said import Said
from membership.member import Channel, Identity
from membership.messages import Reply, words
from membership.moment import Moment
from services import Database, invites, rules, turns
from services.turns import Turn

PRESETS = Path(__file__).parents[2] / "membership" / "presets"


@dataclass
class Counter:
    """Takes turns of people at a shop whose clock stands until it is moved."""

    db: Database
    now: datetime
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def moment(self) -> Moment:
        return Moment(self.now, next(self.numbers).to_bytes(32, "big"))

    async def open(self, preset: str = "cafe") -> None:
        body = tomllib.loads((PRESETS / f"{preset}.toml").read_text(encoding="utf-8"))
        await self.db.write(rules.bring, body, actor="test", now=self.now)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def employ(self, person: Person, role: str, *stores: str) -> None:
        """Hire somebody (in these stores; none: all), as the command line does."""
        code = await self.db.write(invites.invite, role, stores=stores, by=None, moment=self.moment())
        await person.say(code)
        for one in await self.db.write(invites.waiting, None, moment=self.moment()):
            await self.db.write(invites.confirm, one.id, None, moment=self.moment())


@dataclass
class Person:
    """Somebody in a chat with the shop."""

    counter: Counter
    channel: Channel
    name: str
    language: str = "en"
    last: Turn | None = None

    async def tell(self, kind: Any = "text", **facts: Any) -> Reply:
        number = next(self.counter.numbers)
        said = Said(
            event=facts.pop("event", f"{self.channel}:{self.name}:{number}"),
            identity=Identity(self.channel, "shop", f"id-of-{self.name}"),
            kind=kind,
            at=self.counter.now,
            name=facts.pop("name", self.name),
            language=self.language,
            window="short" if kind in ("press", "scan", "follow") else "long",
            **facts,
        )
        self.last = await self.counter.db.write(turns.take, said, router.answer, moment=self.counter.moment())
        assert self.last.reply is not None
        return self.last.reply

    async def say(self, text: str, **facts: Any) -> Reply:
        return await self.tell("text", text=text, **facts)

    async def press(self, word: str, **facts: Any) -> Reply:
        return await self.tell("press", word=word, **facts)

    async def scan(self, *codes: str) -> Reply:
        """Scan with the phone; WeChat sends the key of its menu's entry along."""
        return await self.tell("scan", codes=codes, word="scan" if self.channel == "wechat" else "")


def keys(reply: Reply) -> list[str]:
    """Return what a reply says, by key."""
    return [message.key for message in reply.messages]


def button(reply: Reply, start: str) -> str:
    """Return the first word of a reply's buttons that begins like this."""
    return next(word for word in words(reply) if word.startswith(start))
