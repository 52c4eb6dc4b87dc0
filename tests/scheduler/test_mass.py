"""Mass messages: members without a window are reached a few times a month, once each, and never twice by accident."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from membership.messages import say
from scheduler.messenger import NotSent, Uncertain, Undeliverable
from services import broadcasts, mass, outbox, quota
from services.broadcasts import Broadcast
from tests.scheduler.mass_town import MassTown
from tests.scheduler.town import Town, at

SENT = ("sent", "mass")
WAITS = ("waiting", "no_window")
SPENT = ("waiting", "mass_quota")


@pytest.fixture
async def shop(town: Town) -> MassTown:
    return await MassTown.open(town)


async def test_members_without_a_window_get_one_mass_message_and_the_others_a_personal_one(shop: MassTown) -> None:
    far = await shop.readers(3)
    near = await shop.town.member("wechat", account={"said_at": shop.town.clock.now()})
    await shop.town.member("telegram")
    draft = await shop.broadcast(picture=b"\x89PNG cake")

    await shop.tick()

    assert shop.platform.got == dict.fromkeys(far, 1)
    assert [one.identity.external_id for one in shop.town.wechat.taken] == [near]
    assert await shop.states() == {SENT: 3, ("sent", "window"): 1, ("sent", "open"): 1}
    assert {row.platform_id for row in await shop.town.rows("broadcast") if row.reason == "mass"} == {"job-1"}
    assert (await shop.town.db.read(broadcasts.get, draft.id)).state == "done"


async def test_a_mass_message_says_the_text_without_a_name_or_a_picture_and_how_to_stop(shop: MassTown) -> None:
    await shop.readers(2)
    await shop.broadcast(picture=b"\x89PNG cake")
    await shop.tick()
    [letter] = shop.platform.asked
    text, why = letter.reply.messages
    assert (text.facts["start"], text.facts["name"]) == (say("plain", text="Cake for "), say("broadcast.everybody"))
    assert why == say("broadcast.why_you")
    assert (letter.reply.picture, letter.reply.buttons) == (None, ())


async def test_each_language_has_its_own_call_and_nobody_stays_alone_with_theirs(shop: MassTown) -> None:
    for language, number in (("en", 3), ("zh-Hans", 2), ("zh-Hant", 1)):
        await shop.readers(number, language=language)
    await shop.broadcast()

    await shop.tick()

    assert sorted((one.language, len(one.people)) for one in shop.platform.asked) == [("en", 3), ("zh-Hans", 3)]


async def test_one_person_alone_waits_for_the_next_contact(shop: MassTown) -> None:
    await shop.readers(1)
    draft = await shop.broadcast()
    await shop.tick()
    assert shop.platform.asked == []
    assert await shop.states() == {WAITS: 1}
    assert (await shop.town.db.read(broadcasts.get, draft.id)).state == "done"


async def test_the_fifth_of_a_month_waits_and_the_next_month_has_four_again(shop: MassTown) -> None:
    far = await shop.readers(2)
    for _ in range(5):
        await shop.broadcast()
        await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 4)
    assert await shop.states() == {SENT: 8, SPENT: 2}

    shop.town.clock.pass_by(days=9)  # the first of December, at noon
    await shop.broadcast()
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 5)


async def test_a_month_ends_in_beijing(shop: MassTown) -> None:
    minutes = at("2026-11-30 15:59"), at("2026-11-30 16:00")
    rooms = [await shop.town.db.read(quota.room, "service", now=minute) for minute in minutes]
    assert [room and room.since for room in rooms] == [at("2026-10-31 16:00"), at("2026-11-30 16:00")]


async def test_a_subscription_account_has_one_call_a_day_for_everybody(shop: MassTown) -> None:
    shop.kind = "subscription"
    await shop.readers(2, language="en")
    await shop.readers(2, language="zh-Hans")
    for _ in range(2):
        await shop.broadcast()
        await shop.tick()
    assert [(one.language, len(one.people)) for one in shop.platform.asked] == [("zh-Hans", 4)]
    assert await shop.states() == {SENT: 4, SPENT: 4}

    shop.town.clock.pass_by(days=1)
    await shop.broadcast()
    await shop.tick()
    assert len(shop.platform.asked) == 2


async def test_an_account_that_is_not_verified_sends_none(shop: MassTown) -> None:
    shop.kind = "unverified"
    await shop.readers(3)
    await shop.broadcast()
    await shop.tick()
    assert shop.platform.asked == []
    assert await shop.states() == {("waiting", "unverified"): 3}


async def test_a_text_too_long_for_one_message_waits(shop: MassTown) -> None:
    await shop.readers(3)
    await shop.broadcast("糕" * 700)
    await shop.tick()
    assert shop.platform.asked == []
    assert await shop.states() == {WAITS: 3}


async def test_five_hundred_go_with_one_call_and_the_last_one_not_alone(shop: MassTown) -> None:
    await shop.readers(quota.BATCH + 1)
    await shop.broadcast("Cake")
    await shop.tick()
    assert [len(one.people) for one in shop.platform.asked] == [quota.BATCH - 1, 2]
    assert len({one.id for one in shop.platform.asked}) == 2
    assert set(shop.platform.got.values()) == {1}


async def test_a_lost_answer_is_asked_for_again_under_the_same_id(shop: MassTown) -> None:
    far = await shop.readers(3)
    draft = await shop.broadcast()
    shop.platform.lose_next_answer()
    await shop.tick()
    assert await shop.states() == {("sending", "mass"): 3}
    assert (await shop.standing(draft)).to_go == 3

    shop.town.clock.pass_by(seconds=61)
    await shop.tick()

    assert len({one.id for one in shop.platform.asked}) == 1
    assert shop.platform.got == dict.fromkeys(far, 1)
    assert await shop.states() == {SENT: 3}


@pytest.mark.parametrize("called", [False, True])
async def test_a_kill_around_the_call_doubles_nothing_and_loses_nothing(shop: MassTown, *, called: bool) -> None:
    far = await shop.readers(3)
    await shop.broadcast()
    await shop.plan()
    taken = await shop.take()
    assert taken.letter is not None
    if called:
        await shop.platform.send_mass(taken.letter)

    await shop.tick()
    assert await shop.states() == {("sending", "mass"): 3}  # the dead one may still be alive
    shop.town.clock.pass_by(seconds=61)
    await shop.tick()

    assert {one.id for one in shop.platform.asked} == {taken.letter.id}
    assert shop.platform.got == dict.fromkeys(far, 1)
    assert await shop.states() == {SENT: 3}


async def test_the_answer_of_one_that_overslept_changes_nothing(shop: MassTown) -> None:
    await shop.readers(2)
    await shop.broadcast()
    await shop.plan()
    late = (await shop.take()).letter
    shop.town.clock.pass_by(seconds=61)
    again = (await shop.take()).letter
    assert late is not None
    assert again is not None
    settle, now = shop.town.db.write, shop.town.clock.now()
    assert await settle(mass.refused, late, "errcode_1", now=now) == 0
    assert await settle(mass.sent, again, "job-1", now=now) == 2


async def test_after_a_day_the_platform_knows_the_id_no_more_so_nobody_asks(shop: MassTown) -> None:
    await shop.readers(2)
    draft = await shop.broadcast()
    shop.platform.lose_next_answer()
    await shop.tick()
    shop.town.clock.pass_by(hours=24)

    await shop.tick()

    assert len(shop.platform.asked) == 1
    assert await shop.states() == {("uncertain", "mass"): 2}
    assert (await shop.standing(draft)).uncertain == 2


async def test_what_certainly_did_not_leave_waits_and_goes_later(shop: MassTown) -> None:
    far = await shop.readers(2)
    draft = await shop.broadcast()
    shop.platform.troubles = [NotSent("busy", after=1.0)]
    await shop.tick()
    assert await shop.states() == {("waiting", "mass_next"): 2}
    assert (await shop.standing(draft)).to_go == 2

    shop.town.clock.pass_by(seconds=31)
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 1)


@pytest.mark.parametrize(("reason", "state"), [("mass_quota", SPENT), ("feature_off", WAITS), ("errcode_40130", WAITS)])
async def test_what_the_platform_refuses_waits_for_the_next_contact(
    shop: MassTown, reason: str, state: tuple[str, str]
) -> None:
    await shop.readers(2)
    await shop.broadcast()
    shop.platform.troubles = [Undeliverable(reason)]
    await shop.tick()
    assert await shop.states() == {state: 2}


async def test_a_refusal_after_a_lost_answer_leaves_it_uncertain(shop: MassTown) -> None:
    far = await shop.readers(2)
    await shop.broadcast()
    shop.platform.lose_next_answer()
    await shop.tick()
    shop.platform.swallow, shop.platform.troubles = False, [Undeliverable("mass_quota")]
    shop.town.clock.pass_by(seconds=61)
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 1)
    assert await shop.states() == {("uncertain", "mass"): 2}


async def test_a_lost_answer_stays_lost_while_the_platform_is_busy(shop: MassTown) -> None:
    far = await shop.readers(2)
    await shop.broadcast()
    shop.platform.troubles = [Uncertain("cut"), NotSent("busy"), None]
    await shop.tick()
    for _ in range(2):
        shop.town.clock.pass_by(seconds=61)
        await shop.tick()
    assert [one.again for one in shop.platform.asked] == [False, True, True]
    assert shop.platform.got == dict.fromkeys(far, 1)


async def test_a_mass_message_that_breaks_the_program_dies_alone(shop: MassTown) -> None:
    await shop.readers(2)
    await shop.broadcast()
    shop.platform.troubles = [ZeroDivisionError()]
    await shop.tick()
    assert await shop.states() == {WAITS: 2}


async def test_who_unsubscribed_or_left_while_it_waited_gets_nothing(shop: MassTown) -> None:
    [no, gone, *far] = await shop.readers(4)
    await shop.broadcast()
    await shop.plan()
    await shop.town.change(no, offers_on=False)
    await shop.town.change_account(gone, following=False)
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 1)
    assert await shop.states() == {SENT: 2, ("cancelled", "unwanted"): 1, WAITS: 1}


async def test_who_unsubscribed_while_the_answer_was_lost_is_not_asked_for_again(shop: MassTown) -> None:
    [no, *far] = await shop.readers(3)
    await shop.broadcast()
    shop.platform.troubles = [Uncertain("cut")]  # it did not arrive
    await shop.tick()
    await shop.town.change(no, offers_on=False)
    shop.town.clock.pass_by(seconds=61)
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 1)
    assert await shop.states() == {SENT: 2, ("uncertain", "mass"): 1}


async def test_who_reads_it_at_a_contact_before_is_not_written_to(shop: MassTown) -> None:
    [reader, *far] = await shop.readers(3)
    await shop.broadcast()
    await shop.plan()
    who = await shop.town.who(reader)
    assert len(await shop.town.db.write(outbox.read_waiting, who, now=shop.town.clock.now())) == 1
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 1)


async def stop(shop: MassTown, draft: Broadcast) -> int:
    return await shop.town.db.write(broadcasts.cancel, shop.owner, draft.id, moment=shop.town.moment())


async def test_cancelling_stops_the_calls_that_were_not_made(shop: MassTown) -> None:
    await shop.readers(2, language="en")
    await shop.readers(3, language="zh-Hans")
    draft = await shop.broadcast()
    await shop.plan()
    first = (await shop.take()).letter
    assert first is not None
    assert await stop(shop, draft) == 2
    assert await shop.town.db.write(mass.sent, first, "job-1", now=shop.town.clock.now()) == 3
    await shop.tick()
    assert shop.platform.asked == []
    assert await shop.states() == {SENT: 3, ("cancelled", "stopped"): 2}
    told = await shop.town.db.read(broadcasts.progress, draft.id)
    assert say("broadcast.by_mass", count=3) in told.messages


async def test_a_cancelled_broadcast_whose_answer_was_lost_is_not_asked_for_again(shop: MassTown) -> None:
    await shop.readers(2)
    draft = await shop.broadcast()
    shop.platform.troubles = [Uncertain("cut")]
    await shop.tick()
    await stop(shop, draft)
    shop.town.clock.pass_by(seconds=61)
    await shop.tick()
    assert len(shop.platform.asked) == 1
    assert await shop.states() == {("uncertain", "mass"): 2}


async def test_nothing_leaves_in_the_quiet_hours(shop: MassTown) -> None:
    far = await shop.readers(2)
    shop.town.clock.time = at("2026-11-22 12:59")  # a minute to nine in the evening
    await shop.broadcast()
    await shop.plan()
    shop.town.clock.pass_by(minutes=2)
    await shop.tick()
    assert shop.platform.asked == []
    shop.town.clock.pass_by(hours=12)
    await shop.tick()
    assert shop.platform.got == dict.fromkeys(far, 1)


async def test_two_instances_write_to_nobody_twice(shop: MassTown) -> None:
    far = await shop.readers(4)
    await shop.broadcast()
    await shop.plan()
    taken = await asyncio.gather(shop.take(), shop.take())
    letters = [one.letter for one in taken if one.letter is not None]
    assert sorted(person.external_id for letter in letters for person in letter.people) == sorted(far)


async def test_the_owner_is_told_before_how_many_go_by_mass_message(shop: MassTown) -> None:
    await shop.readers(3)
    now = shop.town.clock.now()
    before = await shop.town.db.read(broadcasts.audience, now=now, text="Cake")
    await shop.tick()  # from now on the kind of account is known
    after = await shop.town.db.read(broadcasts.audience, now=now, text="Cake")
    long = await shop.town.db.read(broadcasts.audience, now=now, text="糕" * 700)
    assert [found.roads for found in (before, after, long)] == [
        {"wechat_later": 3}, {"wechat_mass": 3}, {"wechat_later": 3}
    ]  # fmt: skip
    for _ in range(4):
        await shop.broadcast()
        await shop.tick()
    spent = await shop.town.db.read(broadcasts.audience, now=now + timedelta(hours=1), text="Cake")
    assert spent.roads == {"wechat_later": 3}
