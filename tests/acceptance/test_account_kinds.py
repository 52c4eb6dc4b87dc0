"""Each kind of WeChat account gives its people a usable path: service, subscription, and the one nobody verified."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlalchemy import select

from membership.codes import PREFIX
from pictures.reader import Limits, read_codes
from playground import mall, rehearsal, seed
from playground.clock import MovableClock
from playground.phones import Bubble
from playground.wechat_api.state import Kind
from storage.tables import outbox
from tests.acceptance.photographs import photographed
from tests.acceptance.stage import Phone, Stage
from tests.databases import NOW
from tests.proof import assert_clean

KINDS: tuple[Kind, ...] = ("service", "subscription", "unverified")
VERIFIED: tuple[Kind, ...] = ("service", "subscription")
DIGITS = re.compile(r"\d{5} \d{5}")


@contextlib.asynccontextmanager
async def staged_as(folder: Path, kind: Kind) -> AsyncIterator[Stage]:
    """Open a café whose WeChat account is of this kind, and wait until the program has found that out."""
    made = rehearsal.make(folder, clock=MovableClock(NOW))
    made.wechat.kind = kind
    (folder / "shop.toml").write_text(seed.shop_text(), encoding="utf-8")
    mall.put_pictures(folder)
    async with rehearsal.opened(made, seeded=False):
        channel = made.program.wechat
        assert channel is not None
        assert channel._arranged is not None
        await channel._arranged
        yield Stage(made)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_main_job_is_done_on_every_kind_of_account(tmp_path: Path, kind: Kind) -> None:
    async with staged_as(tmp_path, kind) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("xiaozhou")
        await stage.employ(cashier, "cashier")
        await joins_by_number(member)
        await claims_by_number(member)
        await shows_the_code(stage, member, cashier, kind)
        await the_cashier_rings_up(cashier)
        await the_receipt_arrives(stage, member, kind)
        await member.say("积分")
        await member.sees("53 积分")
        await assert_clean(stage.rehearsal.database)


async def joins_by_number(member: Phone) -> None:
    await member.start()
    await member.sees("欢迎来到晨光咖啡", "1 立即加入")
    await member.say("1")
    await member.sees("你已是晨光咖啡的会员")


async def claims_by_number(member: Phone) -> None:
    await member.say("优惠券")
    shown = await member.sees("领取 新会员 5 元券")
    await member.say(number_of(shown, "领取 新会员 5 元券"))
    await member.sees("领到了：新会员 5 元券")


def number_of(bubble: Bubble, label: str) -> str:
    """Return the number that stands before this line."""
    found = re.search(rf"^(#?\d+) .*{re.escape(label)}", bubble.text, re.MULTILINE)
    assert found, bubble.text
    return found[1]


async def shows_the_code(stage: Stage, member: Phone, cashier: Phone, kind: Kind) -> None:
    """Bring the member's code to the till: as a picture that is scanned, or as digits that are typed."""
    await member.say("会员码")
    if kind == "unverified":
        shown = await member.sees("前有效")
        assert not any(one.image for one in member.heard)
        await cashier.say(digits_in(shown).replace(" ", ""))
    else:
        (code,) = read_codes(photographed(await member.sees_picture()), limits=Limits())
        await scans_by_menu(stage, cashier, code)
    await cashier.sees("普通会员", "0 积分", "消费金额")


def digits_in(bubble: Bubble) -> str:
    found = DIGITS.search(bubble.text)
    assert found, bubble.text
    return found.group()


async def scans_by_menu(stage: Stage, cashier: Phone, code: str) -> None:
    await cashier.until(lambda: "scan" in keys_of(cashier), "the staff's menu never came")
    await cashier.scan(code)
    assert stage.rehearsal.inspector.named("push/event/scancode_waitmsg")


async def the_cashier_rings_up(cashier: Phone) -> None:
    await cashier.say("58")
    shown = await cashier.sees("应付 ¥53")
    await cashier.say(number_of(shown, "确认收 ¥53"))
    await cashier.sees("已入账", "0 → 53")


async def the_receipt_arrives(stage: Stage, member: Phone, kind: Kind) -> None:
    """It comes at once where the account may write first, else with the next contact."""
    if kind == "unverified":
        await receipt_waits(stage)
        await member.say("你好")
        await member.sees("你有 1 条通知")
        assert not any("实付" in one.text for one in member.heard)
        await member.say("通知")
    await member.sees("总店", "实付 ¥53", "+53 积分")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_open_question_gets_the_number_first(tmp_path: Path, kind: Kind) -> None:
    async with staged_as(tmp_path, kind) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("xiaozhou")
        await stage.employ(cashier, "cashier")
        await joins_by_number(member)
        await shows_the_code(stage, member, cashier, kind)
        assert number_of(cashier.heard[-1], "取消") == "#1"
        await cashier.say("1")
        await cashier.sees("应付 ¥1")


@pytest.mark.parametrize("kind", KINDS)
async def test_the_menus_are_those_the_account_may_have(tmp_path: Path, kind: Kind) -> None:
    async with staged_as(tmp_path, kind) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("xiaozhou")
        await stage.employ(cashier, "cashier")
        await joins_by_number(member)
        if kind == "unverified":
            assert member.screen.menu == cashier.screen.menu == []
            return
        await cashier.until(lambda: "scan" in keys_of(cashier), "the staff's menu never came")
        assert keys_of(member) >= {"code", "points", "coupons", "profile", "help"}
        assert "scan" not in keys_of(member)
        await member.menu("points")
        await member.sees("0 积分")


def keys_of(phone: Phone) -> set[str]:
    """Return the keys of everything in the menu under a chat."""

    def inside(buttons: list[dict[str, Any]]) -> set[str]:
        return {str(one["key"]) for one in buttons if one.get("key")}.union(
            *(inside(one.get("sub_button") or []) for one in buttons)
        )

    return inside(phone.screen.menu)


async def test_the_link_to_the_live_card_opens_and_shows_a_fresh_code(tmp_path: Path) -> None:
    async with staged_as(tmp_path, "unverified") as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("xiaozhou")
        await stage.employ(cashier, "cashier")
        await joins_by_number(member)
        await member.say("会员码")
        typed = digits_in(await member.sees("前有效"))
        live = await opened_in_a_browser(link_in(member.heard[-1], "动态会员码"))
        assert live["text"].startswith(PREFIX)
        assert live["digits"] != typed
        assert {len(row) for row in live["modules"]} == {len(live["modules"])}
        await cashier.say(live["digits"].replace(" ", ""))
        await cashier.sees("普通会员", "消费金额")


def link_in(bubble: Bubble, label: str) -> str:
    for offset, length, kind, value in bubble.spans:
        if kind == "link" and label in bubble.text[offset : offset + length]:
            return value
    raise AssertionError(f"no link that says {label!r} in:\n{bubble.text}")


async def opened_in_a_browser(link: str) -> Any:
    """Do what the page does: the ticket behind the # is never part of the address that is fetched."""
    parts = urlsplit(link)
    base = f"{parts.scheme}://{parts.netloc}"
    async with page_browser() as browser:
        async with browser.get(f"{base}{parts.path}") as page:
            assert page.status == 200
            html = await page.text()
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', html):
            async with browser.get(f"{base}{asset}") as part:
                assert part.status == 200
        async with browser.post(f"{base}/card/session", json={"ticket": parts.fragment}) as opened:
            assert opened.status == 200
        async with browser.post(f"{base}/card/code", json={"take": True}) as answer:
            assert answer.status == 200
            return await answer.json()


def page_browser() -> aiohttp.ClientSession:
    """A browser on the shop's own page: it keeps cookies, and says what our scripts say."""
    jar = aiohttp.CookieJar(unsafe=True)  # the playground's address is a number
    return aiohttp.ClientSession(cookie_jar=jar, headers={"X-Memberbot": "1"})


async def test_an_altered_ticket_opens_no_card(tmp_path: Path) -> None:
    async with staged_as(tmp_path, "unverified") as stage:
        member = stage.phone("wangfang")
        await joins_by_number(member)
        await member.say("会员码")
        await member.sees("前有效")
        parts = urlsplit(link_in(member.heard[-1], "动态会员码"))
        spoiled = ("B" if parts.fragment[20] == "A" else "A").join((parts.fragment[:20], parts.fragment[21:]))
        async with page_browser() as browser:
            asked = browser.post(f"{parts.scheme}://{parts.netloc}/card/session", json={"ticket": spoiled})
            async with asked as answer:
                assert answer.status == 401


async def test_what_waits_on_a_subscription_account_comes_with_the_next_contact(tmp_path: Path) -> None:
    async with staged_as(tmp_path, "subscription") as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        await stage.employ(cashier, "cashier")
        await joins_by_number(member)
        await member.say("会员码")
        (code,) = read_codes(photographed(await member.sees_picture()), limits=Limits())
        await cashier.scan(code)
        await cashier.sees("消费金额")
        await member.sees("前有效")  # what belongs to the picture has arrived
        member.platform.account.fans[member.person.user].windows.clear()  # type: ignore[attr-defined] # WeChat's
        await cashier.say("20")
        await cashier.tap("确认收")
        await cashier.sees("已入账")
        await receipt_waits(stage)
        assert refused(stage)
        await member.say("积分")
        await member.sees("你有 1 条通知")
        await member.say("通知")
        await member.sees("实付 ¥20")
        await assert_clean(stage.rehearsal.database)


async def receipt_waits(stage: Stage) -> None:
    """Wait until the receipt waits for its member."""
    waiting = select(outbox.c.id).where(outbox.c.kind == "receipt", outbox.c.state == "waiting")
    for _ in range(400):
        if await stage.rehearsal.database.read(lambda tx: tx.one(waiting)):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the receipt does not wait")


def refused(stage: Stage) -> bool:
    """Tell whether WeChat has refused a message because no window is open."""
    calls = stage.rehearsal.inspector.named("cgi-bin/message/custom/send")
    return any(call.answer.get("errcode") == 45015 for call in calls)
