"""What becomes of a message: sent once, tried again, given up, or in doubt, by where it failed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from membership.messages import Reply
from scheduler.delivery import Delivery
from scheduler.messenger import NotSent, Sent, Uncertain, Undeliverable
from services.outgoing import Class
from storage import outbox
from tests.scheduler.town import Town

LOST = Uncertain("read_timeout")


async def test_what_is_due_is_sent_once_and_settled(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member())

    await town.deliver_all(delivery)
    await town.deliver_all(delivery)

    row = await town.row(row_id)
    assert (row.state, row.reason, row.platform_id) == ("sent", "open", "1")
    assert row.settled_at == town.clock.now()
    assert len(town.telegram.taken) == 1


async def test_the_row_is_on_its_way_in_the_memory_before_the_platform_is_asked(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member())
    town.telegram.gate = asyncio.Event()

    sending = asyncio.create_task(delivery.run_once())
    await town.telegram.asked.wait()

    assert (await town.row(row_id)).state == "sending"
    town.telegram.gate.set()
    await sending
    assert (await town.row(row_id)).state == "sent"


async def test_what_is_due_later_waits_until_then(town: Town, delivery: Delivery) -> None:
    member = await town.member()
    row_id = await town.put(member, not_before=town.clock.now().replace(minute=30))

    await town.deliver_all(delivery)
    assert (await town.row(row_id)).state == "pending"

    town.clock.pass_by(minutes=30)
    await town.deliver_all(delivery)
    assert (await town.row(row_id)).state == "sent"


async def test_a_reply_is_sent_at_once_and_its_trouble_stays_here(town: Town, delivery: Delivery) -> None:
    member = await town.member()
    town.telegram.troubles = [LOST]

    await delivery.deliver(await town.reply(member, "first"))
    await delivery.deliver(await town.reply(member, "second"))

    assert (await town.row_of("first")).state == "uncertain"
    assert (await town.row_of("second")).state == "sent"


async def test_a_reply_that_went_out_as_the_answer_of_the_call_is_settled(town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat", account={"said_at": town.clock.now()})

    await delivery.settle(await town.reply(member), Sent())

    assert (await town.row_of("e1")).state == "sent"
    assert (await town.account(member)).said_used == 0
    assert town.wechat.calls == 0


async def test_a_reply_that_did_not_leave_is_tried_again_and_given_up_when_it_is_stale(
    town: Town, delivery: Delivery
) -> None:
    member = await town.member()
    town.telegram.troubles = [NotSent("unreachable", after=2.0)]
    await delivery.deliver(await town.reply(member))
    row = await town.row_of("e1")
    assert (row.state, row.attempts) == ("pending", 1)

    town.clock.pass_by(minutes=11)
    await town.deliver_all(delivery)

    row = await town.row_of("e1")
    assert (row.state, row.reason) == ("cancelled", "too_late")


@pytest.mark.parametrize(
    ("kind_class", "channel", "state"),
    [
        ("offer", "telegram", "uncertain"),
        ("reminder", "telegram", "uncertain"),
        ("staff", "telegram", "uncertain"),
        ("offer", "wechat", "uncertain"),
        ("receipt", "wechat", "uncertain"),
    ],
)
async def test_what_may_have_arrived_is_not_said_twice(
    kind_class: Class, channel: Any, state: str, *, town: Town, delivery: Delivery
) -> None:
    member = await town.member(channel, account={"said_at": town.clock.now()})
    row_id = await town.put(member, kind_class)
    platform = town.telegram if channel == "telegram" else town.wechat
    platform.troubles = [LOST]

    await town.deliver_all(delivery)

    row = await town.row(row_id)
    assert (row.state, row.last_error) == (state, "uncertain: read_timeout")
    assert platform.calls == 1


async def test_a_telegram_receipt_in_doubt_is_sent_once_more_with_the_same_words(
    town: Town, delivery: Delivery
) -> None:
    row_id = await town.put(await town.member(), "receipt")
    town.telegram.troubles, town.telegram.swallow = [LOST], True

    await town.deliver_all(delivery)

    first, second = town.telegram.taken
    assert first.reply == second.reply
    assert (await town.row(row_id)).state == "sent"


async def test_a_telegram_receipt_in_doubt_twice_is_left_in_doubt(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member(), "receipt")
    town.telegram.troubles = [LOST, LOST, LOST]

    await town.deliver_all(delivery)

    assert (await town.row(row_id)).state == "uncertain"
    assert town.telegram.calls == 2


async def test_a_wechat_template_in_doubt_goes_again_under_the_same_id(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member("wechat"), "receipt")
    town.wechat.troubles = [LOST, LOST]

    await town.deliver_all(delivery)

    assert (await town.row(row_id)).state == "sent"
    assert town.wechat.calls == 3
    assert [(one.id, one.road) for one in town.wechat.taken] == [(row_id, "template:receipt.body")]


async def test_who_blocked_the_shop_is_tried_once_and_left_alone_until_they_come_back(
    town: Town, delivery: Delivery
) -> None:
    member = await town.member()
    first = await town.put(member, "receipt", "1")
    town.clock.pass_by(seconds=1)
    second = await town.put(member, "receipt", "2")
    offer = await town.put(member, "offer")
    town.telegram.troubles = [Undeliverable("Forbidden: bot was blocked by the user", person=True)]

    await town.deliver_all(delivery)
    town.clock.pass_by(seconds=2)
    await town.deliver_all(delivery)

    assert town.telegram.calls == 1
    assert ((await town.row(first)).state, (await town.row(first)).reason) == ("dead", "blocked")
    assert ((await town.row(second)).state, (await town.row(second)).reason) == ("waiting", "blocked")
    assert ((await town.row(offer)).state, (await town.row(offer)).reason) == ("cancelled", "blocked")
    assert (await town.account(member)).unreachable.startswith("Forbidden")


async def test_one_refused_message_dies_alone(town: Town, delivery: Delivery) -> None:
    poison = await town.put(await town.member(), key="poison")
    sound = await town.put(await town.member(), key="sound")
    town.telegram.troubles = [Undeliverable("Bad Request: can't parse entities")]

    await town.deliver_all(delivery)

    assert sorted([(await town.row(poison)).state, (await town.row(sound)).state]) == ["dead", "sent"]
    assert town.telegram.calls == 2


async def test_a_message_that_breaks_the_program_dies_alone(town: Town, delivery: Delivery) -> None:
    broken = await town.put(await town.member(), "receipt", "broken")
    town.telegram.troubles = [KeyError("no such fact")]
    await town.deliver_all(delivery)
    sound = await town.put(await town.member(), "receipt", "sound")
    await town.deliver_all(delivery)

    row = await town.row(broken)
    assert (row.state, row.last_error) == ("dead", "bug: KeyError")
    assert (await town.row(sound)).state == "sent"


async def test_a_row_that_cannot_be_opened_dies_alone(town: Town, delivery: Delivery) -> None:
    damaged = await town.put(await town.member(), "receipt", "damaged")
    sound = await town.put(await town.member(), "receipt", "sound")
    await town.db.write(lambda tx: outbox.change(tx, damaged, states=("pending",), payload_ct=b"x" * 60))

    await town.deliver_all(delivery)

    assert ((await town.row(damaged)).state, (await town.row(sound)).state) == ("dead", "sent")


async def test_what_did_not_leave_is_tried_again_later_and_later(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member(), "receipt")
    town.telegram.troubles = [NotSent("unreachable", after=2.0) for _ in range(6)]
    waits = []
    for _ in range(6):
        await town.deliver_all(delivery)
        row = await town.row(row_id)
        waits.append((row.not_before - town.clock.now()).total_seconds())
        town.clock.pass_by(seconds=waits[-1])
    await town.deliver_all(delivery)

    assert waits[0] == 2.0
    assert 8.0 <= waits[4] < 16.0 <= waits[5] < 32.0
    assert (await town.row(row_id)).state == "sent"
    assert len(town.telegram.taken) == 1


async def test_the_order_of_one_chat_is_kept_when_its_first_message_must_wait(town: Town, delivery: Delivery) -> None:
    member = await town.member()
    for number in range(3):
        await town.put(member, "receipt", str(number))
        town.clock.pass_by(seconds=0.001)
    town.telegram.troubles = [NotSent("unreachable", after=2.0)]

    await town.deliver_all(delivery)
    town.clock.pass_by(seconds=5)
    await town.deliver_all(delivery)
    town.clock.pass_by(seconds=5)
    await town.deliver_all(delivery)

    assert [one.reply.messages[0].facts["n"] for one in town.telegram.taken] == ["0", "1", "2"]


async def test_nothing_begins_after_the_stop_and_what_runs_may_end(town: Town, delivery: Delivery) -> None:
    await town.put(await town.member(), "receipt")
    running = asyncio.create_task(delivery.run())
    town.telegram.gate = asyncio.Event()
    await town.telegram.asked.wait()

    stopping = asyncio.create_task(delivery.stop())
    await asyncio.sleep(0)
    late = await town.put(await town.member(), "receipt", "late")
    town.telegram.gate.set()
    await asyncio.gather(stopping, running)

    assert len(town.telegram.taken) == 1
    assert (await town.row(late)).state == "pending"
    await town.deliver_all(town.new_delivery("two"))  # the other instance need not wait for a lease to end
    assert (await town.row(late)).state == "sent"


async def test_a_nudge_wakes_the_delivery(town: Town, delivery: Delivery) -> None:
    running = asyncio.create_task(delivery.run())
    await asyncio.sleep(0.02)
    row_id = await town.put(await town.member(), "receipt", reply=Reply())
    delivery.nudge()
    for _ in range(200):
        if (await town.row(row_id)).state == "sent":
            break
        await asyncio.sleep(0.002)
    await delivery.stop()
    await running

    assert (await town.row(row_id)).state == "sent"
