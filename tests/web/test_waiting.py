"""Spending at a till that needs more than a code: the member's yes, their PIN, a manager's word, a second person."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from membership.moment import id_of
from services import pins, reservations
from tests.proof import assert_clean
from tests.web.tills import Shop
from web import answers

MUCH = 5100
"""Points worth more than a member's code alone may spend."""


async def much(shop: Shop, **more: Any) -> tuple[str, dict[str, Any]]:
    """A member with many points, and a bill that takes more than the shop lets pass without a yes."""
    member = await shop.member(points=20_000)
    scan = await shop.till.scan((await shop.show(member)).text)
    return member, {"scan_id": scan, "amount": 20_000, "points": 6000, **more}


async def test_a_purchase_that_spends_much_waits_for_the_yes_and_is_recorded_with_it(shop: Shop) -> None:
    member, bill = await much(shop)
    asked = await shop.till.post("/purchases", bill)
    waits = answers.WaitingAnswer.model_validate(asked.json())
    assert (asked.status_code, waits.state, waits.purchase, waits.amount) == (202, "pending", None, 20_000)
    assert waits.spends
    await shop.db.write(reservations.agree, waits.reservation_id, member, how="chat", moment=shop.clock.moment())
    seen = await shop.till.get(f"/reservations/{waits.reservation_id}")
    found = answers.WaitingAnswer.model_validate(seen.json())
    assert (found.state, found.purchase is not None and found.purchase.points_spent) == ("posted", 6000)
    await assert_clean(shop.db)


async def test_the_same_purchase_sent_again_is_answered_again_and_asks_once(shop: Shop) -> None:
    _, bill = await much(shop)
    given = await asyncio.gather(*(shop.till.post("/purchases", bill, named="receipt 1") for _ in range(10)))
    assert {(answer.status_code, answer.text) for answer in given} == {(202, given[0].text)}


async def test_a_waiting_purchase_is_taken_back_and_its_points_are_free_again(shop: Shop) -> None:
    member, bill = await much(shop)
    waits = (await shop.till.post("/purchases", bill)).json()
    path = f"/reservations/{waits['reservation_id']}"
    for _ in range(2):
        back = await shop.till.delete(path)
        assert (back.status_code, back.json()["state"]) == (200, "withdrawn")
    used = await shop.till.post("/purchases", bill)
    assert used.json()["code"] == "code_used", "a code is shown for one bill"
    scan = await shop.till.scan((await shop.show(member)).text)
    again = await shop.till.post("/purchases", {**bill, "scan_id": scan, "points": 10_000})
    assert again.status_code == 202, again.text


async def test_another_store_sees_no_waiting_purchase_and_takes_none_back(shop: Shop) -> None:
    _, bill = await much(shop)
    waits = (await shop.till.post("/purchases", bill)).json()
    path = f"/reservations/{waits['reservation_id']}"
    for answer in (await shop.east.get(path), await shop.east.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "reservation_unknown")
    assert (await shop.till.get(path)).json()["state"] == "pending"


async def test_the_members_pin_is_a_yes_that_needs_no_line_and_a_wrong_one_is_counted(shop: Shop) -> None:
    member, bill = await much(shop)
    await shop.db.write(pins.set_member, member, pins.hashed("204060"), moment=shop.clock.moment())
    wrong = await shop.till.post("/purchases", {**bill, "pin": "111111"})
    assert wrong.json()["code"] == "wrong_pin"
    done = await shop.till.post("/purchases", {**bill, "pin": "204060"}, named="p")
    assert (done.status_code, done.json()["points_spent"]) == (201, 6000)
    again = await shop.till.post("/purchases", {**bill, "pin": "204060"}, named="p")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (done.content, "true")


async def test_a_reason_of_spaces_is_no_managers_yes(shop: Shop) -> None:
    bill = {"member_id": await shop.member(points=500), "amount": 1000, "points": 100, "reason": "  "}
    for till in (shop.till, shop.manager):
        no = await till.post("/purchases", bill)
        assert no.json()["code"] in ("not_allowed", "scan_required")


async def test_a_pin_of_nobody_is_refused_in_words(shop: Shop) -> None:
    bill = {"member_id": id_of("nobody"), "amount": 1000, "points": 100, "pin": "204060"}
    no = await shop.till.post("/purchases", bill)
    assert (no.status_code, no.json()["code"]) == (404, "not_a_member")


async def test_a_pin_is_compared_five_times_however_many_tries_arrive_at_once(shop: Shop) -> None:
    member, bill = await much(shop)
    await shop.db.write(pins.set_member, member, pins.hashed("204060"), moment=shop.clock.moment())
    tries = [shop.till.post("/purchases", {**bill, "pin": f"1111{n:02}"}) for n in range(12)]
    told = [answer.json()["code"] for answer in await asyncio.gather(*tries)]
    assert sorted(told) == ["pin_locked"] * 7 + ["wrong_pin"] * 5
    late = await shop.till.post("/purchases", {**bill, "pin": "204060"})
    assert late.json()["code"] == "pin_locked"


async def test_a_manager_spends_for_a_member_with_a_reason_and_a_till_does_not(shop: Shop) -> None:
    member = await shop.member(points=20_000)
    bill = {"member_id": member, "amount": 20_000, "points": 6000}
    assert (await shop.manager.post("/purchases", bill)).json()["code"] == "scan_required"
    refused = await shop.till.post("/purchases", {**bill, "reason": "phone is broken"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    done = await shop.manager.post("/purchases", {**bill, "reason": "phone is broken"})
    assert (done.status_code, done.json()["points_spent"]) == (201, 6000)


async def test_a_manager_adjusts_points_and_over_the_limit_a_second_person_is_asked(shop: Shop) -> None:
    member = await shop.member(points=100)
    path = f"/members/{member}/adjustments"
    assert (await shop.till.post(path, {"points": 5, "reason": "kind"})).json()["code"] == "not_allowed"
    given = await shop.manager.post(path, {"points": 50, "reason": "a cold coffee"})
    taken = await shop.manager.post(path, {"points": -30, "reason": "a slip"})
    assert (given.status_code, given.json()["balance"], taken.json()["balance"]) == (201, 150, 120)
    assert (await shop.manager.post(path, {"points": -121, "reason": "x"})).json()["code"] == "insufficient_points"
    assert (await shop.manager.post(path, {"points": 0, "reason": "x"})).json()["code"] == "invalid_points"
    alone = await shop.manager.post(path, {"points": 900_000, "reason": "a prize"})
    assert alone.json()["code"] == "second_person_missing", "nobody works here who could say yes"
    await assert_clean(shop.db)


async def test_a_second_person_is_asked_and_their_answer_is_read_by_the_same_store_alone(shop: Shop) -> None:
    await shop.hire("owner")
    member = await shop.member()
    asked = await shop.manager.post(f"/members/{member}/adjustments", {"points": 900_000, "reason": "a prize"})
    waits = answers.ApprovalAnswer.model_validate(asked.json())
    assert (asked.status_code, waits.state) == (202, "pending")
    path = f"/approvals/{waits.approval_id}"
    assert (await shop.manager.get(path)).json()["state"] == "pending"
    elsewhere = await shop.east.get(path)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "approval_unknown")
    assert await shop.points_of(member) == 0


async def test_a_refund_over_the_limit_waits_for_a_second_person(shop: Shop) -> None:
    await shop.hire("owner")
    member = await shop.member()
    purchase = (await shop.till.post("/purchases", {"member_id": member, "amount": 90_000})).json()["purchase_id"]
    asked = await shop.manager.post(f"/purchases/{purchase}/refunds", {"reason": "returned"})
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    assert (await shop.till.get(f"/purchases/{purchase}")).json()["refunded"] == 0


async def test_a_purchase_is_found_by_its_receipt_in_its_own_store_and_says_what_was_refunded(shop: Shop) -> None:
    member = await shop.member()
    made = await shop.till.post("/purchases", {"member_id": member, "amount": 2000, "receipt_no": "A/1 ü"})
    await shop.manager.post(f"/purchases/{made.json()['purchase_id']}/refunds", {"amount": 500, "reason": "cold"})
    (found,) = (await shop.till.get("/purchases", receipt_no="A/1 ü")).json()["purchases"]
    assert (found["purchase_id"], found["refunded"]) == (made.json()["purchase_id"], 500)
    for till, query in (
        (shop.east, {"receipt_no": "A/1 ü"}), (shop.till, {"receipt_no": "A%"}),
        (shop.till, {"receipt_no": "A/1 ü", "on": "2026-11-21"}),
    ):  # fmt: skip
        assert (await till.get("/purchases", **query)).json() == {"purchases": []}


async def test_a_manager_corrects_a_member_as_often_as_it_is_sent_and_a_till_does_not(shop: Shop) -> None:
    member = await shop.member(name="Wang Mai")
    path = f"/members/{member}"
    assert (await shop.till.patch(path, {"name": "Wang Mei"})).json()["code"] == "not_allowed"
    for _ in range(2):
        right = await shop.manager.patch(path, {"name": "Wang Mei", "birthday": "1990-05-03"})
        assert (right.status_code, right.json()["name"], right.json()["birthday"]) == (200, "Wang Mei", "1990-05-03")
    for body in ({}, {"name": None}, {"tier": "gold"}):
        assert (await shop.manager.patch(path, body)).status_code == 422
    assert (await shop.manager.patch(f"/members/{id_of('nobody')}", {"name": "X"})).json()["code"] == "not_a_member"


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_a_shop_without_stored_value_takes_none(shop: Shop) -> None:
    member = await shop.member()
    topped = await shop.manager.post(f"/members/{member}/top-ups", {"amount": 10_000})
    assert topped.json()["code"] == "stored_value_unknown"
