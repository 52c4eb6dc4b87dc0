"""The page open in two tabs of one browser: what one of them did, the other does not do again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.staff_page.conftest import Served, Visit, open_page
from tests.staff_page.fake_counter import problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def find(visit: Visit) -> None:
    """Find somebody by phone, without a code that could tell two sales apart."""
    await visit.press("Find")
    await visit.tab.get_by_label("Phone number").fill("5678")
    await visit.tab.keyboard.press("Enter")
    await visit.tab.locator(".row").first.click()


async def in_two_tabs(phone: Visit) -> Visit:
    """Price a bill of somebody found without a code, and open a second tab."""
    await find(phone)
    await phone.amount("6", "8", "00")
    await phone.press("Next")
    await expect(phone.button("Record ¥68.00")).to_be_visible()
    return await open_page(phone.tab.context, Served(phone.shop, phone.address))


async def record(visit: Visit, receipt: str = "") -> None:
    await visit.tab.get_by_label("Receipt no.").fill(receipt)
    await visit.press("Record ¥68.00")


async def test_a_bill_that_stands_in_two_tabs_is_recorded_once(phone: Visit) -> None:
    for tab in (await in_two_tabs(phone), phone):
        await record(tab)
        await expect(tab.tab.locator(".done")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)


async def test_another_receipt_number_in_the_second_tab_makes_no_second_purchase(phone: Visit) -> None:
    other = await in_two_tabs(phone)
    await record(phone, "7001")
    await expect(phone.tab.locator(".done")).to_be_visible()
    for receipt in ("", "7002"):
        await record(other, receipt)
        await expect(other.tab.get_by_role("alert")).to_contain_text("Look under Today")
        await expect(other.button("Record ¥68.00")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)
    await record(other, "7001")  # the very bill of the first tab: its answer again
    await expect(other.tab.get_by_text("Receipt 7001")).to_be_visible()
    assert phone.shop.effects["purchase"] == 1


async def test_a_bill_that_was_sent_before_is_recorded_again_only_when_begun_again_with_its_member(
    phone: Visit,
) -> None:
    other = await in_two_tabs(phone)
    await record(phone)
    await expect(phone.tab.locator(".done")).to_be_visible()
    await record(other, "7002")
    for _ in range(2):  # going back and pricing it again makes no other bill of it
        await expect(other.tab.get_by_role("alert")).to_contain_text("Look under Today")
        await other.press("Back", "Next")
        await record(other, "7002")
    await expect(other.tab.get_by_role("alert")).to_contain_text("Look under Today")
    assert phone.shop.effects["purchase"] == 1
    await other.press("Back", "Back")
    await find(other)
    await other.amount("6", "8", "00")
    await other.press("Next")
    await record(other, "7002")
    await expect(other.tab.locator(".done")).to_be_visible()
    assert phone.shop.effects["purchase"] == 2


async def test_a_bill_refused_in_both_tabs_is_recorded_once_when_it_goes_through(phone: Visit) -> None:
    other = await in_two_tabs(phone)
    phone.shop.refuse["purchases"] = problem(409, "receipt_used", "This receipt number was recorded before.")
    for tab in (phone, other):
        await record(tab, "7000")
        await expect(tab.tab.get_by_role("alert")).to_have_text("This receipt number was recorded before.")
    phone.shop.refuse.clear()
    await record(phone, "7001")
    await expect(phone.tab.locator(".done")).to_be_visible()
    await record(other, "7002")
    await expect(other.tab.get_by_role("alert")).to_contain_text("Look under Today")
    assert phone.shop.effects["purchase"] == 1


async def test_another_bill_after_it_is_another_purchase(phone: Visit) -> None:
    for _ in range(2):
        await phone.type_digits("5284148290")
        await phone.amount("6", "8", "00")
        await phone.press("Next", "Record ¥63.00")
        await expect(phone.tab.locator(".done")).to_be_visible()
        await phone.press("Next member")
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (2, 2)
