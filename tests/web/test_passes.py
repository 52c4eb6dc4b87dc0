"""Counted passes at a till: sold, used with a fresh code, undone, and given back by a manager's key."""

from __future__ import annotations

import asyncio
import tomllib
from importlib import resources
from typing import Any

import pytest

from services import pins, rules, visit_asks
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, TEN
from tests.web.tills import CARDS, Shop
from web import answers


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


async def test_a_managers_key_sees_the_passes_and_how_a_member_stands_and_a_till_does_not(shop: Shop) -> None:
    member = await shop.member()
    held = await sold(shop, member)
    known = answers.MemberKnown.model_validate((await shop.manager.get(f"/members/{member}")).json())
    assert [(one.pass_id, one.remaining) for one in known.passes or ()] == [(held, 10)]
    assert known.standing is not None
    assert (known.standing.metric, known.standing.until, known.standing.by_hand) == ("spend", None, False)
    assert known.standing.next is not None
    assert known.standing.next.missing > 0
    seen = (await shop.till.get(f"/members/{member}")).json()
    assert not {"passes", "standing", "tags"} & set(seen)


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


async def test_the_members_pin_is_the_yes_to_visits_at_a_till_and_each_try_counts(shop: Shop) -> None:
    member = await shop.member()
    hashed = await asyncio.to_thread(pins.hashed, "135790")
    await shop.db.write(pins.set_member, member, hashed, moment=shop.clock.moment())
    path = f"/passes/{await sold(shop, member)}/visits"
    wrong = await shop.till.post(path, {"count": 3, "pin": "246810"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["facts"]) == (403, "wrong_pin", {"left": 4})
    done = await shop.till.post(path, {"count": 3, "pin": "135790"}, named="by pin")
    assert (done.status_code, done.json()["pass"]["remaining"]) == (201, 7)
    assert (await shop.till.post(path, {"count": 3, "pin": "000000"}, named="by pin")).content == done.content
    over = await shop.till.post(path, {"count": 7, "pin": "135790"})
    assert (over.status_code, over.json()["code"], over.json()["facts"]) == (403, "pin_day_limit", {"left": 12_500})
    await assert_clean(shop.db)
