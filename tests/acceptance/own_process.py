"""The real program as a process of its own, which can be killed, between platforms that live on in the test."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web

from bot import settings, shop
from bot.clock import moment
from playground import mall, rehearsal, seed
from playground.clock import MovableClock
from playground.phones import Person, Phones
from playground.rehearsal import Rehearsal
from services import Database, invites
from tests.acceptance.stage import Phone

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
STOP_SECONDS = 10.0
RETRY_SECONDS = 2.0
QUIET = 'from = "21:00"\nuntil = "09:00"'
MANY = ("undo_minutes = 10", "undo_minutes = 10\nmember_purchases_day = 1000")

Mode = Literal["polling", "webhook"]


@dataclass
class OwnProcess:
    """Platforms, phones and a database here; the program over there, started and ended as often as one likes."""

    folder: Path
    played: Rehearsal
    mode: Mode
    database_url: str
    port: int
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    events: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def phone(self, name: str) -> Phone:
        person = self.played.person(name)
        return Phone(person, self.played.phones(person))

    def newcomer(self, person: Person) -> Phone:
        """Give somebody else a phone."""
        platform: Phones = self.played.phones(person)
        platform.add(person)
        self.played.people.append(person)
        return Phone(person, platform)

    async def start(self) -> None:
        """Start the program and wait until it answers; what it logs goes into a file beside its data."""
        self.starts += 1
        with (self.folder / f"run-{self.starts}.log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self.folder, env=self._environment(), stderr=log
            )
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as http:
            while not await self._answers(http):
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.05)

    async def _answers(self, http: aiohttp.ClientSession) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with http.get(f"{self.url}/healthz") as answer:
                return answer.status == 200
        return False

    async def kill(self) -> None:
        """End the program as a power switch would."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> tuple[int, float]:
        """End the program as the machine's shutdown would; return its exit code and the seconds it took."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS * 2):
            code = await self.process.wait()
        return code, time.monotonic() - begun

    def log(self) -> str:
        """Return what the newest run logged last."""
        return (self.folder / f"run-{self.starts}.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    @contextlib.asynccontextmanager
    async def memory(self) -> AsyncIterator[Database]:
        """Open the program's memory beside it."""
        db = await shop.open_database(self._settings(), server=False, clock=self.played.clock)
        try:
            yield db
        finally:
            await db.close()

    async def invite(self, role: str) -> str:
        """Return an invitation, as the command line makes it; the first opening makes the shop."""
        async with self.memory() as db:
            await shop.bring_rules(db, self._settings(), self.played.clock.now())
            return await db.write(invites.invite, role, by=None, moment=moment(self.played.clock))

    def _settings(self) -> settings.Settings:
        return settings.load(
            database_url=self.database_url,
            shop_file=self.folder / "shop.toml",
            key_file=self.folder / "memberbot.key",
        )

    def _environment(self) -> dict[str, str]:
        told = {
            "DATABASE_URL": self.database_url,
            "SHOP_FILE": str(self.folder / "shop.toml"),
            "KEY_FILE": str(self.folder / "memberbot.key"),
            "HTTP__PORT": str(self.port),
            "TELEGRAM__TOKEN": rehearsal.BOT_TOKEN,
            "TELEGRAM__API_URL": f"{self.played.url}/telegram",
            "TELEGRAM__MODE": self.mode,
            "WECHAT__APP_ID": rehearsal.APP_ID,
            "WECHAT__APP_SECRET": rehearsal.APP_SECRET,
            "WECHAT__TOKEN": rehearsal.WECHAT_TOKEN,
            "WECHAT__AES_KEY": rehearsal.AES_KEY,
            "WECHAT__API_URL": f"{self.played.url}/wechat",
            "LOG__FORMAT": "json",
        }
        return {"PYTHONPATH": str(ROOT)} | {f"{settings.PREFIX}{name}": value for name, value in told.items()}


@contextlib.asynccontextmanager
async def own_process(folder: Path, *, mode: Mode = "polling", database_url: str = "") -> AsyncIterator[OwnProcess]:
    """Open platforms by the real clock; the program is not running yet. At the end it is killed if it still is."""
    played = rehearsal.make(folder, clock=MovableClock())
    (folder / "shop.toml").write_text(_shop_text(played.clock.now()), encoding="utf-8")
    mall.put_pictures(folder)
    application = web.Application(client_max_size=rehearsal.UPLOAD_BYTES_MAX)
    application.add_routes([*played.telegram.routes(), *played.wechat.routes()])
    runner = web.AppRunner(application, shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    played.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    database_url = database_url or f"sqlite:///{folder / 'memberbot.db'}"
    made = OwnProcess(folder, played, mode, database_url, rehearsal.free_port())
    played.inspector.on_call(made.events.append)
    played.wechat.callback_url = f"{made.url}/wechat/callback"
    played.wechat.pusher.retry_pause_seconds = RETRY_SECONDS
    await played.wechat.start_pushing()
    await played.telegram.start_pushing()
    try:
        yield made
    finally:
        if made.process is not None and made.process.returncode is None:
            await made.kill()
        await played.telegram.close()
        await played.wechat.close()
        await played.reader.close()
        await runner.cleanup()


def _shop_text(now: datetime) -> str:
    """Return the rules of a café whose quiet hour is far from now, for these tests run by the real clock."""
    hour = now.astimezone(ZoneInfo("Asia/Shanghai")).hour + 12
    quiet = f'from = "{hour % 24:02}:00"\nuntil = "{(hour + 1) % 24:02}:00"'
    return seed.shop_text().replace(QUIET, quiet).replace(*MANY)
