"""What other systems are told: signed, in order, again and again until they say yes, and nothing personal."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.webhooks import WebhookCaller
from membership.member import Identity
from scheduler.jobs import Jobs
from scheduler.webhooks import HookSender
from services import Tx, coupons, members, points, purchases, refunds, rules, webhooks
from services.ledger import Cause
from services.orders import Order
from services.reader import Reader
from storage import identities, staff, tables
from tests import receiver as other
from tests.receiver import Receiver
from tests.scheduler.town import Town


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with other.listening() as found:
        yield found


@pytest.fixture
async def caller() -> AsyncIterator[WebhookCaller]:
    found = WebhookCaller()
    yield found
    await found.close()


@pytest.fixture
def sender(town: Town, caller: WebhookCaller) -> HookSender:
    return HookSender(town.db, caller, clock=town.clock, moment=town.moment, owner="one")


async def hook(town: Town, receiver: Receiver, *events: str, name: str = "books") -> None:
    receiver.secret = await town.db.write(
        webhooks.add, name, receiver.url, events=events, inside=True, actor="test", moment=town.moment()
    )


async def earn(town: Town, member: str, amount: int) -> None:
    cause = Cause(f"test:{member}:{amount}", "test")
    await town.db.write(points.earn, member, amount, cause, moment=town.moment())


async def hire_owner(town: Town) -> None:
    def hire(tx: Tx) -> None:
        chat = identities.meet(tx, Identity("telegram", "shop", "boss"), town.clock.now())
        facts = {"identity_id": chat, "role": "owner", "store_id": None, "created_at": town.clock.now()}
        staff.add(tx, town.moment().new_id("staff"), name="Boss", **facts)

    await town.db.write(hire)


async def rows(town: Town) -> list[Any]:
    calls = tables.hook_calls
    return await town.db.read(lambda tx: tx.all(select(calls).order_by(calls.c.created_at)))


async def test_a_hook_is_told_what_happens_in_its_order_by_signed_calls(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver)
    member = await enrol(town)
    await earn(town, member, 30)
    town.clock.pass_by(seconds=1)
    await earn(town, member, 5)
    town.clock.pass_by(seconds=1)
    assert await sender.run_once() == len(receiver.calls)
    assert receiver.events == ["member.joined", "points.changed", "points.changed"]
    assert [call["data"].get("points") for call in receiver.calls[1:]] == [30, 5]
    assert receiver.calls[1]["data"]["member_id"] == member
    assert len(set(receiver.ids)) == 3
    assert await sender.run_once() == 0


async def enrol(town: Town) -> str:
    about: dict[str, Any] = {"name": "Wang Mei", "birthday": "1990-05-03", "offers": True, "actor": "test"}
    return await town.db.write(members.enrol, "13800138000", **about, moment=town.moment())


async def test_a_call_says_nothing_of_who_a_member_is(town: Town, receiver: Receiver, sender: HookSender) -> None:
    await hook(town, receiver)
    await enrol(town)
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    said = repr(receiver.calls)
    assert "member_id" in said
    assert not [personal for personal in ("Wang", "138", "1990", "05-03") if personal in said.replace("-1380", "")]


async def test_a_hook_hears_only_the_events_it_asked_for(town: Town, receiver: Receiver, sender: HookSender) -> None:
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    assert receiver.events == ["points.changed"]


async def test_what_was_undone_is_told_to_nobody(town: Town, receiver: Receiver) -> None:
    await hook(town, receiver)

    def undone(tx: Tx) -> None:
        with tx.savepoint():
            members.enrol(tx, "13800138000", name="", birthday="", offers=False, actor="test", moment=town.moment())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await town.db.write(undone)
    assert await rows(town) == []


async def test_a_call_that_fails_is_made_again_after_growing_pauses_and_is_dead_after_a_day(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hire_owner(town)
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    receiver.answers = [500] * 50
    begun, tried = town.clock.now(), []
    while (row := (await rows(town))[0]).state == "pending":
        town.clock.pass_by(seconds=(row.not_before - town.clock.now()).total_seconds())
        assert await sender.run_once() == 1
        tried.append(town.clock.now() - begun)
    assert (row.state, row.attempts, row.last_error) == ("dead", len(tried), "status 500")
    assert len(tried) == 11
    assert timedelta(hours=20) < tried[-1] < timedelta(hours=28)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert pauses == sorted(pauses)
    alarms = await town.db.read(lambda tx: tx.all(select(tables.outbox).where(tables.outbox.c.kind == "alarm")))
    assert len(alarms) == 1


async def test_dead_calls_are_sent_again_under_their_old_ids(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    calls = tables.hook_calls
    await town.db.write(lambda tx: tx.execute(calls.update().values(state="dead")))
    assert await town.db.write(webhooks.resend, dead=True, moment=town.moment()) == 1
    await sender.run_once()
    assert receiver.ids == [receiver.ids[0]] * 2
    later = town.clock.now() + timedelta(seconds=1)
    assert await town.db.write(webhooks.resend, since=later, moment=town.moment()) == 0
    assert await town.db.write(webhooks.resend, "books", call_id=receiver.ids[0], moment=town.moment()) == 1
    with pytest.raises(webhooks.HookUnknown):
        await town.db.write(webhooks.resend, "nobody", dead=True, moment=town.moment())


async def test_a_receiver_that_asks_to_be_left_alone_is(town: Town, receiver: Receiver, sender: HookSender) -> None:
    await hook(town, receiver, "points.changed")
    member = await enrol(town)
    await earn(town, member, 30)
    await earn(town, member, 5)
    town.clock.pass_by(seconds=1)
    receiver.answers, receiver.headers = [429], {"Retry-After": "600"}
    await sender.run_once()
    assert receiver.asked == 1, "the second call waits as long as the first"
    town.clock.pass_by(seconds=590)
    assert await sender.run_once() == 0
    town.clock.pass_by(seconds=20)
    await sender.run_once()
    assert [call["data"]["points"] for call in receiver.calls] == [30, 5]


async def test_a_receiver_that_is_gone_for_good_is_called_no_more_and_the_owner_hears_of_it(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hire_owner(town)
    await hook(town, receiver, "points.changed")
    member = await enrol(town)
    await earn(town, member, 30)
    await earn(town, member, 5)
    town.clock.pass_by(seconds=1)
    receiver.answers = [410]
    await sender.run_once()
    await earn(town, member, 7)
    town.clock.pass_by(days=2)
    assert await sender.run_once() == 0
    assert receiver.asked == 1
    assert {row.state for row in await rows(town)} == {"dead"}
    (listed,) = await town.db.read(webhooks.listed)
    assert (listed.removed_at is not None, listed.dead, listed.waiting) == (True, 2, 0)
    alarms = await town.db.read(lambda tx: tx.all(select(tables.outbox).where(tables.outbox.c.kind == "alarm")))
    assert len(alarms) == 1


async def test_one_receiver_that_is_down_keeps_no_other_waiting(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver, "points.changed")
    down = Receiver(url="http://127.0.0.1:1/hooks")
    await hook(town, down, "points.changed", name="down")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    assert receiver.events == ["points.changed"]
    assert sorted(row.state for row in await rows(town)) == ["pending", "sent"]


async def test_a_caller_that_dies_in_the_middle_is_followed_by_one_that_calls_again_under_the_same_id(
    town: Town, receiver: Receiver, sender: HookSender, caller: WebhookCaller
) -> None:
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    receiver.gate = asyncio.Event()
    dying = asyncio.create_task(sender.run_once())
    await receiver.heard.wait()
    dying.cancel()
    receiver.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await dying
    heir = HookSender(town.db, caller, clock=town.clock, moment=town.moment, owner="two")
    assert await heir.run_once() == 0, "the first may still be at it"
    (row,) = await rows(town)
    assert row.state == "sending", "marked before the call, and kept so by the kill"
    town.clock.pass_by(seconds=61)
    assert await heir.run_once() == 1
    (row,) = await rows(town)
    assert (row.state, row.id in receiver.ids) == ("sent", True)
    assert set(receiver.ids) == {row.id}


async def test_two_senders_at_once_make_each_call_once(
    town: Town, receiver: Receiver, sender: HookSender, caller: WebhookCaller
) -> None:
    await hook(town, receiver, "points.changed")
    member = await enrol(town)
    for amount in range(1, 31):
        await earn(town, member, amount)
    town.clock.pass_by(seconds=1)
    other_sender = HookSender(town.db, caller, clock=town.clock, moment=town.moment, owner="two")
    while sum(await asyncio.gather(sender.run_once(), other_sender.run_once())):
        pass
    assert len(receiver.ids) == len(set(receiver.ids)) == 30


async def test_a_redirect_is_no_yes_and_is_not_followed(town: Town, receiver: Receiver, sender: HookSender) -> None:
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    receiver.answers, receiver.headers = [307], {"Location": receiver.url}
    await sender.run_once()
    assert (receiver.asked, receiver.calls) == (1, [])


async def test_a_name_that_leads_inside_is_called_only_where_that_was_meant(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver, "points.changed")
    inside = receiver.url.replace("127.0.0.1", "localhost")
    calls = tables.hooks

    def forge(tx: Tx) -> None:
        row = tx.one(select(calls))
        assert row is not None
        sealed = tx.cipher.seal("hooks", "url_ct", row.id, inside)
        tx.execute(calls.update().values(url_ct=sealed, events={"only": [], "inside": False}))

    await town.db.write(forge)
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    with capture_logs() as logged:
        await sender.run_once()
    assert receiver.asked == 0
    assert "localhost" not in repr(logged)
    assert {row.state for row in await rows(town)} == {"pending"}


async def test_the_timetable_calls_and_without_a_sender_leaves_it_to_the_server(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    parts: dict[str, Any] = {"clock": town.clock, "moment": town.moment}
    assert await Jobs(town.db, town.new_delivery(), **parts).run_job("call-hooks") == 0
    assert await Jobs(town.db, town.new_delivery(), **parts, hooks=sender).run_job("call-hooks") == 1
    assert receiver.events == ["points.changed"]


async def test_what_was_settled_a_month_ago_is_dropped(town: Town, receiver: Receiver, sender: HookSender) -> None:
    await hook(town, receiver, "points.changed")
    await earn(town, await enrol(town), 30)
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    jobs = Jobs(town.db, town.new_delivery(), clock=town.clock, moment=town.moment)
    town.clock.pass_by(days=29)
    await jobs.run_job("forget")
    assert len(await rows(town)) == 1
    town.clock.pass_by(days=2)
    await jobs.run_job("forget")
    assert await rows(town) == []


async def test_a_coupon_that_is_used_names_its_member_and_store(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver, "coupon.redeemed")
    member = await enrol(town)
    store = rules.store_id("main")

    def use(tx: Tx) -> str:
        offer = rules.current(tx).offer("welcome")
        assert offer is not None
        coupon = coupons.give(tx, member, offer, reference="g", actor="test", moment=town.moment())
        assert coupon is not None
        reader = Reader("till", store)
        coupons.redeem(tx, coupon, reference="r", purchase_id=None, reader=reader, moment=town.moment())
        return coupon.id

    coupon = await town.db.write(use)
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    (told,) = [call["data"] for call in receiver.calls]
    assert (told["coupon_id"], told["member_id"], told["store"]) == (coupon, member, "main")


async def test_a_correction_is_told_by_its_fields_alone(town: Town, receiver: Receiver, sender: HookSender) -> None:
    await hook(town, receiver, "member.changed")
    member = await enrol(town)
    right = {"name": "Wang Mai", "phone": "13800138000"}
    await town.db.write(members.correct, member, right, actor="test", store_id="", moment=town.moment())
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    (told,) = [call["data"] for call in receiver.calls]
    assert told == {"member_id": member, "fields": ["name"]}


async def test_a_purchase_and_its_refund_are_told_with_what_came_of_them(
    town: Town, receiver: Receiver, sender: HookSender
) -> None:
    await hook(town, receiver, "purchase.recorded", "purchase.refunded", "points.changed")
    member, reader = await enrol(town), Reader("till", rules.store_id("main"))
    order, how = Order(member, 6800, receipt_no="A-1042"), {"reference": "r1", "channel": "pos"}
    for _ in range(2):
        done = await town.db.write(purchases.record, order, reader, **how, moment=town.moment())
    town.clock.pass_by(minutes=1)
    back: dict[str, Any] = {"reason": "cold", "actor": "till", "reference": "r2"}
    await town.db.write(refunds.refund, done.id, 1800, **back, moment=town.moment())
    town.clock.pass_by(seconds=1)
    await sender.run_once()
    assert receiver.events == ["points.changed", "purchase.recorded", "points.changed", "purchase.refunded"]
    bought, refund = receiver.calls[1]["data"], receiver.calls[3]["data"]
    assert {name: bought[name] for name in ("purchase_id", "amount", "to_pay", "receipt_no", "store")} == {
        "purchase_id": done.id, "amount": 6800, "to_pay": 6800, "receipt_no": "A-1042", "store": "main",
    }  # fmt: skip
    assert (refund["purchase_id"], refund["amount"]) == (done.id, 1800)
    assert sum(call["data"]["points"] for call in receiver.calls[0:3:2]) == bought["points_earned"] - 18
