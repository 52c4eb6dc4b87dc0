"""Counted passes at a till: sold, used with a fresh code, undone, and given back by a manager's key."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest

from services import rules, visit_asks
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, TEN
from tests.web.tills import CARDS, Shop


@pytest.fixture
async def door_parts(door_parts: dict[str, Any]) -> dict[str, Any]:
    """The same café, which sells passes as well."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    database, moment = door_parts["database"], door_parts["clock_moment"]()
    body = {**tomllib.loads(cafe + CARDS), "passes": [TEN, {**SPA, "stores": ["east"]}]}
    await database.write(rules.bring, body, actor="test", now=moment.now)
    return door_parts


async def sold(shop: Shop, member: str, plan: str = "ten") -> str:
    done = await shop.till.post(f"/members/{member}/passes", {"plan": plan}, named=f"sale {member}")
    assert done.status_code == 201, done.text
    return str(done.json()["pass_id"])


async def test_a_pass_is_sold_once_under_its_key_and_listed_with_what_is_sold_here(shop: Shop) -> None:
    member = await shop.member()
    held = await sold(shop, member)
    assert await sold(shop, member) == held
    seen = (await shop.till.get(f"/members/{member}/passes")).json()
    assert [(one["pass_id"], one["remaining"], one["state"]) for one in seen["passes"]] == [(held, 10, "live")]
    assert [(one["plan"], one["price"]) for one in seen["plans"]] == [("ten", 20_000)]
    assert await shop.points_of(member) == 20
    elsewhere = await shop.till.post(f"/members/{member}/passes", {"plan": "spa"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "pass_unknown")
    await assert_clean(shop.db)


async def test_a_visit_needs_a_fresh_code_or_a_managers_reason(shop: Shop) -> None:
    member = await shop.member()
    path = f"/passes/{await sold(shop, member)}/visits"
    assert (await shop.till.post(path, {})).json()["code"] == "scan_required"
    assert (await shop.till.post(path, {"reason": "phone is dead"})).json()["code"] == "not_allowed"
    scan = await shop.till.scan((await shop.show(member)).text)
    done = await shop.till.post(path, {"scan_id": scan, "count": 2}, named="v1")
    assert (done.status_code, done.json()["pass"]["remaining"]) == (201, 8)
    assert (await shop.till.post(path, {"scan_id": scan, "count": 2}, named="v1")).content == done.content
    assert (await shop.till.post(path, {"scan_id": scan})).json()["code"] == "code_used"
    assert (await shop.manager.post(path, {"reason": "phone is dead"})).json()["pass"]["remaining"] == 7
    undone = await shop.till.post(f"/visits/{done.json()['visit_id']}/undo", {})
    assert (undone.status_code, undone.json()["undone"], undone.json()["pass"]["remaining"]) == (200, True, 9)
    await assert_clean(shop.db)


async def test_a_manager_gives_a_pass_back_and_an_untouched_sale_is_undone(shop: Shop) -> None:
    member = await shop.member()
    held = await sold(shop, member)
    await shop.manager.post(f"/passes/{held}/visits", {"reason": "phone is dead"})
    back = await shop.manager.post(f"/passes/{held}/refunds", {"reason": "moved away"})
    assert (back.status_code, back.json()["state"], back.json()["refunded"]) == (201, "refunded", 17_500)
    slip = (await shop.till.post(f"/members/{member}/passes", {"plan": "ten"})).json()["pass_id"]
    undone = await shop.till.post(f"/passes/{slip}/undo", {})
    assert (undone.status_code, undone.json()["state"]) == (200, "voided")
    await assert_clean(shop.db)


async def test_visits_worth_much_wait_for_the_members_yes(shop: Shop) -> None:
    member = await shop.member()
    path = f"/passes/{await sold(shop, member)}/visits"
    scan = await shop.till.scan((await shop.show(member)).text)
    waits = await shop.till.post(path, {"scan_id": scan, "count": 3})
    assert (waits.status_code, waits.json()["state"], waits.json()["pass"]["remaining"]) == (202, "asked", 10)
    asked = waits.json()["visit_id"]
    assert (await shop.till.get(f"/visits/{asked}")).json()["state"] == "asked"
    await shop.db.write(visit_asks.agree, asked, member, moment=shop.clock.moment())
    seen = (await shop.till.get(f"/visits/{asked}")).json()
    assert (seen["state"], seen["pass"]["remaining"]) == ("taken", 7)
    assert (await shop.east.get(f"/visits/{asked}")).json()["code"] == "pass_unknown"
    await assert_clean(shop.db)
