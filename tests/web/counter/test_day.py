"""The day at the counter: its purchases and sums, taking back, members' questions, and the second person's yes."""

from __future__ import annotations

from datetime import timedelta

from services import questions
from storage import identities
from storage import staff as staff_rows
from storage.database import Tx
from tests.handlers.counter import Person
from tests.proof import assert_clean
from tests.web.desks import Desk, Team
from tests.web.tills import Shop


async def bought(shop: Shop, desk: Desk, amount: int = 1000, **more: object) -> str:
    answer = await desk.post("/purchases", {"member_id": await shop.member(), "amount": amount, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["purchase_id"])


async def test_today_lists_the_stores_purchases_newest_first_with_what_may_be_done(
    shop: Shop, desk: Desk, boss: Desk
) -> None:
    first = await bought(shop, desk)
    shop.clock.pass_by(minutes=1)
    second = await bought(shop, boss, 3000)
    mine, other = (await desk.get("/today")).json()["purchases"][::-1]
    assert (mine["purchase_id"], other["purchase_id"]) == (first, second)
    assert (mine["staff"], mine["member"], mine["amount"], mine["mine"]) == ("Jay", "W**", 1000, True)
    until = (shop.clock.now - timedelta(minutes=1) + timedelta(minutes=10)).isoformat().replace("+00:00", "Z")
    assert (mine["undo_until"], mine["refundable"], mine["state"]) == (until, False, "recorded")
    assert (other["undo_until"], other["mine"]) == (None, False)
    seen = (await boss.get("/today")).json()["purchases"]
    assert all(one["undo_until"] == "2026-11-22T16:00:00Z" and one["refundable"] for one in seen)


async def test_a_purchase_is_undone_once_by_who_recorded_it_within_minutes(shop: Shop, desk: Desk, team: Team) -> None:
    purchase = await bought(shop, desk)
    colleague = await team.desk("Sun")
    no = await colleague.post(f"/purchases/{purchase}/undo", {})
    assert (no.status_code, no.json()["code"]) == (404, "purchase_unknown")
    done = await desk.post(f"/purchases/{purchase}/undo")
    assert (done.status_code, done.json()["points_clawed_back"]) == (200, 10)
    (shown,) = (await desk.get("/today")).json()["purchases"]
    assert (shown["state"], shown["undo_until"], shown["refunded"]) == ("undone", None, 1000)
    late = await bought(shop, desk)
    shop.clock.pass_by(minutes=11)
    assert (await desk.post(f"/purchases/{late}/undo")).json()["code"] == "undo_too_late"
    await assert_clean(shop.db)


async def test_a_manager_takes_back_what_a_colleague_recorded_alone_only_up_to_the_limit(
    shop: Shop, desk: Desk, boss: Desk, team: Team
) -> None:
    second = await team.desk("Olga", "manager")
    small, large = await bought(shop, desk, 20_000), await bought(shop, desk, 20_001)
    assert (await boss.post(f"/purchases/{small}/undo")).status_code == 200
    asked = await boss.post(f"/purchases/{large}/undo")
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    yes = await second.post(f"/approvals/{asked.json()['approval_id']}", {"yes": True})
    assert yes.json()["state"] == "approved"
    assert [one["state"] for one in (await desk.get("/today")).json()["purchases"]] == ["undone", "undone"]
    own = await bought(shop, boss, 50_000)
    assert (await boss.post(f"/purchases/{own}/undo")).status_code == 200, "a slip of the finger, a minute ago"
    await assert_clean(shop.db)


async def test_a_manager_takes_no_bill_back_that_is_their_own(shop: Shop, desk: Desk, boss: Desk, team: Team) -> None:
    member, boss_id = await shop.member(), await team.who("Mona")
    bill = (await desk.post("/purchases", {"member_id": member, "amount": 1000})).json()["purchase_id"]

    def link(tx: Tx) -> None:
        account = staff_rows.find(tx, boss_id)
        assert account is not None
        identities.change(tx, account.identity_id, member_id=member)

    await shop.db.write(link)
    no = await boss.post(f"/purchases/{bill}/undo")
    assert (no.status_code, no.json()["code"]) == (403, "self_credit")


async def test_a_refund_above_what_one_may_alone_waits_for_a_second_person(shop: Shop, boss: Desk, team: Team) -> None:
    second = await team.desk("Olga", "manager")
    small, large = await bought(shop, boss, 20_000), await bought(shop, boss, 50_000)
    at_once = await boss.post(f"/purchases/{small}/refunds", {"amount": 5000, "reason": "returned"})
    assert (at_once.status_code, at_once.json()["amount"]) == (201, 5000)
    asked = await boss.post(f"/purchases/{large}/refunds", {"reason": "returned"})
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    (own,) = (await boss.get("/approvals")).json()["approvals"]
    assert (own["id"], own["mine"]) == (asked.json()["approval_id"], True)
    alone = await boss.post(f"/approvals/{own['id']}", {"yes": True})
    assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
    (other,) = (await second.get("/approvals")).json()["approvals"]
    assert (other["mine"], other["asked_by"]) == (False, "Mona")
    said = await second.post(f"/approvals/{other['id']}", {"yes": True})
    assert (said.status_code, said.json()["state"]) == (200, "approved")
    assert (await second.get("/approvals")).json() == {"approvals": []}
    await assert_clean(shop.db)


async def test_the_shift_sums_ones_own_and_for_managers_everybodys(shop: Shop, desk: Desk, boss: Desk) -> None:
    await bought(shop, desk, 1000, pay_method="cash")
    await bought(shop, desk, 2000, pay_method="card")
    await bought(shop, boss, 4000)
    undone = await bought(shop, desk, 3000, pay_method="cash")
    await desk.post(f"/purchases/{undone}/undo")
    mine = (await desk.get("/shift")).json()
    assert (mine["count"], mine["amount"], mine["refunds"], mine["refunded"]) == (3, 6000, 1, 3000)
    assert (mine["points_earned"], mine["staff"], mine["store"]) == (60, "Jay", "Main Street")
    assert mine["by_method"] == [{"method": "card", "amount": 2000}, {"method": "cash", "amount": 4000}]
    assert {"label": "Sold", "text": "¥60"} in mine["lines"]
    assert "people" not in mine
    whole = (await boss.get("/shift")).json()
    assert (whole["whole"]["count"], whole["whole"]["amount"], whole["count"]) == (4, 10_000, 1)
    assert {one["staff"]: one["amount"] for one in whole["people"]} == {"Jay": 6000, "Mona": 4000}


async def test_the_shift_begins_anew_with_the_shops_day(shop: Shop, desk: Desk) -> None:
    await bought(shop, desk)
    shop.clock.pass_by(hours=11, minutes=59)  # noon in Shanghai: one minute before midnight
    assert (await desk.get("/shift")).json()["count"] == 1
    shop.clock.pass_by(minutes=1, seconds=-1)
    assert (await desk.get("/today")).json()["purchases"]
    shop.clock.pass_by(seconds=0.5)
    assert (await desk.get("/shift")).json()["count"] == 1


async def test_a_question_is_answered_on_the_page_and_the_answer_reaches_the_chat(
    shop: Shop, desk: Desk, team: Team
) -> None:
    amy = Person(team.chat, "telegram", "Amy")
    await amy.press("join")
    await amy.press("human")
    await amy.say("May I bring a dog?")
    (asked,) = (await desk.get("/questions")).json()["questions"]
    assert (asked["member"], asked["text"], asked["answered"]) == ("A**", "May I bring a dog?", False)
    done = await desk.post(f"/questions/{asked['id']}/answer", {"text": "Of course!"})
    assert (done.status_code, done.json()["answered"]) == (200, True)
    other = await team.desk("Sun")
    late = await other.post(f"/questions/{asked['id']}/answer", {"text": "No"})
    assert (late.status_code, late.json()["code"], late.json()["facts"]["name"]) == (409, "question_answered", "Jay")
    assert (await desk.get("/questions")).json() == {"questions": []}
    assert await shop.db.read(_open_questions, shop) == 0


def _open_questions(tx: Tx, shop: Shop) -> int:
    return len(questions.still_open(tx, now=shop.clock.now))


async def test_an_answer_says_something(desk: Desk) -> None:
    answer = await desk.post(f"/questions/{'0' * 8}-0000-0000-0000-{'0' * 12}/answer", {"text": ""})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
