"""Each call of a till: what it answers, what it refuses, and whom it shows what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from membership.moment import id_of
from services import members
from tests.web.tills import Shop
from web import answers

NOBODY = id_of("nobody")


async def test_a_scan_shows_a_till_a_masked_name_the_tier_and_balances_only(shop: Shop) -> None:
    member = await shop.member(points=1280, name="王小美")
    welcome, cake = await shop.coupon(member), await shop.coupon(member, "cake")
    answer = await shop.till.post("/scans", {"code": (await shop.show(member)).text}, Accept_Language="en")
    seen = answers.ScanAnswer.model_validate(answer.json())
    assert answer.json()["member"] == {
        "id": member,
        "name": "王**",
        "tier": "Member",
        "points": 1280,
        "debt": 0,
        "expiring": {"points": 1280, "on": "2027-11-30"},
        "birthday_today": False,
        "birthday_near": False,
        "stored": None,
    }
    assert {coupon.id for coupon in seen.coupons} == {welcome, cake}
    assert {coupon.title for coupon in seen.coupons} == {"¥5 to welcome you", "A cake"}
    assert all(coupon.usable and coupon.reason is None for coupon in seen.coupons)


async def test_a_birthday_shows_at_the_till(shop: Shop) -> None:
    sent = {"phone": "13911112222", "birthday": "11-22", "consent": {"terms": True}}
    member = (await shop.till.post("/members", sent)).json()["id"]
    seen = await shop.till.post("/scans", {"code": (await shop.show(member)).text})
    assert seen.json()["member"]["birthday_today"] is True


async def test_the_quote_is_the_purchase_and_the_purchase_can_be_read_again(shop: Shop) -> None:
    member = await shop.member(points=200)
    coupon = await shop.coupon(member)
    bill: dict[str, Any] = {"scan_id": await shop.till.scan((await shop.show(member)).text), "amount": 2500}
    bill |= {"coupon_ids": [coupon], "points": 100, "items": [{"name": "tea", "amount": 2500}]}
    quote = (await shop.till.post("/quotes", bill, Accept_Language="en")).json()
    assert [line["amount"] for line in quote["lines"]] == [2500, -500, -100]
    assert (quote["to_pay"], quote["points_earned"], quote["points_spent"]) == (1900, 19, 100)
    made = await shop.till.post("/purchases", {**bill, "receipt_no": "A1"}, Accept_Language="en")
    done = answers.PurchaseAnswer.model_validate(made.json())
    assert (made.status_code, done.balance_before, done.balance, done.receipt_no) == (201, 200, 119, "A1")
    assert {name: made.json()[name] for name in quote} == quote
    again = await shop.till.get(f"/purchases/{done.purchase_id}")
    assert answers.PurchaseAnswer.model_validate(again.json()).to_pay == 1900
    elsewhere = await shop.east.get(f"/purchases/{done.purchase_id}")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "purchase_unknown")


async def test_a_whole_refund_takes_back_what_was_earned_and_gives_back_what_was_spent(shop: Shop) -> None:
    member = await shop.member(points=100)
    bill = {"scan_id": await shop.till.scan((await shop.show(member)).text), "amount": 2000, "points": 100}
    purchase = (await shop.till.post("/purchases", bill)).json()["purchase_id"]
    given = await shop.till.post(f"/purchases/{purchase}/refunds", {"reason": "returned"})
    done = answers.RefundAnswer.model_validate(given.json())
    assert (given.status_code, done.amount) == (201, 1900)
    assert (done.points_clawed_back, done.points_restored, done.debt, done.balance) == (19, 100, 0, 100)
    twice = await shop.till.post(f"/purchases/{purchase}/refunds", {"reason": "returned"})
    assert twice.json()["code"] == "already_refunded"


async def test_a_manager_refunds_a_part_and_never_more_than_is_left(shop: Shop) -> None:
    member = await shop.member()
    purchase = (await shop.till.post("/purchases", {"member_id": member, "amount": 2000})).json()["purchase_id"]
    path = f"/purchases/{purchase}/refunds"
    part = await shop.manager.post(path, {"amount": 500, "reason": "cold"})
    more = await shop.manager.post(path, {"amount": 1501, "reason": "cold"})
    rest = await shop.manager.post(path, {"amount": 1500, "reason": "cold"})
    assert (part.status_code, part.json()["points_clawed_back"]) == (201, 5)
    assert (more.json()["code"], more.json()["facts"]) == ("refund_too_large", {"left": 1500})
    assert (rest.status_code, rest.json()["balance"]) == (201, 0)


async def test_a_till_takes_back_only_its_own_whole_purchase_and_only_for_minutes(shop: Shop) -> None:
    member = await shop.member()
    second = await shop.new_till("till 3", "main")
    purchase = (await shop.till.post("/purchases", {"member_id": member, "amount": 2000})).json()["purchase_id"]
    path, sent = f"/purchases/{purchase}/refunds", {"reason": "mistake"}
    assert (await second.post(path, sent)).json()["code"] == "not_allowed"
    assert (await shop.till.post(path, {**sent, "amount": 100})).json()["code"] == "not_allowed"
    shop.clock.pass_by(minutes=11)
    late = await shop.till.post(path, sent)
    assert (late.json()["code"], late.json()["facts"]) == ("undo_too_late", {"minutes": 10})
    assert (await shop.manager.post(path, sent)).status_code == 201


async def test_a_member_is_enrolled_found_by_phone_and_known_to_a_manager(shop: Shop) -> None:
    sent = {"phone": "139 1111 2222", "name": "Li Lei", "birthday": "1990-05-03", "consent": {"terms": True}}
    made = await shop.till.post("/members", sent)
    seen = answers.MemberSeen.model_validate(made.json())
    assert (made.status_code, seen.name) == (201, "L**")
    found = await shop.till.get("/members", phone="+8613911112222")
    assert found.json() == made.json() == (await shop.till.get(f"/members/{seen.id}")).json()
    known = answers.MemberKnown.model_validate((await shop.manager.get(f"/members/{seen.id}")).json())
    assert (known.name, known.phone, known.birthday) == ("Li Lei", "+8613911112222", "1990-05-03")


async def test_the_eleventh_look_up_by_phone_in_a_minute_waits(shop: Shop) -> None:
    member = (await shop.till.post("/members", {"phone": "13911112222", "consent": {"terms": True}})).json()["id"]
    asked = [shop.till.get("/members", phone=f"1391111{number}") for number in range(2222, 2242)]
    given = await asyncio.gather(*asked)
    assert sum(answer.status_code != 429 for answer in given) == 9, "the enrolment counted as the first of ten"
    late = await shop.till.get("/members", phone="13911112222")
    assert (late.json()["code"], late.headers["Retry-After"]) == ("too_many_lookups", "60")
    probe = {"phone": "13911112222", "consent": {"terms": True}}
    assert (await shop.till.post("/members", probe, named="p")).status_code == 429
    assert (await shop.east.get("/members", phone="13911112222")).json()["id"] == member
    shop.clock.pass_by(seconds=61)
    assert (await shop.till.get("/members", phone="13911112222")).json()["id"] == member
    again = await shop.till.post("/members", probe, named="p")
    assert again.json()["code"] == "phone_taken", "waiting helped: too often is not kept for ever"


async def test_the_ledger_is_read_page_by_page_without_gap_or_repeat(shop: Shop) -> None:
    member = await shop.member()
    for day in range(12):
        shop.clock.pass_by(days=bool(day))
        for _ in range(10):
            await shop.till.post("/purchases", {"member_id": member, "amount": 100})
    lines: list[answers.LedgerLine] = []
    query: dict[str, str] = {}
    pages = 0
    while query or not pages:
        answer = await shop.manager.get(f"/members/{member}/ledger", **query)
        page = answers.LedgerAnswer.model_validate(answer.json())
        lines, pages = lines + page.lines, pages + 1
        query = {} if page.next_cursor is None else {"cursor": str(page.next_cursor)}
        if not query:
            break
    assert (pages, len(lines), sum(line.points for line in lines)) == (3, 120, 120)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    assert all(line.why for line in lines)


async def test_the_ledger_is_not_for_a_till(shop: Shop) -> None:
    answer = await shop.till.get(f"/members/{await shop.member()}/ledger")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_spending_without_a_scan_of_this_member_at_this_till_is_refused(shop: Shop) -> None:
    member = await shop.member(points=100)
    coupon = await shop.coupon(member)
    for spending in ({"points": 100}, {"coupon_ids": [coupon]}):
        answer = await shop.till.post("/purchases", {"member_id": member, "amount": 2500, **spending})
        assert (answer.status_code, answer.json()["code"]) == (403, "scan_required")
    scan = await shop.till.scan((await shop.show(member)).text)
    taken = await shop.east.post("/purchases", {"scan_id": scan, "amount": 2000, "points": 100})
    assert taken.json()["code"] == "scan_required"
    assert await shop.points_of(member) == 100


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (("POST", "/purchases", {"amount": 100, "member_id": NOBODY}), 404, "not_a_member"),
        (("POST", "/purchases", {"amount": 100, "scan_id": NOBODY}), 403, "scan_required"),
        (("POST", "/purchases", {"amount": 500001, "member_id": "{member}"}), 422, "amount_too_large"),
        (("POST", "/quotes", {"amount": 2000, "member_id": "{member}", "points": 1100}), 409, "points_over_cap"),
        (("POST", "/quotes", {"amount": 90000, "member_id": "{member}", "points": 9999}), 409, "insufficient_points"),
        (("POST", "/quotes", {"amount": 2500, "member_id": "{member}", "coupon_ids": [NOBODY]}), 404, "coupon_unknown"),
        (
            ("POST", "/quotes", {"amount": 2500, "member_id": "{member}", "coupon_ids": ["{others}"]}),
            403,
            "coupon_not_yours",
        ),
        (
            ("POST", "/quotes", {"amount": 1999, "member_id": "{member}", "coupon_ids": ["{own}"]}),
            409,
            "coupon_below_threshold",
        ),
        (("POST", f"/purchases/{NOBODY}/refunds", {"reason": "x"}), 404, "purchase_unknown"),
        (("POST", f"/coupons/{NOBODY}/redemptions", {"scan_id": NOBODY}), 404, "coupon_unknown"),
        (("POST", "/members", {"phone": "12", "consent": {"terms": True}}), 422, "invalid_phone"),
        (("POST", "/members", {"phone": "13911112222", "consent": {"terms": False}}), 422, "consent_missing"),
        (
            ("POST", "/members", {"phone": "13911112222", "birthday": "31 Feb", "consent": {"terms": True}}),
            422,
            "invalid_birthday",
        ),
        (("GET", f"/members/{NOBODY}", None), 404, "not_a_member"),
        (("GET", "/members?phone=13900000000", None), 404, "not_a_member"),
        (("GET", "/members?phone=abc", None), 422, "invalid_phone"),
        (("GET", "/members", None), 422, "invalid_request"),
        (("GET", f"/purchases/{NOBODY}", None), 404, "purchase_unknown"),
        (("GET", "/purchases/latest", None), 422, "invalid_request"),
    ],
)
async def test_what_a_rule_refuses_is_told_by_its_name_in_the_tills_language(
    shop: Shop, asked: tuple[str, str, Any], status: int, code: str
) -> None:
    member, other = await shop.member(points=5000), await shop.member()
    named = {"{member}": member, "{others}": await shop.coupon(other), "{own}": await shop.coupon(member)}
    method, path, body = asked
    if method == "POST":
        answer = await shop.till.post(path, _filled(body, named), Accept_Language="en")
    else:
        answer = await shop.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {shop.till.key}"})
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"]
    assert "{" not in problem["detail"]


async def test_the_same_receipt_number_is_taken_once_a_day_and_store(shop: Shop) -> None:
    member = await shop.member()
    bill = {"member_id": member, "amount": 100, "receipt_no": "A1"}
    assert (await shop.till.post("/purchases", bill)).status_code == 201
    again = await shop.till.post("/purchases", bill)
    assert (again.json()["code"], again.json()["facts"]) == ("receipt_used", {"at": "2026-11-22T04:00:00Z"})
    assert (await shop.east.post("/purchases", bill)).status_code == 201


async def test_a_member_who_stopped_the_card_is_served_by_nobody(shop: Shop) -> None:
    member = await shop.member()
    code = await shop.show(member)
    await shop.db.write(members.freeze, member, actor="test", moment=shop.clock.moment())
    for path, body in (("/scans", {"code": code.text}), ("/purchases", {"member_id": member, "amount": 100})):
        assert (await shop.till.post(path, body)).json()["code"] == "member_frozen"


async def test_a_scan_from_before_the_card_was_stopped_spends_nothing_after_its_release(shop: Shop) -> None:
    member = await shop.member(points=1000)
    scan = await shop.till.scan((await shop.show(member)).text)
    for deed in (members.freeze, members.release):
        shop.clock.pass_by(seconds=5)
        await shop.db.write(deed, member, actor="test", moment=shop.clock.moment())
    late = await shop.till.post("/purchases", {"scan_id": scan, "amount": 3000, "points": 100})
    assert (late.status_code, late.json()["code"]) == (410, "scan_expired")


async def test_a_coupon_that_does_not_count_here_is_listed_with_the_reason(shop: Shop) -> None:
    member = await shop.member()
    await shop.coupon(member, "east_only")
    for till, usable in ((shop.till, False), (shop.east, True)):
        code = (await shop.show(member)).text
        seen = await till.post("/scans", {"code": code}, Accept_Language="en")
        coupon = seen.json()["coupons"][0]
        assert (coupon["usable"], coupon["reason"] is None) == (usable, usable)


async def test_a_gift_is_handed_out_once_and_leaves_the_list(shop: Shop) -> None:
    member = await shop.member()
    coupon = await shop.coupon(member, "cake")
    scan = await shop.till.scan((await shop.show(member)).text)
    used = await shop.till.post(f"/coupons/{coupon}/redemptions", {"scan_id": scan}, Accept_Language="en")
    assert answers.RedemptionAnswer.model_validate(used.json()).goods == "a slice of cake"
    seen = await shop.till.post("/scans", {"code": (await shop.show(member)).text})
    assert seen.json()["coupons"] == []


def _filled(body: Any, named: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, named) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, named) for value in body]
    return named.get(body, body) if isinstance(body, str) else body
