"""A shop with an owner and many members, without their conversations, for tests of broadcasts and reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from membership.member import Channel, Identity, Who
from membership.messages import Reply
from membership.moment import Moment
from services import Database, Tx, broadcasts, people
from services.broadcasts import Broadcast
from storage import identities, members, outbox
from storage import staff as staff_rows
from tests.handlers.counter import Counter

NAMES = ("Amy", "Ben", "Chen")


class Shop:
    """A shop with an owner and members, without their conversations."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.db: Database = counter.db

    @property
    def now(self) -> datetime:
        return self.counter.now

    def moment(self) -> Moment:
        return self.counter.moment()

    async def hire(self, name: str, role: str = "owner", channel: Channel = "telegram") -> Who:
        account = Identity(channel, "shop", f"staff-{name}")
        return await self.db.write(self._hire, name, role, account, moment=self.moment())

    def _hire(self, tx: Tx, name: str, role: str, account: Identity, *, moment: Moment) -> Who:
        row_id = identities.meet(tx, account, moment.now)
        facts = {"identity_id": row_id, "role": role, "store_id": None, "created_at": moment.now}
        staff_rows.add(tx, moment.new_id("staff"), name=name, **facts)
        return people.who(tx, row_id)

    async def settle(self, number: int, **member: Any) -> list[str]:
        """Let so many people join; ``channel``, ``offers_on``, ``account`` and the like say what they are."""
        return await self.db.write(self._settle, number, member, self.moment())

    def _settle(self, tx: Tx, number: int, member: dict[str, Any], moment: Moment) -> list[str]:
        about = {"channel": "telegram", "account": {}, **member}
        channel, account = about.pop("channel"), about.pop("account")
        made = []
        for place in range(number):
            row_id = moment.new_id(f"member {place}")
            facts = {"state": "joined", "offers_on": True, "joined_at": moment.now, "name": NAMES[place % 3], **about}
            members.add(tx, row_id, handle=moment.draw(f"handle {place}", 8), **facts)
            if channel:
                chat = identities.meet(tx, Identity(channel, "shop", row_id), moment.now)
                identities.change(tx, chat, member_id=row_id, **account)
            made.append(row_id)
        return made

    async def change(self, member_id: str, **values: Any) -> None:
        await self.db.write(lambda tx: members.change(tx, member_id, **values))

    async def draft(self, owner: Who, text: str = "Cake today", picture: bytes = b"") -> Broadcast:
        return await self.db.write(broadcasts.compose, owner, text, picture=picture, moment=self.moment())

    async def send(self, owner: Who, draft: Broadcast) -> bool:
        return await self.db.write(broadcasts.send, owner, draft.id, draft.nonce, moment=self.moment())

    async def plan(self) -> list[int]:
        """Plan to the end; return the sizes of the batches."""
        batches = []
        while planned := await self.db.write(broadcasts.plan_batch, self.moment()):
            batches.append(planned)
        return batches

    async def cancel(self, owner: Who, draft: Broadcast) -> int:
        return await self.db.write(broadcasts.cancel, owner, draft.id, moment=self.moment())

    async def rows(self) -> list[Any]:
        """Return the messages to members that are due."""
        due = await self.db.write(outbox.due, now=self.now, limit=10_000)
        return [row for row in due if row.kind == "broadcast"]

    async def mark(self, rows: Sequence[Any], state: str, reason: str = "") -> None:
        def change(tx: Tx) -> None:
            for row in rows:
                values: dict[str, Any] = {"state": state, "reason": reason, "platform_id": "7", "settled_at": self.now}
                assert outbox.change(tx, row.id, states=("pending", "sending"), **values)

        await self.db.write(change)

    async def standing(self, draft: Broadcast) -> broadcasts.Standing:
        return await self.db.read(broadcasts.standing, draft.id)

    async def state(self, draft: Broadcast) -> str:
        return (await self.db.read(broadcasts.get, draft.id)).state

    async def due(self) -> list[Any]:
        return await self.db.write(broadcasts.progress_due, self.moment())

    async def body(self, row: Any) -> Reply:
        return await self.db.read(outbox.payload, row)

    async def deliver_progress(self) -> None:
        """Play the delivery of everything that is for staff."""
        due = await self.db.write(outbox.due, now=self.now, limit=100)
        await self.mark([row for row in due if row.kind == "broadcast_progress"], "sent")
