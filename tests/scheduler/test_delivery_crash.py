"""A sender that dies or sleeps between taking and settling: nothing is lost in silence, nothing is said twice."""

from __future__ import annotations

import asyncio

import pytest

from scheduler.delivery import Delivery
from scheduler.jobs import Jobs
from services import dispatch
from services.outgoing import Class
from services.roads import Ways
from tests.scheduler.town import TEMPLATES, Town

WAYS = Ways({"telegram": "bot", "wechat": "service"}, TEMPLATES)


async def killed(town: Town, owner: str = "dead") -> dispatch.Batch:
    """Take what is due as a sender does, and die before the platform is asked (or answers)."""
    return await town.db.write(dispatch.take, WAYS, owner=owner, limit=30, now=town.clock.now())


@pytest.mark.parametrize(
    ("kind_class", "state", "again"),
    [("offer", "uncertain", 0), ("reminder", "uncertain", 0), ("staff", "uncertain", 0), ("receipt", "sent", 1)],
)
async def test_after_a_kill_only_a_telegram_receipt_is_sent_again(
    kind_class: Class, state: str, again: int, *, town: Town, delivery: Delivery
) -> None:
    row_id = await town.put(await town.member(), kind_class)
    await killed(town)
    jobs = Jobs(town.db, delivery, clock=town.clock, moment=town.moment)

    await jobs.catch_up()
    assert (await town.row(row_id)).state == "sending"  # the dead one may still be alive

    town.clock.pass_by(seconds=61)
    await jobs.catch_up()

    assert (await town.row(row_id)).state == state
    assert town.telegram.calls == again


async def test_after_a_kill_a_template_goes_again_under_its_own_id(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member("wechat"), "receipt")
    await killed(town)

    town.clock.pass_by(seconds=61)
    await town.db.write(dispatch.lose, now=town.clock.now())
    await town.deliver_all(delivery)

    assert [one.id for one in town.wechat.taken] == [row_id]


async def test_a_second_kill_leaves_the_receipt_in_doubt(town: Town) -> None:
    row_id = await town.put(await town.member(), "receipt")
    for _ in range(2):
        await killed(town)
        town.clock.pass_by(seconds=61)
        await town.db.write(dispatch.lose, now=town.clock.now())

    assert (await town.row(row_id)).state == "uncertain"


async def test_a_reply_whose_turn_died_is_in_doubt(town: Town) -> None:
    await town.reply(await town.member())
    town.clock.pass_by(seconds=61)

    assert await town.db.write(dispatch.lose, now=town.clock.now()) == 1
    assert (await town.row_of("e1")).state == "uncertain"


async def test_a_late_answer_of_a_lost_lease_changes_nothing(town: Town, delivery: Delivery) -> None:
    receipt = await town.put(await town.member(), "receipt")
    offer = await town.put(await town.member(), "offer")
    batch = await killed(town)
    town.clock.pass_by(seconds=61)
    await town.db.write(dispatch.lose, now=town.clock.now())
    await town.deliver_all(delivery)

    late = [await town.db.write(dispatch.sent, one, "late", now=town.clock.now()) for one in batch.outgoing]

    assert late == [False, False]
    assert ((await town.row(receipt)).state, (await town.row(receipt)).platform_id) == ("sent", "1")
    assert (await town.row(offer)).state == "uncertain"


async def test_a_sender_that_overslept_does_not_send(town: Town) -> None:
    member = await town.member()
    rows = [await town.put(member, "receipt", str(number)) for number in range(2)]
    sleeper = town.new_delivery("sleeper")
    town.telegram.gate = asyncio.Event()
    sending = asyncio.create_task(sleeper.run_once())
    await town.telegram.asked.wait()

    town.clock.pass_by(seconds=90)
    town.telegram.gate.set()
    await sending

    states = sorted([(await town.row(row_id)).state for row_id in rows])
    assert town.telegram.calls == 1
    assert states == ["sending", "sent"]  # the second one's lease tells the next sender


async def test_one_instance_at_a_time_is_the_bulk_sender(town: Town, delivery: Delivery) -> None:
    await town.put(await town.member(), "receipt", "1")
    await delivery.run_once()
    second = await town.put(await town.member(), "receipt", "2")

    other = town.new_delivery("two")
    assert await other.run_once() == 0
    town.clock.pass_by(seconds=21)
    assert await other.run_once() == 1
    assert (await town.row(second)).state == "sent"


async def test_three_instances_send_each_message_once(town: Town) -> None:
    for number in range(40):
        await town.put(await town.member(), key=str(number))
    instances = [town.new_delivery(name) for name in ("one", "two", "three")]

    for _ in range(3):
        await asyncio.gather(*(one.run_once() for one in instances))
        town.clock.pass_by(seconds=21)

    assert len(town.telegram.taken) == 40
    assert len({one.id for one in town.telegram.taken}) == 40
