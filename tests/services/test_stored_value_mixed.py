"""Any mixture of top-ups, purchases, refunds, undoings and payouts leaves the books exact, one by one or at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from typing import Any, Literal

import pytest

from membership.errors import Refusal
from membership.stored_value import Parts
from services.orders import Recorded
from services.stored_value import ToppedUp
from tests.proof import assert_clean
from tests.services.savings import Savings
from tests.services.shopfront import Shop


class Counterpart:
    """Draws deeds, and keeps in a few numbers what the member should hold after those that were done."""

    def __init__(self, savings: Savings, seed: int) -> None:
        self.savings, self.chance = savings, random.Random(seed)
        self.bought: list[Recorded] = []
        self.topped: list[ToppedUp] = []
        self.undone: set[str] = set()
        self.total = 0

    async def deed(self) -> None:
        """Do one thing at random; a refusal changes nothing."""
        draw = self.chance.choice(
            (self._top_up, self._top_up, self._buy, self._buy, self._refund, self._undo, self._pay)
        )
        try:
            moved = await draw()
        except Refusal:
            return
        self.total += moved  # not before the await: others add theirs meanwhile

    async def _top_up(self) -> int:
        done = await self.savings.top_up(self.chance.choice((100, 9_999, 10_000, 50_001)))
        self.topped.append(done)
        return done.principal.minor + done.bonus.minor

    async def _buy(self) -> int:
        minor = self.chance.randint(1, 30_000)
        done = await self.savings.buy(minor, stored=self.chance.randint(0, minor))
        self.bought.append(done)
        return -done.stored.minor

    async def _refund(self) -> int:
        whole = self.chance.random() < 0.3
        done = self.chance.choice(self.bought or [await self.savings.buy(1)])
        return (await self.savings.refund(done, None if whole else self.chance.randint(1, 9_000))).stored.minor

    async def _undo(self) -> int:
        if not self.topped:
            return 0
        done = await self.savings.undo(self.chance.choice(self.topped))
        if done.id in self.undone:
            return 0  # undone before: the same answer, and nothing moves
        self.undone.add(done.id)
        return -(done.principal.minor + done.bonus.minor)

    async def _pay(self) -> int:
        done = await self.savings.cash_out(self.chance.randint(1, 5_000))
        return -(done.principal.minor + done.bonus.minor)


@pytest.mark.parametrize("first", ["principal", "bonus"])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_deeds_one_after_the_other_add_up(shop: Shop, seed: int, first: Literal["principal", "bonus"]) -> None:
    savings = await generous(shop, first=first)
    counterpart = Counterpart(savings, seed)
    for _ in range(40):
        await counterpart.deed()
    assert (await savings.held()).total == counterpart.total
    assert len(counterpart.bought) > 5
    await assert_clean(shop.db)


async def test_deeds_at_once_add_up_too(shop: Shop) -> None:
    savings = await generous(shop)
    counterpart = Counterpart(savings, 7)
    for _ in range(5):
        at_once: list[Awaitable[None]] = [counterpart.deed() for _ in range(10)]
        await asyncio.gather(*at_once)
    assert (await savings.held()).total == counterpart.total
    await assert_clean(shop.db)


async def generous(shop: Shop, **selling: Any) -> Savings:
    """A shop whose caps stand in nobody's way."""
    savings = await Savings.open(shop, limits={"member_purchases_day": 1_000}, **selling)
    assert await savings.held() == Parts()
    return savings
