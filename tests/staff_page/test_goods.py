"""Goods on the page: those that ask for a bill are ticked onto it, the others are handed over with or without one."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from tests.staff_page.conftest import Visit
from tests.staff_page.fake_counter import DIGITS, coupon
from tests.staff_page.test_sale import quoted

pytestmark = pytest.mark.asyncio(loop_scope="session")

TART = coupon(4, "A tart from ¥50 on", "gift")
MUG = coupon(5, "A mug from ¥50 on", "exchange")


def box(visit: Visit, title: str) -> Locator:
    return visit.tab.get_by_role("checkbox", name=title)


async def recorded(visit: Visit) -> list[str]:
    """Record the bill and return the coupons on it."""
    await visit.tab.locator(".confirm").click()
    await expect(visit.tab.locator(".done")).to_be_visible()
    (bought,) = visit.shop.calls("purchases")
    return list(bought["coupon_ids"])


async def test_goods_that_ask_for_a_bill_are_ticks_and_only_the_others_are_handed_out(phone: Visit) -> None:
    phone.shop.beside = [TART, MUG]
    await phone.type_digits(DIGITS)
    await expect(box(phone, TART["title"])).to_be_checked()
    await expect(box(phone, MUG["title"])).not_to_be_checked()
    await expect(phone.button("Hand out")).to_have_count(1)  # the cookie, which asks for nothing


async def test_a_gift_that_asks_for_a_bill_is_taken_off_it_and_put_on_again(phone: Visit) -> None:
    phone.shop.beside = [TART]
    await quoted(phone)
    tart = box(phone, TART["title"])
    await tart.uncheck()
    await expect(phone.tab.locator(".lines")).not_to_contain_text(TART["title"])
    await tart.check()
    await expect(phone.tab.locator(".lines")).to_contain_text(TART["title"])
    assert await recorded(phone) == ["c1", "c4"]


async def test_what_was_bought_with_points_goes_on_the_bill_by_a_tick_alone(phone: Visit) -> None:
    phone.shop.beside = [MUG]
    await quoted(phone)
    await expect(phone.tab.locator(".lines")).not_to_contain_text(MUG["title"])
    mug = box(phone, MUG["title"])
    await expect(mug).not_to_be_checked()
    await mug.check()
    await expect(phone.tab.locator(".lines")).to_contain_text(MUG["title"])
    assert await recorded(phone) == ["c1", "c5"]


async def test_what_was_bought_with_points_is_ticked_before_the_price_as_well(phone: Visit) -> None:
    phone.shop.beside = [MUG]
    await phone.type_digits(DIGITS)
    await box(phone, MUG["title"]).check()
    await phone.amount("6", "8", "00")
    await phone.press("Next")
    assert await recorded(phone) == ["c1", "c5"]


async def test_goods_the_shop_puts_on_the_bill_are_taken_off_put_on_again_or_handed_out(phone: Visit) -> None:
    phone.shop.gift = True
    await quoted(phone)
    cookie = box(phone, "A cookie for you")
    await expect(cookie).to_be_checked()
    await expect(phone.button("Hand out")).to_have_count(0)
    await cookie.uncheck()
    await expect(phone.button("Hand out")).to_be_visible()
    await cookie.check()
    await expect(phone.button("Hand out")).to_have_count(0)
    assert await recorded(phone) == ["c1", "c3"]
    await expect(phone.tab.locator(".done .joy", has_text="Gift: A cookie for you")).to_be_visible()


async def test_goods_taken_off_the_bill_are_handed_out_from_there(phone: Visit) -> None:
    phone.shop.gift = True
    await quoted(phone)
    await box(phone, "A cookie for you").uncheck()
    await phone.press("Hand out")
    await expect(phone.tab.get_by_role("region", name="Handed out")).to_contain_text("Handed out: 1 cookie")


async def test_goods_on_the_bill_still_stand_on_it_where_the_amount_is_typed_again(phone: Visit) -> None:
    phone.shop.gift = True
    await quoted(phone)
    await phone.press("Back")
    cookie = box(phone, "A cookie for you")
    await expect(cookie).to_be_checked()
    await cookie.uncheck()
    await expect(phone.button("Hand out")).to_be_visible()
    await cookie.check()
    await expect(phone.button("Hand out")).to_have_count(0)


async def test_goods_are_free_and_a_coupon_that_takes_nothing_off_is_not(phone: Visit) -> None:
    phone.shop.gift = phone.shop.nothing_off = True
    await quoted(phone)
    rows = [row.replace("\n", " ") for row in await phone.tab.locator(".lines > div").all_inner_texts()]
    assert rows[1:3] == ["¥5 to welcome you ¥0.00", "Gift: A cookie for you free"]
    assert await recorded(phone) == ["c1", "c3"]
    told = phone.tab.locator(".done .joy")
    await expect(told.filter(has_text="Gift: A cookie for you")).to_be_visible()
    await expect(told.filter(has_text="¥5 to welcome you")).to_have_count(0)
