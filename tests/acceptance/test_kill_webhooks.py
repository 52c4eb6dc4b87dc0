"""The program is killed while it calls another system: after the next start every call was taken, by its own id."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update

from bot.clock import moment
from services import Database, Tx, members, webhooks
from services.hook_calls import BATCH
from storage.tables import hook_calls, leases
from tests import receiver as other
from tests.acceptance.own_process import OwnProcess, own_process
from tests.receiver import Receiver

JOINED = 40
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def test_killed_while_it_calls_every_event_is_told_and_a_double_is_known_by_its_id(tmp_path: Path) -> None:
    async with other.listening() as receiver, own_process(tmp_path) as own:
        await own.invite("owner")
        async with own.memory() as db:
            receiver.secret = await db.write(
                webhooks.add, "books", receiver.url, events=("member.joined",), inside=True, actor="test",
                moment=moment(own.played.clock),
            )  # fmt: skip
            for number in range(JOINED):
                await db.write(enrol, own, 13800138000 + number)
            await own.start()
            await until_taken(receiver, 5)
            await own.kill()
            before = await states(db)
            assert before["sent"] < JOINED
            assert before["sending"] <= BATCH
            await db.write(let_a_minute_pass)
            await own.start()
            for _ in range(400):
                if (await states(db))["sent"] == JOINED:
                    break
                await asyncio.sleep(0.05)
            assert await states(db) == {"sent": JOINED}, own.log()
        assert (await own.stop())[0] == 0
    twice = [count for count in Counter(receiver.ids).values() if count > 1]
    assert len(set(receiver.ids)) == JOINED
    assert len(twice) <= BATCH
    assert max(twice, default=1) <= 2


def enrol(tx: Tx, own: OwnProcess, phone: int) -> None:
    fresh = moment(own.played.clock)
    members.enrol(tx, str(phone), name="", birthday="", offers=False, actor="test", moment=fresh)


def let_a_minute_pass(tx: Tx) -> None:
    """Let what the killed program held run out, as a minute of waiting would."""
    tx.execute(update(hook_calls).where(hook_calls.c.state == "sending").values(lease_until=LONG_AGO))
    tx.execute(update(leases).values(until=LONG_AGO))


async def until_taken(receiver: Receiver, number: int) -> None:
    for _ in range(1000):
        if len(receiver.ids) >= number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the calls did not begin")


async def states(db: Database) -> Counter[str]:
    found = await db.read(lambda tx: tx.all(select(hook_calls.c.state)))
    return Counter(row.state for row in found)
