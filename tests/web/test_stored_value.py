"""Stored value and refunds at a till: topped up by a manager, spent with the member's yes, returned to its purse."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from importlib import resources
from typing import Any

import pytest

from services import points, reservations, rules
from services.points import Cause
from tests.proof import assert_clean
from tests.web.tills import CARDS, Shop

SELLING = """
[stored_value]
[[stored_value.gifts]]
from = "100"
bonus = "20"
"""


@pytest.fixture
async def door_parts(door_parts: dict[str, Any], shop_file: str) -> dict[str, Any]:
    """The same café, which sells stored value as well."""
    database, moment = door_parts["database"], door_parts["clock_moment"]()
    await database.write(rules.bring, tomllib.loads(shop_file), actor="test", now=moment.now)
    return door_parts


@pytest.fixture
def shop_file() -> str:
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    return cafe + CARDS + SELLING


async def paid(shop: Shop, member: str, *, amount: int, stored: int) -> str:
    """Pay a bill in part from stored value, with the member's yes in chat; return the purchase's id."""
    scan = await shop.till.scan((await shop.show(member)).text)
    waits = await shop.till.post("/purchases", {"scan_id": scan, "amount": amount, "stored": stored})
    assert waits.status_code == 202, waits.text
    asked, moment = waits.json()["reservation_id"], shop.clock.moment()
    return (await shop.db.write(reservations.agree, asked, member, how="chat", moment=moment)).id


async def test_a_manager_tops_up_and_a_till_does_not(shop: Shop) -> None:
    path = f"/members/{await shop.member()}/top-ups"
    assert (await shop.till.post(path, {"amount": 10_000})).json()["code"] == "not_allowed"
    done = await shop.manager.post(path, {"amount": 10_000}, named="t1")
    assert (done.status_code, done.json()["gift"]) == (201, 2_000)
    assert done.json()["stored"] == {"principal": 10_000, "bonus": 2_000}
    assert (await shop.manager.post(path, {"amount": 10_000}, named="t1")).content == done.content
    await assert_clean(shop.db)


async def test_a_purchase_tells_what_came_from_stored_value_and_what_was_given_back(shop: Shop) -> None:
    member = await shop.member()
    await shop.manager.post(f"/members/{member}/top-ups", {"amount": 10_000})
    purchase_id = await paid(shop, member, amount=15_000, stored=11_000)
    seen = (await shop.till.get(f"/purchases/{purchase_id}")).json()
    assert (seen["to_pay"], seen["stored"], seen["refunded"], seen["points_earned"]) == (4_000, 11_000, 0, 140)
    back = await shop.manager.post(f"/purchases/{purchase_id}/refunds", {"amount": 5_000, "reason": "cold"})
    assert (back.status_code, back.json()["stored"]) == (201, 3_666)
    assert (await shop.till.get(f"/purchases/{purchase_id}")).json()["refunded"] == 5_000
    await shop.manager.post(f"/purchases/{purchase_id}/refunds", {"amount": 10_000, "reason": "colder"})
    held = (await shop.manager.get(f"/members/{member}")).json()["stored"]
    assert held == {"principal": 10_000, "bonus": 2_000}
    await assert_clean(shop.db)


async def test_stored_value_is_never_spent_by_a_code_alone(shop: Shop) -> None:
    member = await shop.member()
    await shop.manager.post(f"/members/{member}/top-ups", {"amount": 10_000})
    scan = await shop.till.scan((await shop.show(member)).text)
    assert (await shop.till.post("/purchases", {"scan_id": scan, "amount": 100, "stored": 1})).status_code == 202
    alone = await shop.till.post("/purchases", {"member_id": member, "amount": 100, "stored": 1})
    assert (alone.status_code, alone.json()["code"]) == (403, "scan_required")
    held = (await shop.manager.get(f"/members/{member}")).json()["stored"]
    assert held == {"principal": 10_000, "bonus": 2_000}


async def test_a_till_does_not_take_back_points_that_are_spent_a_manager_makes_them_debt(shop: Shop) -> None:
    member = await shop.member()
    done = await shop.till.post("/purchases", {"member_id": member, "amount": 5_000})
    await shop.db.write(points.spend, member, 1, Cause("elsewhere", "test"), moment=shop.clock.moment())
    path, asked = f"/purchases/{done.json()['purchase_id']}/refunds", {"amount": 5_000, "reason": "a slip"}
    refused = await shop.till.post(path, asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "points_spent")
    assert await shop.points_of(member) == 49, "nothing was half taken back"
    back = await shop.manager.post(path, asked)
    assert (back.status_code, back.json()["debt"]) == (201, 1)
    await assert_clean(shop.db)


async def test_a_till_takes_nothing_back_on_the_next_day(shop: Shop) -> None:
    shop.clock.now += timedelta(hours=11, minutes=55)  # 23:55 in the shop
    done = await shop.till.post("/purchases", {"member_id": await shop.member(), "amount": 5_000})
    shop.clock.now += timedelta(minutes=6)
    path, asked = f"/purchases/{done.json()['purchase_id']}/refunds", {"amount": 5_000, "reason": "a slip"}
    assert (await shop.till.post(path, asked)).json()["code"] == "day_over"
    assert (await shop.manager.post(path, asked)).status_code == 201
