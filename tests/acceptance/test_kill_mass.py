"""The program is killed between WeChat's taking a mass message and noting it: nobody gets it twice, nobody is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from bot.clock import moment
from membership.member import Identity
from membership.moment import Moment
from playground.inspector import Call
from playground.phones import Person
from playground.rehearsal import APP_ID
from services import Database, Tx
from storage import identities, mass, members
from storage.tables import leases, outbox
from tests.acceptance.own_process import OwnProcess, own_process
from tests.acceptance.stage import Phone
from tests.acceptance.stubborn_people import Stubborn

READERS = 3
LETTER = "今晚手冲第二杯半价，等你来。"
CALL = "cgi-bin/message/mass/send"
ROUNDS = 400


async def test_killed_after_the_call_took_effect_the_same_id_is_asked_for_again(tmp_path: Path) -> None:
    async with own_process(tmp_path) as own:
        invitation = await own.invite("owner")
        readers = await settle(own)
        own.played.inspector.on_call(lambda call: kill_once(own, call))
        await own.start()
        await until_the_account_is_known(own)
        await begin(own, invitation)
        assert own.process is not None
        await asyncio.wait_for(own.process.wait(), 30)
        assert [copies(reader) for reader in readers] == [1] * READERS
        async with own.memory() as db:
            assert await states(db) == {"sending": READERS}
            await db.write(a_minute_passes)
            await own.start()
            await until_sent(db)
        assert (await own.stop())[0] == 0
    answers = [call.answer["errcode"] for call in own.played.inspector.named(CALL)]
    assert answers == [0, 45065]
    assert [copies(reader) for reader in readers] == [1] * READERS


def kill_once(own: OwnProcess, call: Call) -> None:
    """End the program while it waits for the answer to its first mass message."""
    if call.name == CALL and own.starts == 1 and own.process is not None:
        own.process.kill()


async def settle(own: OwnProcess) -> list[Phone]:
    """Let some people be members on WeChat who said yes to offers and have written nothing lately."""
    people = [Person(f"fan{n}", "wechat", f"oFan{n:024}", "小读", "", "zh-Hans") for n in range(READERS)]
    async with own.memory() as db:
        await db.write(_settle, people, moment=moment(own.played.clock))
    for person in people:
        own.played.wechat.acquaint(person)
    return [Phone(person, own.played.wechat) for person in people]


def _settle(tx: Tx, people: list[Person], *, moment: Moment) -> None:
    for person in people:
        row_id = moment.new_id(person.id)
        handle = moment.draw(f"handle {person.id}", 8)
        members.add(tx, row_id, handle=handle, state="joined", offers_on=True, joined_at=moment.now, name=person.name)
        chat = identities.meet(tx, Identity("wechat", APP_ID, person.user), moment.now)
        identities.change(tx, chat, member_id=row_id)


async def begin(own: OwnProcess, invitation: str) -> None:
    owner = Stubborn(own.phone("mrschen"))
    await owner.phone.start()
    await owner.insists(invitation, "欢迎加入")
    await owner.insists("群发", "想群发什么")
    await owner.insists(LETTER, f"群发接口 {READERS}")
    assert await owner.taps(f"发给 {READERS} 位", "群发")


async def until_the_account_is_known(own: OwnProcess) -> None:
    """Wait until the program knows what its account may do: a draft counts on no mass message before."""
    async with own.memory() as db:
        for _ in range(ROUNDS):
            if await db.read(mass.noted_kind) == "service":
                return
            await asyncio.sleep(0.05)
    raise AssertionError("the program never learned what its account may do")


def a_minute_passes(tx: Tx) -> None:
    """Let everything end that the dead program holds: its duties, and the people of its call."""
    long_ago = tx.scalar(select(outbox.c.lease_until).where(outbox.c.state == "sending")) - timedelta(minutes=2)
    tx.execute(update(outbox).where(outbox.c.state == "sending").values(lease_until=long_ago))
    tx.execute(update(leases).values(until=long_ago))


async def states(db: Database) -> Counter[str]:
    found = select(outbox.c.state).where(outbox.c.kind == "broadcast")
    return Counter(row.state for row in await db.read(lambda tx: tx.all(found)))


async def until_sent(db: Database) -> None:
    for _ in range(ROUNDS):
        if await states(db) == {"sent": READERS}:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the mass message did not settle: {await states(db)}")


def copies(reader: Phone) -> int:
    return sum(LETTER in bubble.text for bubble in reader.heard)
