"""The staff's page on a real port, a small shop behind it, and a camera that sees what a test holds up."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
import qrcode
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage
from playwright.async_api import Page as Tab

from tests.playground.conftest import browser
from tests.staff_page.fake_counter import FakeCounter, routes

__all__ = ["browser"]

CAMERA = """
(() => {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  let shown = [];
  const paint = () => {
    pen.fillStyle = "#777";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    shown.forEach((image, at) => pen.drawImage(image, 140 + 520 * at, 130, 460, 460));
    requestAnimationFrame(paint);
  };
  paint();
  window.holdUp = async (...pictures) => {
    shown = await Promise.all(pictures.map((picture) => {
      const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
      return createImageBitmap(new Blob([bytes], { type: "image/png" }));
    }));
  };
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
})();
"""
"""A camera that is a canvas; what the page does with its frames is the page's own work."""

NO_CAMERA = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("none", "NotFoundError"));
"""


@dataclass
class Visit:
    """One open tab of the page, the shop behind it, and what the browser complained about."""

    tab: Tab
    shop: FakeCounter
    address: str
    complaints: list[str]

    def button(self, name: str) -> Any:
        return self.tab.get_by_role("button", name=name, exact=True)

    async def press(self, *names: str) -> None:
        for name in names:
            await self.button(name).click()

    async def type_digits(self, digits: str) -> None:
        await self.tab.get_by_label("Digits").fill(digits)

    async def hold_up(self, *texts: str) -> None:
        """Hold codes before the camera, side by side."""
        await self.hold_up_picture(*(png_of(text) for text in texts))

    async def hold_up_picture(self, *pictures: bytes) -> None:
        sent = [base64.b64encode(picture).decode() for picture in pictures]
        await self.tab.evaluate("pictures => window.holdUp(...pictures)", sent)

    async def amount(self, *keys: str) -> None:
        for key in keys:
            await self.button(key).click()


def png_of(text: str) -> bytes:
    """Return a QR code as a picture."""
    file = io.BytesIO()
    qrcode.make(text, box_size=8, border=4).save(file)
    return file.getvalue()


@dataclass(frozen=True)
class Served:
    """The small shop and where it is found."""

    shop: FakeCounter
    address: str


@pytest_asyncio.fixture(loop_scope="session")
async def served() -> AsyncIterator[Served]:
    """The small shop on a free port."""
    shop, app = FakeCounter(), web.Application()
    app.add_routes(routes(shop))
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Served(shop, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


async def open_page(context: BrowserContext, served: Served, *, camera: str = NO_CAMERA, ticket: str = "") -> Visit:
    """Open the page with or without a camera, and listen for complaints."""
    context.set_default_timeout(15000)
    tab = await context.new_page()
    visit = Visit(tab, served.shop, served.address, [])

    def listen(said: ConsoleMessage) -> None:
        # refusals and cut lines, which the tests bring about, are told there too
        if said.type in {"error", "warning"} and "Failed to load resource" not in said.text:
            visit.complaints.append(said.text)

    tab.on("console", listen)
    tab.on("pageerror", lambda error: visit.complaints.append(str(error)))
    await tab.add_init_script(camera)
    await tab.goto(f"{served.address}/staff{ticket and '#' + ticket}")
    await tab.locator("h1").first.wait_for(state="attached")
    return visit


async def _on_a_phone(browser: Browser, served: Served, camera: str) -> AsyncIterator[Visit]:
    context = await browser.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    visit = await open_page(context, served, camera=camera)
    yield visit
    await context.close()
    assert visit.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, served: Served) -> AsyncIterator[Visit]:
    """The page on a phone without a camera; at its end the browser may have complained about nothing."""
    async for visit in _on_a_phone(browser, served, NO_CAMERA):
        yield visit


@pytest_asyncio.fixture(loop_scope="session")
async def camera(browser: Browser, served: Served) -> AsyncIterator[Visit]:
    """The page on a phone with a camera; at its end the browser may have complained about nothing."""
    async for visit in _on_a_phone(browser, served, CAMERA):
        yield visit
