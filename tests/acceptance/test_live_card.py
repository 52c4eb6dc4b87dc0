"""The live card in a real browser: opened by the button in the chat, photographed, and read at the counter."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from membership.codes import PREFIX
from pictures.reader import Limits, read_codes
from tests.acceptance.photographs import photographed
from tests.acceptance.stage import Phone, staged
from tests.acceptance.test_counter_loop import joined
from tests.playground.conftest import browser

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


def live_card_of(member: Phone) -> str:
    """Return the address behind the newest live card button or link."""
    for bubble in reversed(member.heard):
        for row in bubble.buttons:
            for button in row:
                address = button.get("web_app", "") or button.get("url", "")
                if "/card#" in address:
                    return address
        for _, _, kind, value in bubble.spans:
            if kind == "link" and "/card#" in value:
                return value
    raise AssertionError("no live card was offered")


@pytest.mark.parametrize(("member_name", "cashier_name"), [("xiaoyu", "ajie"), ("wangfang", "ajie")])
async def test_the_live_card_is_photographed_and_read(
    tmp_path: Path, browser: Browser, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        await joined(member)
        await member.say("会员码")
        await member.sees("会员码", "前有效")
        context = await browser.new_context(viewport={"width": 390, "height": 780}, locale="zh-CN")
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(live_card_of(member))
        await expect(page.locator("#code svg")).to_be_visible()
        shot = await page.screenshot()
        await context.close()
        (code,) = read_codes(shot, limits=Limits())
        assert code.startswith(PREFIX)
        await cashier.photograph(photographed(shot))
        await cashier.sees("普通会员", "消费金额")
        assert complaints == []
