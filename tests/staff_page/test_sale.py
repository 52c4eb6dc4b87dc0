"""From the code to the receipt: what a cashier does with one hand."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.staff_page.conftest import Visit
from tests.staff_page.fake_counter import CODE, DIGITS, Answer, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def quoted(visit: Visit, *keys: str) -> None:
    """Bring a member and an amount as far as the price."""
    await visit.type_digits(DIGITS)
    await expect(visit.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    await visit.amount(*(keys or ("6", "8", "00")))
    await visit.press("Next")
    await expect(visit.tab.locator(".total")).to_be_visible()


async def test_a_code_held_before_the_camera_becomes_a_purchase_in_six_taps(camera: Visit) -> None:
    await camera.hold_up(CODE)
    await expect(camera.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    await camera.amount("6", "8", "00")
    await camera.press("Next", "Record ¥63.00")
    await expect(camera.tab.get_by_role("heading", name="Done: ¥68.00")).to_be_visible()
    await expect(camera.tab.locator(".balance")).to_contain_text("Points 123 → 191")
    (bought,) = camera.shop.calls("purchases")
    assert bought == {"scan_id": "2fb4bdda-3aa1-5096-b16e-ff8eac08f7ae", "amount": 6800, "coupon_ids": ["c1"]}
    assert camera.shop.calls("scans") == [{"code": CODE}]


async def test_a_phone_still_held_up_after_its_sale_is_not_read_again(camera: Visit) -> None:
    await camera.hold_up(CODE)
    await camera.amount("6", "8", "00")
    await camera.press("Next", "Record ¥63.00", "Next member")
    await camera.tab.wait_for_timeout(4_500)  # the camera's own quiet after a code is four seconds
    await expect(camera.tab.get_by_label("Digits")).to_be_visible()
    assert camera.shop.calls("scans") == [{"code": CODE}]


async def test_the_member_is_shown_with_badges_and_the_coupons_are_ticked(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    side = phone.tab.locator(".side")
    for text in (
        "Maya Chen",
        "Gold",
        "123 pts",
        "Birthday today",
        "Points that expire after 31 Dec: 40",
        "Stored value ¥80.00",
    ):
        await expect(side.get_by_text(text)).to_be_visible()
    await expect(side.get_by_role("checkbox", name="¥5 to welcome you")).to_be_checked()
    await expect(side.get_by_role("checkbox", name=re.compile("¥10 off ¥100.*¥32 short"))).to_be_disabled()


async def test_the_price_has_every_line_and_says_why_points_are_earned(phone: Visit) -> None:
    await quoted(phone)
    rows = await phone.tab.locator(".lines > div").all_inner_texts()
    assert [row.replace("\n", " ") for row in rows] == ["Bill ¥68.00", "¥5 to welcome you −¥5.00", "To pay ¥63.00"]
    await expect(phone.tab.locator(".why")).to_contain_text("Earns points: 63")
    await expect(phone.tab.locator(".why")).to_contain_text("¥63 paid, 1 per ¥1")


async def test_unticking_a_coupon_asks_for_the_price_again(phone: Visit) -> None:
    await quoted(phone)
    await phone.tab.get_by_role("checkbox", name="¥5 to welcome you").uncheck()
    await expect(phone.button("Record ¥68.00")).to_be_visible()
    assert [call.get("coupon_ids") for call in phone.shop.calls("quotes")] == [None, []]


async def test_a_tick_that_the_shop_refuses_is_taken_back_and_said(phone: Visit) -> None:
    await quoted(phone)
    phone.shop.refuse["quotes"] = problem(409, "coupon_not_combinable", "It does not go together with these.")
    await phone.tab.get_by_role("checkbox", name="¥5 to welcome you").uncheck()
    await expect(phone.tab.get_by_role("alert")).to_have_text("It does not go together with these.")
    await expect(phone.tab.get_by_role("checkbox", name="¥5 to welcome you")).to_be_checked()


async def test_points_and_stored_value_are_used_by_a_tick(phone: Visit) -> None:
    await quoted(phone)
    await phone.tab.get_by_role("checkbox", name="Points to use: 120").check()
    await expect(phone.button("Record ¥61.80")).to_be_visible()
    await phone.tab.get_by_role("checkbox", name=re.compile(r"Pay ¥.* from stored value")).check()
    await phone.tab.locator(".confirm").click()
    await expect(phone.tab.locator(".done")).to_be_visible()
    (bought,) = phone.shop.calls("purchases")
    assert (bought["points"], bought["stored"]) == (120, 6180)


async def test_a_receipt_number_goes_along(phone: Visit) -> None:
    await quoted(phone)
    await phone.tab.get_by_label("Receipt no.").fill("A-1042")
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_text("Receipt A-1042")).to_be_visible()


async def test_a_purchase_that_is_refused_leads_back_to_the_price(phone: Visit) -> None:
    await quoted(phone)
    phone.shop.refuse["purchases"] = problem(409, "receipt_used", "This receipt number was recorded before.")
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_role("alert")).to_have_text("This receipt number was recorded before.")
    phone.shop.refuse.clear()
    await phone.press("Record ¥63.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert len(phone.shop.keys("purchases")) == 2


async def test_undo_takes_it_back_and_the_time_left_is_shown(phone: Visit) -> None:
    await quoted(phone)
    await phone.press("Record ¥63.00")
    undo = phone.tab.locator(".undo")
    await expect(undo).to_have_text(re.compile(r"Undo(10:00|9:5\d)"))
    await undo.click()
    await expect(phone.tab.get_by_role("heading", name="Undone")).to_be_focused()
    assert phone.shop.effects == {"purchase": 1, "undo": 1}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (problem(409, "points_spent", "The points are spent."), "The points are spent."),
        ((202, {"approval_id": "a9"}), "A second person must say yes to this. It has been asked."),
    ],
)
async def test_an_undo_that_was_not_done_is_asked_for_anew(phone: Visit, answer: Answer, said: str) -> None:
    await quoted(phone)
    await phone.press("Record ¥63.00")
    phone.shop.answer_once["purchases/p1/undo"] = answer
    await phone.tab.locator(".undo").click()
    await expect(phone.tab.get_by_role("alert")).to_have_text(said)
    await phone.tab.locator(".undo").click()
    await expect(phone.tab.get_by_role("heading", name="Undone")).to_be_visible()


async def test_the_members_yes_is_awaited_and_the_purchase_follows_it(phone: Visit) -> None:
    phone.shop.yes_needed = True
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_role("heading", name="Maya Chen says yes on their phone")).to_be_visible()
    await expect(phone.tab.get_by_role("timer")).to_have_text(re.compile(r"2:00|1:5\d"))
    await expect(phone.tab.get_by_text("¥80 from stored value")).to_be_visible()
    phone.shop.waiting = "posted"
    await expect(phone.tab.locator(".done")).to_be_visible()


@pytest.mark.parametrize(
    ("state", "said"),
    [("refused", "The member said no. Nothing was recorded."), ("expired", "The time is up. Nothing was recorded.")],
)
async def test_a_no_or_the_end_of_the_time_leads_back_to_the_price(phone: Visit, state: str, said: str) -> None:
    phone.shop.yes_needed = True
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await expect(phone.tab.get_by_role("timer")).to_be_visible()
    phone.shop.waiting = state
    await expect(phone.tab.get_by_role("alert")).to_have_text(said)
    await expect(phone.button("Record ¥63.00")).to_be_visible()


async def test_the_question_is_withdrawn(phone: Visit) -> None:
    phone.shop.yes_needed = True
    await quoted(phone)
    await phone.press("Record ¥63.00", "Withdraw")
    await expect(phone.tab.get_by_role("alert")).to_have_text("Withdrawn. Nothing was recorded.")


async def test_the_member_may_type_the_pin_and_a_wrong_one_is_said(phone: Visit) -> None:
    phone.shop.yes_needed = True
    await quoted(phone)
    await phone.press("Record ¥63.00")
    await phone.tab.get_by_label("The member’s PIN").fill("111111")
    await phone.press("Confirm with PIN")
    await expect(phone.tab.get_by_role("alert")).to_have_text("This is not the member's PIN.")
    await phone.tab.get_by_label("The member’s PIN").fill("246810")
    await phone.press("Confirm with PIN")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert len(phone.shop.keys("reservations/r1/pin")) == 2


async def test_a_gift_coupon_is_handed_out_without_a_purchase(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Hand out")
    await expect(phone.tab.get_by_role("region", name="Handed out")).to_contain_text("Handed out: 1 cookie")
    assert phone.shop.calls("coupons/c3/redemptions") == [{"scan_id": "2fb4bdda-3aa1-5096-b16e-ff8eac08f7ae"}]
    await phone.tab.get_by_role("region", name="Handed out").get_by_role("button", name="Undo").click()
    await expect(phone.tab.get_by_role("alert")).to_have_text("“A cookie for you” is the member’s again.")
    await expect(phone.tab.get_by_role("region", name="Handed out").get_by_role("button")).to_have_count(0)
    assert len(phone.shop.keys("redemptions/h1/undo")) == 1


async def test_after_goods_were_handed_out_the_sale_goes_on_and_spends_nothing(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Hand out")
    await expect(phone.tab.get_by_text("The code is used.", exact=False)).to_be_visible()
    await expect(phone.button("Use 1")).to_have_count(0)
    await phone.amount("6", "8", "00")
    await phone.press("Next", "Record ¥68.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert phone.shop.calls("purchases") == [{"member_id": "m1", "amount": 6800, "coupon_ids": []}]


async def test_the_whole_sale_works_by_keyboard_alone(phone: Visit) -> None:
    keys = phone.tab.keyboard
    await phone.tab.get_by_label("Digits").focus()
    await keys.type(DIGITS, delay=90)
    await expect(phone.tab.get_by_role("group", name="Amount")).to_be_focused()
    for key in "680":
        await keys.press(key, delay=90)
    await expect(phone.tab.locator(".amount")).to_have_text("¥6.80")
    await keys.press("Backspace")
    await keys.press("Backspace")
    for key in "8.5":
        await keys.press(key, delay=90)
    await expect(phone.tab.locator(".amount")).to_have_text("¥68.50")
    await keys.press("Enter")
    await expect(phone.button("Record ¥63.50")).to_be_focused()
    await keys.press("Enter")
    await expect(phone.button("Next member")).to_be_focused()
    await keys.press("Enter")
    await expect(phone.tab.get_by_label("Digits")).to_be_visible()
    assert phone.shop.effects["purchase"] == 1


async def test_each_step_is_said_aloud(phone: Visit) -> None:
    said = phone.tab.locator("#said")
    await phone.type_digits(DIGITS)
    await expect(said).to_have_text("Maya Chen, Gold, Amount")
    await phone.amount("6", "8", "00")
    await phone.press("Next")
    await expect(said).to_have_text(re.compile(r"Bill ¥68.00, .*To pay, ¥63.00"))
    await phone.press("Record ¥63.00")
    await expect(said).to_have_text("Done: ¥68.00. Points 123 → 191")


async def test_the_way_back_from_a_code_leaves_nothing_behind(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Back")
    await expect(phone.tab.get_by_label("Digits")).to_be_visible()
    await phone.tab.reload()
    await expect(phone.tab.get_by_label("Digits")).to_be_visible()


async def test_products_are_tapped_onto_the_bill_and_off_again(phone: Visit) -> None:
    await quoted(phone, "4", "0", "00")
    for _ in range(2):
        await phone.tab.locator(".products").get_by_role("button", name="Latte").first.click()
    await expect(phone.tab.locator(".chip")).to_contain_text("× 2")
    await phone.press("One Latte less")
    await expect(phone.tab.locator(".chip")).to_contain_text("× 1")
    line = {"sku": "latte", "name": "Latte", "quantity": 1, "amount": 3200}
    told = [(call["amount"], call.get("items")) for call in phone.shop.calls("quotes")]
    assert told == [
        (4000, None),
        (4000, [line]),
        (6400, [{**line, "quantity": 2, "amount": 6400}]),
        (4000, [line]),
    ]
