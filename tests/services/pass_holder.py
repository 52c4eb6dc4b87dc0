"""A shop that sells counted passes, and a member who holds some, for tests of what is sold, taken and given back."""

from __future__ import annotations

import itertools
import tomllib
from typing import Any, Final

from services import codes, passes, rules, visits
from services.passes import Pass
from services.reader import Reader
from services.visits import Visit, Wanted
from storage.database import Tx
from tests.handlers.counter import PRESETS
from tests.services.savings import MAIN
from tests.services.shopfront import Shop

TEN: Final = {
    "id": "ten",
    "name": "Ten coffees",
    "visits": 10,
    "price": "200",
    "single": "25",
    "days": 90,
    "points": 20,
}
SPA: Final = {"id": "spa", "name": "Five massages", "visits": 5, "price": "1500", "single": "360"}


def body(*plans: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The café's rules with these passes."""
    cafe = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    return {**cafe, "passes": list(plans or (TEN, SPA)), **more}


class Holder:
    """One member's passes; every deed has a reference of its own unless it is named."""

    def __init__(self, shop: Shop, member_id: str) -> None:
        self.shop, self.db, self.member_id = shop, shop.db, member_id
        self._numbers = itertools.count(1)

    @classmethod
    async def open(cls, shop: Shop, *plans: dict[str, Any], **more: Any) -> Holder:
        await shop.db.write(rules.bring, body(*plans, **more), actor="test", now=shop.now)
        [member_id] = await shop.settle(1)
        return cls(shop, member_id)

    async def buy(self, plan: str = "ten", reader: Reader = MAIN, *, reference: str = "") -> Pass:
        named = {"reference": reference or f"sale:{next(self._numbers)}"}
        return await self.db.write(passes.sell, self.member_id, plan, reader, **named, moment=self.shop.moment())

    async def scan(self, reader: Reader = MAIN, *, pay: bool = False) -> str:
        def show_and_scan(tx: Tx) -> str:
            shown = codes.show(tx, self.member_id, moment=self.shop.moment(), pay=pay)
            return codes.scan(tx, shown.text, reader, moment=self.shop.moment()).id

        return await self.db.write(show_and_scan)

    async def use(self, of: Pass, count: int = 1, reader: Reader = MAIN, *, scan_id: str = "", **how: Any) -> Visit:
        wanted = Wanted(of.id, scan_id or await self.scan(reader), count, yes=how.pop("yes", ""))
        named = {"reference": how.pop("reference", "") or f"visit:{next(self._numbers)}"}
        return await self.db.write(visits.use, wanted, reader, **named, moment=self.shop.moment())

    async def undo(self, done: Visit, reader: Reader = MAIN, *, manager: bool = False) -> Visit:
        return await self.db.write(visits.undo, done.id, reader, manager=manager, moment=self.shop.moment())

    async def undo_sale(self, sold: Pass, reader: Reader = MAIN, *, manager: bool = True) -> Pass:
        return await self.db.write(passes.undo_sale, sold.id, reader, manager=manager, moment=self.shop.moment())

    async def refund(self, sold: Pass, reader: Reader = MAIN, *, reason: str = "returned") -> Pass:
        return await self.db.write(passes.refund, sold.id, reader, reason=reason, moment=self.shop.moment())

    async def left(self, of: Pass) -> int:
        return (await self.db.read(passes.get, of.id, now=self.shop.now)).remaining
