"""Texts that want to be programs, on our pages in a real browser: shown as they were written, and run by nobody."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from services import members
from storage.tables import stores
from tests.databases import SqliteFiles
from tests.documents import ROOT
from tests.playground.conftest import browser
from tests.web.test_card_in_browser import Town, digits_on, town

__all__ = ["browser"]

HOSTILE: Final = "<img src=x onerror=alert(1)>"
"""As long as a name may be."""

SINKS: Final = re.compile(
    r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(\s*['\"`]|javascript:"
)


def scripts() -> list[str]:
    """Every script of ours; Swagger's own is somebody else's, and runs under the same policy."""
    found = (ROOT / "web/static").rglob("*.js")
    return sorted(str(path.relative_to(ROOT)) for path in found if "swagger" not in path.parts)


@pytest.mark.parametrize("script", scripts())
def test_no_script_of_ours_makes_a_page_out_of_a_text(script: str) -> None:
    assert not SINKS.search((ROOT / script).read_text(encoding="utf-8"))


def test_a_script_that_did_would_be_found() -> None:
    assert all(SINKS.search(line) for line in ("box.innerHTML = name", "eval(said)", "setTimeout('say()', 1)"))


async def named(made: Town) -> None:
    """Give the member and every store the hostile text for a name."""
    member = made.who.member_id
    assert member is not None

    def rename(tx: Any) -> None:
        members.set_name(tx, member, HOSTILE)
        tx.execute(stores.update().values(name={"en": HOSTILE, "zh-Hans": HOSTILE}))

    await made.shop.db.write(rename)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_name_that_is_a_program_is_a_name_on_the_live_card(sqlite: SqliteFiles, browser: Browser) -> None:
    async with town(sqlite, browser) as made:
        await named(made)
        async with made.screen() as page:
            asked = watched(page)
            await expect(page.get_by_text(HOSTILE)).to_be_visible()
            await made.bill(await digits_on(page))
            await page.clock.fast_forward(2_500)
            await expect(page.get_by_role("alertdialog")).to_contain_text(HOSTILE)
            assert await page.locator("img[src=x]").count() == 0
            assert asked == []
            assert made.complaints == []


def watched(page: Page) -> list[str]:
    """What a hostile text would bring about: a dialog, or a request to another origin."""
    found: list[str] = []
    page.on("dialog", lambda dialog: found.append(dialog.message))
    page.on("request", lambda request: found.append(request.url) if _foreign(page, request.url) else None)
    return found


def _foreign(page: Page, url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"} and urlsplit(url).netloc != urlsplit(page.url).netloc


@pytest.mark.asyncio(loop_scope="session")
async def test_the_page_of_the_api_shows_every_call_and_asks_nobody_else_for_anything(
    sqlite: SqliteFiles, browser: Browser
) -> None:
    async with town(sqlite, browser) as made:
        page = await browser.new_page(viewport={"width": 1200, "height": 2200})
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{made.shop.client.base_url}/api/v1/docs")
        await expect(page.locator(".opblock")).to_have_count(25)
        await page.locator(".opblock-summary").first.click()
        await expect(page.locator(".opblock-body").first).to_be_visible()
        shot = await page.screenshot()
        await page.close()
    here = urlsplit(str(made.shop.client.base_url)).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {here}
    assert complaints == []
    assert len(shot) > 20_000
