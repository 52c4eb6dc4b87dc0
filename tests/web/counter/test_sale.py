"""A member's turn on the staff page: scanned, priced with the best coupons ticked, recorded."""

from __future__ import annotations

import asyncio

from membership import codes
from membership.moment import id_of
from services import pins, reservations, rules
from tests.proof import assert_clean
from tests.services import giftshop
from tests.web.desks import Desk, Team
from tests.web.tills import Shop


async def test_a_member_is_served_from_code_to_receipt(shop: Shop, desk: Desk) -> None:
    member = await shop.member(points=1280, name="王小美")
    coupon = await shop.coupon(member)
    answer = await desk.post("/scans", {"code": (await shop.show(member)).text})
    seen = answer.json()
    assert answer.status_code == 200, seen
    assert (seen["member"]["name"], seen["member"]["tier"], seen["member"]["points"]) == ("王**", "Member", 1280)
    assert [(one["id"], one["usable"]) for one in seen["coupons"]] == [(coupon, True)]
    bill = {"scan_id": seen["scan_id"], "amount": 2500}
    quote = (await desk.post("/quotes", bill)).json()
    assert [line["amount"] for line in quote["lines"]] == [2500, -500]
    assert (quote["to_pay"], quote["points_earned"], quote["points_most"]) == (2000, 20, 1000)
    assert [(one["id"], one["chosen"]) for one in quote["coupons"]] == [(coupon, True)]
    made = await desk.post("/purchases", {**bill, "coupon_ids": [coupon], "points": 100})
    assert made.status_code == 201, made.text
    assert (made.json()["to_pay"], made.json()["balance_before"], made.json()["balance"]) == (1900, 1280, 1199)
    await assert_clean(shop.db)


async def test_a_quote_with_a_list_takes_exactly_that(shop: Shop, desk: Desk) -> None:
    member = await shop.member()
    coupon = await shop.coupon(member)
    scan = await desk.scan((await shop.show(member)).text)
    plain = (await desk.post("/quotes", {"scan_id": scan, "amount": 2500, "coupon_ids": []})).json()
    assert (plain["to_pay"], [one["chosen"] for one in plain["coupons"]]) == (2500, [False])
    small = (await desk.post("/quotes", {"scan_id": scan, "amount": 1000})).json()
    (shown,) = small["coupons"]
    assert (shown["usable"], shown["chosen"], small["to_pay"]) == (False, False, 1000)
    assert shown["reason"]
    assert coupon == shown["id"]


async def test_who_is_found_without_a_code_can_only_earn(shop: Shop, desk: Desk) -> None:
    member = await shop.member(points=500)
    quote = (await desk.post("/quotes", {"member_id": member, "amount": 1000})).json()
    assert (quote["points_most"], quote["coupons"], quote["points_earned"]) == (0, [], 10)
    spent = await desk.post("/purchases", {"member_id": member, "amount": 1000, "points": 100})
    assert (spent.status_code, spent.json()["code"]) == (403, "scan_required")
    assert (await desk.post("/purchases", {"member_id": member, "amount": 1000})).status_code == 201


async def test_a_purchase_sent_again_and_again_is_one(shop: Shop, desk: Desk) -> None:
    bill = {"member_id": await shop.member(), "amount": 1000}
    answers = await asyncio.gather(*(desk.post("/purchases", bill, named="one deed") for _ in range(8)))
    assert len({answer.text for answer in answers}) == 1
    assert len((await desk.get("/today")).json()["purchases"]) == 1
    other = await desk.post("/purchases", {**bill, "amount": 2000}, named="one deed")
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")
    await assert_clean(shop.db)


async def test_much_of_the_members_waits_for_their_yes(shop: Shop, desk: Desk) -> None:
    member = await shop.member(points=20_000)
    scan = await desk.scan((await shop.show(member)).text)
    asked = await desk.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})
    waits = asked.json()
    assert (asked.status_code, waits["state"], waits["purchase"]) == (202, "pending", None)
    assert waits["spends"]
    at = f"/reservations/{waits['reservation_id']}"
    assert (await desk.get(at)).json() == waits
    await shop.db.write(reservations.agree, waits["reservation_id"], member, how="chat", moment=shop.clock.moment())
    done = (await desk.get(at)).json()
    assert (done["state"], done["purchase"]["points_spent"]) == ("posted", 6000)
    await assert_clean(shop.db)


async def test_what_waits_can_be_taken_back_once(shop: Shop, desk: Desk) -> None:
    member = await shop.member(points=20_000)
    scan = await desk.scan((await shop.show(member)).text)
    waits = (await desk.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})).json()
    for _ in range(2):
        gone = await desk.send("DELETE", f"/reservations/{waits['reservation_id']}")
        assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    assert await shop.points_of(member) == 20_000


async def test_what_waits_in_another_store_is_not_found(shop: Shop, desk: Desk, team: Team) -> None:
    member = await shop.member(points=20_000)
    scan = await desk.scan((await shop.show(member)).text)
    waits = (await desk.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})).json()
    there = await team.desk("Eve", "cashier", "east")
    for method in ("GET", "DELETE"):
        answer = await there.send(method, f"/reservations/{waits['reservation_id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "reservation_unknown")


async def test_the_members_pin_is_the_yes_and_a_wrong_one_is_counted(shop: Shop, desk: Desk) -> None:
    member = await shop.member(points=20_000)
    hashed = await asyncio.to_thread(pins.hashed, "135790")
    await shop.db.write(pins.set_member, member, hashed, moment=shop.clock.moment())
    scan = await desk.scan((await shop.show(member)).text)
    waits = (await desk.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})).json()
    at = f"/reservations/{waits['reservation_id']}/pin"
    wrong = await desk.post(at, {"pin": "246810"}, named="first try")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["facts"]) == (403, "wrong_pin", {"left": 4})
    again = await desk.post(at, {"pin": "246810"}, named="first try")
    assert again.json()["facts"] == {"left": 4}  # the same try, its answer was lost
    right = await desk.post(at, {"pin": "135790"})
    assert (right.status_code, right.json()["points_spent"]) == (201, 6000)
    await assert_clean(shop.db)


async def test_a_coupon_for_goods_is_handed_out(shop: Shop, desk: Desk) -> None:
    member = await shop.member()
    cake = await shop.coupon(member, "cake")
    scan = await desk.scan((await shop.show(member)).text)
    given = await desk.post(f"/coupons/{cake}/redemptions", {"scan_id": scan})
    assert (given.status_code, given.json()["goods"]) == (201, "a slice of cake")
    twice = await desk.post(f"/coupons/{cake}/redemptions", {"scan_id": scan})
    assert (twice.status_code, twice.json()["code"]) == (409, "coupon_used")


async def test_wrong_numbers_are_counted_until_typing_is_locked(desk: Desk) -> None:
    for number in range(5):
        wrong = await desk.post("/scans", {"code": codes.digits(100_000_000 + number)})
        assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown_code")
    locked = await desk.post("/scans", {"code": codes.digits(200_000_000)})
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_guesses")


async def test_sixty_scans_a_minute_are_enough_for_one_person(shop: Shop, desk: Desk) -> None:
    code = (await shop.show(await shop.member())).text
    answers = [(await desk.post("/scans", {"code": code})).status_code for _ in range(60)]
    assert set(answers) == {200}
    late = await desk.post("/scans", {"code": code})
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(late.headers["Retry-After"]) <= 60


async def test_what_is_no_amount_is_refused(shop: Shop, desk: Desk) -> None:
    member = await shop.member()
    for amount in (0, -1, 10**12 + 1, 2**63, 0.5, "100", None):
        answer = await desk.post("/purchases", {"member_id": member, "amount": amount})
        assert (amount, answer.status_code) == (amount, 422)
        assert answer.json()["code"] in {"invalid_amount", "amount_too_large", "invalid_request"}
    assert (await desk.get("/today")).json()["purchases"] == []


async def test_an_unknown_member_is_none(desk: Desk) -> None:
    answer = await desk.post("/purchases", {"member_id": id_of("nobody"), "amount": 100})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_a_member")


async def test_the_receipt_shows_the_coupon_that_came_with_the_purchase(shop: Shop, desk: Desk) -> None:
    await shop.db.write(rules.bring, giftshop.body(), actor="test", now=shop.clock.now)
    done = (await desk.post("/purchases", {"member_id": await shop.member(), "amount": 10_000})).json()
    assert {(one["title"], one["kind"]) for one in done["brought"]} == {
        ("Five off next time", "cash"),
        ("Two off for newcomers", "cash"),
    }
