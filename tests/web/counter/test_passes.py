"""Counted passes on the staff page: sold and used by whoever serves, given back by a manager."""

from __future__ import annotations

import asyncio
import tomllib
from importlib import resources
from typing import Any

from services import pins, rules, tags
from services.reader import Reader
from tests.proof import assert_clean
from tests.services.pass_holder import TEN
from tests.web.desks import Desk
from tests.web.tills import CARDS, Shop


async def sell(shop: Shop, **more: Any) -> None:
    """Let the shop sell a pass."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    body = {**tomllib.loads(f"{cafe}{CARDS}"), "passes": [TEN], **more}
    await shop.db.write(rules.bring, body, actor="test", now=shop.clock.now)


async def test_a_cashier_sells_and_uses_a_pass_and_takes_both_back(shop: Shop, desk: Desk, boss: Desk) -> None:
    assert desk.me["passes"] == []
    await sell(shop)
    assert [plan["plan"] for plan in (await desk.get("/me")).json()["passes"]] == ["ten"]
    member = await shop.member()
    sold = await desk.post("/passes", {"member_id": member, "plan": "ten"}, named="sale")
    again = await desk.post("/passes", {"member_id": member, "plan": "ten"}, named="sale")
    assert (sold.status_code, sold.text) == (201, again.text)
    seen = (await desk.post("/scans", {"code": (await shop.show(member)).text})).json()
    [held] = seen["member"]["passes"]
    assert (held["pass_id"], held["remaining"]) == (sold.json()["pass_id"], 10)
    taken = await desk.post(f"/passes/{held['pass_id']}/visits", {"scan_id": seen["scan_id"]})
    assert (taken.status_code, taken.json()["pass"]["remaining"]) == (201, 9)
    shift = (await boss.get("/shift")).json()["whole"]
    assert (shift["passes_sold"], shift["passes_back"], shift["visits"]) == (20_000, 0, 1)
    back = await desk.post(f"/visits/{taken.json()['visit_id']}/undo", {})
    assert (back.status_code, back.json()["pass"]["remaining"]) == (200, 10)
    undone = await desk.post(f"/passes/{held['pass_id']}/undo", {})
    assert (undone.status_code, undone.json()["state"]) == (200, "voided")
    await assert_clean(shop.db)


async def test_a_manager_gives_a_pass_back_and_a_cashier_does_not(shop: Shop, desk: Desk, boss: Desk) -> None:
    await sell(shop)
    sold = (await desk.post("/passes", {"member_id": await shop.member(), "plan": "ten"})).json()["pass_id"]
    no = await desk.post(f"/passes/{sold}/refunds", {"reason": "returned"})
    assert (no.status_code, no.json()["code"]) == (403, "not_allowed")
    back = await boss.post(f"/passes/{sold}/refunds", {"reason": "returned"})
    assert (back.status_code, back.json()["refunded"]) == (201, 20_000)
    shift = (await boss.get("/shift")).json()["whole"]
    assert (shift["passes_sold"], shift["passes_back"]) == (20_000, 20_000)
    await assert_clean(shop.db)


async def test_a_manager_sees_what_would_be_given_back_and_gives_back_no_other_sum(
    shop: Shop, desk: Desk, boss: Desk
) -> None:
    await sell(shop)
    member = await shop.member()
    sold = (await boss.post("/passes", {"member_id": member, "plan": "ten"})).json()["pass_id"]
    seen = (await boss.post("/scans", {"code": (await shop.show(member)).text})).json()
    assert [one["worth"] for one in seen["member"]["passes"]] == [20_000]
    assert (
        "worth"
        not in (await desk.post("/scans", {"code": (await shop.show(member)).text})).json()["member"]["passes"][0]
    )
    scan = await desk.scan((await shop.show(member)).text)
    await desk.post(f"/passes/{sold}/visits", {"scan_id": scan})
    no = await boss.post(f"/passes/{sold}/refunds", {"reason": "returned", "amount": 20_000})
    assert (no.status_code, no.json()["code"]) == (409, "quote_expired")
    done = await boss.post(f"/passes/{sold}/refunds", {"reason": "returned", "amount": 17_500})
    assert (done.status_code, done.json()["refunded"]) == (201, 17_500)
    await assert_clean(shop.db)


async def test_the_members_pin_is_the_yes_to_visits_and_counts_towards_the_day(
    shop: Shop, desk: Desk, boss: Desk
) -> None:
    await sell(shop, counter={"confirm_above": "20", "pin_day": "60"})
    member = await shop.member()
    await shop.db.write(
        pins.set_member, member, await asyncio.to_thread(pins.hashed, "135790"), moment=shop.clock.moment()
    )
    sold = (await desk.post("/passes", {"member_id": member, "plan": "ten"})).json()["pass_id"]

    async def ask(count: int) -> str:
        scan = await desk.scan((await shop.show(member)).text)
        asked = await desk.post(f"/passes/{sold}/visits", {"scan_id": scan, "count": count})
        assert (asked.status_code, asked.json()["state"]) == (202, "asked")
        return f"/visits/{asked.json()['visit_id']}/pin"

    first = await ask(2)
    wrong = await desk.post(first, {"pin": "246810"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["facts"]) == (403, "wrong_pin", {"left": 4})
    assert (await boss.post(first, {"pin": "135790"})).json()["code"] == "pass_unknown"
    taken = await desk.post(first, {"pin": "135790"}, named="yes")
    assert (taken.status_code, taken.json()["pass"]["remaining"]) == (201, 8)
    assert (await desk.post(first, {"pin": "135790"}, named="yes")).content == taken.content
    second = await desk.post(await ask(1), {"pin": "135790"})
    assert (second.json()["code"], second.json()["facts"]) == ("pin_day_limit", {"left": 1000})
    await assert_clean(shop.db)


async def test_the_page_shows_how_long_a_tier_is_held_and_a_manager_the_tags(
    shop: Shop, desk: Desk, boss: Desk
) -> None:
    member = await shop.member()
    await shop.db.write(tags.put, member, ["vip"], Reader("test", rules.store_id("main")), moment=shop.clock.moment())
    seen = (await boss.post("/scans", {"code": (await shop.show(member)).text})).json()["member"]
    assert (seen["tags"], seen["tier_until"]) == (["vip"], None)
    assert "tags" not in (await desk.post("/scans", {"code": (await shop.show(member)).text})).json()["member"]
