"""Which road a message takes at the moment it is sent, what that costs, and what is kept back at that moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from membership.messages import Reply, say
from scheduler.delivery import Delivery
from scheduler.messenger import Undeliverable
from services import Tx, members, outbox, privacy
from services.outgoing import Class
from storage import identities
from tests.scheduler.town import Town


@pytest.mark.parametrize(
    ("kind_class", "facts", "reason"),
    [
        ("offer", {"offers_on": False}, "no_consent"),
        ("reminder", {"reminders_on": False}, "reminders_off"),
    ],
)
async def test_what_a_member_switched_off_while_it_was_queued_is_not_sent(
    kind_class: Class, facts: dict[str, Any], reason: str, *, town: Town, delivery: Delivery
) -> None:
    member = await town.member()
    row_id = await town.put(member, kind_class)
    await town.change(member, **facts)

    await town.deliver_all(delivery)

    row = await town.row(row_id)
    assert (row.state, row.reason, town.telegram.calls) == ("cancelled", reason, 0)


async def test_a_greeting_is_not_sent_to_who_wants_none(town: Town, delivery: Delivery) -> None:
    member = await town.member()
    row_id = await town.put(member, "reminder", kind="birthday")
    await town.change(member, birthday_on=False)

    await town.deliver_all(delivery)

    assert (await town.row(row_id)).reason == "birthday_off"


async def test_who_left_or_was_erased_while_it_was_queued_gets_nothing(town: Town, delivery: Delivery) -> None:
    gone, erased = await town.member(), await town.member()
    rows = [await town.put(member, "receipt") for member in (gone, erased)]
    who = await town.who(gone)
    await town.db.write(lambda tx: members.leave(tx, who, moment=town.moment()))
    await town.db.write(lambda tx: privacy.erase(tx, erased, now=town.clock.now()))

    await town.deliver_all(delivery)

    states = [((await town.row(row_id)).state, (await town.row(row_id)).reason) for row_id in rows]
    assert states == [("cancelled", "left"), ("cancelled", "nothing_left")]
    assert town.telegram.calls == 0


async def test_what_is_over_is_dropped(town: Town, delivery: Delivery) -> None:
    row_id = await town.put(await town.member(), "receipt", expires_at=town.clock.now() + timedelta(hours=1))
    town.clock.pass_by(hours=1)

    await town.deliver_all(delivery)

    row = await town.row(row_id)
    assert (row.state, row.reason) == ("cancelled", "too_late")


async def test_offers_and_reminders_wait_for_the_morning_and_receipts_do_not(town: Town, delivery: Delivery) -> None:
    town.clock.pass_by(hours=10)  # 22:00 in Shanghai
    member = await town.member()
    offer, receipt = await town.put(member, "offer"), await town.put(member, "receipt")

    await town.deliver_all(delivery)

    row = await town.row(offer)
    assert (row.state, row.reason) == ("pending", "quiet_hours")
    assert row.not_before - town.clock.now() == timedelta(hours=11)
    assert (await town.row(receipt)).state == "sent"


async def test_an_open_window_is_counted_and_then_the_template_does(town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat", account={"said_at": town.clock.now(), "said_used": 3})
    for number in range(4):
        await town.put(member, "receipt", str(number))

    await town.deliver_all(delivery)

    roads = [one.road for one in town.wechat.taken]
    assert sorted(roads) == ["reply", "reply", "template:receipt.body", "template:receipt.body"]
    assert (await town.account(member)).said_used == 5


async def test_the_short_window_counts_for_itself(town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat", account={"clicked_at": town.clock.now()})
    await town.put(member, "offer", "1")
    await town.deliver_all(delivery)
    town.clock.pass_by(seconds=61)
    late = await town.put(member, "offer", "2")
    await town.deliver_all(delivery)

    account = await town.account(member)
    assert (account.clicked_used, account.said_used) == (1, 0)
    assert ((await town.row(late)).state, (await town.row(late)).reason) == ("waiting", "no_window")


async def test_a_reply_sent_after_the_call_was_over_counts_against_the_window(town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat", account={"said_at": town.clock.now()})

    await delivery.deliver(await town.reply(member))

    assert (await town.account(member)).said_used == 1


async def test_a_grant_is_used_for_one_message(town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat")
    who = await town.who(member)
    for _ in range(2):  # the same event twice is one grant
        await town.db.write(outbox.grant, who, "tmpl-day", reference="event-1", now=town.clock.now())
    rows = [await town.put(member, "reminder", key) for key in ("1", "2")]

    await town.deliver_all(delivery)

    assert [one.road for one in town.wechat.taken] == ["subscribe:birthday.greeting"]
    assert sorted([(await town.row(row_id)).state for row_id in rows]) == ["sent", "waiting"]


@pytest.mark.parametrize("reason", ["window_closed", "window_used_up"])
async def test_a_window_the_platform_calls_closed_is_believed(reason: str, town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat", account={"said_at": town.clock.now()})
    receipt = await town.put(member, "receipt")
    town.wechat.troubles = [Undeliverable(reason)]

    await town.deliver_all(delivery)

    assert (await town.row(receipt)).state == "sent"
    assert [one.road for one in town.wechat.taken] == ["template:receipt.body"]
    offer = await town.put(member, "offer")
    await town.deliver_all(delivery)
    assert (await town.row(offer)).state == "waiting"


async def test_a_grant_the_platform_does_not_know_is_forgotten(town: Town, delivery: Delivery) -> None:
    member = await town.member("wechat")
    await town.db.write(outbox.grant, await town.who(member), "tmpl-day", reference="e", now=town.clock.now())
    row_id = await town.put(member, "reminder")
    town.wechat.troubles = [Undeliverable("no_grant")]

    await town.deliver_all(delivery)

    assert ((await town.row(row_id)).state, town.wechat.calls) == ("waiting", 1)


@pytest.mark.parametrize(("kind", "state"), [("subscription", "waiting"), ("unverified", "waiting")])
async def test_an_account_without_templates_keeps_the_receipt_for_the_next_contact(
    kind: Any, state: str, town: Town, delivery: Delivery
) -> None:
    town.kind = kind
    row_id = await town.put(await town.member("wechat"), "receipt")

    await town.deliver_all(delivery)

    assert ((await town.row(row_id)).state, town.wechat.calls) == (state, 0)


async def test_the_other_app_is_taken_where_the_preferred_one_has_no_road(town: Town, delivery: Delivery) -> None:
    member = await town.member("telegram", "wechat")

    def speak(tx: Tx) -> None:
        for row in identities.of_member(tx, member):
            if row.channel == "wechat":
                long_ago = town.clock.now() - timedelta(hours=49)
                identities.change(tx, row.id, said_at=long_ago, first_at=long_ago)
            else:
                identities.change(tx, row.id, first_at=town.clock.now() - timedelta(days=9))

    await town.db.write(speak)
    await town.put(member, "offer")

    await town.deliver_all(delivery)

    assert (len(town.telegram.taken), town.wechat.calls) == (1, 0)


async def test_a_member_without_any_account_is_told_nothing(town: Town, delivery: Delivery) -> None:
    member = await town.member()
    await town.change_account(member, member_id=None)
    row_id = await town.put(member, "receipt")

    await town.deliver_all(delivery)

    assert ((await town.row(row_id)).state, (await town.row(row_id)).reason) == ("cancelled", "no_account")


async def test_a_colleague_is_told_in_the_very_chat(town: Town, delivery: Delivery) -> None:
    who = await town.who(await town.member())
    notice = outbox.Notice("alarm", "staff", "1", Reply((say("alarm"),)))
    await town.db.write(outbox.tell_account, who.identity_id, notice, moment=town.moment())

    await town.deliver_all(delivery)

    assert [one.identity for one in town.telegram.taken] == [who.identity]
