"""A shop, its members and both platforms as they look from the clock's side, for tests of what leaves by itself."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from membership.member import Channel, Identity, Who
from membership.messages import Reply, say
from membership.moment import Moment, id_of
from membership.routing import AccountKind
from scheduler.delivery import Delivery
from scheduler.messenger import Sent
from services import Database, Tx, outbox, people, rules
from services.outbox import Notice
from services.outgoing import Class, Outgoing
from storage import identities, members
from storage.tables import outbox as outbox_table

PRESETS = Path(__file__).parents[2] / "membership" / "presets"
TEMPLATES = {"receipt.body": "tmpl-receipt", "points.expiring_soon": "tmpl-points", "birthday.greeting": "tmpl-day"}


@dataclass
class TownClock:
    """A clock that stands until it is moved; waiting moves it."""

    time: datetime
    seconds: float = 1000.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def pass_by(self, **time: float) -> None:
        step = timedelta(**time)
        self.time += step
        self.seconds += step.total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Platform:
    """One platform behind its messenger: it keeps what it took, and fails as it is told."""

    clock: TownClock
    taken: list[Outgoing] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    calls: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    troubles: list[Exception | None] = field(default_factory=list)
    gate: asyncio.Event | None = None
    swallow: bool = False  # takes the message and raises all the same: the answer was lost

    async def send(self, outgoing: Outgoing) -> Sent:
        self.calls += 1
        self.asked.set()
        self.at.append(self.clock.monotonic())
        trouble = self.troubles.pop(0) if self.troubles else None
        if self.gate is not None:
            await self.gate.wait()
        if trouble is not None and not self.swallow:
            raise trouble
        self.taken.append(outgoing)
        if trouble is not None:
            raise trouble
        return Sent(str(len(self.taken)))


@dataclass
class Town:
    """The shop with members; ``new_delivery`` is another start of the program, or another instance."""

    db: Database
    clock: TownClock
    telegram: Platform
    wechat: Platform
    kind: AccountKind = "service"
    numbers: int = 0

    @classmethod
    async def open(cls, db: Database, now: datetime, **rules_of: Any) -> Town:
        clock = TownClock(now)
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        for table, values in rules_of.items():
            body[table] = {**body.get(table, {}), **values}
        await db.write(rules.bring, body, actor="test", now=now)
        return cls(db, clock, Platform(clock), Platform(clock))

    def moment(self) -> Moment:
        self.numbers += 1
        return Moment(self.clock.now(), self.numbers.to_bytes(32, "big"))

    def new_delivery(self, owner: str = "one") -> Delivery:
        return Delivery(
            self.db,
            {"telegram": self.telegram, "wechat": self.wechat},
            clock=self.clock,
            moment=self.moment,
            owner=owner,
            wechat=lambda: self.kind,
            templates=TEMPLATES,
            sleep=self.clock.sleep,
        )

    async def member(self, *channels: Channel, account: dict[str, Any] | None = None, **facts: Any) -> str:
        """Let somebody join; ``account`` changes their accounts, ``facts`` the member."""
        return await self.db.write(self._member, channels or ("telegram",), account or {}, facts, moment=self.moment())

    def _member(
        self, tx: Tx, channels: Sequence[Channel], account: dict[str, Any], facts: dict[str, Any], *, moment: Moment
    ) -> str:
        row_id = moment.new_id("member")
        about = {"state": "joined", "joined_at": moment.now, "offers_on": True, "name": "Amy", **facts}
        members.add(tx, row_id, handle=moment.draw("handle", 8), **about)
        for channel in channels:
            chat = identities.meet(tx, Identity(channel, f"{channel}-shop", row_id), moment.now)
            identities.change(tx, chat, member_id=row_id, **account)
        return row_id

    async def change(self, member_id: str, **values: Any) -> None:
        await self.db.write(lambda tx: members.change(tx, member_id, **values))

    async def change_account(self, member: str, **values: Any) -> None:
        def change(tx: Tx) -> None:
            for row in identities.of_member(tx, member):
                identities.change(tx, row.id, **values)

        await self.db.write(change)

    async def account(self, member_id: str) -> Any:
        return (await self.db.read(identities.of_member, member_id))[0]

    async def who(self, member_id: str) -> Who:
        row = await self.account(member_id)
        return await self.db.read(people.who, row.id)

    async def put(self, member_id: str, kind_class: Class = "offer", key: str = "1", **facts: Any) -> str:
        """Put something into the outbox for the member and return the row's id."""
        texts = {"receipt": "receipt.body", "reminder": "birthday.greeting"}
        about: dict[str, Any] = {"kind": kind_class, "reply": Reply((say(texts.get(kind_class, "hello"), n=key),))}
        notice = Notice(kind_class=kind_class, period_key=key, **{**about, **facts})
        row_id = await self.db.write(outbox.tell_member, member_id, notice, moment=self.moment())
        assert row_id is not None
        return row_id

    async def reply(self, member_id: str, event: str = "e1") -> Outgoing:
        """Put the reply of a turn in, already on its way."""
        who = await self.who(member_id)
        reply = Reply((say("hello"),))
        return await self.db.write(outbox.put_reply, who, reply, event=event, now=self.clock.now())

    async def row(self, row_id: str) -> Any:
        return await self.db.read(lambda tx: tx.one(select(outbox_table).where(outbox_table.c.id == row_id)))

    async def rows(self, kind: str) -> list[Any]:
        found = select(outbox_table).where(outbox_table.c.kind == kind).order_by(outbox_table.c.id)
        return await self.db.read(lambda tx: tx.all(found))

    async def row_of(self, event: str) -> Any:
        return await self.row(id_of(f"reply:{event}"))

    async def deliver_all(self, delivery: Delivery) -> None:
        """Deliver until nothing is due at this moment."""
        while await delivery.run_once():
            pass


def at(text: str) -> datetime:
    """Return a moment written in UTC, such as 2027-03-01 01:30."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
