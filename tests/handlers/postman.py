"""Brings what is due to people's chats, as the delivery does, without any platform."""

from __future__ import annotations

from services import dispatch
from services.outgoing import Outgoing
from services.roads import Ways
from tests.handlers.counter import Counter, Person

WAYS = Ways({"telegram": "bot", "wechat": "service"})
OWNER = "postman"


async def take(counter: Counter, ways: Ways = WAYS) -> list[Outgoing]:
    """Take what is due; it is on its way now."""
    batch = await counter.db.write(dispatch.take, ways, owner=OWNER, limit=100, now=counter.now)
    return list(batch.outgoing)


async def bring(counter: Counter, *taken: Outgoing) -> None:
    """Let these arrive now."""
    for one in taken:
        assert await counter.db.write(dispatch.sent, one, f"m-{one.id}", now=counter.now)


async def deliver(counter: Counter, *, read: bool = True, ways: Ways = WAYS) -> list[Outgoing]:
    """Let everything due arrive; ``read``: and some seconds go by in which it can be read."""
    found = await take(counter, ways)
    await bring(counter, *found)
    if read:
        counter.pass_by(seconds=10)
    return found


async def brought_to(person: Person, kind: str) -> Outgoing:
    """Let everything due arrive and be read, and return what of this kind came to this person."""
    [one] = [one for one in await deliver(person.counter) if one.kind == kind and is_theirs(one, person)]
    return one


def is_theirs(one: Outgoing, person: Person) -> bool:
    return one.identity.channel == person.channel and one.identity.external_id == f"id-of-{person.name}"
