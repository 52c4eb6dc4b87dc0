"""The whole rehearsal: both platforms played, the program itself running against them, a page with phones in front."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, get_args

from aiohttp import web

from bot import settings
from bot.app import Program, running
from bot.clock import moment
from bot.settings import Settings
from membership.member import Identity
from membership.moment import Moment
from pictures.reader import Reader
from playground import crowd, seed
from playground.clock import MovableClock
from playground.faults import Faults
from playground.in_app_browser import Browsers
from playground.inspector import Inspector
from playground.page import Page, routes
from playground.people import MEMBERS, people
from playground.phones import App, Person, Phones
from playground.telegram_api import TelegramPlatform
from playground.wechat_api import WeChatPlatform
from playground.wechat_api.notices import TEMPLATES
from playground.wechat_api.state import Kind
from services import Database, Tx, members
from services import people as persons

BOT_TOKEN: Final = "7000000001:rehearsal-token-of-this-machine-only"  # noqa: S105 — opens nothing outside
BOT_ID: Final = "7000000001"
APP_ID: Final = "wxrehearsal000001"
APP_SECRET: Final = "rehearsal-secret-of-this-machine-only"  # noqa: S105 — opens nothing outside
WECHAT_TOKEN: Final = "rehearsaltoken"  # noqa: S105 — opens nothing outside
AES_KEY: Final = "rehearsalonlykeyofthismachineopensnothing12"
_TEMPLATE_OF: Final = {template.title: template.id for template in TEMPLATES.values()}
NOTICES: Final = {
    "receipt.title": {
        "id": _TEMPLATE_OF["消费成功通知"],
        "fields": {"thing1": "store", "amount2": "paid", "number3": "earned"},
    },
    "receipt.refund": {
        "id": _TEMPLATE_OF["退款成功通知"],
        "fields": {"amount1": "amount", "thing2": "store", "time3": "at"},
    },
}
"""The shop's receipts as WeChat's template messages: which template, and which of our facts fill its fields."""
UPLOAD_BYTES_MAX: Final = 12 * 1024 * 1024
CLOSE_SECONDS: Final = 0.5
HANDSHAKES_MOST: Final = 3
SHOP_TITLE: Final = "晨光咖啡"


@dataclass(slots=True)
class Rehearsal:
    """The running rehearsal, for the page and for tests."""

    folder: Path
    clock: MovableClock
    inspector: Inspector
    faults: dict[App, Faults]
    telegram: TelegramPlatform
    wechat: WeChatPlatform
    people: list[Person]
    mode: Literal["polling", "webhook"] = "polling"
    database_url: str = ""
    url: str = ""
    progress: Callable[[int, int], None] | None = None
    reader: Reader = field(default_factory=Reader)
    browsers: Browsers | None = None
    _program: Program | None = None
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    @property
    def program(self) -> Program:
        """The program, running unchanged against the platforms played here."""
        assert self._program is not None, "the program is between two runs"
        return self._program

    @property
    def database(self) -> Database:
        return self.program.database

    def phones(self, person: Person) -> Phones:
        return self.telegram if person.app == "telegram" else self.wechat

    def person(self, name: str) -> Person:
        """Return the person of this id. Raises StopIteration for an unknown one."""
        return next(person for person in self.people if person.id == name)

    async def open_program(self) -> None:
        """Start the program and give its people their phones."""
        self._stack = contextlib.AsyncExitStack()
        self._program = await self._stack.enter_async_context(running(self._settings(), clock=self.clock))
        self.wechat.callback_url = f"{self._program.url}/wechat/callback"
        await self.wechat.start_pushing()
        await self.telegram.start_pushing()
        await self._shake_hands()

    async def _shake_hands(self) -> None:
        """Save the address as an owner does, who presses again where a busy machine was slower than WeChat waits."""
        for _ in range(HANDSHAKES_MOST):
            if await self.wechat.handshake():
                return
        msg = "the program did not answer WeChat's handshake"
        raise RuntimeError(msg)

    async def close_program(self) -> None:
        """Stop the program as SIGTERM would."""
        self._program = None
        await self._stack.aclose()

    async def advance(self, by: timedelta) -> None:
        """Move the clock and make everything that came due happen."""
        self.clock.step(by)
        await self.program.jobs.catch_up()

    async def reset(self) -> None:
        """Begin again from the seeded shop."""
        await self.close_program()
        if self.browsers is not None:
            await self.browsers.close()
        self.clock.restart()
        self.inspector.clear()
        for faults in self.faults.values():
            faults.clear()
        self.telegram.reset()
        self.wechat.reset()
        self.people[:] = people()
        for person in self.people:
            with contextlib.suppress(ValueError):  # Telegram's people keep their accounts over a reset
                self.phones(person).add(person)
        await self.fill()
        await self.open_program()
        await self.settle_in()

    async def fill(self) -> None:
        """Put the seeded shop's memory and key in place."""
        await seed.seeded_copy(
            self.folder,
            now=self.clock.now(),
            telegram_account=BOT_ID,
            wechat_account=APP_ID,
            people=people(),
            progress=self.progress or _silent,
        )

    async def settle_in(self) -> None:
        """Let those who know the shop open its chat: members and staff; the other members are only known."""
        for customer in crowd.customers(seed.MEMBERS, people()):
            if customer.app is not None and all(person.user != customer.user for person in self.people):
                someone = Person(
                    f"crowd-{customer.number}",
                    customer.app,
                    customer.user,
                    customer.name,
                    customer.phone,
                    customer.language,
                )
                (self.telegram if customer.app == "telegram" else self.wechat).acquaint(someone)
        known = [person for person in self.people if person.role != "member" or person.id in MEMBERS]
        await asyncio.gather(*(self.phones(person).start(person.user) for person in known))

    async def switch_account(self, kind: str) -> None:
        """Make the WeChat account another kind, and let the program notice."""
        self.wechat.kind = next(one for one in get_args(Kind) if one == kind)
        if self.program.wechat is not None:
            await self.program.wechat.arrange(afresh=True)

    async def birthday_of(self, name: str) -> datetime | None:
        """Return when this person's next birthday is greeted (UTC), or None where the shop knows none."""
        person = self.person(name)
        account = BOT_ID if person.app == "telegram" else APP_ID
        return await self.database.read(_greeted_at, Identity(person.app, account, person.user), self.clock.now())

    def _settings(self) -> Settings:
        base = self.url
        return settings.load(
            database_url=self.database_url or f"sqlite:///{self.folder / 'memberbot.db'}",
            shop_file=self.folder / "shop.toml",
            key_file=self.folder / "memberbot.key",
            http={"port": free_port()},
            telegram={"token": BOT_TOKEN, "api_url": f"{base}/telegram", "mode": self.mode, "http_pages": True},
            wechat={
                "app_id": APP_ID,
                "app_secret": APP_SECRET,
                "token": WECHAT_TOKEN,
                "aes_key": AES_KEY,
                "api_url": f"{base}/wechat",
                "templates": NOTICES,
            },
        )


def make(
    folder: Path,
    *,
    clock: MovableClock | None = None,
    mode: Literal["polling", "webhook"] = "polling",
    progress: Callable[[int, int], None] | None = None,
) -> Rehearsal:
    """Return a rehearsal that is not open yet; its files lie in this folder."""
    clock, inspector = clock or MovableClock(), Inspector()
    faults: dict[App, Faults] = {"telegram": Faults(), "wechat": Faults()}
    made: Rehearsal
    telegram = TelegramPlatform(
        clock=clock,
        inspector=inspector,
        faults=faults["telegram"],
        token=BOT_TOKEN,
        base_url=lambda: f"{made.url}/telegram",
    )
    wechat = WeChatPlatform(
        clock=clock,
        inspector=inspector,
        faults=faults["wechat"],
        app_id=APP_ID,
        app_secret=APP_SECRET,
        token=WECHAT_TOKEN,
        aes_key=AES_KEY,
        base_url=lambda: f"{made.url}/wechat",
    )
    telegram.title = wechat.title = SHOP_TITLE
    made = Rehearsal(folder, clock, inspector, faults, telegram, wechat, people(), mode, progress=progress)
    made.browsers = Browsers(lambda: made.program.url, lambda person: telegram.mini_app(person.user))
    for person in made.people:
        made.phones(person).add(person)
    return made


@contextlib.asynccontextmanager
async def opened(rehearsal: Rehearsal, *, port: int = 0, seeded: bool = True) -> AsyncIterator[Rehearsal]:
    """Open the platforms and the page, then the program; close them the other way round."""
    application = web.Application(client_max_size=UPLOAD_BYTES_MAX)
    application.add_routes([*routes(_page(rehearsal)), *rehearsal.telegram.routes(), *rehearsal.wechat.routes()])
    runner = web.AppRunner(application, shutdown_timeout=CLOSE_SECONDS, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", free_or_any(port)).start()
        rehearsal.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        if seeded:
            await rehearsal.fill()
        await rehearsal.open_program()
        if seeded:
            await rehearsal.settle_in()
        yield rehearsal
    finally:
        await rehearsal.close_program()
        if rehearsal.browsers is not None:
            await rehearsal.browsers.close()
        await rehearsal.telegram.close()
        await rehearsal.wechat.close()
        await rehearsal.reader.close()
        await runner.cleanup()


def moment_of(rehearsal: Rehearsal) -> Moment:
    """Return a fresh moment of the rehearsal's clock, for deeds of the command line."""
    return moment(rehearsal.clock)


def free_or_any(port: int) -> int:
    """Return the port if nobody listens there, else 0: then any free one is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _page(rehearsal: Rehearsal) -> Page:
    platforms: dict[App, Phones] = {"telegram": rehearsal.telegram, "wechat": rehearsal.wechat}
    return Page(
        platforms,
        rehearsal.people,
        rehearsal.clock,
        rehearsal.inspector,
        rehearsal.faults,
        advance=rehearsal.advance,
        reset=rehearsal.reset,
        switch_account=rehearsal.switch_account,
        read_code=rehearsal.reader.read,
        birthdays=rehearsal.birthday_of,
        browsers=rehearsal.browsers,
    )


def _greeted_at(tx: Tx, identity: Identity, now: datetime) -> datetime | None:
    who = persons.find(tx, identity)
    if who is None or who.member_id is None:
        return None
    return members.greeted_at(tx, who.member_id, now=now)


def _silent(done: int, total: int) -> None:
    del done, total
