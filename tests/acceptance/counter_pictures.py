"""The pictures of the counter: one sale on the staff's page, the member's yes on both apps, and what looked odd."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page

from tests.acceptance.counter_scenes import DIGITS
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_live_card import live_card_of
from tests.acceptance.test_staff_page import way_in
from tests.staff_page.conftest import CAMERA

FOLDER = Path("docs/pictures")
PHONE = {"width": 360, "height": 740}
SALE = ("staff-scan", "staff-quote", "staff-waiting", "staff-done")
GAP, PAPER = 16, (214, 211, 205)
COLOURS = 128
SETTLE_MS = 700
NEXT_MORNING = timedelta(days=1)


async def make(browser: Browser) -> None:
    """Play one sale on each app and a morning after, and keep what people see."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder), seeded=True) as stage:
            counter = await _tab(browser)
            await counter.goto(await way_in(stage.phone("ajie")))
            await _sale_on_the_page(browser, counter, stage.phone("lilei"))
            await _sale_in_telegram(browser, counter, stage)
            await counter.get_by_text("今日", exact=True).first.click()
            await _keep(counter, "staff-today")
            await _morning_after(browser, stage)
    _side_by_side(SALE, "counter")


async def _sale_on_the_page(browser: Browser, counter: Page, member: Phone) -> None:
    """Serve a member of WeChat who agrees on the open card."""
    await member.say("会员码")
    await member.sees("会员码", "前有效")
    card = await _tab(browser)
    await card.goto(live_card_of(member))
    await card.locator("#code svg").wait_for()
    half = await card.screenshot(clip={"x": 0, "y": 300, "width": 360, "height": 360})
    await counter.evaluate("picture => window.holdUp(picture)", base64.b64encode(half).decode())
    await _keep(counter, "staff-scan")
    await counter.evaluate("window.holdUp()")
    await _asks_for_stored_value(counter, await card.locator("#digits").inner_text(), ("5", "8", "00"))
    await _keep(counter, "staff-waiting")
    await card.locator("#ask-yes").wait_for()
    await _keep(card, "card-question")
    await card.locator("#ask-yes").click()
    await counter.locator(".done").wait_for()
    await _keep(counter, "staff-done")
    await counter.get_by_role("button", name="下一位").click()


async def _asks_for_stored_value(counter: Page, digits: str, keys: Sequence[str]) -> None:
    """Type the member's code and the amount, and ask for the bill to be paid from stored value."""
    await counter.get_by_label("数字码").fill(digits.replace(" ", ""))
    for key in (*keys, "下一步"):
        await counter.get_by_role("button", name=key, exact=True).click()
    await counter.get_by_role("checkbox", name=re.compile("储值")).check()
    await counter.wait_for_timeout(SETTLE_MS)
    if keys == ("5", "8", "00"):
        await _keep(counter, "staff-quote")
    await counter.get_by_role("button", name=re.compile("^确认 ")).click()
    await counter.get_by_role("timer").wait_for()


async def _sale_in_telegram(browser: Browser, counter: Page, stage: Stage) -> None:
    """Serve a member of Telegram who agrees by the button in the chat."""
    member = stage.phone("maya")
    await member.say("card")
    shown = DIGITS.search((await member.sees("valid until")).text)
    assert shown
    await _asks_for_stored_value(counter, shown.group(), ("3", "2", "00"))
    await member.sees("Is this your purchase?")
    await _keep_phone(browser, stage, "maya", "telegram-yes")
    await member.tap("Yes, it is me")
    await counter.locator(".done").wait_for()
    await counter.get_by_role("button", name="下一位").click()


async def _morning_after(browser: Browser, stage: Stage) -> None:
    """Let a cashier try their own code, and the owner read about it the next morning."""
    cashier, owner = stage.phone("ajie"), stage.phone("chen")
    await cashier.say("加入会员")
    await cashier.sees("会员")
    await cashier.say("会员码")
    shown = DIGITS.search((await cashier.sees("前有效")).text)
    assert shown
    await cashier.say(shown.group())
    await cashier.sees("不能给自己")
    await stage.rehearsal.advance(NEXT_MORNING)
    await owner.sees("条异常")
    await owner.say("异常")
    await owner.sees("近期异常")
    await _keep_phone(browser, stage, "chen", "telegram-watch")


async def _tab(browser: Browser) -> Page:
    context = await browser.new_context(viewport=PHONE, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
    tab = await context.new_page()
    await tab.add_init_script(CAMERA)
    return tab


async def _keep_phone(browser: Browser, stage: Stage, name: str, picture: str) -> None:
    """Keep one phone of the playground as a picture."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 940}, locale="en-GB", reduced_motion="reduce"
    )
    tab = await context.new_page()
    await tab.goto(stage.rehearsal.url)
    await tab.locator(".phone").first.wait_for()
    chip = tab.locator(f'[data-chip="{name}"]')
    if await chip.get_attribute("aria-pressed") != "true":
        await chip.click()
    phone = tab.locator(f'.phone[data-person="{name}"]')
    await phone.scroll_into_view_if_needed()
    await tab.wait_for_timeout(SETTLE_MS)
    await phone.screenshot(path=FOLDER / f"{picture}.png")
    _make_small(picture)
    await context.close()


async def _keep(tab: Page, name: str) -> None:
    """Keep what the window shows as a small PNG."""
    await tab.wait_for_timeout(SETTLE_MS)
    await tab.screenshot(path=FOLDER / f"{name}.png")
    _make_small(name)


def _make_small(name: str) -> None:
    path = FOLDER / f"{name}.png"
    with Image.open(path) as seen:
        small = seen.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def _side_by_side(names: Sequence[str], made: str) -> None:
    """Put pictures of the same height into one, in the order of the sale."""
    seen = [Image.open(FOLDER / f"{name}.png").convert("RGB") for name in names]
    width = sum(one.width for one in seen) + GAP * (len(seen) + 1)
    whole = Image.new("RGB", (width, max(one.height for one in seen) + 2 * GAP), PAPER)
    left = GAP
    for one in seen:
        whole.paste(one, (left, GAP))
        left += one.width + GAP
    whole.save(FOLDER / f"{made}.png")
    _make_small(made)
