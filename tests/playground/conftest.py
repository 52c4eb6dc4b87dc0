"""The page on a real port, with a shop in memory behind it and a real browser in front of it."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import zxingcpp
from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, BrowserContext, async_playwright, expect
from playwright.async_api import Page as Tab

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.page import Page, routes
from playground.phones import App
from tests.playground.echo_phones import PEOPLE, EchoPhones, next_birthday

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@dataclass
class Rehearsal:
    """What a test holds: the page, its address, and the platforms' memory."""

    page: Page
    phones: dict[App, EchoPhones]
    address: str = ""
    accounts: list[str] = field(default_factory=list)
    resets: int = 0

    def did(self, name: str) -> list[tuple[Any, ...]]:
        """Return (user, *facts) of every act of this name on either platform."""
        return [(user, *facts) for phones in self.phones.values() for act, user, facts in phones.did if act == name]


def make_rehearsal() -> Rehearsal:
    """Build the page with everything in memory; the clock stands at the machine's time."""
    clock, inspector = MovableClock(), Inspector()
    phones: dict[App, EchoPhones] = {app: EchoPhones(app, clock, inspector) for app in ("telegram", "wechat")}
    people = list(PEOPLE)
    for person in people:
        phones[person.app].add(person)

    async def advance(by: timedelta) -> None:
        clock.step(by)
        if by >= timedelta(days=9):
            phones["telegram"].shop("1001", "Happy birthday, Lin Mei! A coupon is waiting.")

    async def reset() -> None:
        made.resets += 1
        inspector.clear()
        for platform in phones.values():
            platform.forget()
        people[:] = PEOPLE
        for person in people:
            phones[person.app].add(person)

    async def switch_account(kind: str) -> None:
        made.accounts.append(kind)

    async def read_code(picture: bytes) -> tuple[str, ...]:
        return tuple(found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L")))

    async def birthdays(person: str) -> datetime | None:
        return next_birthday(clock, person)

    page = Page(
        dict(phones.items()),
        people,
        clock,
        inspector,
        {"telegram": Faults(), "wechat": Faults()},
        advance=advance,
        reset=reset,
        switch_account=switch_account,
        read_code=read_code,
        birthdays=birthdays,
    )
    made = Rehearsal(page, phones)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def rehearsal() -> AsyncIterator[Rehearsal]:
    """Serve a fresh page on a free port."""
    made = make_rehearsal()
    app = web.Application()
    app.add_routes(routes(made.page))
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def http(rehearsal: Rehearsal) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the page's own API."""
    async with aiohttp.ClientSession(rehearsal.address) as session:
        yield session


PATIENCE_MS = 15_000
"""So long a page may take on a machine that does much else."""


def chromium_path() -> str | None:
    """Where Chromium is, by choice its shell: the same engine without windows, where a page costs less than half."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One real Chromium for all tests of the page."""
    path = chromium_path()
    if path is None:
        pytest.fail("these tests open the page in Chromium, which is not installed: make browser")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=ARGS)
        yield chromium
        await chromium.close()


@dataclass
class Visit:
    """One open tab, and what the browser complained about or asked of strangers while it was open."""

    tab: Tab
    complaints: list[str]
    strangers: list[str]

    def phone(self, person: str) -> Any:
        return self.tab.locator(f'.phone[data-person="{person}"]')


async def open_page(context: BrowserContext, address: str) -> Visit:
    """Open the page and listen for complaints and for requests that leave this machine's page."""
    tab = await context.new_page()
    visit = Visit(tab, [], [])
    tab.on("console", lambda said: visit.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: visit.complaints.append(str(error)))
    tab.on(
        "request",
        lambda asked: None if asked.url.startswith((address, "data:", "blob:")) else visit.strangers.append(asked.url),
    )
    await tab.goto(address)
    await tab.locator(".phone").first.wait_for()
    return visit


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, rehearsal: Rehearsal) -> AsyncIterator[Visit]:
    """A wide window in English; at its end nothing may have been complained about, and no stranger asked."""
    context = await browser.new_context(
        viewport={"width": 1480, "height": 920}, locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    visit = await open_page(context, rehearsal.address)
    yield visit
    await context.close()
    assert visit.complaints == []
    assert visit.strangers == []
