"""Events that come late, early or twice: each counts once, whatever its number, and the state is the right one."""

from __future__ import annotations

import itertools

import pytest

from storage.database import Tx
from storage.tables import coupons, members
from tests.handlers.counter import Counter, Person, keys
from tests.proof import assert_clean

SAID = {"e4": "start", "e3": "join", "e2": "points", "e1": "code"}
"""Four events whose numbers run against the order in which they were meant."""

CLAIM = "coupons claim welcome 0a1b2c3d"
ORDERS = list(itertools.permutations(SAID))[::5]


async def count(counter: Counter) -> tuple[int, int]:
    def read(tx: Tx) -> tuple[int, int]:
        return len(tx.all(members.select())), len(tx.all(coupons.select()))

    return await counter.db.read(read)


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
async def test_the_same_events_in_any_order_leave_one_member_and_one_coupon(
    counter: Counter, order: tuple[str, ...]
) -> None:
    amy = Person(counter, "telegram", "Amy")
    first = {event: await amy.press(SAID[event], event=event) for event in order}
    for event in ("e9", "e8", "e9"):
        await amy.press(CLAIM, event=event)
    assert await count(counter) == (1, 1)
    for event in reversed(order):
        assert await amy.press(SAID[event], event=event) == first[event], "a late repeat gets its own first answer"
    assert await count(counter) == (1, 1)
    assert keys(await amy.press("code", event="e0")) == ["card.caption"], "a smaller number is no repeat"
    await assert_clean(counter.db)
