"""A café with a points mall and thank-you coupons, and one member, for tests of coupons given and exchanged."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from membership.coupons import Coupon
from membership.messages import Reply
from services import Tx, codes, counter, coupons, grants, mall, points, purchases, refunds, rules, stored_value
from services.orders import Order, Recorded
from services.points import Cause
from services.reader import Reader
from services.refunds import Refunded
from services.reservations import Waiting
from storage import coupons as coupon_rows
from storage import outbox as outbox_rows
from storage.tables import outbox
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

MAIN: Final = Reader("mo", rules.store_id("main"))
"""A manager at the till of the main store."""
EAST: Final = Reader("jay", rules.store_id("east"))

MORE: Final = """
[stored_value]

[[stores]]
code = "east"
name = "East Gate"

[[offers]]
id = "mug"
kind = "exchange"
title = "Mug"
goods = "One mug"
claim = "mall"
price_points = 500
stock = 2
days = 30

[[offers]]
id = "latte"
kind = "exchange"
title = "Latte"
goods = "One latte"
claim = "mall"
price_points = 200
keywords = ["咖啡", "Latte"]

[[offers]]
id = "poster"
kind = "gift"
title = "Poster"
goods = "One poster"
claim = "open"
keywords = ["海报墙"]

[[offers]]
id = "thanks"
kind = "cash"
title = "Five off next time"
value = "5"
days = 7
stock = 3

[[offers]]
id = "first"
kind = "cash"
title = "Two off for newcomers"
value = "2"
per_member = 1

[[grants]]
id = "over100"
offer = "thanks"
over = "100"

[[grants]]
id = "newcomer"
offer = "first"
first = true
"""


def body(more: str = MORE) -> dict[str, Any]:
    """Return the rules of the café with what this page adds."""
    return tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8") + more)


@dataclass
class GiftShop:
    """The shop and its one member; every deed has a reference of its own unless it is named."""

    shop: Shop
    member_id: str
    numbers: itertools.count[int]

    @classmethod
    async def open(cls, shop: Shop) -> GiftShop:
        await shop.db.write(rules.bring, body(), actor="test", now=shop.now)
        [member_id] = await shop.settle(1)
        return cls(shop, member_id, itertools.count(1))

    async def give_points(self, number: int) -> None:
        cause = Cause(f"gift {next(self.numbers)}", "test")
        await self.shop.db.write(points.earn, self.member_id, number, cause, moment=self.shop.moment())

    async def top_up(self, minor: int) -> None:
        reference, moment = f"top-up {next(self.numbers)}", self.shop.moment()
        await self.shop.db.write(stored_value.top_up, self.member_id, minor, MAIN, reference=reference, moment=moment)

    async def buy(self, minor: int, reader: Reader = MAIN, *, reference: str = "", **order: Any) -> Recorded:
        named = {"reference": reference or f"buy {next(self.numbers)}", "channel": "pos"}
        bill = Order(self.member_id, minor, **order)
        return await self.shop.db.write(purchases.record, bill, reader, **named, moment=self.shop.moment())

    async def settle(self, minor: int, reader: Reader = MAIN, **spends: Any) -> Recorded | Waiting:
        bill = Order(self.member_id, minor, scan_id=await self.scan(reader), **spends)
        named = {"reference": f"settle {next(self.numbers)}", "channel": "pos"}
        return await self.shop.db.write(counter.settle, bill, reader, **named, moment=self.shop.moment())

    async def refund(self, done: Recorded, minor: int | None = None) -> Refunded:
        self.shop.counter.pass_by(seconds=1)
        reference, moment = f"refund {next(self.numbers)}", self.shop.moment()
        return await self.shop.db.write(
            refunds.refund, done.id, minor, reason="cold", actor="mo", reference=reference, moment=moment
        )

    async def exchange(self, offer_id: str, nonce: str = "n") -> Coupon:
        return await self.shop.db.write(mall.exchange, self.member_id, offer_id, nonce, moment=self.shop.moment())

    async def undo(self, coupon: Coupon) -> Coupon:
        return await self.shop.db.write(mall.undo, coupon.id, self.member_id, moment=self.shop.moment())

    async def hand(self, offer_id: str, key: str = "k") -> Coupon:
        return await self.shop.db.write(
            grants.by_hand, self.member_id, offer_id, MAIN, key=key, moment=self.shop.moment()
        )

    async def scan(self, reader: Reader = MAIN) -> str:
        def read(tx: Tx) -> str:
            moment = self.shop.moment()
            return codes.scan(tx, codes.show(tx, self.member_id, moment=moment).text, reader, moment=moment).id

        return await self.shop.db.write(read)

    async def held(self) -> list[str]:
        """Return the offers of the coupons the member holds."""
        found = await self.shop.db.read(coupons.held, self.member_id, now=self.shop.now)
        return sorted(coupon.offer.id for coupon in found)

    async def state(self, coupon_id: str) -> str:
        row = await self.shop.db.read(coupon_rows.find, coupon_id)
        assert row is not None
        return str(row.state)

    async def issued(self, offer_id: str) -> int:
        row = await self.shop.db.read(coupon_rows.find_offer, offer_id)
        assert row is not None
        return int(row.issued)

    async def points(self) -> int:
        return await self.shop.db.read(points.spendable, self.member_id, now=self.shop.now)

    async def told(self, kind: str) -> list[Reply]:
        """Return what the member was told of this kind."""

        def read(tx: Tx) -> list[Reply]:
            mine = (outbox.c.kind == kind) & (outbox.c.recipient == self.member_id)
            found = tx.all(select(outbox).where(mine).order_by(outbox.c.created_at, outbox.c.id))
            return [outbox_rows.payload(tx, row) for row in found]

        return await self.shop.db.read(read)
