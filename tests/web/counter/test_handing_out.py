"""Goods handed out on the staff page for a coupon alone: listed with the day's purchases, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storage import identities
from storage import staff as staff_rows
from storage.database import Tx
from tests.proof import assert_clean
from tests.web.desks import Desk, Team
from tests.web.tills import Shop


async def handed(shop: Shop, desk: Desk, member: str) -> str:
    """Hand a cake out and return the redemption's id."""
    cake, scan = await shop.coupon(member, "cake"), await desk.scan((await shop.show(member)).text)
    done = await desk.post(f"/coupons/{cake}/redemptions", {"scan_id": scan})
    assert done.status_code == 201, done.text
    return str(done.json()["redemption_id"])


async def listed(desk: Desk) -> list[dict[str, Any]]:
    return list((await desk.get("/today")).json()["handed_out"])


async def test_the_day_lists_what_was_handed_out_and_it_is_undone_from_there(shop: Shop, desk: Desk) -> None:
    member = await shop.member()
    first = await handed(shop, desk, member)
    until = shop.clock.now + timedelta(minutes=10)
    shop.clock.pass_by(minutes=1)
    second = await handed(shop, desk, member)
    assert [one["redemption_id"] for one in await listed(desk)] == [second, first]
    (_, slip) = await listed(desk)
    assert (slip["goods"], slip["title"], slip["member"], slip["staff"]) == ("a slice of cake", "A cake", "W**", "Jay")
    assert (slip["undone"], slip["undo_until"]) == (False, until.isoformat().replace("+00:00", "Z"))
    undone = await desk.post(f"/redemptions/{first}/undo", named="slip")
    assert (undone.status_code, undone.json()["undone"]) == (200, True)
    assert (await desk.post(f"/redemptions/{first}/undo", named="slip")).content == undone.content
    assert [(one["undone"], one["undo_until"] is None) for one in await listed(desk)] == [(False, False), (True, True)]
    bill = await desk.post("/purchases", {"member_id": member, "amount": 1000})
    page = (await desk.get("/today", after=bill.json()["purchase_id"])).json()
    assert page == {"purchases": [], "next": None}, "what was handed out comes once, with the first page"
    await assert_clean(shop.db)


async def test_a_colleagues_slip_is_a_managers_to_undo_and_in_another_store_nobodys(
    shop: Shop, desk: Desk, team: Team
) -> None:
    slip = await handed(shop, desk, await shop.member())
    colleague, there = await team.desk("Sun"), await team.desk("Eve", "manager", "east")
    assert [one["undo_until"] for one in await listed(colleague)] == [None]
    assert await listed(there) == []
    for other in (colleague, there):
        no = await other.post(f"/redemptions/{slip}/undo")
        assert (no.status_code, no.json()["code"]) == (404, "coupon_unknown")
    shop.clock.pass_by(minutes=30)
    assert (await desk.post(f"/redemptions/{slip}/undo")).json()["code"] == "undo_too_late"
    boss = await team.desk("Mona", "manager")
    assert [one["undo_until"] for one in await listed(boss)] == ["2026-11-22T16:00:00Z"]
    assert (await boss.post(f"/redemptions/{slip}/undo")).status_code == 200
    await assert_clean(shop.db)


async def test_nobody_gives_themselves_a_used_coupon_back(shop: Shop, desk: Desk, boss: Desk, team: Team) -> None:
    member, boss_id = await shop.member(), await team.who("Mona")
    slip = await handed(shop, desk, member)

    def link(tx: Tx) -> None:
        account = staff_rows.find(tx, boss_id)
        assert account is not None
        identities.change(tx, account.identity_id, member_id=member)

    await shop.db.write(link)
    no = await boss.post(f"/redemptions/{slip}/undo")
    assert (no.status_code, no.json()["code"]) == (403, "self_credit")
