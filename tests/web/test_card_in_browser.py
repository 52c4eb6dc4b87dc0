"""The live card in a real browser: two screens, a line that drops, a yes, a PIN; in every language, light and dark."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

import web.app
from membership.member import Who
from pictures.reader import Limits, read_codes
from services import counter, people
from services.orders import Order
from services.reader import Reader
from services.reservations import Waiting
from services.rules import store_id
from storage.database import Database
from tests.databases import SqliteFiles, make_cipher
from tests.playground.conftest import browser
from tests.web.conftest import open_door
from tests.web.screens import person, ticket
from tests.web.tills import CARDS, Clock, Shop, words

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMALL: ViewportSize = {"width": 360, "height": 740}


@dataclass
class Town:
    """The shop with one member, and a browser."""

    shop: Shop
    who: Who
    browser: Browser
    complaints: list[str]

    @asynccontextmanager
    async def screen(self, language: str = "en", *, dark: bool = False) -> AsyncIterator[Page]:
        """Open the card on a phone of its own, by a link from the chat."""
        await self.shop.db.write(people.choose_language, self.who, language)
        context = await self.browser.new_context(
            viewport=SMALL, device_scale_factor=2, color_scheme="dark" if dark else "light", locale=language
        )
        context.set_default_timeout(15000)
        page = await context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.clock.install()
        await page.goto(f"{self.shop.client.base_url}/card#{await ticket(self.shop, self.who)}")
        await expect(page.locator("#code svg")).to_be_visible()
        yield page
        await context.close()

    async def bill(self, digits: str, *, points: int = 6000) -> None:
        """Ask the member for more points than go without a yes, at a till that was told the digits."""
        assert self.who.member_id is not None
        reader, moment = Reader("till", store_id("east")), self.shop.clock.moment()
        seen = await self.shop.db.write(counter.read, digits, reader, moment=moment)
        assert seen.scan is not None
        order = Order(self.who.member_id, 50000, points=points, scan_id=seen.scan.id)
        how = {"reference": f"bill:{digits}", "channel": "pos"}
        found = await self.shop.db.write(counter.settle, order, reader, **how, moment=self.shop.clock.moment())
        assert isinstance(found, Waiting)


@asynccontextmanager
async def town(files: SqliteFiles, browser: Browser) -> AsyncIterator[Town]:
    """Open a café with a member who has points, behind a real door."""
    clock = Clock()
    async with files.fresh() as url:
        database = await Database.open(url, cipher=make_cipher())
        cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
        await database.write(Shop.open, tomllib.loads(cafe + CARDS), now=clock.now)
        parts: dict[str, Any] = {"database": database, "words": words(), "clock_moment": clock.moment}
        async with open_door(web.app.create(**parts, public_url="http://shop.example")) as client:
            shop = Shop(database, clock, client)
            member = await shop.member(points=8000, name="王小美")
            made = Town(shop, await person(shop, member), browser, [])
            yield made
        await database.close()


async def digits_on(page: Page) -> str:
    return (await page.locator("#digits").inner_text()).replace(" ", "")


async def test_the_code_on_the_screen_is_read_from_a_photograph_and_renews_itself(
    sqlite: SqliteFiles, browser: Browser
) -> None:
    async with town(sqlite, browser) as made, made.screen() as page:
        (first,) = read_codes(await page.screenshot(), limits=Limits())
        assert page.url.endswith("/card")
        before = await page.locator("#digits").inner_text()
        await page.clock.fast_forward(30_500)
        await expect(page.locator("#digits")).not_to_have_text(before)
        (second,) = read_codes(await page.screenshot(), limits=Limits())
        assert first != second
        assert made.complaints == []


async def test_the_old_screen_says_that_the_code_is_open_elsewhere_and_takes_it_back_when_asked(
    sqlite: SqliteFiles, browser: Browser
) -> None:
    async with town(sqlite, browser) as made, made.screen() as old:
        made.shop.clock.pass_by(seconds=2)
        async with made.screen() as new:
            await old.clock.fast_forward(2_500)
            await expect(old.locator("#said")).to_contain_text("another screen")
            await expect(old.locator("#code")).to_be_hidden()
            made.shop.clock.pass_by(seconds=2)
            await old.get_by_role("button", name="Show the code here").click()
            await expect(old.locator("#code svg")).to_be_visible()
            await new.clock.fast_forward(2_500)
            await expect(new.locator("#said")).to_contain_text("another screen")


async def test_a_dropped_line_leaves_the_code_until_its_end_and_says_so(sqlite: SqliteFiles, browser: Browser) -> None:
    async with town(sqlite, browser) as made, made.screen() as page:
        shown = await digits_on(page)
        await page.context.set_offline(True)
        await page.clock.fast_forward(30_500)
        await expect(page.locator("#line")).to_contain_text("No connection. The code works until it expires")
        assert await digits_on(page) == shown
        await expect(page.locator("#code svg")).to_be_visible()
        await page.clock.fast_forward(30_500)
        await expect(page.locator("#line")).to_contain_text("has expired")
        await expect(page.locator("#digits")).to_be_hidden()
        await page.context.set_offline(False)
        await expect(page.locator("#line")).to_be_empty()
        assert await digits_on(page) != shown


@pytest.mark.parametrize(("button", "said"), [("Yes, agreed", "Done."), ("No, stop it", "Refused")])
async def test_a_waiting_bill_is_asked_on_the_open_card_with_store_sum_and_seconds(
    sqlite: SqliteFiles, browser: Browser, button: str, said: str
) -> None:
    async with town(sqlite, browser) as made, made.screen() as page:
        await made.bill(await digits_on(page))
        await page.clock.fast_forward(2_500)
        ask = page.get_by_role("alertdialog")
        await expect(ask).to_contain_text("East Gate: ¥500")
        await expect(ask).to_contain_text("6,000 points")
        await expect(page.get_by_role("timer")).to_contain_text(":")
        await ask.get_by_role("button", name=button).click()
        await expect(ask).to_contain_text(said)
        await page.clock.fast_forward(5_000)
        await expect(ask).to_be_hidden()
        await expect(page.locator("#points")).to_contain_text("8,000" if button.startswith("No") else "2,")


async def test_a_pin_is_typed_twice_and_kept(sqlite: SqliteFiles, browser: Browser) -> None:
    async with town(sqlite, browser) as made, made.screen() as page:
        await page.get_by_role("button", name="Set a PIN").click()
        await page.get_by_label("New PIN").fill("837261")
        await page.get_by_label("The same").fill("837262")
        await page.get_by_role("button", name="Set", exact=True).click()
        await expect(page.locator("#pin-said")).to_contain_text("differ")
        await page.get_by_label("The same").fill("837261")
        await page.get_by_role("button", name="Set", exact=True).click()
        await expect(page.locator("#pin-said")).to_contain_text("is set")
        await page.clock.fast_forward(3_000)
        await expect(page.get_by_role("button", name="Change the PIN")).to_be_focused()


async def test_the_pay_code_looks_unlike_the_members_code_and_says_what_it_is(
    sqlite: SqliteFiles, browser: Browser
) -> None:
    async with town(sqlite, browser) as made, made.screen() as page:
        await page.get_by_role("button", name="Pay code").click()
        await expect(page.locator("#hint")).to_contain_text("your yes")
        await expect(page.get_by_role("button", name="Pay code")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
@pytest.mark.parametrize("dark", [False, True])
async def test_nothing_on_the_card_is_hard_to_read_or_too_wide(
    sqlite: SqliteFiles, browser: Browser, language: str, *, dark: bool
) -> None:
    async with town(sqlite, browser) as made, made.screen(language, dark=dark) as page:
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width == SMALL["width"]
        found = await Axe().run(page)
        serious = [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
        assert serious == []
