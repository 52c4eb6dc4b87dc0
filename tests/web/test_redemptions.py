"""Goods handed out at a till for a coupon alone, and taken back: once, in its store, in its time, by who may."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.proof import assert_clean
from tests.web.tills import Shop, Till


async def handed(shop: Shop, member: str, *, till: Till | None = None) -> dict[str, Any]:
    """Hand a cake out and return what was answered."""
    at, cake = till or shop.till, await shop.coupon(member, "cake")
    scan = await at.scan((await shop.show(member)).text)
    done = await at.post(f"/coupons/{cake}/redemptions", {"scan_id": scan}, Accept_Language="en")
    assert (done.status_code, done.json()["undone"]) == (201, False), done.text
    return dict(done.json())


def why(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_slip_is_taken_back_however_often_it_is_asked_and_the_coupon_counts_again(shop: Shop) -> None:
    member = await shop.member()
    first = await handed(shop, member)
    path = f"/redemptions/{first['redemption_id']}/undo"
    undone = await shop.till.post(path, {}, named="undo", Accept_Language="en")
    assert (undone.status_code, undone.json()) == (200, {**first, "undone": True})
    again = await shop.till.post(path, {}, named="undo", Accept_Language="en")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (undone.content, "true")
    shop.clock.pass_by(days=2)
    assert (await shop.till.post(path, {}, Accept_Language="en")).json() == undone.json()
    scan = await shop.till.scan((await shop.show(member)).text)
    used = await shop.till.post(f"/coupons/{first['coupon_id']}/redemptions", {"scan_id": scan})
    assert used.status_code == 201, used.text
    assert used.json()["redemption_id"] != first["redemption_id"]
    assert (await shop.till.post(path, {}, Accept_Language="en")).json()["undone"], "the one it names, not the new one"
    await assert_clean(shop.db)


async def test_a_till_takes_back_its_own_within_minutes_and_a_managers_key_all_day(shop: Shop) -> None:
    slips = [await handed(shop, await shop.member()) for _ in range(3)]
    paths = [f"/redemptions/{slip['redemption_id']}/undo" for slip in slips]
    other = await shop.new_till("till 3", "main")
    assert why(await other.post(paths[0], {})) == (404, "coupon_unknown")
    shop.clock.pass_by(minutes=10)
    assert (await shop.till.post(paths[0], {})).status_code == 200
    shop.clock.pass_by(seconds=1)
    late = await shop.till.post(paths[1], {})
    assert (why(late), late.json()["facts"]) == ((409, "undo_too_late"), {"minutes": 10})
    assert (await shop.manager.post(paths[1], {})).status_code == 200
    shop.clock.pass_by(hours=12)
    assert why(await shop.manager.post(paths[2], {})) == (409, "day_over")
    await assert_clean(shop.db)


async def test_what_was_handed_out_elsewhere_or_came_off_a_bill_is_not_undone_so(shop: Shop) -> None:
    member = await shop.member()
    there = await handed(shop, member, till=shop.east)
    assert why(await shop.manager.post(f"/redemptions/{there['redemption_id']}/undo", {})) == (404, "coupon_unknown")
    coupon = await shop.coupon(member)
    scan = await shop.till.scan((await shop.show(member)).text)
    bill = {"scan_id": scan, "amount": 2500, "coupon_ids": [coupon]}
    bought = (await shop.till.post("/purchases", bill)).json()["purchase_id"]
    for other in (bought, coupon, there["coupon_id"]):
        assert why(await shop.till.post(f"/redemptions/{other}/undo", {})) == (404, "coupon_unknown")
    assert why(await shop.till.post("/redemptions/1/undo", {})) == (422, "invalid_request")
    assert why(await shop.till.post(f"/redemptions/{bought}/undo", {"reason": "x"})) == (422, "invalid_request")


@pytest.mark.parametrize("rounds", [4])
async def test_many_who_take_the_same_slip_back_take_it_back_once(shop: Shop, rounds: int) -> None:
    member = await shop.member()
    for _ in range(rounds):
        path = f"/redemptions/{(await handed(shop, member))['redemption_id']}/undo"
        given = await asyncio.gather(*(shop.till.post(path, {}) for _ in range(12)))
        assert {answer.status_code for answer in given} == {200}
        assert len({answer.content for answer in given}) == 1
    await assert_clean(shop.db)
