"""What is told once, what waits for the next contact, and what it says when it is read at last."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from membership.messages import Reply, say
from services import Database, outbox
from services.outbox import Notice
from storage import outbox as rows
from tests.scheduler.town import Town


@pytest.fixture
async def town(db: Database, now: datetime) -> Town:
    return await Town.open(db, now)


def notice(key: str, text: str = "hello", *, expires_at: datetime | None = None) -> Notice:
    return Notice("news", "reminder", key, Reply((say(text),)), expires_at=expires_at)


async def test_the_same_thing_is_told_to_the_same_person_once(town: Town) -> None:
    amy, ben = await town.member(), await town.member()

    first = await town.db.write(outbox.tell_member, amy, notice("1"), moment=town.moment())
    again = await town.db.write(outbox.tell_member, amy, notice("1", "other words"), moment=town.moment())
    other = await town.db.write(outbox.tell_member, ben, notice("1"), moment=town.moment())

    assert first is not None
    assert again is None
    assert other is not None
    assert len(await town.rows("news")) == 2


async def test_the_texts_lie_sealed(town: Town) -> None:
    row_id = await town.put(await town.member(), reply=Reply((say("secret.words"),)))

    row = await town.row(row_id)

    assert b"secret.words" not in row.payload_ct
    assert (await town.db.read(rows.payload, row)).messages[0].key == "secret.words"


async def test_what_found_no_road_is_announced_in_one_line_and_read_once(town: Town) -> None:
    member = await town.member("wechat")
    for key in ("1", "2"):
        await town.put(member, "offer", key)
        town.clock.pass_by(seconds=1)
    await town.deliver_all(town.new_delivery())
    who = await town.who(member)

    line = await town.db.read(outbox.waiting_line, who, now=town.clock.now())
    read = await town.db.write(outbox.read_waiting, who, now=town.clock.now())

    assert [(one.key, one.facts["count"]) for one in line] == [("waiting.line", 2)]
    assert [one.messages[0].facts["n"] for one in read] == ["1", "2"]
    assert {(row.state, row.reason) for row in await town.rows("offer")} == {("sent", "read")}
    assert await town.db.read(outbox.waiting_line, who, now=town.clock.now()) == ()
    assert await town.db.write(outbox.read_waiting, who, now=town.clock.now()) == ()


async def test_what_is_over_is_not_announced(town: Town) -> None:
    member = await town.member("wechat")
    await town.put(member, "offer", expires_at=town.clock.now() + timedelta(hours=2))
    await town.deliver_all(town.new_delivery())
    town.clock.pass_by(hours=2)

    assert await town.db.read(outbox.waiting_line, await town.who(member), now=town.clock.now()) == ()
    assert await town.db.write(rows.drop_late, now=town.clock.now()) == 1
    assert {row.reason for row in await town.rows("offer")} == {"too_late"}


async def test_nobody_reads_what_waits_for_another(town: Town) -> None:
    amy, ben = await town.member("wechat"), await town.member("wechat")
    await town.put(amy, "offer")
    await town.deliver_all(town.new_delivery())

    assert await town.db.write(outbox.read_waiting, await town.who(ben), now=town.clock.now()) == ()


async def test_a_reply_is_born_on_its_way_under_a_lease(town: Town) -> None:
    outgoing = await town.reply(await town.member())

    row = await town.row(outgoing.id)

    assert (row.state, row.lease_epoch, outgoing.epoch) == ("sending", 1, 1)
    assert row.lease_until - town.clock.now() == rows.LEASE


async def test_many_notices_are_read_a_few_at_a_time_and_the_others_go_on_waiting(town: Town) -> None:
    member = await town.member("wechat")
    for key in range(6):
        await town.put(member, "offer", str(key))
        town.clock.pass_by(seconds=1)
    await town.deliver_all(town.new_delivery())
    who = await town.who(member)

    first = await town.db.write(outbox.read_waiting, who, now=town.clock.now())
    [line] = await town.db.read(outbox.waiting_line, who, now=town.clock.now())
    second = await town.db.write(outbox.read_waiting, who, now=town.clock.now())

    assert [one.messages[0].facts["n"] for one in first] == ["0", "1", "2", "3"]
    assert line.facts["count"] == 2
    assert [one.messages[0].facts["n"] for one in second] == ["4", "5"]
