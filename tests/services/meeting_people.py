"""A café with everything turned on and, for each round, people with something of everything, for deeds that meet."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from membership.activities import Activity, Plan
from membership.member import Who
from membership.moment import Moment
from services import (
    Tx,
    activities,
    adjustments,
    bonds,
    checkin,
    codes,
    counter,
    grants,
    habits,
    linking,
    lottery,
    mall,
    members,
    merges,
    pairing,
    passes,
    people,
    points,
    purchases,
    redemptions,
    refunds,
    reservations,
    rules,
    sign_ups,
    stored_value,
    tier_moves,
    visits,
)
from services.orders import Order
from services.points import Cause
from services.reader import Reader
from services.visits import Wanted
from storage import bonds as bond_rows
from storage import identities
from tests.handlers.counter import PRESETS
from tests.services.crossing import Deed
from tests.services.shopfront import Shop

MAIN: Final = Reader("mo", rules.store_id("main"))
MORE: Final = """
[stored_value]

[transfer]
min = 1

[lottery]
price_points = 1
per_day = 2
[[lottery.prizes]]
id = "sure"
odds = "100%"
points = 3

[survey]

[referral]
refund_days = 1

[[passes]]
id = "ten"
name = "Ten coffees"
visits = 10
price = "200"
points = 20

[[offers]]
id = "latte"
kind = "exchange"
title = "Latte"
goods = "One latte"
claim = "mall"
price_points = 20

[[offers]]
id = "cookie"
kind = "gift"
title = "Cookie"
goods = "One cookie"

[[grants]]
id = "thanks"
offer = "cookie"
"""


@dataclass
class Three:
    """Old and Young, who are one person, and a friend of Young's."""

    old: str
    young: str
    friend: str

    @property
    def turned(self) -> Three:
        """The same three, with Old in Young's place."""
        return Three(self.young, self.old, self.friend)


class Town:
    """The shop and its clock; every deed has a reference of its own."""

    def __init__(self, shop: Shop, owner: Who) -> None:
        self.shop, self.db, self.owner = shop, shop.db, owner
        self.numbers = itertools.count(1)

    @classmethod
    async def open(cls, shop: Shop) -> Town:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8") + MORE)
        await shop.db.write(rules.bring, body, actor="test", now=shop.now)
        return cls(shop, await shop.hire("Olga"))

    def moment(self) -> Moment:
        return self.shop.moment()

    def name(self, deed: str) -> str:
        return f"{deed}:{next(self.numbers)}"

    def phone(self, three: Three) -> str:
        """Return a number that belongs to this round alone."""
        return f"139{int(three.young[:8], 16) % 10**8:08}"

    async def meet(self) -> Three:
        """Let three people join, each with a hundred points and a coupon."""
        ids = []
        for channel in ("telegram", "wechat", "telegram"):
            [one] = await self.shop.settle(1, channel=channel, tier="silver")
            ids.append(one)
            self.shop.counter.pass_by(seconds=1)
        three = Three(*ids)

        def give(tx: Tx) -> None:
            for one in ids:
                points.earn(tx, one, 100, Cause(self.name("gift"), "test"), moment=self.moment())
                stored_value.top_up(tx, one, 10_000, MAIN, reference=self.name("fill"), moment=self.moment())
            bond_rows.add(tx, three.young, three.friend, moment=self.moment())

        await self.db.write(give)
        return three

    async def do(self, deed: Callable[..., Any], *arguments: Any, **facts: Any) -> Any:
        return await self.db.write(deed, *arguments, moment=self.moment(), **facts)

    async def who(self, member_id: str) -> Who:
        row = (await self.db.read(identities.of_member, member_id))[0]
        return await self.db.read(people.who, row.id)

    async def scan(self, member_id: str) -> str:
        def read(tx: Tx) -> str:
            return codes.scan(tx, codes.show(tx, member_id, moment=self.moment()).text, MAIN, moment=self.moment()).id

        return await self.db.write(read)

    async def bought(self, member_id: str, minor: int = 5_000, **spends: Any) -> Any:
        order = Order(member_id, minor, yes="pin", **spends)
        return await self.do(purchases.record, order, MAIN, reference=self.name("buy"), channel="pos")


Prepare = Callable[[Town, Three], Awaitable[Deed]]


def at(town: Town, deed: Callable[..., Any], *arguments: Any, **facts: Any) -> Deed:
    """Return a deed that is done at a moment of its own, the same however often it is run again."""
    moment = town.moment()
    return lambda tx: deed(tx, *arguments, moment=moment, **facts)


async def merge(town: Town, three: Three) -> Deed:
    return at(town, merges.merge, three.young, three.old, reference=town.name("merge"), actor=three.young)


async def merge_third(town: Town, three: Three) -> Deed:
    return at(town, merges.merge, three.friend, three.young, reference=town.name("merge"), actor=three.friend)


async def part(town: Town, three: Three) -> Deed:
    done = await town.db.write(await merge(town, three))
    return at(town, merges.undo, done.id, actor=three.old)


async def check_in(town: Town, three: Three) -> Deed:
    return at(town, checkin.check_in, three.young)


async def top_up(town: Town, three: Three) -> Deed:
    return at(town, stored_value.top_up, three.young, 2_000, MAIN, reference=town.name("top-up"))


async def cash_out(town: Town, three: Three) -> Deed:
    return at(town, stored_value.cash_out, three.young, 2_000, MAIN, reference=town.name("payout"))


async def undo_top_up(town: Town, three: Three) -> Deed:
    done = await town.do(stored_value.top_up, three.young, 2_000, MAIN, reference=town.name("top-up"))
    return at(town, stored_value.undo, done.id, MAIN, manager=True)


async def adjust(town: Town, three: Three) -> Deed:
    return at(town, adjustments.adjust, three.young, 30, MAIN, reason="kind", reference=town.name("adjust"))


async def buy(town: Town, three: Three) -> Deed:
    order = Order(three.young, 5_000, points=50, stored_minor=1_000, yes="pin")
    return at(town, purchases.record, order, MAIN, reference=town.name("buy"), channel="pos")


async def refund(town: Town, three: Three) -> Deed:
    done = await town.bought(three.young, points=50, stored_minor=1_000)
    return at(town, refunds.refund, done.id, None, reason="cold", actor="mo", reference=town.name("refund"))


async def bill(town: Town, three: Three) -> Deed:
    order = Order(three.young, 5_000, stored_minor=2_000, scan_id=await town.scan(three.young))
    return at(town, counter.settle, order, MAIN, reference=town.name("bill"), channel="pos")


async def agree(town: Town, three: Three) -> Deed:
    waits = await town.db.write(await bill(town, three))
    return at(town, reservations.agree, waits.id, three.young, how="chat")


async def receive(town: Town, three: Three) -> Deed:
    bond = (await town.db.read(bond_rows.of_member, three.young))[0]
    return at(town, bonds.send, await town.who(three.friend), bond.id, 40, reference=town.name("send"))


async def send(town: Town, three: Three) -> Deed:
    bond = (await town.db.read(bond_rows.of_member, three.young))[0]
    return at(town, bonds.send, await town.who(three.young), bond.id, 40, reference=town.name("send"))


async def claim(town: Town, three: Three) -> Deed:
    return at(town, mall.exchange, three.young, "latte", town.name("n"))


async def undo_claim(town: Town, three: Three) -> Deed:
    coupon = await town.do(mall.exchange, three.young, "latte", town.name("n"))
    return at(town, mall.undo, coupon.id, three.young)


async def grant(town: Town, three: Three) -> Deed:
    return at(town, grants.by_hand, three.young, "cookie", MAIN, key=town.name("k"))


async def hand_out(town: Town, three: Three) -> Deed:
    coupon = await town.do(mall.exchange, three.young, "latte", town.name("n"))
    return at(town, redemptions.hand_out, coupon.id, await town.scan(three.young), MAIN)


async def sell_pass(town: Town, three: Three) -> Deed:
    return at(town, passes.sell, three.young, "ten", MAIN, reference=town.name("pass"))


async def visit(town: Town, three: Three) -> Deed:
    sold = await town.do(passes.sell, three.young, "ten", MAIN, reference=town.name("pass"))
    wanted = Wanted(sold.id, None, yes="manager", reason="no phone")
    return at(town, visits.use, wanted, MAIN, reference=town.name("visit"))


async def back_pass(town: Town, three: Three) -> Deed:
    sold = await town.do(passes.sell, three.young, "ten", MAIN, reference=town.name("pass"))
    return at(town, passes.refund, sold.id, MAIN, reason="back")


async def activity(town: Town, capacity: int | None = None, prize: int = 5) -> str:
    begins = town.shop.now + timedelta(hours=1)
    wanted = Plan("Tasting", "", MAIN.store_id, begins, begins + timedelta(hours=2), capacity, prize)
    planned: Activity = await town.do(activities.plan, wanted, town.owner, key=town.name("a"))
    return planned.id


async def sign_up(town: Town, three: Three) -> Deed:
    return at(town, sign_ups.sign_up, await activity(town), three.young)


async def withdraw(town: Town, three: Three) -> Deed:
    chosen = await activity(town)
    await town.do(sign_ups.sign_up, chosen, three.young)
    return at(town, sign_ups.withdraw, chosen, three.young)


async def attend(town: Town, three: Three) -> Deed:
    return at(town, sign_ups.attend, await activity(town), three.young, town.owner)


async def draw(town: Town, three: Three) -> Deed:
    return at(town, lottery.draw, three.young, town.name("n"))


async def lift(town: Town, three: Three) -> Deed:
    return at(town, purchases.record, Order(three.young, 400_000), MAIN, reference=town.name("buy"), channel="pos")


async def review(town: Town, _: Three) -> Deed:
    moment = Moment(town.shop.now + timedelta(days=2000), bytes(32))
    return lambda tx: tier_moves.review_due(tx, moment)


async def habit(town: Town, _: Three) -> Deed:
    moment = Moment(town.shop.now + timedelta(days=60), bytes(32))
    return lambda tx: habits.compute(tx, moment)


async def expire(town: Town, _: Three) -> Deed:
    moment = Moment(town.shop.now + timedelta(days=2000), bytes(32))
    return lambda tx: points.expire_due(tx, moment=moment)


async def leave(town: Town, three: Three) -> Deed:
    return at(town, members.leave, await town.who(three.young))


async def attach(town: Town, three: Three) -> Deed:
    shown = await town.do(pairing.show, await town.who(three.young), "link")
    newcomer = await town.shop.hire(town.name("newcomer"), "cashier", "wechat")
    found = await town.db.read(pairing.look, newcomer, shown.code, "link", now=town.shop.now)
    return at(town, linking.link, newcomer, found.ticket_id)


async def enrol(town: Town, three: Three) -> Deed:
    told = {"name": "Zoe", "birthday": "", "offers": False, "actor": "mo"}
    return at(town, members.enrol, town.phone(three), **told)


async def tell_phone(town: Town, three: Three) -> Deed:
    phone = town.phone(three)
    return lambda tx: members.set_phone(tx, three.young, phone)


async def tell_the_same_phone(town: Town, three: Three) -> Deed:
    phone = town.phone(three)
    return lambda tx: members.set_phone(tx, three.friend, phone)
