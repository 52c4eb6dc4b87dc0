"""Counted passes on the staff page: sold and used by whoever serves, given back by a manager."""

from __future__ import annotations

import tomllib
from importlib import resources

from services import rules
from tests.proof import assert_clean
from tests.services.pass_holder import TEN
from tests.web.desks import Desk
from tests.web.tills import CARDS, Shop


async def sell(shop: Shop) -> None:
    """Let the shop sell a pass."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    body = {**tomllib.loads(f"{cafe}{CARDS}"), "passes": [TEN]}
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
