"""What other systems are told of passes, tiers, coupons and points that change hands: ids and figures, once each."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from sqlalchemy import select

from membership.webhooks import Event
from services import bonds, coupons, grants, redemptions, rules, webhooks
from services.reader import Reader
from storage import webhooks as rows
from storage.database import Database, Tx
from storage.tables import hook_calls
from tests.handlers.counter import PRESETS
from tests.services.couple import Couple
from tests.services.pass_holder import Holder
from tests.services.shopfront import Shop
from tests.services.test_bonds import ALLOWED, link, person
from tests.services.test_tiers import Climb


async def hook(shop: Shop, *events: Event) -> None:
    to: dict[str, Any] = {"events": events, "inside": False, "actor": "test"}
    await shop.db.write(webhooks.add, "books", "https://books.example/hooks", **to, moment=shop.moment())


async def told(db: Database) -> list[dict[str, Any]]:
    """What was put in for the hook, in its order."""

    def read(tx: Tx) -> list[dict[str, Any]]:
        found = tx.all(select(hook_calls).order_by(hook_calls.c.created_at, hook_calls.c.id))
        return [json.loads(rows.body(tx, row)) for row in found]

    return await db.read(read)


@pytest.fixture
async def holder(shop: Shop) -> Holder:
    return await Holder.open(shop)


async def test_a_pass_is_told_of_when_it_is_sold_used_restored_and_over(shop: Shop, holder: Holder) -> None:
    await hook(shop, "pass.sold", "pass.used", "pass.restored", "pass.ended")
    sold = await holder.buy(reference="sale")
    await holder.buy(reference="sale")
    done = await holder.use(sold, 2)
    await holder.undo(done)
    await holder.refund(sold)
    await holder.undo_sale(await holder.buy())
    said = {(one["type"], one["data"]["pass_id"]): one["data"] for one in await told(shop.db)}
    assert len(said) == 6
    first = {"member_id": holder.member_id, "store": "main"}
    assert said["pass.sold", sold.id].items() >= {**first, "plan": "ten", "visits": 10, "price": 20_000}.items()
    assert said["pass.used", sold.id].items() >= {**first, "visit_id": done.id, "count": 2, "remaining": 8}.items()
    assert said["pass.restored", sold.id].items() >= {**first, "visit_id": done.id, "remaining": 10}.items()
    assert said["pass.ended", sold.id].items() >= {**first, "state": "refunded", "amount": 20_000}.items()
    assert [data["state"] for (kind, of), data in said.items() if kind == "pass.ended" and of != sold.id] == ["voided"]


async def test_a_tier_is_told_of_when_it_becomes_another_one(shop: Shop) -> None:
    climb = await Climb(shop).open()
    await hook(shop, "tier.changed")
    await climb.do("pay 1500")
    await climb.do("pay 1")
    [said] = await told(shop.db)
    assert said["data"].items() >= {"member_id": climb.member_id, "before": "basic", "reason": "reached"}.items()


async def test_a_coupon_taken_back_is_told_of_once(shop: Shop, holder: Holder) -> None:
    await hook(shop, "coupon.voided")
    offer = (await shop.db.read(rules.current)).offers[0]
    how: dict[str, Any] = {"reference": "gift", "moment": shop.moment()}
    given = await shop.db.write(grants.give, holder.member_id, offer.id, **how)
    assert given is not None
    for _ in range(2):
        await shop.db.write(coupons.take_back, given.id, actor="test", moment=shop.moment())
    [said] = await told(shop.db)
    assert said["data"].items() >= {"coupon_id": given.id, "member_id": holder.member_id, "offer": offer.id}.items()


async def test_a_coupon_that_is_its_members_again_is_told_of_once(shop: Shop, holder: Holder) -> None:
    await hook(shop, "coupon.redeemed", "coupon.restored")
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    cake = {"id": "cake", "kind": "gift", "title": "A cake", "goods": "a cake", "claim": "open"}
    await shop.db.write(rules.bring, {**body, "offers": [*body["offers"], cake]}, actor="test", now=shop.now)
    how: dict[str, Any] = {"reference": "gift", "moment": shop.moment()}
    given = await shop.db.write(grants.give, holder.member_id, "cake", **how)
    assert given is not None
    reader = Reader("jay", rules.store_id("main"))
    scan = await holder.scan(reader)
    done = await shop.db.write(redemptions.hand_out, given.id, scan, reader, moment=shop.moment())
    for _ in range(2):
        await shop.db.write(redemptions.undo, done.id, reader, manager=False, moment=shop.moment())
    said = await told(shop.db)
    assert sorted(one["type"] for one in said) == ["coupon.redeemed", "coupon.restored"]
    about = {"coupon_id": given.id, "member_id": holder.member_id, "offer": "cake", "store": "main"}
    assert all(one["data"].items() >= {**about, "purchase_id": None}.items() for one in said)


async def test_points_sent_to_a_friend_are_told_of_once_for_both(shop: Shop) -> None:
    couple = await Couple.meet(shop, transfer=ALLOWED)
    await hook(shop, "points.transferred")
    giver, taker = await person(couple, couple.old), await person(couple, couple.young)
    bond_id = await link(couple, giver, taker)
    await couple.earn(couple.old, 100)
    for _ in range(2):
        await shop.db.write(bonds.send, giver, bond_id, 30, reference="press", moment=shop.moment())
    [said] = await told(shop.db)
    assert said["data"].items() >= {"member_id": couple.old, "to_member_id": couple.young, "points": 30}.items()
