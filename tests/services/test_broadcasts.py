"""What a broadcast promises: each willing member at most once, stopped at any moment, and every number adds up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.errors import BroadcastEmpty, BroadcastOver, BroadcastUnknown, Expired, NotAllowed, NotStaff
from membership.member import Identity, Who
from membership.messages import Message, pack, plain, say, unpack
from membership.moment import Moment
from services import Tx, broadcasts
from storage import identities, outbox
from tests.services.shopfront import Shop


async def test_everybody_is_counted_once_by_road_or_by_the_reason_against(shop: Shop, owner: Who) -> None:
    await shop.settle(3)
    await shop.settle(2, channel="wechat", account={"said_at": shop.now - timedelta(hours=1)})
    await shop.settle(1, channel="wechat", account={"said_at": shop.now - timedelta(hours=49)})
    await shop.settle(1, channel="wechat", account={"said_at": shop.now, "said_used": 5})
    await shop.settle(4, offers_on=False)
    await shop.settle(1, channel="")
    await shop.settle(2, account={"following": False})
    await shop.settle(1, account={"unreachable": "blocked"})
    await shop.settle(1, frozen_at=shop.now)
    await shop.settle(1, state="left", offers_on=False)
    await shop.settle(1, state="left", merged_into="somebody")  # is here as somebody else
    found = await shop.db.read(broadcasts.audience, now=shop.now)
    assert found.roads == {"telegram": 3, "wechat": 2, "wechat_later": 2}
    assert found.left_out == {"no_consent": 4, "no_account": 1, "blocked": 3, "frozen": 1, "left": 1}
    assert found.total == 7
    draft = await shop.draft(owner)
    assert await shop.send(owner, draft)
    assert await shop.plan() == [7]


async def test_a_member_with_both_apps_is_counted_and_written_to_once(shop: Shop, owner: Who) -> None:
    [both] = await shop.settle(1)

    def add_wechat(tx: Tx) -> None:
        chat = identities.meet(tx, Identity("wechat", "shop", "second"), shop.now)
        identities.change(tx, chat, member_id=both, said_at=shop.now + timedelta(minutes=1))

    await shop.db.write(add_wechat)
    found = await shop.db.read(broadcasts.audience, now=shop.now + timedelta(minutes=2))
    assert found.roads == {"wechat": 1}
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    assert await shop.plan() == [1]


async def test_a_broadcast_that_is_planned_in_pieces_reaches_each_member_once(shop: Shop, owner: Who) -> None:
    expected = set(await shop.settle(broadcasts.BATCH + 20))
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    first = await shop.db.write(broadcasts.plan_batch, shop.moment())
    half = await shop.standing(draft)
    # the program ends here and starts again: the cursor is a row
    assert [first, *await shop.plan()] == [broadcasts.BATCH, 20]
    assert (half.total, half.to_go) == (broadcasts.BATCH + 20, broadcasts.BATCH + 20)
    rows = await shop.rows()
    assert {row.member_id for row in rows} == expected
    assert len(rows) == len(expected)


async def test_planning_that_broke_off_leaves_nothing_and_is_done_again(shop: Shop, owner: Who) -> None:
    await shop.settle(5)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)

    def plan_and_break(tx: Tx, moment: Moment) -> None:
        broadcasts.plan_batch(tx, moment)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await shop.db.write(plan_and_break, shop.moment())
    assert await shop.rows() == []
    assert await shop.plan() == [5]
    assert len(await shop.rows()) == 5


async def test_a_second_planning_finds_nothing_to_do(shop: Shop, owner: Who) -> None:
    await shop.settle(3)
    await shop.send(owner, await shop.draft(owner))
    assert await shop.plan() == [3]
    assert await shop.plan() == []


async def test_two_planners_at_once_write_to_nobody_twice(shop: Shop, owner: Who) -> None:
    await shop.settle(20)
    await shop.send(owner, await shop.draft(owner))
    planned = await asyncio.gather(*(shop.db.write(broadcasts.plan_batch, shop.moment()) for _ in range(4)))
    assert sum(planned) == 20
    assert len({row.member_id for row in await shop.rows()}) == 20


async def test_two_owners_pressing_send_start_one_broadcast(shop: Shop, owner: Who) -> None:
    await shop.settle(4)
    other = await shop.hire("Otto", channel="wechat")
    draft = await shop.draft(owner)
    started = await asyncio.gather(shop.send(owner, draft), shop.send(other, draft), shop.send(owner, draft))
    assert sorted(started) == [False, False, True]
    assert await shop.plan() == [4]
    assert len(await shop.rows()) == 4


async def test_somebody_who_joins_or_is_frozen_later_is_not_written_to(shop: Shop, owner: Who) -> None:
    [frozen, *_] = await shop.settle(3)
    await shop.send(owner, await shop.draft(owner))
    shop.counter.pass_by(minutes=1)
    await shop.settle(2)
    await shop.change(frozen, frozen_at=shop.now)
    assert await shop.plan() == [2]


@pytest.mark.parametrize(
    "change", [{"offers_on": False}, {"state": "left"}, {"frozen_at": datetime.fromisoformat("2026-11-22T04:00:00Z")}]
)
async def test_who_says_no_while_the_message_is_queued_does_not_want_it(
    shop: Shop, owner: Who, change: dict[str, Any]
) -> None:
    [one, other] = await shop.settle(2)
    await shop.send(owner, await shop.draft(owner))
    await shop.plan()
    await shop.change(one, **change)
    wanted = {row.member_id: await shop.db.read(broadcasts.still_wanted, row) for row in await shop.rows()}
    assert wanted == {one: False, other: True}


async def test_a_message_that_is_no_broadcast_is_always_wanted(shop: Shop, owner: Who) -> None:
    await shop.settle(1)
    await shop.send(owner, await shop.draft(owner))
    [row] = await shop.db.write(outbox.due, now=shop.now, limit=10)
    assert row.kind == "broadcast_progress"
    assert await shop.db.read(broadcasts.still_wanted, row)


async def test_cancelling_stops_everything_but_what_is_on_its_way(shop: Shop, owner: Who) -> None:
    await shop.settle(100)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    rows = await shop.rows()
    await shop.mark(rows[:40], "sent")
    await shop.mark(rows[40:70], "sending")
    assert await shop.cancel(owner, draft) == 30
    assert await shop.rows() == []
    assert await shop.plan() == []
    now = await shop.standing(draft)
    assert (now.total, now.sent, now.stopped, now.to_go) == (100, 40, 30, 30)


async def test_cancelling_while_it_is_planned_leaves_nothing_to_send(shop: Shop, owner: Who) -> None:
    await shop.settle(30)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await asyncio.gather(
        shop.db.write(broadcasts.plan_batch, shop.moment()),
        shop.cancel(owner, draft),
        shop.db.write(broadcasts.plan_batch, shop.moment()),
    )
    assert await shop.plan() == []
    assert await shop.rows() == []
    now = await shop.standing(draft)
    assert (now.total, now.stopped) == (30, 30)


async def test_cancelling_before_all_is_planned_counts_the_rest_as_kept_back(shop: Shop, owner: Who) -> None:
    await shop.settle(broadcasts.BATCH + 10)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.db.write(broadcasts.plan_batch, shop.moment())
    assert await shop.cancel(owner, draft) == broadcasts.BATCH
    assert await shop.plan() == []
    now = await shop.standing(draft)
    assert (now.total, now.stopped, now.to_go) == (broadcasts.BATCH + 10, broadcasts.BATCH + 10, 0)


async def test_what_comes_back_after_the_cancelling_is_not_wanted_any_more(shop: Shop, owner: Who) -> None:
    await shop.settle(2)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    rows = await shop.rows()
    await shop.mark(rows, "sending")
    await shop.cancel(owner, draft)
    await shop.mark(rows, "pending")  # the platform asked to wait: it is due again
    assert [await shop.db.read(broadcasts.still_wanted, row) for row in rows] == [False, False]


async def test_what_is_over_cannot_be_cancelled_or_sent_again(shop: Shop, owner: Who) -> None:
    await shop.settle(1)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.cancel(owner, draft)
    with pytest.raises(BroadcastOver):
        await shop.cancel(owner, draft)
    with pytest.raises(BroadcastOver):
        await shop.send(owner, draft)
    with pytest.raises(BroadcastUnknown):
        await shop.cancel(owner, replace(draft, id="nothing"))


async def test_a_button_of_an_earlier_text_sends_nothing(shop: Shop, owner: Who) -> None:
    await shop.settle(1)
    draft = await shop.draft(owner, "Cake today")
    await shop.db.write(broadcasts.rewrite, owner, draft.id, text="Cake tomorrow", moment=shop.moment())
    with pytest.raises(Expired):
        await shop.send(owner, draft)


async def test_a_new_draft_takes_the_place_of_the_one_before(shop: Shop, owner: Who) -> None:
    await shop.settle(1)
    first = await shop.draft(owner, "One")
    await shop.draft(owner, "Two")
    with pytest.raises(BroadcastOver):
        await shop.send(owner, first)


async def test_nobody_to_send_to_is_refused(shop: Shop, owner: Who) -> None:
    await shop.settle(2, offers_on=False)
    with pytest.raises(BroadcastEmpty):
        await shop.send(owner, await shop.draft(owner))


@pytest.mark.parametrize(("role", "allowed"), [("owner", True), ("marketer", True), ("manager", False)])
async def test_owner_and_marketer_may_broadcast(shop: Shop, role: str, allowed: bool) -> None:  # noqa: FBT001 — a table
    await shop.settle(1)
    person = await shop.hire("Pat", role)
    if allowed:
        assert await shop.send(person, await shop.draft(person))
    else:
        with pytest.raises(NotAllowed):
            await shop.draft(person)


async def test_a_person_who_lost_the_right_cannot_send(shop: Shop, owner: Who) -> None:
    await shop.settle(1)
    draft = await shop.draft(owner)
    with pytest.raises(NotStaff):
        await shop.send(replace(owner, roles=(), staff_id=None), draft)


async def test_a_broadcast_is_an_offer_once_a_member_and_ends_after_a_week(shop: Shop, owner: Who) -> None:
    await shop.settle(1)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    [row] = await shop.rows()
    assert row._mapping["class"] == "offer"
    assert row.period_key == f"bc:{draft.id}"
    assert row.expires_at == shop.now + timedelta(days=7)


async def test_each_member_gets_the_text_with_their_name_and_a_way_out(shop: Shop, owner: Who) -> None:
    await shop.settle(2)
    await shop.settle(1, name="")
    draft = await shop.draft(owner, "Hello {name}!", picture=b"\x89PNG cake")
    await shop.send(owner, draft)
    await shop.plan()
    bodies = [await shop.body(row) for row in await shop.rows()]
    names = sorted(str(body.messages[0].facts["name"].key) for body in bodies)
    assert names == ["member.dear", "member.name", "member.name"]
    for body in bodies:
        assert [button.word for row in body.buttons for button in row] == ["unsubscribe"]
        assert body.picture is not None
        assert await shop.db.read(broadcasts.photo, body.picture.facts["id"]) == b"\x89PNG cake"


def written(message: Message, name: str) -> str:
    """Write a broadcast's text out as a catalogue does, facts as they are."""
    if message.key == "plain":
        return str(message.facts["text"])
    assert message.key == "broadcast.body"
    return written(message.facts["start"], name) + name + written(message.facts["rest"], name)


@pytest.mark.parametrize(
    "text", ["{0.__class__}", "{{7*7}}", "%s %(name)s", "{name!r:>99999999}", "{ name }", "${name"]
)
def test_anything_else_in_braces_means_itself(text: str) -> None:
    assert broadcasts.with_name(text, say("member.name", name="Amy")) == plain(text)


PIECES = st.lists(st.sampled_from(["{name}", "{", "}", "name", "a", " "])).map("".join)


@given(PIECES, st.sampled_from(["Amy", "{name}"]))
def test_the_name_stands_exactly_where_it_was_asked_for(text: str, name: str) -> None:
    assert written(broadcasts.with_name(text, say("member.name", name=name)), name) == text.replace("{name}", name)


def test_a_text_of_nothing_but_names_can_still_be_kept_and_said() -> None:
    name = say("member.name", name="Amy")
    message = broadcasts.with_name("{name}" * 150, name)
    assert unpack(pack(message)) == message
    assert written(message, "Amy") == "Amy" * 150


def test_control_characters_are_dropped_and_line_breaks_kept() -> None:
    assert broadcasts.tidy(" a\x00b\r\nc\x1b\ud800d\n") == "ab\ncd"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("\u200b\u3000", "empty"),
        ("x", ""),
        ("糕" * 900, ""),
        ("x" * 901, "too_long"),
        ("  " + "x" * 900 + "\n", ""),
    ],
)
def test_a_text_needs_something_to_see_and_at_most_900_characters(text: str, fault: str) -> None:
    assert broadcasts.fault(text) == fault


async def test_the_same_picture_is_kept_once(shop: Shop, owner: Who) -> None:
    first = await shop.draft(owner, picture=b"\xff\xd8 cake")
    second = await shop.draft(owner, picture=b"\xff\xd8 cake")
    assert first.blob_id == second.blob_id
    bare = await shop.db.write(broadcasts.drop_picture, owner, second.id, moment=shop.moment())
    assert bare.blob_id is None
    assert bare.text == second.text
