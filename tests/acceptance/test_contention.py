"""Everybody at once, on both databases: the last points, one coupon at two tills, the last piece, the last hour."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from membership.errors import CouponUsed, InsufficientPoints, OfferSoldOut, Refusal
from membership.moment import Moment
from services import Database, Tx, coupons, points, purchases, refunds
from services.orders import Recorded
from services.points import Cause
from storage.points import standing
from storage.tables import coupons as coupon_rows
from tests.acceptance.crowded_shop import CrowdedShop, at_once
from tests.proof import assert_clean

TOGETHER = 64
INSTANT = timedelta(milliseconds=1)


@pytest.fixture
async def shop(db: Database, now: datetime) -> CrowdedShop:
    crowded = CrowdedShop(db, now)
    await crowded.open()
    return crowded


def buying(shop: CrowdedShop, order: Any, number: int) -> Awaitable[Recorded]:
    """Record an order at one of the two tills in turn."""
    till, reference = shop.tills[number % 2], f"till:{number}"
    return shop.db.write(purchases.record, order, till, reference=reference, channel="pos", moment=shop.moment())


async def test_of_many_who_spend_the_last_points_at_once_exactly_one_wins(shop: CrowdedShop) -> None:
    (member,) = await shop.members(1, points_each=100)
    orders = [await shop.order(member, shop.tills[n % 2], 200, points=100) for n in range(TOGETHER)]

    found = await at_once(buying(shop, order, number) for number, order in enumerate(orders))

    assert len(found.won) == 1
    assert found.reasons == {InsufficientPoints.__name__: TOGETHER - 1}
    assert found.won[0].points_spent == 100
    assert await shop.balance(member) == found.won[0].points_earned
    await assert_clean(shop.db)


async def test_one_coupon_at_two_tills_is_redeemed_once_and_the_others_learn_when_and_where(shop: CrowdedShop) -> None:
    (member,) = await shop.members(1)
    coupon = await shop.db.write(coupons.claim, member, "welcome", reference="claim", moment=shop.moment())
    orders = [await shop.order(member, shop.tills[n % 2], 3000, coupon_ids=(coupon.id,)) for n in range(TOGETHER)]

    found = await at_once(buying(shop, order, number) for number, order in enumerate(orders))

    assert len(found.won) == 1
    assert found.reasons == {CouponUsed.__name__: TOGETHER - 1}
    for no in found.refused:
        assert no.facts["at"] == shop.now
        assert no.facts["store"] == found.won[0].store  # in words, as people call it
    await assert_clean(shop.db)


@pytest.mark.parametrize("people", [600, pytest.param(5_000, marks=pytest.mark.torture)])
async def test_of_a_hundred_pieces_exactly_a_hundred_are_claimed_however_many_come(
    shop: CrowdedShop, people: int
) -> None:
    members = await shop.members(people)

    found = await at_once(
        shop.db.write(coupons.claim, member, "rush", reference=f"claim:{member}", moment=shop.moment())
        for member in [*members, *members[:50]]  # fifty of them press twice
    )

    winners = Counter(coupon.id for coupon in found.won)
    assert len(winners) == 100
    assert max(winners.values()) <= 2  # who pressed twice has one coupon, told twice
    assert set(found.reasons) == {OfferSoldOut.__name__}
    assert len(found.won) + len(found.refused) == people + 50
    issued = await shop.db.read(lambda tx: tx.scalar(select(func.count()).select_from(coupon_rows)))
    assert issued == 100
    await assert_clean(shop.db)


async def test_the_same_claim_made_many_times_at_once_gives_one_coupon(shop: CrowdedShop) -> None:
    (member,) = await shop.members(1)

    found = await at_once(
        shop.db.write(coupons.claim, member, "rush", reference="one tap", moment=shop.moment()) for _ in range(20)
    )

    assert len({coupon.id for coupon in found.won}) == 1
    assert len(found.won) == 20
    await assert_clean(shop.db)


async def test_points_that_run_out_while_they_are_spent_are_either_spent_or_gone(shop: CrowdedShop) -> None:
    await meet(shop, rounds=100)


@pytest.mark.torture
@pytest.mark.parametrize("shops", range(4))  # each round takes weeks: a thousand in one shop outlive its codes' clock
async def test_a_thousand_times_points_that_run_out_while_they_are_spent_are_spent_or_gone(
    shop: CrowdedShop, shops: int
) -> None:
    await meet(shop, rounds=250, seed=shops)


async def meet(shop: CrowdedShop, *, rounds: int, seed: int = 20261122) -> None:
    """Let the expiry job and a purchase meet at the end of the same points, so many times."""
    outcomes: Counter[str] = Counter()
    chance = random.Random(seed)
    for _ in range(rounds):
        outcome, left = await spend_at_the_end(shop, stagger_ms=chance.uniform(-12, 12))
        outcomes[outcome] += 1
        assert left == {"spent": 1, "gone": 0}[outcome]  # the yuan that was paid beside the points earns one
    assert outcomes.total() == rounds
    assert set(outcomes) == {"spent", "gone"}
    await assert_clean(shop.db)


async def spend_at_the_end(shop: CrowdedShop, *, stagger_ms: float) -> tuple[str, int]:
    """Spend a hundred points in their last instant while the clock writes them off; return which was first."""
    (member,) = await shop.members(1, points_each=100)
    over = (await shop.db.read(standing, member, shop.now)).ends_at
    shop.now = over - INSTANT
    order = await shop.order(member, shop.tills[0], 200, points=100)
    number = shop.number

    async def expired() -> None:
        await asyncio.sleep(max(0.0, stagger_ms) / 1000)
        await shop.db.write(points.expire_due, moment=shop.moment(over))

    async def bought() -> Any:
        await asyncio.sleep(max(0.0, -stagger_ms) / 1000)
        return await buying(shop, order, number)

    found = await at_once([expired(), bought()])
    shop.now = over
    assert set(found.reasons) <= {InsufficientPoints.__name__}
    return "gone" if found.refused else "spent", await shop.balance(member)


async def test_in_the_first_instant_after_their_end_points_are_gone_whether_the_clock_has_run_or_not(
    shop: CrowdedShop,
) -> None:
    (member,) = await shop.members(1, points_each=100)
    over = (await shop.db.read(standing, member, shop.now)).ends_at
    shop.now = over
    order = await shop.order(member, shop.tills[0], 200, points=100)
    with pytest.raises(InsufficientPoints):
        await buying(shop, order, 0)


async def test_mixed_deeds_of_many_clients_with_failing_units_leave_the_books_exact(shop: CrowdedShop) -> None:
    await work_together(shop, deeds=16)


@pytest.mark.torture
async def test_ten_thousand_mixed_deeds_of_many_clients_leave_the_books_exact(shop: CrowdedShop) -> None:
    await work_together(shop, deeds=320)


async def work_together(shop: CrowdedShop, *, deeds: int) -> None:
    """Let 32 clients do so many deeds each, most of them on one account, some failing after all their work."""
    hot, *others = await shop.members(4, points_each=50)
    clients = [Client(shop, (hot, hot, hot, *others), number) for number in range(32)]

    await asyncio.gather(*(client.work(deeds) for client in clients))

    done = sum((client.done for client in clients), Counter[str]())
    assert done.total() == 32 * deeds
    assert all(done[kind] for kind in ("earn", "spend", "purchase", "undo", "broken"))
    for member in (hot, *others):
        has = await shop.db.read(points.balance, member, now=shop.now)
        assert has.points - has.debt == 50 + sum(client.net[member] for client in clients)
    await assert_clean(shop.db)


class PlannedFailure(Exception):
    """A unit that fails after all its work, on purpose."""


class Client:
    """One of many who do things at the same time; keeps count of what was acknowledged to it."""

    def __init__(self, shop: CrowdedShop, members: tuple[str, ...], number: int) -> None:
        self.shop = shop
        self.members = members
        self.chance = random.Random(number)
        self.name = f"client {number}"
        self.net: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    async def work(self, deeds: int) -> None:
        kinds: list[Callable[[str, str], Awaitable[str]]] = [self.earn, self.spend, self.purchase, self.undo, self.fail]
        for number in range(deeds):
            deed, member = kinds[(number + self.chance.randrange(2)) % len(kinds)], self.chance.choice(self.members)
            try:
                self.done[await deed(member, f"{self.name}:{number}")] += 1
            except Refusal as no:
                self.done[type(no).__name__] += 1

    async def earn(self, member: str, reference: str) -> str:
        amount = self.chance.randrange(1, 40)
        await self._write(points.earn, member, amount, Cause(reference, "test"))
        self.net[member] += amount
        return "earn"

    async def spend(self, member: str, reference: str) -> str:
        amount = self.chance.randrange(1, 60)
        await self._write(points.spend, member, amount, Cause(reference, "test"))
        self.net[member] -= amount
        return "spend"

    async def purchase(self, member: str, reference: str) -> str:
        await self._buy(member, reference)
        return "purchase"

    async def undo(self, member: str, reference: str) -> str:
        done, till = await self._buy(member, reference)
        await self._write(refunds.undo, done.id, till)
        self.net[member] += done.points_spent - done.points_earned
        return "undo"

    async def fail(self, member: str, reference: str) -> str:
        def all_and_then_break(tx: Tx, *, moment: Moment) -> None:
            points.earn(tx, member, 1000, Cause(f"{reference}:earn", "test"), moment=moment)
            points.spend(tx, member, 999, Cause(f"{reference}:spend", "test"), moment=moment)
            raise PlannedFailure

        with pytest.raises(PlannedFailure):
            await self._write(all_and_then_break)
        return "broken"

    async def _buy(self, member: str, reference: str) -> tuple[Recorded, Any]:
        till, using = self.chance.choice(self.shop.tills), self.chance.choice((0, 20))
        order = await self.shop.order(member, till, self.chance.randrange(500, 4000), points=using)
        done = await self._write(purchases.record, order, till, reference=reference, channel="pos")
        self.net[member] += done.points_earned - done.points_spent
        return done, till

    async def _write(self, deed: Callable[..., Any], *arguments: Any, **facts: Any) -> Any:
        return await self.shop.db.write(deed, *arguments, moment=self.shop.moment(), **facts)
