"""Our pages in the rehearsal's phones: Telegram's Mini App and WeChat's browser, each phone with cookies of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from tests.acceptance.stage import Stage, staged
from tests.acceptance.test_counter_loop import joined
from tests.acceptance.test_live_card import live_card_of
from tests.playground.conftest import browser

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _open(page: Page, stage: Stage, name: str, address: str, *, app: bool) -> FrameLocator:
    """Open an address on a phone, as a tap on its button does."""
    frame = f"phone-{name}"
    asked = {"url": address, "app": app}
    answer = await page.request.post(f"{stage.rehearsal.url}/api/people/{name}/page", data=asked)
    here = (await answer.json())["address"]
    await page.evaluate(
        "([id, src]) => { const made = document.createElement('iframe'); made.id = id; made.src = src;"
        " made.width = 360; made.height = 700; document.body.append(made); }",
        [frame, here],
    )
    return page.frame_locator(f"#{frame}")


async def test_two_phones_show_their_own_cards_by_telegrams_note_and_by_wechats_sign_in(
    tmp_path: Path, browser: Browser
) -> None:
    async with staged(tmp_path) as stage:
        on_telegram, on_wechat = stage.phone("xiaoyu"), stage.phone("wangfang")
        telegrams = next(one for one in (on_telegram, on_wechat) if one.person.app == "telegram")
        wechats = next(one for one in (on_telegram, on_wechat) if one.person.app == "wechat")
        for phone in (telegrams, wechats):
            await joined(phone)
        await telegrams.say("会员码")
        await telegrams.sees("前有效")
        page = await browser.new_page(locale="zh-CN")
        await page.goto(stage.rehearsal.url)
        app = await _open(page, stage, telegrams.person.id, live_card_of(telegrams), app=True)
        await expect(app.locator("#code svg")).to_be_visible()
        # no ticket and no note: WeChat's own sign-in is the way, and it leads back to the card
        url = f"{stage.rehearsal.program.url}/card"
        card = await _open(page, stage, wechats.person.id, url, app=False)
        await expect(card.locator("#code svg")).to_be_visible(timeout=10_000)
        first, second = await app.locator("#name").inner_text(), await card.locator("#name").inner_text()
        assert first != second
        await app.locator("#pay-code").click()
        await expect(app.locator("body")).to_have_class("pay")
        assert await app.locator("#name").inner_text() == first
        await page.close()
