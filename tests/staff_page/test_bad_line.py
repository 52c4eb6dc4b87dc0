"""On a bad line nothing is lost and nothing counts twice."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.staff_page.conftest import Visit
from tests.staff_page.fake_counter import CODE, DIGITS, OTHER, problem
from tests.staff_page.test_sale import quoted

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def lose_answers(visit: Visit, path: str, times: int) -> None:
    """Let the shop do what it is asked, and cut the line before its answer arrives."""

    async def cut(route: Route) -> None:
        nonlocal times
        if times > 0:
            times -= 1
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await visit.tab.route(f"**/staff/api/{path}", cut)


async def test_a_purchase_whose_answers_are_lost_is_repeated_under_one_key(phone: Visit) -> None:
    await quoted(phone)
    await lose_answers(phone, "purchases", 3)
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_text("Poor connection. Trying again…")).to_be_visible()
    await expect(phone.tab.locator(".done")).to_be_visible()
    await expect(phone.tab.get_by_text("Poor connection. Trying again…")).to_be_hidden()
    assert (phone.shop.effects["purchase"], len(phone.shop.calls("purchases"))) == (1, 4)
    assert len(phone.shop.keys("purchases")) == 1


async def test_a_reload_in_the_middle_goes_on_under_the_same_key(phone: Visit) -> None:
    await quoted(phone)
    phone.shop.slow = 0.6
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_role("heading", name="Recording…")).to_be_visible()
    await phone.tab.reload()
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)


@pytest.mark.parametrize(("status", "code"), [(401, "signed_out"), (429, "too_many_requests")])
async def test_what_was_recorded_before_the_shop_would_not_listen_is_not_recorded_again(
    phone: Visit, status: int, code: str
) -> None:
    await quoted(phone)
    await lose_answers(phone, "purchases", 1)
    phone.shop.refuse_next["purchases"] = problem(status, code, "Not now.")
    await phone.press("Record ¥63.00")
    if code == "signed_out":  # the session ended: the sale waits for whoever began it
        await expect(phone.tab.get_by_role("heading", name="Sign in to the counter")).to_be_visible()
        await phone.tab.reload()
    else:
        await expect(phone.tab.get_by_role("alert")).to_contain_text(re.compile("Not now.*Look under Today"))
        await phone.press("Record ¥63.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)


async def unsure(phone: Visit) -> None:
    """Let the shop record a bill, lose its answer, and let the next try fail."""
    await quoted(phone)
    await lose_answers(phone, "purchases", 1)
    phone.shop.refuse_next["purchases"] = 500, {"title": "Broken."}
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_role("alert")).to_contain_text("Look under Today")


async def test_a_bill_that_may_be_recorded_is_no_other_bill_when_the_code_is_read_again(phone: Visit) -> None:
    await unsure(phone)
    await phone.tab.keyboard.type(OTHER + "\n")  # the member's next code
    await expect(phone.tab.get_by_role("heading", name="王小明")).to_be_visible()
    await phone.press("Next", "Record ¥63.00")
    await expect(phone.tab.get_by_role("alert")).to_contain_text("Look under Today")
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)
    await phone.press("Back", "Back")  # a second bill on purpose
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (2, 2)


async def test_a_bill_that_may_be_recorded_outlives_a_session_that_ended(phone: Visit) -> None:
    await unsure(phone)
    phone.shop.refuse["quotes"] = problem(401, "signed_out", "Please sign in.")
    await phone.press("Back", "Next")
    await expect(phone.tab.get_by_text("A sale is under way here", exact=False)).to_be_visible()
    phone.shop.refuse.clear()
    await phone.tab.reload()
    await phone.press("Next", "Record ¥63.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)


async def test_a_reload_finds_the_member_and_the_amount_again(phone: Visit) -> None:
    await quoted(phone)
    await phone.tab.reload()
    await expect(phone.button("Record ¥63.00")).to_be_visible()
    await expect(phone.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()


async def test_a_reload_finds_the_receipt_and_its_undo_again(phone: Visit) -> None:
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    await phone.tab.reload()
    await expect(phone.tab.locator(".undo")).to_be_visible()
    await phone.press("Next member")
    await phone.tab.reload()
    await expect(phone.tab.get_by_label("Digits")).to_be_visible()


async def test_the_way_back_is_shut_while_a_sale_is_on_its_way(phone: Visit) -> None:
    phone.shop.yes_needed = True
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_role("timer")).to_be_visible()
    await phone.tab.go_back()
    await expect(phone.tab.get_by_role("timer")).to_be_visible()
    await phone.tab.get_by_role("button", name="Amy Wong: change staff").click()
    await expect(phone.tab.get_by_role("alert")).to_have_text("Finish this sale first.")


async def note(visit: Visit, code: str, *keys: str) -> None:
    """Scan without a line and note the earning."""
    await visit.tab.keyboard.type(code + "\n")
    await visit.press("Note it for later, points only")
    await visit.amount(*keys)
    await visit.press("Note it")
    await expect(visit.tab.get_by_role("heading", name="Noted offline")).to_be_visible()


async def test_earnings_noted_without_a_line_are_sent_when_it_is_back_and_each_has_its_answer(phone: Visit) -> None:
    await phone.tab.context.set_offline(True)
    await note(phone, CODE, "6", "8", "00")
    await expect(phone.tab.get_by_text("1 of 50 waiting to be sent")).to_be_visible()
    await phone.press("Next member")
    await note(phone, OTHER, "5", "00")
    await phone.tab.context.set_offline(False)
    await expect(phone.tab.get_by_text("Points added")).to_be_visible()
    await expect(phone.tab.get_by_text("The code had run out.")).to_be_visible()
    (sent,) = phone.shop.calls("offline")
    assert [(one["code"], one["amount"]) for one in sent["earns"]] == [(CODE, 6800), (OTHER, 500)]
    await phone.press("Clear what is done")
    await expect(phone.tab.get_by_text("0 of 50 waiting to be sent")).to_be_visible()


@pytest.mark.parametrize("code", [DIGITS, "https://elsewhere.example/" + "x" * 200])
async def test_what_only_the_shop_can_judge_is_not_noted(phone: Visit, code: str) -> None:
    await phone.tab.context.set_offline(True)
    await phone.tab.keyboard.type(code + "\n")
    await expect(phone.tab.get_by_text("only a member's QR code can be noted", exact=False).first).to_be_visible()
    await expect(phone.button("Note it for later, points only")).to_have_count(0)


async def test_what_was_noted_outlives_a_reload(phone: Visit) -> None:
    await phone.tab.context.set_offline(True)
    await note(phone, CODE, "6", "8", "00")
    phone.shop.refuse["offline"] = (503, {})
    await phone.tab.context.set_offline(False)
    await phone.tab.reload()
    await phone.tab.get_by_label("Digits").wait_for()
    phone.shop.refuse.clear()
    await phone.press("More", "Noted offline", "Send now")
    await expect(phone.tab.get_by_text("Points added")).to_be_visible()


async def test_send_now_is_not_lost_while_an_earlier_try_is_under_way(phone: Visit) -> None:
    pressed = asyncio.Event()

    async def hang(route: Route) -> None:
        if pressed.is_set():
            await route.continue_()
        else:
            await pressed.wait()
            await route.abort()

    await phone.tab.route("**/staff/api/offline", hang)
    await phone.tab.context.set_offline(True)
    await note(phone, CODE, "6", "8", "00")
    async with phone.tab.expect_request("**/staff/api/offline"):
        await phone.tab.context.set_offline(False)
    await phone.press("Send now")
    pressed.set()
    await expect(phone.tab.get_by_text("Points added")).to_be_visible()
    assert len(phone.shop.calls("offline")) == 1


async def test_fifty_are_noted_and_no_more(phone: Visit) -> None:
    await phone.tab.evaluate(
        """async () => {
          const { put } = await import("/static/staff/kept.js");
          for (let at = 0; at < 50; at += 1) {
            await put("queue", `k${at}`, { id: `k${at}`, code: "M1-X", amount: 100, at: "2026-11-22T04:00:00Z" });
          }
        }"""
    )
    await phone.tab.context.set_offline(True)
    await phone.tab.keyboard.type(CODE + "\n")
    await phone.press("Note it for later, points only")
    await phone.amount("1", "00")
    await phone.press("Note it")
    await expect(phone.tab.get_by_role("alert")).to_have_text(
        "50 are noted, no more will fit. Wait for the connection."
    )


async def test_the_page_opens_without_a_line_and_keeps_no_answer_of_the_shop(phone: Visit) -> None:
    await phone.tab.evaluate("navigator.serviceWorker.ready")
    await phone.tab.reload()
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await phone.press("Next member")
    kept: list[Any] = await phone.tab.evaluate(
        """async () => (await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys())))
          .flat().map((request) => new URL(request.url).pathname)"""
    )
    assert "/staff" in kept
    assert [path for path in kept if "/api/" in path] == []
    await phone.tab.context.set_offline(True)
    await phone.tab.reload()
    await expect(phone.tab.get_by_label("Digits")).to_be_visible()
    await phone.tab.context.set_offline(False)


async def test_a_code_whose_answer_is_lost_is_read_again_under_the_same_key(phone: Visit) -> None:
    await lose_answers(phone, "scans", 2)
    await phone.type_digits(DIGITS)
    await expect(phone.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    assert len(phone.shop.calls("scans")) == 3
    assert len(phone.shop.keys("scans")) == 1
