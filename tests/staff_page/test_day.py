"""The rest of the day: looking back, refunds, new members, questions, a second person, changing hands."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.staff_page.conftest import Served, Visit, open_page
from tests.staff_page.fake_counter import DIGITS, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def row(visit: Visit, text: str) -> None:
    await visit.tab.get_by_role("button", name=re.compile(re.escape(text))).click()


async def test_today_lists_the_purchases_and_the_latest_can_be_undone(phone: Visit) -> None:
    await phone.press("Today")
    await row(phone, "M-0042")
    await phone.press("Undo")
    await expect(phone.tab.get_by_role("alert")).to_have_text("¥63.00 refunded.")
    assert phone.shop.effects == {"undo": 1}


async def test_what_was_handed_out_stands_among_the_days_purchases_and_is_undone_from_there(phone: Visit) -> None:
    await phone.press("Today")
    await expect(phone.tab.locator(".rows small")).to_have_text(
        ["M-0042 · +63", "Handed out: 1 cookie", "M-0041 · ¥20.00 refunded", "1 cookie · Undone"]
    )
    await row(phone, "Handed out: 1 cookie")
    await expect(phone.tab.locator(".lines")).to_contain_text("A cookie for you")
    await phone.press("Undo")
    await expect(phone.tab.get_by_role("alert")).to_have_text("“A cookie for you” is the member’s again.")
    assert len(phone.shop.keys("redemptions/h2/undo")) == 1
    await row(phone, "1 cookie · Undone")
    await expect(phone.button("Undo")).to_have_count(0)


async def test_a_part_is_refunded_with_a_reason(phone: Visit) -> None:
    await phone.press("Today")
    await row(phone, "M-0041")
    await phone.press("Refund")
    await expect(phone.tab.get_by_role("alert")).to_have_text("Please give a reason.")
    await phone.tab.get_by_label("Amount").fill("12.5")
    await phone.tab.get_by_label("Reason").fill("wrong dish")
    await phone.press("Refund")
    await expect(phone.tab.get_by_role("alert")).to_have_text("¥12.50 refunded.")
    assert phone.shop.calls("purchases/p1/refunds") == [{"amount": 1250, "reason": "wrong dish"}]


@pytest.mark.parametrize("typed", ["1.234", "-5", "1e3", "abc", "１２"])
async def test_what_is_no_amount_is_not_sent(phone: Visit, typed: str) -> None:
    await phone.press("Today")
    await row(phone, "M-0041")
    await phone.tab.get_by_label("Amount").fill(typed)
    await phone.tab.get_by_label("Reason").fill("wrong dish")
    await phone.press("Refund")
    await expect(phone.tab.get_by_role("alert")).to_have_text("This is not an amount.")
    assert phone.shop.did == []


async def test_a_refund_over_the_limit_waits_for_a_second_person(phone: Visit) -> None:
    await phone.press("Today")
    await row(phone, "M-0041")
    await phone.tab.get_by_label("Amount").fill("80")
    await phone.tab.get_by_label("Reason").fill("wrong dish")
    await phone.press("Refund")
    said = "A second person must say yes to this. It has been asked."
    await expect(phone.tab.get_by_role("alert")).to_have_text(said)


async def test_the_second_person_says_yes_and_nobody_to_their_own(phone: Visit) -> None:
    await phone.press("More", "To approve")
    await expect(phone.tab.get_by_text("You asked for this: somebody else decides.")).to_be_visible()
    await phone.press("Approve")
    await expect(phone.tab.get_by_role("alert")).to_have_text("Approved.")
    assert phone.shop.calls("approvals/a1") == [{"yes": True}]


async def test_a_new_member_needs_the_yes_to_the_terms(phone: Visit) -> None:
    await phone.press("New member")
    await phone.tab.get_by_label("Phone number").fill("138 0199 0001")
    await phone.tab.get_by_label("Name").fill("Li Na")
    await phone.tab.get_by_label("Birthday").fill("5月3日")
    await phone.press("Make member")
    await expect(phone.tab.get_by_role("alert")).to_have_text("Joining needs a yes to the terms.")
    await phone.tab.get_by_role("checkbox", name="Agrees to the membership terms and privacy notice").check()
    await phone.press("Make member")
    await expect(phone.tab.get_by_role("heading", name="Li Na")).to_be_visible()
    (sent,) = phone.shop.calls("members")
    assert sent == {
        "phone": "138 0199 0001",
        "name": "Li Na",
        "birthday": "5月3日",
        "consent": {"terms": True, "offers": False},
    }


async def test_a_member_found_by_the_last_four_digits_earns_without_a_code(phone: Visit) -> None:
    await phone.press("Find")
    await phone.tab.get_by_label("Phone number").fill("5678")
    await phone.tab.keyboard.press("Enter")
    await row(phone, "Maya Chen")
    await expect(phone.tab.get_by_text("Found without a code", exact=False)).to_be_visible()
    await phone.amount("6", "8", "00")
    await phone.press("Next", "Record ¥68.00")
    await expect(phone.tab.locator(".done")).to_be_visible()
    assert phone.shop.calls("purchases") == [{"member_id": "m1", "amount": 6800, "coupon_ids": []}]


async def test_only_what_was_changed_is_corrected(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Correct")
    await phone.tab.get_by_label("Name").fill("Maya Chan")
    await phone.press("Save")
    await expect(phone.tab.get_by_role("heading", name="Maya Chan")).to_be_visible()
    assert phone.shop.calls("members/m1") == [{"name": "Maya Chan"}]


async def test_money_is_put_on_the_card(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Top up")
    await phone.amount("1", "00", "00")
    await phone.tab.locator(".key-done").click()
    await expect(phone.tab.get_by_role("alert")).to_have_text("Topped up. Stored value is ¥180.00 now.")
    await expect(phone.tab.get_by_text("Stored value ¥180.00", exact=True)).to_be_visible()


async def test_another_sum_after_a_refused_one_is_another_request(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.press("Top up")
    phone.shop.refuse["top-ups"] = problem(409, "stored_value_over_cap", "Too much.")
    await phone.amount("1", "00", "00")
    await phone.tab.locator(".key-done").click()
    await expect(phone.tab.get_by_role("alert")).to_have_text("Too much.")
    await phone.amount("0")
    async with phone.tab.expect_response("**/staff/api/top-ups"):
        await phone.tab.locator(".key-done").click()
    assert len(phone.shop.keys("top-ups")) == 2


async def test_what_points_paid_whole_stands_in_the_list(phone: Visit) -> None:
    phone.shop.paid = 0
    await phone.press("Today")
    await expect(phone.tab.get_by_text("¥0.00", exact=True)).not_to_have_class("struck")


async def test_a_question_is_answered(phone: Visit) -> None:
    await phone.press("Questions")
    await phone.tab.get_by_label("Answer to Li Wei").fill("Yes, from nine.")
    await phone.press("Send")
    await expect(phone.tab.get_by_role("alert")).to_have_text("Sent to the member’s chat.")
    assert phone.shop.calls("questions/q1/answer") == [{"text": "Yes, from nine."}]


async def test_the_shift_is_summed_up(phone: Visit) -> None:
    await phone.press("More", "My shift")
    await expect(phone.tab.locator(".lines")).to_have_text(["Purchases12Taken¥840.00"] * 2)


async def test_a_colleague_comes_back_by_pin_and_a_wrong_one_is_refused(phone: Visit) -> None:
    await phone.tab.get_by_role("button", name="Amy Wong: change staff").click()
    await phone.press("阿杰")
    phone.shop.refuse["colleague"] = problem(403, "pin_wrong", "This is not the PIN.")
    await phone.tab.get_by_label("PIN of 阿杰").fill("1111")
    await phone.press("Change")
    await expect(phone.tab.get_by_role("alert")).to_have_text("This is not the PIN.")
    phone.shop.refuse.clear()
    await phone.tab.get_by_label("PIN of 阿杰").fill("2468")
    await phone.press("Change")
    await expect(phone.tab.get_by_label("Digits")).to_be_visible()
    assert phone.shop.calls("colleague")[-1] == {"staff_id": "s2", "pin": "2468"}


async def test_a_sale_at_hand_stays_with_whoever_began_it(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.amount("6")
    for name, found in (("阿杰", "Digits"), ("Amy Wong", "Maya Chen")):
        await phone.tab.get_by_role("button", name="Amy Wong: change staff").click()
        await phone.press(name)
        await phone.tab.get_by_label(f"PIN of {name}").fill("2468")
        await phone.press("Change")
        await expect(phone.tab.get_by_label(found).or_(phone.tab.get_by_role("heading", name=found))).to_be_visible()


async def test_a_pin_is_typed_twice_alike(phone: Visit) -> None:
    await phone.press("More", "My PIN")
    await phone.tab.get_by_label("New PIN, 4 to 6 digits").fill("2468")
    await phone.tab.get_by_label("Once more").fill("2469")
    await phone.press("Save")
    await expect(phone.tab.get_by_role("alert")).to_have_text("The two are not the same.")
    await phone.tab.get_by_label("Once more").fill("2468")
    await phone.press("Save")
    await expect(phone.tab.get_by_role("alert")).to_have_text("The PIN is set.")


async def test_a_link_from_the_chat_signs_in_and_leaves_the_address_bar(browser: Browser, served: Served) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    visit = await open_page(context, served, ticket="a-one-time-ticket")
    await expect(visit.tab.get_by_label("Digits")).to_be_visible()
    assert served.shop.calls("session") == [{"ticket": "a-one-time-ticket"}]
    assert visit.tab.url == f"{served.address}/staff"
    await context.close()


async def test_a_session_that_ended_leads_to_the_door_and_keeps_nothing_of_the_member(phone: Visit) -> None:
    await phone.type_digits(DIGITS)
    await phone.amount("6")
    phone.shop.refuse["quotes"] = problem(401, "signed_out", "Please sign in.")
    await phone.press("Next")
    await expect(phone.tab.get_by_role("heading", name="Sign in to the counter")).to_be_visible()
    kept = await phone.tab.evaluate(
        """async () => (await import("/static/staff/kept.js")).all("state")""",
    )
    assert kept == []


async def test_signing_out_ends_the_session(phone: Visit) -> None:
    await phone.press("More", "Sign out")
    await expect(phone.tab.get_by_role("heading", name="Sign in to the counter")).to_be_visible()
    assert [path for path, _, _ in phone.shop.did] == ["session"]


async def test_another_store_is_chosen(phone: Visit) -> None:
    await phone.press("More")
    async with phone.tab.expect_response("**/staff/api/store"):
        await phone.tab.get_by_label("Store").select_option("east")
    await expect(phone.tab.get_by_role("button", name="My shift")).to_be_visible()
    assert phone.shop.calls("store") == [{"code": "east"}]


async def test_the_language_is_changed_and_remembered(phone: Visit) -> None:
    await phone.press("More")
    await phone.tab.get_by_label("Language").select_option("zh-Hant")
    await expect(phone.button("當班小計")).to_be_visible()
    assert await phone.tab.evaluate("document.documentElement.lang") == "zh-Hant"
    await phone.tab.reload()
    await expect(phone.button("今日")).to_be_visible()


async def test_a_cashier_sees_only_what_a_cashier_may(browser: Browser, served: Served) -> None:
    served.shop.may = ["scan", "purchase", "undo"]
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    visit = await open_page(context, served)
    await expect(visit.tab.get_by_label("Digits")).to_be_visible()
    for hidden in ("Find", "New member"):
        await expect(visit.button(hidden)).to_be_hidden()
    await visit.press("More")
    await expect(visit.button("To approve")).to_be_hidden()
    await visit.press("Today")
    await row(visit, "M-0041")
    await expect(visit.button("Refund")).to_be_hidden()
    await context.close()
