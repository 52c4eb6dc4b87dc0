"""The program is killed in the middle of a broadcast: it goes on by itself, and nobody gets the letter twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from bot.clock import moment
from membership.member import Identity
from membership.moment import Moment
from playground.phones import Person
from playground.rehearsal import BOT_ID
from scheduler.delivery import IN_FLIGHT
from services import Database, Tx
from storage import identities, members
from storage.tables import outbox
from tests.acceptance.own_process import OwnProcess, own_process
from tests.acceptance.stage import Phone
from tests.acceptance.stubborn_people import Stubborn

READERS = 70
LETTER = "今晚手冲第二杯半价，等你来。"
DONE_ROUNDS = 240


async def test_killed_in_the_middle_of_a_broadcast_nobody_gets_it_twice(tmp_path: Path) -> None:
    async with own_process(tmp_path) as own:
        invitation = await own.invite("owner")
        readers = await settle(own)
        await own.start()
        await begin(own, invitation)
        await until_read_by(readers, 10)
        await own.kill()
        assert 10 <= len(having_read(readers)) < READERS
        async with own.memory() as db:
            doubtful = (await states(db))["sending"]
            assert doubtful <= IN_FLIGHT
            await own.start()
            await until_sent(db, READERS - doubtful)
            assert await states(db) == {"sent": READERS - doubtful, "sending": doubtful}
        assert (await own.stop())[0] == 0
    assert READERS - doubtful <= len(having_read(readers)) <= READERS
    assert max(map(copies, readers)) == 1


async def settle(own: OwnProcess) -> list[Phone]:
    """Let so many people be members on Telegram who said yes to offers."""
    people = [Person(f"reader{n}", "telegram", f"61000000{n:02}", "小读", "", "zh-Hans") for n in range(READERS)]
    async with own.memory() as db:
        await db.write(_settle, people, moment=moment(own.played.clock))
    for person in people:
        own.played.telegram.acquaint(person)
    return [Phone(person, own.played.telegram) for person in people]


def _settle(tx: Tx, people: list[Person], *, moment: Moment) -> None:
    for person in people:
        row_id = moment.new_id(person.id)
        handle = moment.draw(f"handle {person.id}", 8)
        members.add(tx, row_id, handle=handle, state="joined", offers_on=True, joined_at=moment.now, name=person.name)
        chat = identities.meet(tx, Identity("telegram", BOT_ID, person.user), moment.now)
        identities.change(tx, chat, member_id=row_id)


async def begin(own: OwnProcess, invitation: str) -> None:
    """Let the owner, who is on WeChat, write the letter and send it off."""
    owner = Stubborn(own.phone("mrschen"))
    await owner.phone.start()
    await owner.insists(invitation, "欢迎加入")
    await owner.insists("群发", "想群发什么")
    await owner.insists(LETTER, f"将发给 {READERS} 位会员")
    assert await owner.taps(f"发给 {READERS} 位", "群发")


async def until_read_by(readers: list[Phone], number: int) -> None:
    for _ in range(1000):
        if len(having_read(readers)) >= number:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the broadcast did not begin")


async def states(db: Database) -> Counter[str]:
    """Return how many letters are in each state; those on their way when the program died stay so for a minute."""
    found = select(outbox.c.state).where(outbox.c.kind == "broadcast")
    return Counter(row.state for row in await db.read(lambda tx: tx.all(found)))


async def until_sent(db: Database, number: int) -> None:
    for _ in range(DONE_ROUNDS):
        if (await states(db))["sent"] >= number:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"the broadcast did not go on: {await states(db)}")


def having_read(readers: list[Phone]) -> list[Phone]:
    return [one for one in readers if copies(one)]


def copies(reader: Phone) -> int:
    return sum(LETTER in bubble.text for bubble in reader.heard)
