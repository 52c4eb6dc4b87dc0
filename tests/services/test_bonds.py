"""Points between family and friends: only with both's yes, each point once, with its own last day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import (
    BondLimitReached,
    FriendStopped,
    IdReused,
    InDebt,
    InsufficientPoints,
    LinkOwn,
    MemberFrozen,
    NotLinked,
    Refusal,
    TransferOff,
    TransferOverCap,
    TransferTooSmall,
)
from membership.member import Who
from services import bonds, pairing, people, points
from services.bonds import Sent
from services.points import Cause
from storage import identities
from storage.tables import lots, transfers
from tests.proof import assert_clean
from tests.services.couple import Couple
from tests.services.shopfront import Shop

ALLOWED = {"month_cap": 200, "min": 10, "people": 2}


class Family:
    """Two friends who may send each other points."""

    def __init__(self, couple: Couple, giver: Who, taker: Who, bond_id: str) -> None:
        self.couple, self.giver, self.taker, self.bond_id = couple, giver, taker, bond_id

    async def send(self, amount: int, reference: str = "press") -> Sent:
        return await self.couple.db.write(
            bonds.send, self.giver, self.bond_id, amount, reference=reference, moment=self.couple.moment()
        )

    async def points(self) -> tuple[int, int]:
        return await self.couple.points(self.couple.old), await self.couple.points(self.couple.young)


async def person(couple: Couple, member_id: str) -> Who:
    row = (await couple.db.read(identities.of_member, member_id))[0]
    return await couple.db.read(people.who, row.id)


async def link(couple: Couple, one: Who, other: Who) -> str:
    shown = await couple.db.write(pairing.show, one, "bond", moment=couple.moment())
    found = await couple.db.read(pairing.look, other, shown.code, "bond", now=couple.shop.now)
    friend = await couple.db.write(bonds.accept, other, found.ticket_id, moment=couple.moment())
    again = await couple.db.write(bonds.accept, other, found.ticket_id, moment=couple.moment())
    assert friend == again
    return friend.bond_id


@pytest.fixture
async def family(shop: Shop) -> Family:
    couple = await Couple.meet(shop, transfer=ALLOWED)
    giver, taker = await person(couple, couple.old), await person(couple, couple.young)
    return Family(couple, giver, taker, await link(couple, giver, taker))


async def test_what_is_sent_keeps_its_own_last_day_and_what_ends_first_goes_first(family: Family) -> None:
    await family.couple.earn(family.couple.old, 40, days=10)
    await family.couple.earn(family.couple.old, 40, days=20)
    assert (await family.send(60)).left == 20
    assert await family.points() == (20, 60)
    held = await family.couple.db.read(lambda tx: tx.all(select(lots).where(lots.c.remaining > 0)))
    now = family.couple.shop.now
    assert sorted(((row.expires_at - now).days, row.remaining) for row in held) == [(10, 40), (20, 20), (20, 20)]
    await assert_clean(family.couple.db)


async def test_a_second_press_sends_nothing_more_and_another_amount_is_refused(family: Family) -> None:
    await family.couple.earn(family.couple.old, 100)
    done = await asyncio.gather(*(family.send(30) for _ in range(5)))
    assert all(one == done[0] for one in done)
    assert await family.points() == (70, 30)
    with pytest.raises(IdReused):
        await family.send(20)
    await assert_clean(family.couple.db)


async def test_the_last_points_are_sent_or_spent_but_never_both(family: Family) -> None:
    await family.couple.earn(family.couple.old, 50)

    async def spend(number: int) -> None:
        cause = Cause(f"elsewhere:{number}", "mo")
        await family.couple.db.write(points.spend, family.couple.old, 50, cause, moment=family.couple.moment())

    tried = [family.send(50, "a"), spend(1), family.send(50, "b"), spend(2)]
    done = await asyncio.gather(*tried, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in done) == 1
    assert (await family.points())[0] == 0
    await assert_clean(family.couple.db)


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [(9, TransferTooSmall), (0, TransferTooSmall), (201, TransferOverCap), (60, InsufficientPoints)],
)
async def test_too_few_too_many_and_more_than_there_are_stay(
    family: Family, amount: int, refusal: type[Refusal]
) -> None:
    await family.couple.earn(family.couple.old, 50)
    with pytest.raises(refusal):
        await family.send(amount)
    assert await family.points() == (50, 0)


async def test_a_month_has_its_cap_and_the_next_one_begins_anew(family: Family) -> None:
    await family.couple.earn(family.couple.old, 500)
    await family.send(150, "a")
    with pytest.raises(TransferOverCap) as no:
        await family.send(51, "b")
    assert no.value.facts == {"left": 50}
    family.couple.shop.counter.pass_by(days=10)
    await family.send(51, "b")
    assert await family.points() == (299, 201)


async def test_oneself_strangers_debtors_and_the_frozen_send_nothing(family: Family) -> None:
    couple = family.couple
    shown = await couple.db.write(pairing.show, family.giver, "bond", moment=couple.moment())
    with pytest.raises(LinkOwn):
        await couple.db.read(pairing.look, family.giver, shown.code, "bond", now=couple.shop.now)
    [third] = await couple.shop.settle(1)
    stranger = await person(couple, third)
    with pytest.raises(NotLinked):
        await couple.db.write(bonds.send, stranger, family.bond_id, 20, reference="x", moment=couple.moment())
    bought = await couple.buy(couple.old, 5000)
    spent = Cause("spent", "mo")
    await couple.db.write(points.spend, couple.old, bought.points_earned, spent, moment=couple.moment())
    await couple.refund(bought)
    with pytest.raises(InDebt):
        await family.send(20)
    await couple.shop.change(couple.young, frozen_at=couple.shop.now)
    with pytest.raises(FriendStopped):
        await family.send(20)
    await couple.shop.change(couple.old, frozen_at=couple.shop.now)
    with pytest.raises(MemberFrozen):
        await family.send(20)
    assert await couple.db.read(lambda tx: tx.all(select(transfers).where(transfers.c.kind == "transfer"))) == []


async def test_nobody_is_linked_with_more_people_than_the_shop_says(family: Family) -> None:
    couple = family.couple
    others: Sequence[str] = await couple.shop.settle(2)
    first, second = [await person(couple, one) for one in others]
    await link(couple, family.giver, first)
    with pytest.raises(BondLimitReached):
        await link(couple, family.giver, second)


async def test_whoever_ends_a_bond_gets_and_sends_nothing_more(family: Family) -> None:
    await family.couple.earn(family.couple.old, 50)
    await family.couple.db.write(bonds.end, family.taker, family.bond_id, moment=family.couple.moment())
    with pytest.raises(NotLinked):
        await family.send(20)
    assert await family.couple.db.read(bonds.friends, family.couple.old) == []


async def test_a_shop_without_it_sends_nothing(shop: Shop) -> None:
    couple = await Couple.meet(shop)
    with pytest.raises(TransferOff):
        await couple.db.read(bonds.terms)


async def test_two_friends_who_turn_out_to_be_one_are_no_friends_any_more(family: Family) -> None:
    couple = family.couple
    [third] = await couple.shop.settle(1, joined_at=couple.shop.now + timedelta(hours=1))
    await link(couple, family.taker, await person(couple, third))
    done = await couple.merge()
    assert [one.member_id for one in await couple.db.read(bonds.friends, couple.old)] == [third]
    couple.shop.counter.pass_by(hours=1)
    await couple.part(done)
    mine: list[Any] = [await couple.db.read(bonds.friends, one) for one in (couple.old, couple.young)]
    assert [sorted(one.member_id for one in found) for found in mine] == [[couple.young], sorted([couple.old, third])]
