"""A shop that sells stored value, and a member who uses it, for tests of what is paid in, spent and returned."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import replace
from typing import Any, Final

from membership.stored_value import Parts
from services import purchases, refunds, rules, stored_value
from services.orders import Order, Recorded
from services.reader import Reader
from services.refunds import Refunded
from services.stored_value import ToppedUp
from storage import stored_value as rows
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

SELLING: Final = {"gifts": [{"from": "100", "bonus": "20"}, {"from": "500", "bonus": "150"}]}
MAIN: Final = Reader("mo", rules.store_id("main"))
"""A manager at the till."""
JAY: Final = replace(MAIN, actor="jay")
"""A cashier beside them."""


class Savings:
    """One member's stored value; every deed has a reference of its own unless it is named."""

    def __init__(self, shop: Shop, member_id: str) -> None:
        self.shop, self.db, self.member_id = shop, shop.db, member_id
        self._numbers = itertools.count(1)

    @classmethod
    async def open(
        cls, shop: Shop, *, limits: dict[str, Any] | None = None, points: dict[str, Any] | None = None, **selling: Any
    ) -> Savings:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        caps, earning = {**body["limits"], **(limits or {})}, {**body["points"], **(points or {})}
        told = {**body, "limits": caps, "points": earning, "stored_value": {**SELLING, **selling}}
        await shop.db.write(rules.bring, told, actor="test", now=shop.now)
        [member_id] = await shop.settle(1)
        return cls(shop, member_id)

    async def top_up(self, minor: int, reader: Reader = MAIN, *, reference: str = "") -> ToppedUp:
        named = {"reference": reference or f"top-up:{next(self._numbers)}"}
        return await self.db.write(
            stored_value.top_up, self.member_id, minor, reader, **named, moment=self.shop.moment()
        )

    async def undo(self, top_up: ToppedUp, reader: Reader = MAIN, *, manager: bool = True) -> ToppedUp:
        return await self.db.write(stored_value.undo, top_up.id, reader, manager=manager, moment=self.shop.moment())

    async def cash_out(self, minor: int, *, reference: str = "") -> ToppedUp:
        named = {"reference": reference or f"payout:{next(self._numbers)}"}
        return await self.db.write(
            stored_value.cash_out, self.member_id, minor, MAIN, **named, moment=self.shop.moment()
        )

    async def buy(self, minor: int, *, stored: int = 0, reader: Reader = MAIN, **order: Any) -> Recorded:
        asked = Order(self.member_id, minor, stored_minor=stored, yes="pin", **order)
        named = {"reference": f"purchase:{next(self._numbers)}", "channel": "pos"}
        return await self.db.write(purchases.record, asked, reader, **named, moment=self.shop.moment())

    async def undo_purchase(self, done: Recorded, reader: Reader = MAIN, *, manager: bool = False) -> Refunded:
        return await self.db.write(refunds.undo, done.id, reader, moment=self.shop.moment(), manager=manager)

    async def refund(self, done: Recorded, minor: int | None = None, **how: Any) -> Refunded:
        named = {"reason": "cold", "actor": "mo", "reference": f"refund:{next(self._numbers)}", **how}
        return await self.db.write(refunds.refund, done.id, minor, **named, moment=self.shop.moment())

    async def held(self) -> Parts:
        return await self.db.read(rows.held, self.member_id)
