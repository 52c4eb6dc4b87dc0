"""A request that comes twice, or many at once, has one effect."""

from __future__ import annotations

import asyncio

from storage.tables import audit, purchases
from tests.web.tills import Shop


async def _purchases(shop: Shop) -> int:
    return len(await shop.db.read(lambda tx: tx.all(purchases.select())))


async def test_the_same_request_fifty_times_at_once_has_one_effect_and_fifty_identical_answers(shop: Shop) -> None:
    member = await shop.member(points=500)
    scan = await shop.till.scan((await shop.show(member)).text)
    bill = {"scan_id": scan, "amount": 2000, "points": 100}
    given = await asyncio.gather(*(shop.till.post("/purchases", bill, named="receipt 1") for _ in range(50)))
    assert {(answer.status_code, answer.text) for answer in given} == {(201, given[0].text)}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in given) == 1
    assert await _purchases(shop) == 1
    assert await shop.points_of(member) == 500 - 100 + 19


async def test_the_same_name_with_another_amount_is_refused_and_noted_and_changes_nothing(shop: Shop) -> None:
    member = await shop.member()
    await shop.till.post("/purchases", {"member_id": member, "amount": 2000}, named="receipt 1")
    other = await shop.till.post("/purchases", {"member_id": member, "amount": 2001}, named="receipt 1")
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")
    assert await _purchases(shop) == 1
    noted = await shop.db.read(lambda tx: tx.all(audit.select().where(audit.c.action == "request.id_reused")))
    assert len(noted) == 1


async def test_the_same_name_at_another_address_is_another_content(shop: Shop) -> None:
    member = await shop.member()
    await shop.till.post("/quotes", {"member_id": member, "amount": 2000}, named="n")
    other = await shop.till.post("/purchases", {"member_id": member, "amount": 2000}, named="n")
    assert other.json()["code"] == "id_reused"


async def test_two_tills_may_use_the_same_name(shop: Shop) -> None:
    member = await shop.member()
    bill = {"member_id": member, "amount": 2000}
    first = await shop.till.post("/purchases", bill, named="1")
    second = await shop.east.post("/purchases", bill, named="1")
    assert first.json()["purchase_id"] != second.json()["purchase_id"]


async def test_an_answer_that_was_lost_is_given_again_a_second_and_400_days_later(shop: Shop) -> None:
    member = await shop.member()
    bill = {"member_id": member, "amount": 2000}
    lost = await shop.till.post("/purchases", bill, named="receipt 1", Accept_Language="zh-TW")
    for wait in ({"seconds": 1}, {"days": 400}):
        shop.clock.pass_by(**wait)
        again = await shop.till.post("/purchases", bill, named="receipt 1", Accept_Language="en")
        assert (again.status_code, again.content) == (201, lost.content)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert await _purchases(shop) == 1


async def test_a_client_cut_off_in_the_middle_finds_its_purchase_done_once(shop: Shop) -> None:
    member = await shop.member()
    bill = {"member_id": member, "amount": 2000}
    cut = asyncio.create_task(shop.till.post("/purchases", bill, named="receipt 1"))
    await asyncio.sleep(0.004)
    cut.cancel()
    again = await shop.till.post("/purchases", bill, named="receipt 1")
    assert again.status_code == 201
    assert await _purchases(shop) == 1
    assert await shop.points_of(member) == 20


async def test_a_refusal_is_kept_too_even_when_it_would_be_granted_later(shop: Shop) -> None:
    member = await shop.member(points=50)
    bill = {"scan_id": await shop.till.scan((await shop.show(member)).text), "amount": 2000, "points": 100}
    refused = await shop.till.post("/purchases", bill, named="receipt 1")
    await shop.till.post("/purchases", {"member_id": member, "amount": 500000})
    again = await shop.till.post("/purchases", bill, named="receipt 1")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    assert (again.status_code, again.content, again.headers["Content-Type"]) == (
        409,
        refused.content,
        "application/problem+json",
    )
    granted = await shop.till.post("/purchases", bill, named="receipt 2")
    assert granted.status_code == 201, "the failed attempt did not burn the scan"


async def test_the_order_of_the_fields_is_no_difference(shop: Shop) -> None:
    member = await shop.member()
    await shop.till.post("/purchases", {"member_id": member, "amount": 2000}, named="1")
    again = await shop.till.post("/purchases", {"amount": 2000, "member_id": member}, named="1")
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_of_64_who_spend_the_last_points_at_once_exactly_one_wins(shop: Shop) -> None:
    member = await shop.member(points=100)
    codes = [await shop.show(member) for _ in range(64)]
    tills = [shop.till, shop.east]
    scans = await asyncio.gather(*(tills[i % 2].scan(code.text) for i, code in enumerate(codes)))
    bills = [{"scan_id": scan, "amount": 2000, "points": 100} for scan in scans]
    given = await asyncio.gather(*(tills[i % 2].post("/purchases", bill) for i, bill in enumerate(bills)))
    assert sorted(answer.status_code for answer in given) == [201, *[409] * 63]
    assert {answer.json()["code"] for answer in given if answer.status_code == 409} == {"insufficient_points"}
    assert await shop.points_of(member) == 19
    assert await _purchases(shop) == 1


async def test_of_64_who_redeem_one_coupon_at_two_tills_one_wins_and_the_others_hear_when_and_where(
    shop: Shop,
) -> None:
    member = await shop.member()
    coupon = await shop.coupon(member)
    codes = [await shop.show(member) for _ in range(64)]
    tills = [shop.till, shop.east]
    scans = await asyncio.gather(*(tills[i % 2].scan(code.text) for i, code in enumerate(codes)))
    bills = [{"scan_id": scan, "amount": 2500, "coupon_ids": [coupon]} for scan in scans]
    given = await asyncio.gather(*(tills[i % 2].post("/purchases", bill) for i, bill in enumerate(bills)))
    won = [i for i, answer in enumerate(given) if answer.status_code == 201]
    assert len(won) == 1
    where = "main" if won[0] % 2 == 0 else "east"
    told = [answer.json() for i, answer in enumerate(given) if i not in won]
    assert {problem["code"] for problem in told} == {"coupon_used"}
    assert {problem["facts"]["at"] for problem in told} == {"2026-11-22T04:00:00Z"}
    assert {problem["facts"]["store"] for problem in told} <= {where, "总店" if where == "main" else "东门店"}


async def test_a_gift_shown_once_is_handed_out_once(shop: Shop) -> None:
    member = await shop.member()
    cake = await shop.coupon(member, "cake")
    codes = [await shop.show(member) for _ in range(16)]
    scans = await asyncio.gather(*(shop.till.scan(code.text) for code in codes))
    path = f"/coupons/{cake}/redemptions"
    given = await asyncio.gather(*(shop.till.post(path, {"scan_id": scan}) for scan in scans))
    assert sorted(answer.status_code for answer in given) == [201, *[409] * 15]
    won = next(answer.json() for answer in given if answer.status_code == 201)
    assert (won["coupon_id"], won["goods"]) == (cake, "蛋糕")
