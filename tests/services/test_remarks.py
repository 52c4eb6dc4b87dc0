"""Reasons in somebody's own words: whoever has to read them does, the books never do, and they end with the member."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from membership.messages import say
from services import Tx, adjustments, approvals, privacy, purchases, remarks, rules
from services.orders import Order
from services.reader import Reader
from services.second_person import Approval
from storage.tables import metadata
from tests.services.shopfront import Shop

OWN = "cold coffee for Zyx"


def everything(tx: Tx) -> str:
    """Return all rows of all tables as they lie in the database, sealed fields as bytes."""
    return str([tuple(row) for table in metadata.sorted_tables for row in tx.all(select(table))])


class Told:
    """A manager who gives the same reason for everything done by hand, to one member."""

    def __init__(self, shop: Shop, reader: Reader, member_id: str) -> None:
        self.shop, self.reader, self.member_id = shop, reader, member_id

    async def refund(self, minor: int) -> Any:
        bought = await self.shop.db.write(
            purchases.record, Order(self.member_id, minor), self.reader,
            reference=f"bought-{minor}", channel="telegram", moment=self.shop.moment(),
        )  # fmt: skip
        return await self.shop.db.write(
            approvals.refund, bought.id, minor, self.reader,
            reason=OWN, reference=f"back-{minor}", moment=self.shop.moment(),
        )  # fmt: skip

    async def give(self, points: int) -> Any:
        return await self.shop.db.write(
            adjustments.adjust, self.member_id, points, self.reader,
            reason=OWN, reference=f"given-{points}", moment=self.shop.moment(),
        )  # fmt: skip


@pytest.fixture
async def told(shop: Shop) -> Told:
    mia = await shop.hire("Mia", "manager")
    await shop.hire("Max", "manager")
    [member_id] = await shop.settle(1)
    assert mia.staff_id is not None
    return Told(shop, Reader(mia.staff_id, rules.store_id("main"), mia.member_id), member_id)


async def test_own_words_lie_nowhere_in_plain(told: Told) -> None:
    await told.give(50)
    await told.refund(1000)
    assert isinstance(await told.refund(90_000), Approval), "over the limit the words wait with the question"
    assert OWN not in await told.shop.db.read(everything)


async def test_the_second_person_reads_the_words_and_a_refund_keeps_them(told: Told) -> None:
    asked = await told.refund(90_000)
    assert asked.reason == say("reason.own", text=OWN)
    done = await told.refund(1000)
    assert await told.shop.db.read(remarks.of, done.id, remarks.OWN) == OWN


async def test_a_reason_of_the_list_needs_no_seal(told: Told) -> None:
    kept = await told.shop.db.write(remarks.keep, "some-refund", told.member_id, "returned", moment=told.shop.moment())
    assert kept == "returned"
    assert await told.shop.db.read(remarks.of, "some-refund", kept) == "returned"


async def test_own_words_are_part_of_the_copy_and_end_with_the_member(told: Told) -> None:
    asked = await told.refund(90_000)
    given = await told.give(50)
    assert OWN in await told.shop.db.read(privacy.export, told.member_id, now=told.shop.now)
    await told.shop.db.write(privacy.erase, told.member_id, now=told.shop.now)
    assert await told.shop.db.read(remarks.of, given.id, remarks.OWN) == remarks.OWN
    later = await told.shop.db.read(approvals.get, asked.id)
    assert later.reason == say("reason.other")
