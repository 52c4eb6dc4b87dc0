"""What a visitor can do on the page, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.playground.conftest import Rehearsal, Visit, open_page
from tests.playground.echo_phones import CODE

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def press(place: Any, name: str) -> None:
    await place.get_by_role("button", name=name, exact=True).click()


async def test_a_telegram_customer_starts_presses_buttons_and_sees_the_message_change(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    lin = visit.phone("lin")
    await press(lin, "Start")
    await press(lin, "Join")
    await expect(lin.get_by_text("You are a member")).to_be_visible()
    await expect(lin.get_by_role("status").get_by_text("Welcome!")).to_be_visible()
    await press(lin, "Show my card")
    await expect(lin.get_by_role("button", name="Picture on Lin Mei's phone")).to_be_visible()
    await press(lin, "Points")
    await expect(lin.get_by_text("You said: Points")).to_be_visible()
    assert [data for _, _, data in rehearsal.did("press")] == ["join", "card"]


async def test_telegrams_menu_lists_the_commands(visit: Visit, rehearsal: Rehearsal) -> None:
    lin = visit.phone("lin")
    await press(lin, "Start")
    await press(lin, "Menu")
    await lin.get_by_role("menuitem", name="/points").click()
    await expect(lin.get_by_text("128 points (points)")).to_be_visible()
    assert rehearsal.did("menu") == [("1001", "points")]


async def test_a_phone_number_is_shared_only_after_a_yes(visit: Visit, rehearsal: Rehearsal) -> None:
    lin = visit.phone("lin")
    await press(lin, "Start")
    await press(lin, "Join")
    await press(lin, "Share phone")
    await press(visit.tab, "Cancel")
    assert rehearsal.did("contact") == []
    await press(lin, "Share phone")
    await press(visit.tab.get_by_role("dialog"), "Share my contact")
    await expect(lin.locator(".tg-contact")).to_be_visible()
    assert rehearsal.did("contact") == [("1001", "+8613800000001", "")]


async def test_a_start_link_carries_its_payload(visit: Visit, rehearsal: Rehearsal) -> None:
    lin = visit.phone("lin")
    await press(lin, "More")
    await lin.get_by_role("menuitem", name="Open a start link").click()
    await visit.tab.get_by_role("dialog").get_by_role("textbox").fill("poster-7")
    await visit.tab.keyboard.press("Enter")
    await expect(lin.get_by_text("/start poster-7")).to_be_visible()
    assert rehearsal.did("start") == [("1001", "poster-7")]


async def test_a_wechat_customer_follows_taps_a_word_and_uses_the_menu(visit: Visit, rehearsal: Rehearsal) -> None:
    chen = visit.phone("chen")
    await press(chen, "Follow")
    await press(chen, "点这里加入")
    await press(chen, "我的")
    await chen.get_by_role("menuitem", name="优惠券").click()
    await expect(chen.get_by_text("满 50 减 10")).to_be_visible()
    await press(chen, "Type a message")
    await chen.get_by_role("textbox").fill("积分")
    await visit.tab.keyboard.press("Enter")
    await expect(chen.get_by_text("You said: 积分")).to_be_visible()
    assert rehearsal.did("press")[0][2] == "join"


async def test_a_wechat_customer_can_unfollow(visit: Visit, rehearsal: Rehearsal) -> None:
    chen = visit.phone("chen")
    await press(chen, "Follow")
    await expect(chen.get_by_text("欢迎光临")).to_be_visible()
    await press(chen, "More")
    await chen.get_by_role("menuitem", name="Unfollow").click()
    await expect(chen.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    assert rehearsal.did("stop") == [("oChen",)]


async def test_a_picture_is_enlarged_and_escape_puts_it_back(visit: Visit) -> None:
    chen = visit.phone("chen")
    await press(chen, "Follow")
    await press(chen, "会员码")
    await chen.locator("button.picture").click()
    await expect(chen.get_by_role("dialog")).to_be_visible()
    await visit.tab.keyboard.press("Escape")
    await expect(chen.get_by_role("dialog")).to_have_count(0)


async def test_wechats_scan_menu_opens_the_camera_and_the_photographed_code_arrives(
    visit: Visit, rehearsal: Rehearsal
) -> None:
    await press(visit.phone("lin"), "Start")
    await visit.phone("lin").get_by_role("textbox").fill("Card")
    await visit.tab.keyboard.press("Enter")
    await press(visit.phone("wu"), "Follow")
    await press(visit.phone("wu"), "扫码")
    await visit.tab.get_by_role("button", name=re.compile("Picture on Lin Mei's phone, ")).click()
    await expect(visit.phone("wu").get_by_text(CODE)).to_be_visible()
    assert rehearsal.did("scan") == [("oWu", CODE, "scan")]


async def test_a_telegram_cashier_drags_the_camera_onto_another_phone(visit: Visit, rehearsal: Rehearsal) -> None:
    await press(visit.phone("amy"), "Start")
    await press(visit.phone("chen"), "Follow")
    await press(visit.phone("chen"), "会员码")
    lens = visit.phone("amy").get_by_role("button", name="Camera of Amy Wong")
    await visit.phone("chen").locator("button.picture").hover()
    await lens.hover()
    await visit.tab.mouse.down()
    await visit.phone("chen").locator("button.picture").hover(force=True)
    await visit.tab.mouse.up()
    await expect(visit.phone("amy").get_by_text("Lin Mei · Silver")).to_be_visible()
    ((user, length),) = rehearsal.did("photo")
    assert user == "1002"
    assert length > 10_000


async def test_the_whole_way_works_by_keyboard_alone(visit: Visit, rehearsal: Rehearsal) -> None:
    keys = visit.tab.keyboard
    for person, name in (("chen", "Follow"), ("chen", "会员码"), ("wu", "Follow"), ("wu", "扫码")):
        await visit.phone(person).get_by_role("button", name=name, exact=True).focus()
        await keys.press("Enter")
        await visit.tab.wait_for_timeout(250)
    focused = visit.tab.locator(":focus")
    await expect(focused).to_have_class("aim-offer")
    assert await focused.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    await keys.press("Enter")
    await expect(visit.phone("wu").get_by_text(CODE)).to_be_visible()
    await expect(visit.phone("wu").get_by_role("button", name="Camera of 吴店员")).to_be_focused()
    assert len(rehearsal.did("scan")) == 1


async def test_escape_puts_the_camera_away(visit: Visit) -> None:
    await press(visit.phone("amy"), "Camera of Amy Wong")
    await expect(visit.tab.get_by_role("dialog")).to_contain_text("No other phone shows a picture yet")
    await visit.tab.keyboard.press("Escape")
    await expect(visit.tab.locator(".aim")).to_be_hidden()


async def test_the_jump_to_a_birthday_shows_what_came_due(visit: Visit) -> None:
    await press(visit.phone("lin"), "Start")
    await press(visit.tab, "To birthday")
    await expect(visit.tab.locator(".due")).to_contain_text("Happy birthday, Lin Mei!")


async def test_the_inspector_shows_and_filters_the_calls(visit: Visit) -> None:
    await press(visit.phone("lin"), "Start")
    await press(visit.phone("chen"), "Follow")
    await visit.tab.get_by_role("button", name="Inspector").click()
    await expect(visit.tab.locator(".call")).to_have_count(2)
    await visit.tab.get_by_role("searchbox").fill("custom")
    await visit.tab.locator(".call").click()
    await expect(visit.tab.locator(".call-detail")).to_contain_text('"chat_id": "oChen"')


async def test_trouble_is_planned_and_the_account_switched(visit: Visit, rehearsal: Rehearsal) -> None:
    await visit.tab.get_by_role("button", name="Trouble").click()
    await visit.tab.get_by_role("radio", name=re.compile("Unverified")).check()
    await press(visit.tab, "Plan it")
    await expect(visit.tab.locator(".planned li")).to_contain_text("429")
    await expect(visit.phone("chen").locator(".wx-profile")).to_contain_text("Unverified account")
    assert rehearsal.accounts == ["unverified"]


async def test_a_new_customer_gets_a_phone(visit: Visit) -> None:
    await visit.tab.get_by_role("button", name="New customer").click()
    await visit.tab.get_by_role("textbox", name="Name").fill("Zoë")
    await visit.tab.get_by_role("combobox", name="App", exact=True).select_option("wechat")
    await press(visit.tab, "Add")
    await press(visit.phone("guest-1"), "Follow")
    await expect(visit.phone("guest-1").get_by_text("欢迎光临")).to_be_visible()


async def test_reset_asks_first_and_then_clears_the_phones(visit: Visit, rehearsal: Rehearsal) -> None:
    await press(visit.phone("lin"), "Start")
    await press(visit.tab, "Reset")
    await press(visit.tab.get_by_role("dialog"), "Cancel")
    assert rehearsal.resets == 0
    await press(visit.tab, "Reset")
    await press(visit.tab.get_by_role("dialog"), "Begin again")
    await expect(visit.phone("lin").get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert rehearsal.resets == 1


async def test_the_page_is_dark_when_the_system_is_and_when_it_is_told(visit: Visit) -> None:
    clock, white = visit.tab.locator(".clock"), "rgb(255, 255, 255)"
    await expect(clock).to_have_css("background-color", white)
    await visit.tab.emulate_media(color_scheme="dark")
    await expect(clock).not_to_have_css("background-color", white)
    await visit.tab.get_by_role("button", name="Appearance: Automatic").click()
    await expect(clock).to_have_css("background-color", white)
    await visit.tab.get_by_role("button", name="Appearance: Light").click()
    await expect(clock).not_to_have_css("background-color", white)


async def test_at_360_pixels_one_phone_fills_the_window(browser: Browser, rehearsal: Rehearsal) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-TW", has_touch=True)
    visit = await open_page(context, rehearsal.address)
    await expect(visit.tab.locator(".phone")).to_have_count(1)
    await visit.tab.locator('[data-chip="chen"]').tap()
    await visit.phone("chen").get_by_role("button", name="關注", exact=True).tap()
    await visit.phone("chen").get_by_role("button", name="会员码").tap()
    await expect(visit.phone("chen").locator("button.picture")).to_be_visible()
    assert await visit.tab.evaluate("document.documentElement.scrollWidth") == 360
    await context.close()
    assert visit.complaints == []
