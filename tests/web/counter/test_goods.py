"""Goods at both doors: which are handed out alone, which come with a bill, and which lines of a price are free."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from services import mall, rules
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.web.desks import Desk
from tests.web.tills import CARDS, Shop, Till

GOODS = """
[[offers]]
id = "tart"
kind = "gift"
title = "A tart"
goods = "1 tart"
threshold = "50"
claim = "open"

[[offers]]
id = "mug"
kind = "exchange"
title = "A mug"
goods = "1 mug"
threshold = "50"
claim = "mall"
price_points = 100

[[offers]]
id = "pin"
kind = "exchange"
title = "A pin"
goods = "1 pin"
claim = "mall"
price_points = 100

[[offers]]
id = "speck"
kind = "percent"
title = "One in a hundred"
percent_off = 1
claim = "open"
"""


@pytest.fixture
async def member(shop: Shop) -> str:
    """Let the shop have goods of every kind, and return a member with points for them."""
    cafe = (PRESETS / "cafe.toml").read_text(encoding="utf-8")
    await shop.db.write(rules.bring, tomllib.loads(cafe + CARDS + GOODS), actor="test", now=shop.clock.now)
    return await shop.member(points=1000)


async def bought(shop: Shop, member: str, offer: str) -> str:
    """Buy goods with points and return the coupon's id."""
    return (await shop.db.write(mall.exchange, member, offer, offer, moment=shop.clock.moment())).id


async def seen(shop: Shop, door: Till | Desk, member: str) -> dict[str, Any]:
    answer = await door.post("/scans", {"code": (await shop.show(member)).text}, Accept_Language="en")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_coupon_says_whether_it_is_handed_out_alone(shop: Shop, desk: Desk, member: str) -> None:
    for offer in ("welcome", "cake", "tart"):
        await shop.coupon(member, offer)
    for offer in ("mug", "pin"):
        await bought(shop, member, offer)
    told = {one["title"]: one["alone"] for one in (await seen(shop, desk, member))["coupons"]}
    assert told.pop("A cake") is told.pop("A pin") is True
    assert set(told) > {"A tart", "A mug"}
    assert set(told.values()) == {False}
    shop.clock.pass_by(minutes=6)  # the code was read by the page; a fresh one is read by the till
    again = await seen(shop, shop.till, member)
    assert {one["title"] for one in again["coupons"] if one["alone"]} == {"A cake", "A pin"}


@pytest.mark.parametrize("offer", ["tart", "mug"])
async def test_goods_that_ask_for_a_bill_come_with_one_and_never_without(
    shop: Shop, desk: Desk, member: str, offer: str
) -> None:
    coupon = await bought(shop, member, offer) if offer == "mug" else await shop.coupon(member, offer)
    scan = (await seen(shop, desk, member))["scan_id"]
    alone = await desk.post(f"/coupons/{coupon}/redemptions", {"scan_id": scan})
    assert (alone.status_code, alone.json()["code"]) == (409, "coupon_below_threshold")
    bill = {"scan_id": scan, "amount": 6000}
    unasked = (await desk.post("/quotes", bill, Accept_Language="en")).json()
    (listed,) = unasked["coupons"]
    assert (listed["usable"], listed["chosen"]) == (True, offer == "tart"), (
        "what was bought with points is not proposed"
    )
    ticked = (await desk.post("/quotes", {**bill, "coupon_ids": [coupon]}, Accept_Language="en")).json()
    assert [one["chosen"] for one in ticked["coupons"]] == [True]
    done = await desk.post("/purchases", {**bill, "coupon_ids": [coupon]}, Accept_Language="en")
    assert done.status_code == 201, done.text
    for price in (ticked, done.json()):
        assert [(line["amount"], line["free"]) for line in price["lines"]] == [(6000, False), (0, True)]
    await assert_clean(shop.db)


async def test_a_coupon_that_takes_nothing_off_is_not_free(shop: Shop, desk: Desk, member: str) -> None:
    speck = await shop.coupon(member, "speck")
    scan = (await seen(shop, desk, member))["scan_id"]
    price = (await desk.post("/quotes", {"scan_id": scan, "amount": 50, "coupon_ids": [speck]})).json()
    assert [(line["amount"], line["free"]) for line in price["lines"]] == [(50, False), (0, False)]
