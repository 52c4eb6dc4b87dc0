"""The staff's page on the whole program: a member's own live card before its camera, and the road without one."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from playwright.async_api import Page as Tab

from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_counter_loop import joined
from tests.acceptance.test_live_card import live_card_of
from tests.playground.conftest import browser
from tests.proof import assert_clean
from tests.staff_page.conftest import CAMERA, NO_CAMERA

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="session")
FRAMES_A_SECOND = 5
PHONE = {"width": 390, "height": 780}


@dataclass
class Counter:
    """Two screens: the member's card and the staff's page, and what either browser complained about."""

    card: Tab
    page: Tab
    complaints: list[str]

    async def hold_up(self) -> None:
        """Hold the member's phone before the camera, as it looks at this moment."""
        shot = base64.b64encode(await self.card.locator("#code").screenshot()).decode()
        await self.page.evaluate("picture => window.holdUp(picture)", shot)

    @contextlib.asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        """Keep the member's phone before the camera, frame after frame, whatever it shows."""

        async def hold() -> None:
            while True:
                await self.hold_up()
                await asyncio.sleep(1 / FRAMES_A_SECOND)

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await holding
            await self.page.evaluate("window.holdUp()")

    async def renewed(self) -> str:
        """Let half a minute pass on the member's phone, after which the card shows another code; return its digits."""
        digits = self.card.locator("#digits")
        before = await digits.inner_text()
        await self.card.clock.fast_forward(31_000)
        await expect(digits).not_to_have_text(before)
        return await digits.inner_text()

    async def press(self, *names: str) -> None:
        for name in names:
            await self.page.get_by_role("button", name=name, exact=True).click()

    async def member_is_shown(self) -> None:
        await expect(self.page.get_by_text("普通会员", exact=True)).to_be_visible(timeout=15_000)


def links(cashier: Phone) -> list[str]:
    """Return every link to the page that the chat offered, newest last."""
    found: list[str] = []
    for bubble in cashier.heard:
        found += [button.get("web_app") or button.get("url", "") for row in bubble.buttons for button in row]
        found += [value for _, _, kind, value in bubble.spans if kind == "link"]
    return [url for url in found if "/staff#" in url]


async def way_in(cashier: Phone) -> str:
    """Ask in the chat for the way to the page, as its door says, and return the link."""
    before = len(links(cashier))
    await cashier.say("收银台")
    await cashier.until(lambda: len(links(cashier)) > before, "no way to the page was offered")
    return links(cashier)[-1]


@contextlib.asynccontextmanager
async def opened(stage: Stage, browser: Browser, *, member: str, cashier: str, camera: str) -> AsyncIterator[Counter]:
    """Hire the cashier, let the member join, and open the card on one phone and the page on another."""
    holder, server = stage.phone(member), stage.phone(cashier)
    await stage.employ(server, "cashier")
    await joined(holder)
    await holder.say("会员码")
    await holder.sees("会员码", "前有效")
    contexts = [
        await browser.new_context(viewport=PHONE, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        for _ in range(2)
    ]
    made = Counter(await contexts[0].new_page(), await contexts[1].new_page(), [])
    for tab in (made.card, made.page):
        tab.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: made.complaints.append(str(error)))
    await made.page.add_init_script(camera)
    await made.page.goto(await way_in(server))
    await expect(made.page.get_by_label("数字码")).to_be_visible()
    await made.card.clock.install()
    await made.card.goto(live_card_of(holder))
    await expect(made.card.locator("#code svg")).to_be_visible()
    yield made
    for context in contexts:
        await context.close()


def tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Print a measured time, also where nobody asked for the tests' output."""
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")


async def finish(counter: Counter, *, paid: str) -> None:
    """Type ¥68 and say yes to the price."""
    await counter.press("6", "8", "00", "下一步", f"确认 {paid}")
    await expect(counter.page.get_by_role("heading", name=f"已入账 {paid}")).to_be_visible()


@pytest.mark.parametrize(("member", "cashier"), [("xiaoyu", "xiaozhou"), ("wangfang", "ajie")])
async def test_from_the_cards_own_code_before_the_camera_to_the_receipt(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str], *, member: str, cashier: str
) -> None:
    """Twice, as the card has renewed its code in between; the time from the first frame is printed."""
    async with (
        staged(tmp_path) as stage,
        opened(stage, browser, member=member, cashier=cashier, camera=CAMERA) as counter,
    ):
        took, codes = [], []
        for before in (0, 68):
            codes.append(await counter.renewed())
            began = time.perf_counter()
            async with counter.held_up():
                await counter.member_is_shown()
            seen = time.perf_counter() - began
            await finish(counter, paid="¥68.00")
            took.append((seen, time.perf_counter() - began))
            await expect(counter.page.locator(".balance")).to_contain_text(f"{before} → {before + 68}")
            await counter.press("下一位")
        for seen, done in took:
            tell(capsys, f"{member}'s card: member after {seen:.2f} s, receipt after {done:.2f} s")
        assert len(set(codes)) == 2
        await stage.phone(member).sees("总店", "+68 积分", "积分 68 → 136")
        assert counter.complaints == []
        await assert_clean(stage.rehearsal.database)


async def test_without_a_camera_a_photo_or_the_digits_read_aloud_do(
    tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        staged(tmp_path) as stage,
        opened(stage, browser, member="wangfang", cashier="ajie", camera=NO_CAMERA) as counter,
    ):
        await expect(counter.page.get_by_text("这里没有摄像头", exact=False)).to_be_visible()
        began = time.perf_counter()
        photo = {"name": "card.png", "mimeType": "image/png", "buffer": await counter.card.screenshot()}
        await counter.page.locator(".camera input[type=file]").set_input_files(photo)  # type: ignore[arg-type]
        await counter.member_is_shown()
        await finish(counter, paid="¥68.00")
        tell(capsys, f"by photo: receipt after {time.perf_counter() - began:.2f} s")
        await counter.press("撤销")
        await expect(counter.page.get_by_role("heading", name="已撤销")).to_be_visible()
        await counter.press("下一位")
        read_aloud = await counter.renewed()
        began = time.perf_counter()
        await counter.page.get_by_label("数字码").fill(read_aloud)
        await counter.member_is_shown()
        await finish(counter, paid="¥68.00")
        tell(capsys, f"by digits: receipt after {time.perf_counter() - began:.2f} s")
        assert counter.complaints == []
        await assert_clean(stage.rehearsal.database)
