"""The page open in two tabs of one browser: what one of them did, the other does not do again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.staff_page.conftest import Served, Visit, open_page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_bill_that_stands_in_two_tabs_is_recorded_once(phone: Visit) -> None:
    await phone.press("Find")
    await phone.tab.get_by_label("Phone number").fill("5678")
    await phone.tab.keyboard.press("Enter")
    await phone.tab.locator(".row").first.click()  # without a code, so that no code could tell the two apart
    await phone.amount("6", "8", "00")
    await phone.press("Next")
    await expect(phone.button("Record ¥68.00")).to_be_visible()
    other = await open_page(phone.tab.context, Served(phone.shop, phone.address))
    await other.press("Record ¥68.00")
    await expect(other.tab.locator(".done")).to_be_visible()
    await phone.press("Record ¥68.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (1, 1)


async def test_another_bill_after_it_is_another_purchase(phone: Visit) -> None:
    for _ in range(2):
        await phone.type_digits("5284148290")
        await phone.amount("6", "8", "00")
        await phone.press("Next", "Record ¥63.00")
        await expect(phone.tab.locator(".done")).to_be_visible()
        await phone.press("Next member")
    assert (phone.shop.effects["purchase"], len(phone.shop.keys("purchases"))) == (2, 2)
