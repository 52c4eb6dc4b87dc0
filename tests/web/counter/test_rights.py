"""Who may call what of the staff page: the same matrix as everywhere, whatever is typed by hand; and it is noted."""

from __future__ import annotations

from typing import Any

import pytest

from membership.moment import id_of
from services import audit
from storage.database import Database, Tx
from storage.tables import audit as trail
from tests.web.desks import Team
from tests.web.tills import Shop

NOBODY = id_of("nobody")
BILL = {"member_id": NOBODY, "amount": 100}

SERVING: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/scans", {"code": "1234567890"}),
    ("GET", "/members?phone=13800138000", None),
    ("GET", "/members?tail=8000", None),
    ("POST", "/members", {"phone": "13800138000", "consent": {"terms": True}}),
    ("POST", "/quotes", BILL),
    ("POST", "/purchases", BILL),
    ("GET", f"/reservations/{NOBODY}", None),
    ("DELETE", f"/reservations/{NOBODY}", None),
    ("POST", f"/reservations/{NOBODY}/pin", {"pin": "135790"}),
    ("POST", f"/purchases/{NOBODY}/undo", {}),
    ("POST", f"/coupons/{NOBODY}/redemptions", {"scan_id": NOBODY}),
    ("POST", f"/redemptions/{NOBODY}/undo", {}),
    ("POST", "/passes", {"member_id": NOBODY, "plan": "ten"}),
    ("POST", f"/passes/{NOBODY}/visits", {"scan_id": NOBODY}),
    ("POST", f"/passes/{NOBODY}/undo", {}),
    ("GET", f"/visits/{NOBODY}", None),
    ("POST", f"/visits/{NOBODY}/pin", {"pin": "135790"}),
    ("POST", f"/visits/{NOBODY}/undo", {}),
    ("GET", "/questions", None),
    ("POST", f"/questions/{NOBODY}/answer", {"text": "no"}),
)
MANAGING: tuple[tuple[str, str, Any], ...] = (
    ("PATCH", f"/members/{NOBODY}", {"name": "X"}),
    ("POST", f"/purchases/{NOBODY}/refunds", {"reason": "returned"}),
    ("POST", f"/passes/{NOBODY}/refunds", {"reason": "returned"}),
)


async def noted(db: Database) -> list[str]:
    """What was tried without the right to it, as the trail has it."""

    def read(tx: Tx) -> list[str]:
        rows = tx.all(trail.select().where(trail.c.action == "staff.not_allowed"))
        return [row.facts["tried"] for row in rows]

    return await db.read(read)


@pytest.mark.parametrize("role", ["auditor", "marketer"])
async def test_who_does_not_serve_is_refused_every_call_that_serves(shop: Shop, team: Team, role: str) -> None:
    desk = await team.desk("Ada", role)
    for method, path, body in (*SERVING, *MANAGING):
        answer = await desk.send(method, path, body)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 403, "not_allowed")
    assert len(await noted(shop.db)) == len(SERVING) + len(MANAGING)


async def test_a_cashier_who_calls_what_is_a_managers_is_refused_and_that_is_noted(shop: Shop, team: Team) -> None:
    desk = await team.desk("Jay")
    for method, path, body in MANAGING:
        answer = await desk.send(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert sorted(await noted(shop.db)) == ["correct_member", "refund", "refund"]
    await shop.db.write(audit.seal)
    assert await shop.db.read(audit.first_broken) is None


async def test_the_auditor_sees_the_day_and_changes_nothing(team: Team) -> None:
    desk = await team.desk("Ada", "auditor")
    assert (await desk.get("/today")).json()["purchases"] == []
    assert (await desk.get("/shift")).json()["whole"]["count"] == 0
    assert (await desk.get("/approvals")).json()["approvals"] == []


async def test_what_is_another_stores_does_not_exist_here(shop: Shop, team: Team) -> None:
    here, there = await team.desk("Jay", "manager", "main"), await team.desk("Eve", "manager", "east")
    made = await here.post("/purchases", {"member_id": await shop.member(), "amount": 1000})
    bought = made.json()["purchase_id"]
    for method, path, body in (
        ("POST", f"/purchases/{bought}/undo", {}),
        ("POST", f"/purchases/{bought}/refunds", {"reason": "returned"}),
        ("GET", f"/today?after={bought}", None),
    ):
        answer = await there.send(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "purchase_unknown")
    assert (await there.get("/today")).json()["purchases"] == []
    assert (await here.get("/today")).json()["purchases"][0]["purchase_id"] == bought


async def test_ids_that_are_none_are_refused_before_anything_is_looked_up(team: Team) -> None:
    desk = await team.desk("Jay")
    for path in ("/purchases/1/undo", "/purchases/'%20OR%201=1/undo", f"/purchases/{NOBODY.upper()}/undo"):
        answer = await desk.post(path, {})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
