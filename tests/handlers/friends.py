"""A café whose members bring friends: what a test does with it, and what it looks at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from membership.messages import Reply
from services import Tx, points, purchases, referrals, refunds, rules
from services.orders import Order, Recorded
from services.reader import Reader
from storage import outbox
from storage.tables import referrals as rows
from tests.handlers.counter import Counter, Person

MAIN = Reader("mo", rules.store_id("main"))


class Friends:
    """A café that rewards whoever brings a friend."""

    def __init__(self, counter: Counter) -> None:
        self.counter, self.db = counter, counter.db
        self.numbers: Iterator[int] = itertools.count(1)

    async def invites(self, inviter: Person) -> str:
        shown = await inviter.press("refer")
        return str(fact(shown, "referral.code", "digits"))

    async def brings(self, inviter: Person, *friends: Person) -> None:
        code = await self.invites(inviter)
        for friend in friends:
            await friend.say(code)
            await friend.press("join")

    async def member(self, person: Person) -> str:
        await person.tell("press", word="cancel")
        assert person.last is not None
        assert person.last.who.member_id is not None
        return person.last.who.member_id

    async def buys(self, person: Person, minor: int = 3000) -> Recorded:
        order = Order(await self.member(person), minor, yes="pin")
        named: dict[str, Any] = {"reference": f"purchase:{next(self.numbers)}", "channel": "pos"}
        return await self.db.write(purchases.record, order, MAIN, **named, moment=self.counter.moment())

    async def takes_back(self, done: Recorded, minor: int | None = None) -> None:
        how: dict[str, Any] = {"reason": "cold", "actor": "mo", "reference": f"refund:{next(self.numbers)}"}
        await self.db.write(refunds.refund, done.id, minor, **how, moment=self.counter.moment())

    async def run(self) -> None:
        """Let the job run as the timetable does, until nothing is left."""
        for _ in range(4):
            await self.db.write(referrals.pay_due, self.counter.moment())
        assert await self.db.write(referrals.pay_due, self.counter.moment()) == 0

    async def settle(self) -> None:
        """Notice the purchases, let the refund window pass, and pay."""
        await self.run()
        self.counter.pass_by(days=8)
        await self.run()

    async def holds(self, person: Person) -> int:
        return await self.db.read(points.spendable, await self.member(person), now=self.counter.now)

    async def reasons(self) -> list[tuple[str, str]]:
        found = await self.db.read(lambda tx: tx.all(select(rows.c.state, rows.c.reason).order_by(rows.c.at)))
        return [(row.state, row.reason) for row in found]

    async def told(self, kind: str) -> list[str]:
        def read(tx: Tx) -> list[str]:
            due = outbox.due(tx, now=self.counter.now, limit=100)
            return [row.member_id for row in due if row.kind == kind]

        return await self.db.write(read)


def fact(reply: Reply, key: str, name: str) -> Any:
    return next(message.facts[name] for message in reply.messages if message.key == key)


def lines(reply: Reply) -> list[str]:
    return [line.key for line in fact(reply, "lines", "lines")]
