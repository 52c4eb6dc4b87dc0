"""The whole program on a stage: platforms played over real HTTP, and phones that act and see as people do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import exists, select

from playground import mall, rehearsal, seed
from playground.clock import MovableClock
from playground.phones import Bubble, Person, Phones, Screen
from playground.rehearsal import Rehearsal
from services import invites
from storage.tables import outbox
from tests.databases import NOW

PATIENCE_SECONDS = 20.0


@dataclass
class Phone:
    """One person's phone: what it shows, and what a thumb can do with it."""

    person: Person
    platform: Phones

    @property
    def screen(self) -> Screen:
        return self.platform.screen(self.person.user)

    @property
    def heard(self) -> list[Bubble]:
        """What the shop said, oldest first."""
        return [bubble for bubble in self.screen.bubbles if bubble.author == "shop"]

    async def start(self, payload: str = "") -> None:
        await self.platform.start(self.person.user, payload)

    async def say(self, text: str) -> None:
        await self.platform.say(self.person.user, text)

    async def menu(self, key: str) -> None:
        await self.platform.menu(self.person.user, key)

    async def photograph(self, picture: bytes) -> None:
        await self.platform.photo(self.person.user, picture)

    async def scan(self, text: str) -> None:
        """Scan through the shop's menu where the app has one, else send what the code reads."""
        if self.person.app == "wechat":
            await self.platform.scan(self.person.user, text, key="scan")
        else:
            await self.say(text)

    async def tap(self, label: str) -> None:
        """Tap the newest thing on the screen that shows this label."""
        bubble, data = await self.until(lambda: self._find(label), f"nothing to tap that says {label!r}")
        await self.platform.press(self.person.user, bubble.id, data)

    async def sees(self, *texts: str) -> Bubble:
        """Wait until the shop has said something that holds all these texts, and return the newest such bubble."""

        def found() -> Bubble | None:
            return next((one for one in reversed(self.heard) if all(text in one.text for text in texts)), None)

        bubble: Bubble = await self.until(found, f"{self.person.id} never saw {texts}")
        return bubble

    async def sees_picture(self) -> bytes:
        """Wait until the newest thing said holds a picture, and return its bytes."""

        def found() -> Bubble | None:
            return next((one for one in reversed(self.heard[-3:]) if one.image), None)

        bubble = await self.until(found, f"{self.person.id} never saw a picture")
        return self.platform.image(bubble.image)[0]

    async def until(self, found: Callable[[], Any], otherwise: str) -> Any:
        """Wait until this gives something."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                version = -1
                while not (result := found()):
                    version = await self._changed(version)
                return result
        except TimeoutError:
            shown = "\n---\n".join(bubble.text for bubble in self.screen.bubbles[-6:])
            raise AssertionError(f"{otherwise}; the screen shows:\n{shown}") from None

    async def _changed(self, version: int) -> int:
        """Wait until the screen is another one, or a moment, for what changes without being seen."""
        for _ in range(25):
            if self.platform.version(self.person.user) != version:
                break
            await asyncio.sleep(0.02)
        return self.platform.version(self.person.user)

    def _find(self, label: str) -> tuple[Bubble, str] | None:
        for bubble in reversed(self.heard):
            for row in bubble.buttons:
                for button in row:
                    if label in button.get("text", "") and "data" in button:
                        return bubble, button["data"]
            for offset, length, kind, value in bubble.spans:
                if kind == "word" and label in bubble.text[offset : offset + length]:
                    return bubble, value
        return None


@dataclass
class Stage:
    """A running rehearsal and its phones by the people's names."""

    rehearsal: Rehearsal

    def phone(self, name: str) -> Phone:
        person = self.rehearsal.person(name)
        return Phone(person, self.rehearsal.phones(person))

    async def reads(self) -> None:
        """Let all that is on its way arrive, and the seconds go by in which somebody reads it."""
        under_way = select(exists().where(outbox.c.state == "sending"))
        for _ in range(1000):
            if not await self.rehearsal.database.read(lambda tx: tx.scalar(under_way)):
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError("something stayed on its way")
        self.rehearsal.clock.step(timedelta(seconds=6))

    async def employ(self, phone: Phone, role: str) -> None:
        """Hire somebody with an invitation, as the command line does."""
        moment = rehearsal.moment_of(self.rehearsal)
        token = await self.rehearsal.database.write(invites.invite, role, by=None, moment=moment)
        await phone.start()
        await phone.say(token)
        await phone.until(lambda: len(phone.heard) >= 2, f"{phone.person.id} was not welcomed")
        for one in await self.rehearsal.database.read(invites.waiting, None, moment=moment):
            await self.rehearsal.database.write(invites.confirm, one.id, None, moment=moment)


@contextlib.asynccontextmanager
async def staged(
    folder: Path,
    *,
    mode: Literal["polling", "webhook"] = "polling",
    database_url: str = "",
    now: datetime = NOW,
    seeded: bool = False,
) -> AsyncIterator[Stage]:
    """Open a café without history (or the seeded one) at this moment, and close it."""
    made = rehearsal.make(folder, clock=MovableClock(now.astimezone(UTC)), mode=mode)
    made.database_url = database_url
    if not seeded:
        (folder / "shop.toml").write_text(seed.shop_text(), encoding="utf-8")
        mall.put_pictures(folder)
    async with rehearsal.opened(made, seeded=seeded):
        yield Stage(made)
