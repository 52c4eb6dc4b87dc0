"""Two members of one shop who turn out to be one person, and what both own, for tests of making them one."""

from __future__ import annotations

import itertools
import tomllib
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from membership.moment import Moment
from services import Tx, coupons, merges, points, purchases, refunds, rules, stored_value
from services.merges import Merged
from services.orders import Order, Recorded
from services.points import Cause
from services.reader import Reader
from services.refunds import Refunded
from storage import members
from storage.points import account_id
from storage.tables import accounts, lots, top_ups
from storage.tables import coupons as coupon_rows
from storage.tables import purchases as purchase_rows
from tests.handlers.counter import PRESETS
from tests.services.savings import SELLING
from tests.services.shopfront import Shop

MAIN = Reader("mo", rules.store_id("main"))


class Couple:
    """Old and Young: two accounts; ``old`` has been a member longer, so it is the one that is kept."""

    def __init__(self, shop: Shop, old: str, young: str) -> None:
        self.shop, self.db, self.old, self.young = shop, shop.db, old, young
        self._numbers = itertools.count(1)

    @classmethod
    async def meet(cls, shop: Shop, **changed: Any) -> Couple:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        await shop.db.write(rules.bring, {**body, "stored_value": SELLING, **changed}, actor="test", now=shop.now)
        [old] = await shop.settle(1, channel="telegram")
        shop.counter.pass_by(minutes=1)
        [young] = await shop.settle(1, channel="wechat")
        return cls(shop, old, young)

    def moment(self) -> Moment:
        return self.shop.moment()

    async def earn(self, member_id: str, amount: int, *, days: int | None = None) -> None:
        """Give points by hand, with the shop's own end, or one so many days from now."""
        reference = f"gift:{next(self._numbers)}"
        await self.db.write(points.earn, member_id, amount, Cause(reference, "mo"), moment=self.moment())
        if days is not None:
            ends = {"expires_at": self.shop.now + timedelta(days=days)}
            last = (
                select(lots.c.id)
                .where(lots.c.account_id == members_account(member_id))
                .order_by(lots.c.available_at.desc(), lots.c.expires_at.desc())
                .limit(1)
                .scalar_subquery()
            )
            await self.db.write(lambda tx: tx.execute(lots.update().where(lots.c.id == last).values(**ends)))

    async def buy(self, member_id: str, minor: int, *, points_spent: int = 0, stored: int = 0) -> Recorded:
        order = Order(member_id, minor, points=points_spent, stored_minor=stored, yes="pin")
        named: dict[str, Any] = {"reference": f"purchase:{next(self._numbers)}", "channel": "pos"}
        return await self.db.write(purchases.record, order, MAIN, **named, moment=self.moment())

    async def refund(self, done: Recorded, minor: int | None = None) -> Refunded:
        named: dict[str, Any] = {"reason": "cold", "actor": "mo", "reference": f"refund:{next(self._numbers)}"}
        return await self.db.write(refunds.refund, done.id, minor, **named, moment=self.moment())

    async def top_up(self, member_id: str, minor: int) -> None:
        reference = f"top-up:{next(self._numbers)}"
        await self.db.write(stored_value.top_up, member_id, minor, MAIN, reference=reference, moment=self.moment())

    async def give_all(self, member_id: str) -> None:
        await self.db.write(coupons.give_all, member_id, "join", moment=self.moment())

    async def merge(self, reference: str = "code") -> Merged:
        pair = (self.young, self.old)
        return await self.db.write(merges.merge, *pair, reference=reference, actor=self.young, moment=self.moment())

    async def part(self, done: Merged) -> Merged:
        return await self.db.write(merges.undo, done.id, actor=self.old, moment=self.moment())

    async def points(self, member_id: str) -> int:
        return await self.db.read(points.spendable, member_id, now=self.shop.now)

    async def row(self, member_id: str) -> Any:
        return await self.db.read(members.get, member_id)

    async def value(self, *member_ids: str) -> dict[str, int]:
        """Return what these members own, each kind by its name."""
        return await self.db.read(value, *member_ids)


def members_account(member_id: str) -> str:
    return account_id(member_id, "points")


def value(tx: Tx, *member_ids: str) -> dict[str, int]:
    """Return balances by kind, and how many coupons, purchases and top-ups these members have together."""
    mine = accounts.c.member_id.in_(member_ids)
    held = select(accounts.c.kind, func.sum(accounts.c.balance).label("total")).where(mine).group_by(accounts.c.kind)
    found = {row.kind: int(row.total) for row in tx.all(held) if row.total}
    for table in (coupon_rows, purchase_rows, top_ups):
        count = select(func.count()).select_from(table).where(table.c.member_id.in_(member_ids))
        found[table.name] = int(tx.scalar(count))
    return found
