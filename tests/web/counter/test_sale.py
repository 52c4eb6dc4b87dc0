"""A member's turn on the staff page: scanned, priced with the best coupons ticked, recorded."""

from __future__ import annotations

from tests.proof import assert_clean
from tests.web.desks import Desk
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
