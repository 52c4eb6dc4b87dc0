"""A bill that spends much of the member's waits for their yes, and both sides are told the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.messages import Reply, words
from membership.moment import Moment
from services import Database, Tx, points, reservations, rules, stored_value
from services.points import Cause
from services.reader import Reader
from storage import outbox as rows
from storage.tables import identities, outbox, staff
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.postman import deliver
from tests.proof import assert_clean

RICH = 20_000
"""Points worth 200 in this café: at most half of a bill may be paid with them."""


def kept(tx: Tx, kind: str) -> list[tuple[str, Reply]]:
    found = tx.all(select(outbox).where(outbox.c.kind == kind).order_by(outbox.c.created_at, outbox.c.id))
    return [(row.recipient, rows.payload(tx, row)) for row in found]


async def told(counter: Counter, kind: str) -> list[Reply]:
    return [reply for _, reply in await counter.db.read(kept, kind)]


async def told_staff(counter: Counter, kind: str) -> list[Reply]:
    """Return what colleagues were told."""

    def theirs(tx: Tx) -> set[str]:
        return {row.identity_id for row in tx.all(select(staff.c.identity_id))}

    chats = await counter.db.read(theirs)
    return [reply for recipient, reply in await counter.db.read(kept, kind) if recipient in chats]


async def member_of(person: Person) -> str:
    assert person.last is not None
    assert person.last.who.member_id is not None
    return person.last.who.member_id


async def rich(amy: Person) -> str:
    """Let her join and have points worth 200."""
    await amy.press("join")
    member_id = await member_of(amy)

    def give(tx: Tx, moment: Moment) -> None:
        points.earn(tx, member_id, RICH, Cause("gift", "test"), moment=moment)

    await amy.counter.db.write(give, amy.counter.moment())
    amy.counter.pass_by(seconds=1)
    return member_id


async def shown(amy: Person, word: str = "code") -> str:
    card = await amy.press(word)
    assert card.picture is not None
    return str(card.picture.facts["code"])


async def held_up(amy: Person, cashier: Person, amount: str = "200") -> Reply:
    """Ask for a bill of which points pay half; it waits for her yes."""
    await cashier.scan(await shown(amy))
    await cashier.say(amount)
    quote = await cashier.press("pay points")
    return await cashier.press(button(quote, "pay ok"))


async def balance(counter: Counter, member_id: str) -> int:
    return (await counter.db.read(points.balance, member_id, now=counter.now)).points


async def asked(counter: Counter) -> Reply:
    [question] = await told(counter, "ask")
    return question


async def test_a_little_is_spent_at_once(counter: Counter, amy: Person, cashier: Person) -> None:
    await rich(amy)
    assert "desk.recorded" in keys(await held_up(amy, cashier, "100"))  # half of it is 50: no more than the limit
    assert await told(counter, "ask") == []
    await assert_clean(counter.db)


async def test_the_yes_in_chat_pays_and_tells_the_counter_at_once(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    member_id = await rich(amy)
    waiting = await held_up(amy, cashier)
    assert keys(waiting) == ["desk.waiting"]
    assert await balance(counter, member_id) == RICH - 10_000  # kept for this bill
    question = await asked(counter)
    assert keys(question) == ["asked.question"]
    assert question.messages[0].facts["amount"].minor == 20_000

    yes = button(question, "agree")
    assert keys(await amy.press(yes)) == ["asked.thanks"]
    [paid] = await told_staff(counter, "asked")
    assert keys(paid)[0] == "asked.paid"
    assert await balance(counter, member_id) == RICH - 10_000 + 100

    assert keys(await amy.press(yes)) == ["asked.thanks"]  # pressed again: the same, once
    assert keys(await amy.press(button(question, "disagree"))) == ["refusal.already_decided"]
    assert "desk.recorded" in keys(await cashier.press(button(waiting, "asked")))
    assert await balance(counter, member_id) == RICH - 10_000 + 100
    await assert_clean(counter.db)


async def test_the_number_one_is_the_yes_where_there_are_no_buttons(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await rich(amy)
    await held_up(amy, cashier)
    question = await asked(counter)
    assert words(question)[0].startswith("agree")
    counter.pass_by(seconds=2)
    await deliver(counter)
    assert keys(await amy.say("1")) == ["asked.thanks"]


async def test_a_number_that_crosses_the_question_never_pays(counter: Counter, amy: Person, cashier: Person) -> None:
    """She typed it for what stood above; whether it is a yes is asked first."""
    member_id = await rich(amy)
    await held_up(amy, cashier)
    listed = words(await amy.press("points"))
    assert words(await amy.say("1")) == words(await amy.press(listed[0]))  # the question has not left yet
    await amy.press("points")
    counter.pass_by(seconds=5)
    await deliver(counter, read=False)
    which = await amy.say("1")
    assert (keys(which), words(which)[0][:5]) == (["which.ask"], "agree")
    assert await balance(counter, member_id) == RICH - 10_000  # still only kept
    counter.pass_by(seconds=3)
    assert words(which)[1] == listed[0]
    assert keys(await amy.say("1")) == ["asked.thanks"]
    await assert_clean(counter.db)


async def test_a_no_takes_nothing_kills_the_codes_and_alerts_the_manager(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    """F05: the code was lifted and shown at another counter."""
    manager = Person(counter, "telegram", "Mia")
    await counter.employ(manager, "manager")
    member_id = await rich(amy)
    waiting = await held_up(amy, cashier)
    later = await shown(amy)
    question = await asked(counter)
    counter.pass_by(seconds=2)

    assert keys(await amy.press(button(question, "disagree"))) == ["asked.no_thanks"]
    assert await balance(counter, member_id) == RICH
    [alarm] = await told(counter, "alarm")
    assert keys(alarm) == ["alarm.refused"]
    assert alarm.messages[0].facts["name"] == "Jay"
    [over] = await told_staff(counter, "asked")
    assert over.messages[0].facts["state"].key == "asked.refused"
    assert keys(await cashier.scan(later)) == ["refusal.code_revoked"]
    assert keys(await cashier.press(button(waiting, "asked"))) == ["asked.over"]
    assert keys(await amy.press(button(question, "agree"))) == ["refusal.already_decided"]
    await assert_clean(counter.db)


async def test_the_counter_takes_it_back_and_the_yes_comes_too_late(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    member_id = await rich(amy)
    waiting = await held_up(amy, cashier)
    back = next(word for word in words(waiting) if word.endswith("withdraw"))
    assert keys(await cashier.press(back)) == ["asked.over"]
    assert keys(await cashier.press(back)) == ["asked.over"]
    assert await balance(counter, member_id) == RICH
    refused = await amy.press(button(await asked(counter), "agree"))
    assert keys(refused) == ["refusal.already_decided"]
    assert refused.messages[0].facts["state"].key == "asked.withdrawn"
    await assert_clean(counter.db)


async def test_it_runs_out_and_both_sides_are_told_the_same(counter: Counter, amy: Person, cashier: Person) -> None:
    member_id = await rich(amy)
    waiting = await held_up(amy, cashier)
    question = await asked(counter)
    counter.pass_by(seconds=121)
    assert keys(await amy.press(button(question, "agree"))) == ["refusal.answer_too_late"]
    assert await counter.db.write(reservations.expire_due, counter.moment()) == 1
    assert await counter.db.write(reservations.expire_due, counter.moment()) == 0
    both = await told(counter, "asked")
    assert len(both) == 2
    assert both[0].messages == both[1].messages
    assert both[0].messages[0].facts["state"].key == "asked.expired"
    assert keys(await amy.press(button(question, "agree"))) == ["refusal.answer_too_late"]
    assert keys(await cashier.press(button(waiting, "asked"))) == ["asked.over"]
    assert await balance(counter, member_id) == RICH
    await assert_clean(counter.db)


async def test_a_confirm_pressed_twice_asks_once(counter: Counter, amy: Person, cashier: Person) -> None:
    await rich(amy)
    await cashier.scan(await shown(amy))
    await cashier.say("200")
    confirm = button(await cashier.press("pay points"), "pay ok")
    assert await cashier.press(confirm) == await cashier.press(confirm)
    assert len(await told(counter, "ask")) == 1


async def test_a_second_bill_waits_until_the_first_is_decided(counter: Counter, amy: Person, cashier: Person) -> None:
    await rich(amy)
    await held_up(amy, cashier)
    assert keys(await held_up(amy, cashier, "200")) == ["refusal.answer_awaited"]
    await amy.press(button(await asked(counter), "agree"))
    assert "desk.waiting" in keys(await held_up(amy, cashier, "200"))
    await assert_clean(counter.db)


async def test_a_scan_that_waits_for_a_yes_records_nothing_else(amy: Person, cashier: Person) -> None:
    await rich(amy)
    code = await shown(amy)
    await cashier.scan(code)
    await cashier.say("200")
    await cashier.press(button(await cashier.press("pay points"), "pay ok"))
    assert "desk.ask_amount" in keys(await cashier.scan(code))
    plain = await cashier.say("30")
    assert keys(await cashier.press(button(plain, "pay ok"))) == ["refusal.answer_awaited"]  # one scan, one bill


async def test_a_pay_code_is_the_yes_up_to_its_limit(counter: Counter, amy: Person, cashier: Person) -> None:
    await rich(amy)
    await cashier.scan(await shown(amy, "paycode"))
    await cashier.say("300")
    quote = await cashier.press("pay points")
    assert "desk.recorded" in keys(await cashier.press(button(quote, "pay ok")))
    assert await told(counter, "ask") == []
    await assert_clean(counter.db)


async def test_somebody_elses_bill_is_not_mine_to_answer(counter: Counter, amy: Person, cashier: Person) -> None:
    await rich(amy)
    await held_up(amy, cashier)
    question = await asked(counter)
    olga = Person(counter, "telegram", "Olga")
    await olga.press("join")
    for word in ("agree", "disagree"):
        assert keys(await olga.press(button(question, word))) == ["refusal.reservation_unknown"]


async def test_a_colleague_who_left_has_nothing_to_collect(counter: Counter, amy: Person, cashier: Person) -> None:
    """G09: what they began and nobody answered is dead at once."""
    member_id = await rich(amy)
    await held_up(amy, cashier)

    def leave(tx: Tx, now: Any) -> None:
        tx.execute(staff.update().values(removed_at=now))

    await counter.db.write(leave, counter.now)
    assert keys(await amy.press(button(await asked(counter), "agree"))) == ["refusal.expired"]
    counter.now += timedelta(seconds=121)
    await counter.db.write(reservations.expire_due, counter.moment())
    assert await balance(counter, member_id) == RICH


async def test_the_card_asks_as_well_where_no_message_could_come(amy: Person, cashier: Person) -> None:
    """WeChat without an open window: whoever opens the card finds the question above it, and may answer by number."""
    await rich(amy)
    await held_up(amy, cashier)
    card = await amy.press("code")
    assert keys(card) == ["asked.question", "card.caption"]
    assert keys(await amy.say("1")) == ["asked.thanks"]
    assert keys(await amy.press("code")) == ["card.caption"]


@pytest.mark.parametrize("reachable", [True, False])
async def test_only_chats_that_can_be_reached_are_asked(
    counter: Counter, amy: Person, cashier: Person, *, reachable: bool
) -> None:
    member_id = await rich(amy)
    await cashier.scan(await shown(amy))
    await cashier.say("200")
    confirm = button(await cashier.press("pay points"), "pay ok")

    def block(tx: Tx) -> None:
        tx.execute(identities.update().where(identities.c.member_id == member_id).values(following=reachable))

    await counter.db.write(block)
    assert keys(await cashier.press(confirm)) == ["desk.waiting"]
    assert len(await told(counter, "ask")) == reachable


async def test_stored_value_always_waits_for_the_yes(db: Database, now: datetime) -> None:
    """In chat the price offers it, after coupons and points; the bill waits however small it is."""
    counter = Counter(db, now)
    await counter.open("salon")
    amy, cashier = Person(counter, "telegram", "Amy"), Person(counter, "wechat", "Jay")
    await counter.employ(cashier, "cashier")
    await amy.press("join")
    member_id, mo = await member_of(amy), Reader("mo", rules.store_id("main"))
    await db.write(stored_value.top_up, member_id, 50_000, mo, reference="paid in", moment=counter.moment())

    assert "desk.stored" in keys(await cashier.scan(await shown(amy)))
    await cashier.say("10")
    quote = await cashier.press("pay stored")
    assert quote.question is not None
    assert quote.question.data["to_pay"].minor == 0
    assert keys(await cashier.press(button(quote, "pay ok"))) == ["desk.waiting"]
    assert keys(await amy.press(button(await asked(counter), "agree"))) == ["asked.thanks"]
    [paid] = await told_staff(counter, "asked")
    assert keys(paid)[0] == "asked.paid"
    await assert_clean(db)


async def test_stored_value_is_given_up_again_with_the_same_button(db: Database, now: datetime) -> None:
    counter = Counter(db, now)
    await counter.open("salon")
    amy, cashier = Person(counter, "telegram", "Amy"), Person(counter, "wechat", "Jay")
    await counter.employ(cashier, "cashier")
    await amy.press("join")
    member_id, mo = await member_of(amy), Reader("mo", rules.store_id("main"))
    await db.write(stored_value.top_up, member_id, 50_000, mo, reference="paid in", moment=counter.moment())
    await cashier.scan(await shown(amy))
    await cashier.say("10")
    await cashier.press("pay stored")
    plain = await cashier.press("pay stored")
    assert "desk.recorded" in keys(await cashier.press(button(plain, "pay ok")))
