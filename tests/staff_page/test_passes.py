"""Counted passes on the staff page: a visit is one tap beside the member, its undo another; a price sells one."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

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


async def ask(phone: Visit) -> Locator:
    """Want a visit that needs the member's yes; return the place that waits for it."""
    phone.shop.yes_needed = True
    await phone.type_digits(DIGITS)
    held = phone.tab.get_by_role("region", name="Passes")
    await held.get_by_role("button", name="Use 1").click()
    await expect(held).to_contain_text("The member is asked for a yes in their chat.")
    await expect(held.get_by_role("timer")).to_contain_text("1:5")
    return held


async def test_a_visit_that_was_asked_about_is_taken_as_soon_as_the_member_says_yes(phone: Visit) -> None:
    held = await ask(phone)
    phone.shop.waiting = "posted"
    await expect(held).to_contain_text("6 of 10 left")
    await expect(held.get_by_role("button", name="Undo")).to_be_visible()
    assert len(phone.shop.calls("passes/n1/visits")) == 1


async def test_a_visit_the_member_does_not_want_is_not_taken(phone: Visit) -> None:
    held = await ask(phone)
    phone.shop.waiting = "refused"
    await expect(held).to_contain_text("Not taken: the member did not say yes.")
    await expect(held).to_contain_text("7 of 10 left")


async def test_the_members_pin_typed_here_is_the_yes_to_a_visit(phone: Visit) -> None:
    held = await ask(phone)
    for pin in ("135790", "246810"):
        await held.get_by_label("The member’s PIN").fill(pin)
        await held.get_by_role("button", name="Confirm with PIN").click()
        if pin == "135790":
            await expect(phone.tab.get_by_role("alert").filter(has_text="not the member's PIN")).to_be_visible()
    await expect(held).to_contain_text("6 of 10 left")
    assert len(phone.shop.keys("visits/v1/pin")) == 2


async def give_back(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Give back", "Give ¥125.00 back")
    await expect(phone.tab.get_by_text("Visits taken")).to_be_visible()
    assert phone.shop.calls("passes/n1/refunds") == []  # not without a reason
    await phone.tab.get_by_label("Reason").fill("moved away")
    await phone.press("Give ¥125.00 back")


async def test_a_manager_gives_a_pass_back_for_the_sum_that_was_shown(phone: Visit) -> None:
    await give_back(phone)
    await expect(phone.tab.get_by_role("alert").filter(has_text="¥125.00 refunded.")).to_be_visible()
    assert phone.shop.calls("passes/n1/refunds") == [{"reason": "moved away", "amount": 12_500}]
    await expect(phone.tab.get_by_role("region", name="Passes")).to_have_count(0)


async def test_over_the_limit_giving_back_waits_for_a_second_person(phone: Visit) -> None:
    phone.shop.second_person = True
    await give_back(phone)
    await expect(phone.tab.get_by_role("alert").filter(has_text="A second person must say yes")).to_be_visible()
    await expect(phone.tab.get_by_role("region", name="Passes")).to_contain_text("7 of 10 left")


async def test_whoever_may_not_refund_is_not_shown_the_way_to_it(phone: Visit) -> None:
    phone.shop.may.remove("refund")
    await phone.tab.reload()
    await phone.type_digits(DIGITS)
    await expect(phone.button("Use 1")).to_be_visible()
    await expect(phone.button("Give back")).to_have_count(0)


async def test_a_pass_sold_by_mistake_is_undone_at_once(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Sell a pass", "¥200.00", "Undo the sale")
    await expect(phone.tab.get_by_role("alert").filter(has_text="Undone")).to_be_visible()
    assert len(phone.shop.keys("passes/n1/undo")) == 1


async def test_a_pass_is_sold_by_its_price(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Sell a pass", "¥200.00")
    await expect(phone.tab.get_by_role("alert").filter(has_text="Ten coffees sold for ¥200.00.")).to_be_visible()
    [sold] = phone.shop.calls("passes")
    assert sold["plan"] == "ten"
    await expect(phone.tab.get_by_role("region", name="Passes")).to_contain_text("10 of 10 left")
