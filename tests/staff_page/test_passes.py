"""Counted passes on the staff page: a visit is one tap beside the member, its undo another; a price sells one."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.staff_page.conftest import Visit
from tests.staff_page.fake_counter import DIGITS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_visit_is_taken_with_one_tap_and_undone_with_another(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    held = phone.tab.get_by_role("region", name="Passes")
    await expect(held).to_contain_text("7 of 10 left")
    await held.get_by_role("button", name="Use 1").click()
    await expect(held).to_contain_text("6 of 10 left")
    [taken] = phone.shop.calls("passes/n1/visits")
    assert taken == {"scan_id": "2fb4bdda-3aa1-5096-b16e-ff8eac08f7ae", "count": 1}
    await held.get_by_role("button", name="Undo").click()
    await expect(held).to_contain_text("7 of 10 left")
    assert len(phone.shop.keys("visits/v1/undo")) == 1


async def test_a_pass_is_sold_by_its_price(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Sell a pass", "¥200.00")
    await expect(phone.tab.get_by_role("alert").filter(has_text="Ten coffees sold for ¥200.00.")).to_be_visible()
    [sold] = phone.shop.calls("passes")
    assert sold["plan"] == "ten"
    await expect(phone.tab.get_by_role("region", name="Passes")).to_contain_text("10 of 10 left")
