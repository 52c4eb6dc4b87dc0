"""What was on its way when two became one: a button pressed once more does nothing new, and nobody is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from membership.member import Who
from services import Tx, broadcasts, lottery, mall, segments
from storage.broadcasts import advance
from storage.tables import audiences, outbox
from tests.proof import assert_clean
from tests.services.couple import Couple
from tests.services.shopfront import Shop

LATTE = {"id": "latte", "kind": "exchange", "title": "Latte", "goods": "One latte", "claim": "mall", "price_points": 20}
PRIZES = [{"id": "some", "odds": "100%", "points": 5}]


@pytest.fixture
async def couple(shop: Shop) -> Couple:
    return await Couple.meet(shop, offers=[LATTE], lottery={"prizes": PRIZES, "price_points": 10, "per_day": 9})


async def test_a_claim_pressed_again_as_the_one_member_gives_the_first_coupon(couple: Couple) -> None:
    await couple.earn(couple.young, 80)
    first = await couple.db.write(mall.exchange, couple.young, "latte", "n", moment=couple.moment())
    await couple.merge()
    again = await couple.db.write(mall.exchange, couple.old, "latte", "n", moment=couple.moment())
    assert (again.id, await couple.points(couple.old)) == (first.id, 60)
    await assert_clean(couple.db)


async def test_a_draw_pressed_again_as_the_one_member_gives_the_first_answer(couple: Couple) -> None:
    await couple.earn(couple.young, 80)
    await couple.db.write(lottery.draw, couple.young, "n", moment=couple.moment())
    await couple.merge()
    again = await couple.db.write(lottery.draw, couple.old, "n", moment=couple.moment())
    assert (again.fresh, await couple.points(couple.old)) == (False, 75)
    await assert_clean(couple.db)


async def told(couple: Couple) -> list[str]:
    mine = select(outbox.c.recipient).where(outbox.c.kind == "broadcast").order_by(outbox.c.recipient)
    return [row.recipient for row in await couple.db.read(lambda tx: tx.all(mine))]


async def halfway(couple: Couple, cursor: str) -> None:
    """Let a broadcast to everybody have been planned up to this member."""
    owner: Who = await couple.shop.hire("Olga")
    draft = await couple.shop.draft(owner)
    assert await couple.shop.send(owner, draft)
    await couple.db.write(lambda tx: advance(tx, draft.id, cursor))


async def test_whom_a_broadcast_had_not_come_to_gets_it_as_the_one_member(couple: Couple) -> None:
    first, last = sorted((couple.old, couple.young))
    couple.old, couple.young = first, last
    await couple.shop.change(last, joined_at=couple.shop.now - timedelta(days=1))
    await couple.shop.change(first, joined_at=couple.shop.now - timedelta(days=2))
    await halfway(couple, first)
    await couple.merge()
    assert await told(couple) == [first]
    await couple.shop.plan()
    assert await told(couple) == [first]


async def test_who_was_in_the_group_of_a_broadcast_is_in_it_as_the_one_member(couple: Couple) -> None:
    owner = await couple.shop.hire("Olga")
    await couple.shop.change(couple.young, source="poster")
    moment = couple.moment()
    made = await couple.db.write(segments.add, owner, "Poster", {"sources": ["poster"]}, key="k1", moment=moment)
    draft = await couple.shop.draft(owner)
    draft = await couple.db.write(broadcasts.aim, owner, draft.id, made.code, moment=couple.moment())
    assert await couple.shop.send(owner, draft)
    await couple.merge()
    await couple.shop.plan()
    assert await told(couple) == [couple.old]


async def test_who_was_not_in_the_group_of_a_broadcast_stays_out_of_it(couple: Couple) -> None:
    owner = await couple.shop.hire("Olga")
    [other] = await couple.shop.settle(1, source="poster")
    moment = couple.moment()
    made = await couple.db.write(segments.add, owner, "Poster", {"sources": ["poster"]}, key="k1", moment=moment)
    draft = await couple.shop.draft(owner)
    draft = await couple.db.write(broadcasts.aim, owner, draft.id, made.code, moment=couple.moment())
    assert await couple.shop.send(owner, draft)
    await couple.merge()

    def chosen(tx: Tx) -> list[str]:
        return [row.member_id for row in tx.all(select(audiences.c.member_id))]

    assert await couple.db.read(chosen) == [other]
