"""The whole story as people play it on the page: join, card, scan, coupon, redeem, birthday, broadcast, report."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page, expect

from playground import rehearsal
from playground.clock import MovableClock
from playground.rehearsal import Rehearsal
from tests.databases import NOW

PATIENCE_MS = 20_000
Snap = Callable[[str], Awaitable[None]]

CASTS = {
    "telegram": {"member": "xiaoyu", "cashier": "ajie", "owner": "chen"},
    "wechat": {"member": "wangfang", "cashier": "xiaozhou", "owner": "mrschen"},
}


@dataclass
class Scene:
    """An open page with one app's phones on it. ``snap`` keeps a picture of this moment."""

    tab: Page
    app: Literal["telegram", "wechat"]
    snap: Snap

    def phone(self, role: str) -> Any:
        return self.tab.locator(f'.phone[data-person="{CASTS[self.app][role]}"]')

    async def show_phones(self) -> None:
        """Put this app's three people on the page, and nobody else."""
        wanted = set(CASTS[self.app].values())
        read = "chips => chips.map(chip => [chip.dataset.chip, chip.getAttribute('aria-pressed') === 'true'])"
        for name, shown in await self.tab.locator("[data-chip]").evaluate_all(read):
            if shown != (name in wanted):
                await self.tab.locator(f'[data-chip="{name}"]').click()

    async def tap(self, role: str, label: str) -> None:
        """Tap the newest button or word with this label on a phone."""
        await self.phone(role).get_by_role("button", name=label).last.click()

    async def say(self, role: str, text: str) -> None:
        """Type and send."""
        phone = self.phone(role)
        keys = phone.get_by_role("button", name="Type a message")
        if self.app == "wechat" and await keys.is_visible():
            await keys.click()
        await phone.get_by_role("textbox").last.fill(text)
        await self.tab.keyboard.press("Enter")

    async def sees(self, role: str, text: str | re.Pattern[str]) -> None:
        await expect(self.phone(role).get_by_text(text).last).to_be_visible(timeout=PATIENCE_MS)

    async def move_clock(self, step: str) -> None:
        """Jump with the clock, and wait until what came due is done."""
        async with self.tab.expect_response("**/api/clock"):
            await self.tab.get_by_role("button", name=step).click()

    async def point_camera(self, role: str, at: str) -> None:
        """Point one phone's camera at the newest picture on another phone's screen."""
        await self.phone(role).locator("button.lens").click()
        name = self.phone(at).locator("strong").first
        target = self.tab.get_by_role("button", name=f"Picture on {await name.inner_text()}")
        await target.last.click()


async def play(scene: Scene) -> None:
    """Play the story from the first contact to the owner's report."""
    await scene.show_phones()
    await join(scene)
    await claim(scene)
    await buy(scene)
    await have_a_birthday(scene)
    await broadcast(scene)
    await report(scene)


async def join(scene: Scene) -> None:
    await scene.tap("member", "Start" if scene.app == "telegram" else "Follow")
    await scene.sees("member", "欢迎来到晨光咖啡")
    await scene.tap("member", "立即加入")
    await scene.sees("member", "你已是晨光咖啡的会员")
    await scene.tap("member", "好，通知我")
    await scene.snap("join")


async def claim(scene: Scene) -> None:
    await scene.say("member", "优惠券")
    await scene.tap("member", "领取 新会员 5 元券")
    await scene.sees("member", "领到了")
    await scene.say("member", "会员码")
    await expect(scene.phone("member").locator("button.picture").last).to_be_visible(timeout=PATIENCE_MS)
    await scene.snap("card")


async def buy(scene: Scene) -> None:
    if scene.app == "telegram":
        await scene.tap("cashier", "扫码")
    await scene.point_camera("cashier", "member")
    await scene.sees("cashier", "消费金额")
    await scene.say("cashier", "58")
    await scene.sees("cashier", "应付")
    await scene.snap("quote")
    await scene.tap("cashier", "确认收")
    await scene.sees("cashier", "已入账")
    await scene.sees("member", "实付")
    await scene.snap("receipt")


async def have_a_birthday(scene: Scene) -> None:
    await scene.say("member", "资料")
    await scene.tap("member", "改生日")
    await scene.sees("member", "生日")
    await scene.say("member", "12月24日")
    await scene.sees("member", "12月24日")
    await scene.tab.get_by_label("Whose birthday").select_option(CASTS[scene.app]["member"])
    await scene.move_clock("To birthday")
    if scene.app == "wechat":  # a month later no window is open: the greeting waits for the next contact
        await scene.say("member", "积分")
        await scene.tap("member", "查看通知")
    await scene.sees("member", "生日快乐")
    await scene.snap("birthday")


async def broadcast(scene: Scene) -> None:
    await scene.say("owner", "群发")
    await scene.sees("owner", "想群发什么")
    await scene.say("owner", "圣诞特调今天上线，会员第二杯半价。")
    await scene.sees("owner", "将发给")
    await scene.snap("broadcast")
    await scene.tap("owner", "发给")
    await scene.sees("owner", re.compile("正在群发|群发完成"))
    await scene.move_clock("+1 h")
    if scene.app == "wechat":  # WeChat has no edits: the progress is asked for
        await scene.tap("owner", "刷新")
    await scene.sees("owner", "已发送")
    await scene.snap("progress")


async def report(scene: Scene) -> None:
    pictures = scene.phone("owner").locator("button.picture")
    before = await pictures.count()
    await scene.say("owner", "报表")
    await expect(pictures).to_have_count(before + 1, timeout=PATIENCE_MS)
    await scene.snap("report")


@contextlib.asynccontextmanager
async def opened(folder: Path, browser: Browser, snap: Callable[[Page], Snap], app: str) -> AsyncIterator[Scene]:
    """Open the seeded rehearsal and its page in a wide window."""
    made: Rehearsal = rehearsal.make(folder, clock=MovableClock(NOW))
    async with rehearsal.opened(made):
        context = await browser.new_context(
            viewport={"width": 1280, "height": 940}, locale="en-GB", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        tab = await context.new_page()
        await tab.goto(made.url)
        await tab.locator(".phone").first.wait_for()
        yield Scene(tab, "telegram" if app == "telegram" else "wechat", snap(tab))
        await context.close()
