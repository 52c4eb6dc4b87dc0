"""The pace: one a second to a chat, thirty a second to all, and silence for exactly as long as a platform asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.delivery import Delivery
from scheduler.messenger import NotSent
from scheduler.rates import BURST, Rates
from tests.databases import NOW
from tests.scheduler.town import Town, TownClock


@pytest.fixture
def clock() -> TownClock:
    return TownClock(NOW)


@pytest.fixture
def rates(clock: TownClock) -> Rates:
    return Rates(clock.monotonic)


def test_one_chat_gets_one_message_a_second_and_others_do_not_wait_for_it(rates: Rates) -> None:
    assert [rates.wait_for_chat("amy") for _ in range(3)] == [0.0, 1.0, 2.0]
    assert rates.wait_for_chat("ben") == 0.0


def test_an_answer_leaves_at_once_and_what_follows_waits_for_it(rates: Rates) -> None:
    rates.note_answer("amy")
    rates.note_answer("amy")

    assert rates.wait_for_chat("amy") == 2.0


def test_all_chats_together_get_thirty_a_second(rates: Rates) -> None:
    waits = [rates.wait_for_account("bot") for _ in range(30 + BURST)]

    assert waits[:BURST] == [0.0] * BURST
    assert waits[-1] == pytest.approx(1.0)


def test_the_pace_uses_at_least_ninety_five_of_a_hundred_permitted_turns(clock: TownClock, rates: Rates) -> None:
    begun = clock.monotonic()
    for _ in range(3000):
        clock.pass_by(seconds=rates.wait_for_account("bot"))

    assert 28.5 <= 3000 / (clock.monotonic() - begun) <= 30.1


def test_a_rest_saves_up_only_a_few_turns(clock: TownClock, rates: Rates) -> None:
    clock.pass_by(hours=1)

    assert sum(rates.wait_for_account("bot") == 0.0 for _ in range(10)) == BURST


def test_a_silence_is_never_cut_short_and_ends_by_itself(clock: TownClock, rates: Rates) -> None:
    rates.halt("bot", 35)
    rates.halt("bot", 2)

    assert rates.silence("bot", "amy") == 35.0
    assert rates.silence("amy") == 0.0
    clock.pass_by(seconds=35)
    assert rates.silence("bot", "amy") == 0.0


async def test_after_429_for_the_bot_nothing_is_asked_until_its_end_even_after_a_restart(
    town: Town, delivery: Delivery
) -> None:
    members = [await town.member() for _ in range(5)]
    for member in members:
        await town.put(member, "receipt")
    town.telegram.troubles = [NotSent("too_many_requests", after=35.0, scope="bot")]

    await town.deliver_all(delivery)
    begun, calls = town.clock.monotonic(), town.telegram.calls
    await delivery.deliver(await town.reply(members[0]))
    await town.deliver_all(delivery)
    town.clock.pass_by(seconds=34)
    await town.deliver_all(town.new_delivery("one"))
    assert town.telegram.calls == calls

    town.clock.pass_by(seconds=1.0)
    await town.deliver_all(town.new_delivery("one"))

    assert len(town.telegram.taken) == 6
    assert town.telegram.taken[-6 if calls == 1 else 0].kind == "reply"  # who waits for an answer comes first
    assert min(town.telegram.at[calls:]) >= begun + 35 - 1  # the clock stood at the 429, up to the pace's own waits


async def test_429_for_one_chat_lets_the_others_go_on(town: Town, delivery: Delivery) -> None:
    amy, ben = await town.member(), await town.member()
    waits = await town.put(amy, "receipt")
    town.telegram.troubles = [NotSent("too_many_requests", after=35.0, scope="chat")]
    await town.deliver_all(delivery)
    goes = await town.put(ben, "receipt")
    town.clock.pass_by(seconds=0.1)
    behind = await town.put(amy, "receipt", "2")

    await town.deliver_all(delivery)

    assert (await town.row(goes)).state == "sent"
    row = await town.row(waits)
    assert (row.state, (await town.row(behind)).state) == ("pending", "pending")
    assert row.not_before - town.clock.now() <= timedelta(seconds=35)
    town.clock.pass_by(seconds=36)
    await town.deliver_all(delivery)
    town.clock.pass_by(seconds=2)
    await town.deliver_all(delivery)
    assert [one.reply.messages[0].facts["n"] for one in town.telegram.taken] == ["1", "1", "2"]


async def test_while_one_platform_is_silent_the_other_one_speaks(town: Town, delivery: Delivery) -> None:
    await town.put(await town.member(), "receipt")
    town.telegram.troubles = [NotSent("too_many_requests", after=600.0, scope="bot")]
    await town.deliver_all(delivery)
    silent = [await town.put(await town.member(), "receipt") for _ in range(40)]
    speaks = await town.put(await town.member("wechat"), "receipt")

    await town.deliver_all(delivery)

    assert (await town.row(speaks)).state == "sent"
    assert {(await town.row(row_id)).state for row_id in silent} == {"pending"}


async def test_receipts_leave_before_reminders_and_reminders_before_offers(town: Town, delivery: Delivery) -> None:
    for kind in ("offer", "reminder", "receipt", "staff"):
        await town.put(await town.member(), kind)

    await town.deliver_all(delivery)

    assert [one.kind for one in town.telegram.taken] == ["staff", "receipt", "reminder", "offer"]
