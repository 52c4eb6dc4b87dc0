"""Whom and what a deed keeps still on PostgreSQL: whoever owns the thing by then, and two purses in the one order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from membership.errors import Refusal
from services import mall, passes, redemptions, visits
from services.visits import Wanted
from storage.cipher import Cipher
from storage.database import Database
from storage.points import account_id
from storage.postgres import Postgres
from tests.databases import PostgresDatabases
from tests.handlers.counter import Counter
from tests.proof import assert_clean
from tests.services import meeting_people as deeds
from tests.services.crossing import Deed, cross
from tests.services.meeting_people import MAIN, Three, Town, at
from tests.services.shopfront import Shop

HELD_BY_MERGE = 6
"""Before this statement the two are held, and nothing is written of them."""


@pytest.fixture
async def town(postgresql: PostgresDatabases, cipher: Cipher, now: datetime) -> AsyncIterator[Town]:
    async with postgresql.fresh() as url:
        db = await Database.open(url, cipher=cipher)
        yield await Town.open(Shop(Counter(db, now)))
        await assert_clean(db)
        await db.close()


@contextmanager
def held(db: Database, table: str) -> Iterator[list[str]]:
    """Collect the ids of this table's rows that are locked, one after the other."""
    store, found = db.store, list[str]()
    assert isinstance(store, Postgres), "SQLite has one writer: nothing is locked there"

    def note(_connection: Any, _cursor: Any, statement: str, asked: Any, *_: Any) -> None:
        if "FOR NO KEY UPDATE" in statement and f"FROM {table}" in statement:
            found.extend(asked.values())

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


async def undo_pass(town: Town, three: Three) -> Deed:
    sold = await town.do(passes.sell, three.young, "ten", MAIN, reference=town.name("pass"))
    return at(town, passes.undo_sale, sold.id, MAIN, manager=True)


async def undo_visit(town: Town, three: Three) -> Deed:
    sold = await town.do(passes.sell, three.young, "ten", MAIN, reference=town.name("pass"))
    wanted = Wanted(sold.id, None, yes="manager", reason="no phone")
    taken = await town.do(visits.use, wanted, MAIN, reference=town.name("visit"))
    return at(town, visits.undo, taken.id, MAIN, manager=True)


async def undo_goods(town: Town, three: Three) -> Deed:
    coupon = await town.do(mall.exchange, three.young, "latte", town.name("n"))
    scan = await town.scan(three.young)
    out = await town.do(redemptions.hand_out, coupon.id, scan, MAIN)
    return at(town, redemptions.undo, out.id, MAIN, manager=True)


TAKEN_BACK = (deeds.undo_top_up, deeds.refund, deeds.back_pass, undo_pass, undo_visit, undo_goods)


async def test_what_is_taken_back_while_two_become_one_is_taken_back_from_the_one_who_is_held(town: Town) -> None:
    for prepare in TAKEN_BACK:
        three = await town.meet()
        back, merged = await prepare(town, three), await deeds.merge(town, three)
        with held(town.db, "members") as found:
            met = await cross(town.db, merged, back, at=HELD_BY_MERGE)
        assert met.stopped, f"{prepare.__name__} did not meet it"
        assert not isinstance(met.second, Refusal), f"{prepare.__name__} is refused"
        assert found == [*sorted((three.old, three.young)), three.young, three.old], prepare.__name__


async def test_two_purses_are_held_in_the_order_of_the_job_that_writes_off(town: Town) -> None:
    for prepare, other in ((deeds.send, "friend"), (deeds.merge, "old"), (deeds.part, "old")):
        for _ in range(3):  # each time the order of the two people may be another one
            three = await town.meet()
            deed = await prepare(town, three)
            with held(town.db, "accounts") as found:
                await town.db.write(deed)
            pair = [account_id(one, "points") for one in (three.young, getattr(three, other))]
            assert found[:2] == sorted(pair), prepare.__name__
