"""A till that says who serves: nobody serves themselves there either, and the trail has the name."""

from __future__ import annotations

from typing import Any

from storage import identities
from storage import staff as staff_rows
from storage.database import Tx
from storage.tables import audit
from tests.proof import assert_clean
from tests.web.tills import Shop


async def own(shop: Shop, staff_id: str) -> str:
    """Make somebody who works here a member, too, and return the member."""
    member = await shop.member()

    def link(tx: Tx) -> None:
        account = staff_rows.find(tx, staff_id)
        assert account is not None
        identities.change(tx, account.identity_id, member_id=member)

    await shop.db.write(link)
    return member


async def trail(shop: Shop, action: str) -> list[dict[str, Any]]:
    def read(tx: Tx) -> list[dict[str, Any]]:
        return [dict(row.facts) for row in tx.all(audit.select().where(audit.c.action == action))]

    return await shop.db.read(read)


async def test_the_cashier_a_till_names_is_kept_in_the_trail(shop: Shop) -> None:
    jay, member = await shop.hire("cashier"), await shop.member()
    bill = {"member_id": member, "amount": 1000, "cashier": jay}
    done = await shop.till.post("/purchases", bill, named="sale")
    assert done.status_code == 201, done.text
    assert (await shop.till.post("/purchases", bill, named="sale")).content == done.content
    assert [facts["cashier"] for facts in await trail(shop, "purchase")] == [jay]
    other = await shop.till.post("/purchases", {**bill, "cashier": await shop.hire("cashier")}, named="sale")
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")
    await assert_clean(shop.db)


async def test_no_cashier_is_served_by_themselves_and_the_try_is_written_down(shop: Shop) -> None:
    jay = await shop.hire("cashier")
    member = await own(shop, jay)
    bill = {"member_id": member, "amount": 1000}
    no = await shop.till.post("/purchases", {**bill, "cashier": jay})
    assert (no.status_code, no.json()["code"]) == (403, "self_credit")
    assert [facts["member"] for facts in await trail(shop, "fraud.self")] == [member]
    colleague = await shop.till.post("/purchases", {**bill, "cashier": await shop.hire("cashier")})
    assert colleague.status_code == 201
    await assert_clean(shop.db)


async def test_who_does_not_serve_in_the_tills_store_is_no_cashier_of_it(shop: Shop) -> None:
    member, there = await shop.member(), await shop.hire("auditor")
    gone = await shop.hire("cashier")
    await shop.db.write(staff_rows.remove, gone, shop.clock.now)
    bill = {"member_id": member, "amount": 1000}
    for cashier, code in ((there, "not_allowed"), (gone, "not_staff"), (member, "not_staff")):
        no = await shop.till.post("/purchases", {**bill, "cashier": cashier})
        assert (no.status_code, no.json()["code"]) == (403, code)
    assert (await shop.till.post("/purchases", {**bill, "cashier": "Jay"})).json()["code"] == "invalid_request"
    assert await shop.points_of(member) == 0
    await assert_clean(shop.db)
