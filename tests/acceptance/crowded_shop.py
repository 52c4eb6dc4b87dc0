"""A shop with two tills and members who all come at once, for tests of who wins."""

from __future__ import annotations

import asyncio
import tomllib
from collections import Counter
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from membership.errors import Refusal
from membership.moment import Moment
from playground import seed
from services import Database, Tx, codes, points, rules
from services.orders import Order
from services.points import Cause
from services.reader import Reader
from storage import members as member_rows

MORE = """
[[offers]]
id = "rush"
kind = "cash"
title = { "zh-Hans" = "限量券", "zh-Hant" = "限量券", en = "While it lasts" }
value = "5"
threshold = "20"
claim = "open"
stock = 100
per_member = 1
days = 30
"""
YEAR = 'expiry = { kind = "months", count = 12 }'
MONTH = 'expiry = { kind = "days", count = 30 }'

LIMIT, MANY = "undo_minutes = 10", "undo_minutes = 10\nmember_purchases_day = 1000"


@dataclass
class CrowdedShop:
    """The café with a limited offer, points that live thirty days, and a till in each of its two stores."""

    db: Database
    now: datetime
    number: int = 0

    async def open(self) -> None:
        text = seed.shop_text().replace(YEAR, MONTH).replace(LIMIT, MANY) + MORE
        await self.db.write(rules.bring, tomllib.loads(text), actor="test", now=self.now)

    @property
    def tills(self) -> tuple[Reader, Reader]:
        return Reader("till-main", rules.store_id("main")), Reader("till-riverside", rules.store_id("riverside"))

    def moment(self, now: datetime | None = None) -> Moment:
        self.number += 1
        return Moment(now or self.now, self.number.to_bytes(32))

    async def members(self, number: int, *, points_each: int = 0) -> list[str]:
        """Let so many people join, each with so many points."""
        return await self.db.write(_settle, number, points_each, moment=self.moment())

    async def scan(self, member_id: str, reader: Reader) -> str:
        """Let the member show a fresh code and this till read it."""

        def shown_and_read(tx: Tx, *, moment: Moment) -> str:
            return codes.scan(tx, codes.show(tx, member_id, moment=moment).text, reader, moment=moment).id

        return await self.db.write(shown_and_read, moment=self.moment())

    async def order(self, member_id: str, reader: Reader, amount_minor: int, **spends: Any) -> Order:
        return Order(member_id, amount_minor, scan_id=await self.scan(member_id, reader), **spends)

    async def balance(self, member_id: str, *, now: datetime | None = None) -> int:
        return (await self.db.read(points.balance, member_id, now=now or self.now)).points


def _settle(tx: Tx, number: int, points_each: int, *, moment: Moment) -> list[str]:
    made = []
    for place in range(number):
        row_id = moment.new_id(f"member {place}")
        handle = moment.draw(f"handle {place}", 8)
        member_rows.add(tx, row_id, handle=handle, state="joined", offers_on=True, joined_at=moment.now, name="Amy")
        if points_each:
            points.earn(tx, row_id, points_each, Cause(f"gift:{row_id}", "test"), moment=moment)
        made.append(row_id)
    return made


@dataclass
class Outcomes:
    """What came of calls made at the same time: the answers of those that won, the refusals of the others."""

    won: list[Any]
    refused: list[Refusal]

    @property
    def reasons(self) -> Counter[str]:
        return Counter(type(no).__name__ for no in self.refused)


async def at_once(calls: Iterable[Awaitable[Any]]) -> Outcomes:
    """Make all calls at the same time; anything but an answer or a refusal is raised."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    refused = [one for one in found if isinstance(one, Refusal)]
    return Outcomes([one for one in found if not isinstance(one, Refusal)], refused)
