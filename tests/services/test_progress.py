"""What the owner sees of a broadcast on its way: numbers that add up, in one message that is edited now and then."""

from __future__ import annotations

from dataclasses import asdict

from membership.member import Who
from membership.messages import say
from services import broadcasts
from storage import outbox
from tests.services.shopfront import Shop


async def test_the_numbers_of_the_progress_add_up_to_the_total(shop: Shop, owner: Who) -> None:
    await shop.settle(20)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    rows = await shop.rows()
    outcomes = [("sent", ""), ("dead", "blocked"), ("dead", "bad_request"), ("uncertain", "timeout")]
    outcomes += [("waiting", "no_window"), ("cancelled", "no_consent")]
    for place, (state, reason) in enumerate(outcomes):
        await shop.mark(rows[2 * place : 2 * place + 2], state, reason)
    now = await shop.standing(draft)
    assert now == broadcasts.Standing(
        total=20, sent=2, blocked=2, failed=2, uncertain=2, waiting=2, unwanted=2, to_go=8
    )
    assert now.settled == 12
    assert sum(value for name, value in asdict(now).items() if name != "total") == now.total
    await shop.cancel(owner, draft)
    after = await shop.standing(draft)
    assert (after.stopped, after.waiting, after.to_go, after.settled) == (10, 0, 0, 20)


async def test_the_progress_is_one_message_edited_at_most_every_two_seconds(shop: Shop, owner: Who) -> None:
    await shop.settle(4)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    assert await shop.due() == []  # nothing to edit before it was sent
    await shop.deliver_progress()
    [first] = await shop.due()
    assert (first.edits, first.identity_id, first.kind) == ("7", owner.identity_id, "broadcast_progress")
    await shop.mark((await shop.rows())[:1], "sent")
    shop.counter.pass_by(seconds=1)
    assert await shop.due() == []
    shop.counter.pass_by(seconds=1)
    [second] = await shop.due()
    assert second.reply.messages[1].facts["done"] == 1
    shop.counter.pass_by(seconds=5)
    assert await shop.due() == []  # no news, no edit


async def test_a_broadcast_ends_when_nothing_is_left_to_leave(shop: Shop, owner: Who) -> None:
    await shop.settle(3)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    await shop.deliver_progress()
    await shop.due()
    assert await shop.state(draft) == "running"
    await shop.mark(await shop.rows(), "sent")
    shop.counter.pass_by(seconds=90)
    [last] = await shop.due()
    assert await shop.state(draft) == "done"
    assert [message.key for message in last.reply.messages] == [
        "broadcast.state.done",
        "broadcast.progress",
        "broadcast.counts",
        "broadcast.took",
    ]
    assert last.reply.messages[3].facts["time"] == say("span.seconds", count=90)
    shop.counter.pass_by(minutes=1)
    assert await shop.due() == []


async def test_on_wechat_the_result_is_told_once_when_it_is_over(shop: Shop) -> None:
    owner = await shop.hire("Wei", channel="wechat")
    await shop.settle(2)
    draft = await shop.draft(owner)
    await shop.send(owner, draft)
    await shop.plan()
    await shop.mark(await shop.rows(), "sent")
    assert await shop.due() == []
    assert await shop.due() == []
    told = await shop.db.write(outbox.due, now=shop.now, limit=10)
    assert [(row.kind, row.identity_id) for row in told] == [("broadcast_result", owner.identity_id)]
