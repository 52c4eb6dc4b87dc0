"""Stored value in chat: a member looks, the manager tops up, takes it back and pays it out; nothing happens twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from membership.messages import Reply, words
from services import Database
from storage import outbox
from storage.tables import top_ups
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    """A hairdresser's, which sells stored value: from 200, 50 on top of 500."""
    shop = Counter(db, now)
    await shop.open("salon")
    return shop


@pytest.fixture
async def manager(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Mo")
    await counter.employ(person, "manager")
    return person


async def scanned(manager: Person, amy: Person) -> Reply:
    card = await amy.press("code")
    assert card.picture is not None
    return await manager.scan(str(card.picture.facts["code"]))


async def topped_up(manager: Person, amy: Person, amount: str = "500") -> Reply:
    """Top up for the member who was scanned, to the end."""
    await scanned(manager, amy)
    await manager.press("topup")
    return await manager.press(button(await manager.say(amount), "topup ok"))


def fact(reply: Reply, key: str, name: str) -> Any:
    return next(message.facts[name] for message in reply.messages if message.key == key)


async def test_a_member_is_topped_up_after_the_scan_and_sees_it(counter: Counter, amy: Person, manager: Person) -> None:
    await amy.press("join")
    await scanned(manager, amy)
    asked = await manager.press("topup")
    assert keys(asked) == ["topup.amount.plain", "lines"]
    will = await manager.say("500")
    assert fact(will, "topup.will", "bonus").plain == "50.00"
    done = await manager.press(button(will, "topup ok"))
    assert fact(done, "topup.done", "left").plain == "550.00"
    seen = await amy.press("balance")
    assert fact(seen, "balance.total", "left").plain == "550.00"
    assert fact(seen, "balance.parts", "principal").plain == "500.00"
    assert fact(await amy.press("points"), "points.stored", "left").plain == "550.00"
    due = await counter.db.write(outbox.due, now=counter.now, limit=100)
    assert "top_up" in [row.kind for row in due], "the member gets a receipt"
    await assert_clean(counter.db)


async def test_the_same_press_twice_tops_up_once(counter: Counter, amy: Person, manager: Person) -> None:
    await amy.press("join")
    await scanned(manager, amy)
    await manager.press("topup")
    press = button(await manager.say("500"), "topup ok")
    first = await manager.press(press)
    assert await manager.press(press) == first
    assert fact(await amy.press("balance"), "balance.total", "left").plain == "550.00"
    await assert_clean(counter.db)


async def test_the_same_press_twice_asks_a_second_person_once_and_tells_how_it_stands(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    owner = Person(counter, "wechat", "Olga")
    await counter.employ(owner, "owner")
    await scanned(manager, amy)
    await manager.press("topup")
    press = button(await manager.say("3000"), "topup ok")
    first = await manager.press(press)
    assert keys(first) == ["approval.waits"]
    assert await manager.press(press) == first
    assert keys(await owner.press(button(await owner.press("approve"), "approve "))) == ["approval.approved"]
    assert keys(await manager.press(press)) == ["approval.approved"]
    assert fact(await amy.press("balance"), "balance.parts", "principal").plain == "3000.00"


async def test_what_was_topped_up_today_is_foretold_to_need_a_second_person(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    await counter.employ(Person(counter, "wechat", "Olga"), "owner")
    await topped_up(manager, amy, "800")
    await scanned(manager, amy)
    await manager.press("topup")
    will = await manager.say("300")
    assert keys(will)[-1] == "topup.second"
    assert keys(await manager.press(button(will, "topup ok"))) == ["approval.waits"]


async def test_a_press_of_an_older_screen_tops_nothing_up(amy: Person, manager: Person) -> None:
    await amy.press("join")
    await scanned(manager, amy)
    await manager.press("topup")
    older = button(await manager.say("500"), "topup ok")
    await manager.press("cancel")
    assert keys(await manager.press(older)) == ["refusal.quote_expired"]


async def test_without_a_scan_the_manager_is_asked_who_it_is(amy: Person, manager: Person) -> None:
    await amy.press("join")
    assert keys(await manager.press("topup")) == ["topup.who"]
    asked = await scanned(manager, amy)
    assert keys(asked)[0] == "topup.amount.plain"
    again = await scanned(manager, amy)
    assert keys(again)[0] == "topup.amount.plain", "a code instead of an amount begins with its member"


async def test_an_amount_that_will_not_do_is_asked_again(amy: Person, manager: Person) -> None:
    await amy.press("join")
    await scanned(manager, amy)
    await manager.press("topup")
    for typed, refusal in (("much", "invalid_amount"), ("199", "top_up_too_small"), ("5000", "stored_value_over_cap")):
        assert keys(await manager.say(typed)) == [f"refusal.{refusal}", "question.still_open"]
    assert keys(await manager.say("200")) == ["topup.will.plain"]


async def test_a_slip_is_undone_from_its_receipt(counter: Counter, amy: Person, manager: Person) -> None:
    await amy.press("join")
    done = await topped_up(manager, amy)
    undone = await manager.press(button(done, "topup undo"))
    assert fact(undone, "topup.undone", "left").plain == "0.00"
    assert await manager.press(button(done, "topup undo")) == undone
    await assert_clean(counter.db)


async def test_a_large_top_up_of_a_colleague_is_undone_by_two(counter: Counter, amy: Person, manager: Person) -> None:
    await amy.press("join")
    owner = Person(counter, "wechat", "Olga")
    await counter.employ(owner, "owner")
    await topped_up(manager, amy, "1100")
    await owner.press(button(await owner.press("approve"), "approve "))
    made = await counter.db.read(lambda tx: tx.scalar(select(top_ups.c.id)))
    for _ in range(2):
        assert keys(await owner.press(f"topup undo {made}")) == ["approval.waits"]
    assert fact(await amy.press("balance"), "balance.parts", "principal").plain == "1100.00"
    assert keys(await manager.press(button(await manager.press("approve"), "approve "))) == ["approval.approved"]
    assert fact(await amy.press("balance"), "balance.total", "left").plain == "0.00"
    assert keys(await owner.press(f"topup undo {made}")) == ["topup.undone"]
    await assert_clean(counter.db)


async def test_principal_is_paid_out_with_its_share_of_the_gift_void(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    await topped_up(manager, amy)
    await scanned(manager, amy)
    await manager.press("cashout")
    will = await manager.say("100")
    assert fact(will, "cashout.will", "bonus").plain == "10.00"
    press = button(will, "cashout ok")
    done = await manager.press(press)
    assert fact(done, "cashout.done", "left").plain == "440.00"
    assert await manager.press(press) == done
    assert keys(await manager.press("cashout"))[0] == "topup.who"
    await assert_clean(counter.db)


async def test_a_cashier_neither_tops_up_nor_pays_out(amy: Person, cashier: Person) -> None:
    await amy.press("join")
    await scanned(cashier, amy)
    for word in ("topup", "cashout"):
        assert keys(await cashier.press(word)) == ["refusal.not_allowed"]


async def test_a_member_who_asks_for_a_top_up_sees_what_it_would_bring(amy: Person) -> None:
    await amy.press("join")
    shown = await amy.press("topup")
    assert keys(shown) == ["balance.total", "balance.gifts", "lines"]
    assert keys(await amy.press("cashout")) == ["refusal.not_staff"]


async def test_a_bill_paid_from_stored_value_is_on_both_screens_and_returns_when_undone(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    await topped_up(manager, amy)
    await scanned(manager, amy)
    quote = await manager.say("600")
    assert "pay stored" in words(quote)
    waits = await manager.press(button(await manager.press("pay stored"), "pay ok"))
    thanks = await amy.press(button(waits, "asked").replace("asked", "agree"))
    assert keys(thanks) == ["asked.thanks"]
    done = await manager.press(button(waits, "asked"))
    assert fact(done, "desk.paid_stored", "amount").plain == "550.00"
    assert fact(done, "desk.paid_stored", "to_pay").plain == "50.00"
    assert fact(await amy.press("balance"), "balance.total", "left").plain == "0.00"
    undone = await manager.press(button(done, "undo"))
    assert fact(undone, "refund.stored", "stored").plain == "550.00"
    assert fact(await amy.press("balance"), "balance.parts", "bonus").plain == "50.00"
    await assert_clean(counter.db)


async def test_the_history_is_shown_a_page_at_a_time(counter: Counter, amy: Person, manager: Person) -> None:
    await amy.press("join")
    for _ in range(3):
        await topped_up(manager, amy)
        counter.pass_by(days=1)  # so much of one day would need a second person
    first = await amy.press("balance history")
    assert len(fact(first, "lines", "lines")) == 5
    rest = await amy.press(button(first, "balance history"))
    assert len(fact(rest, "lines", "lines")) == 1
    assert not [word for word in words(rest) if word.startswith("balance history")]
    assert keys(await amy.press("balance history 9999999")) == ["refusal.expired"]


async def test_help_offers_what_each_may_do_with_stored_value(amy: Person, manager: Person, cashier: Person) -> None:
    await amy.press("join")
    assert "balance" in words(await amy.press("help"))
    assert {"topup", "cashout"} <= set(words(await manager.press("help")))
    assert not {"topup", "cashout"} & set(words(await cashier.press("help")))


async def test_whoever_leaves_with_money_here_is_told_before(amy: Person, manager: Person) -> None:
    await amy.press("join")
    assert keys(await amy.press("privacy leave")) == ["privacy.leave_ask"]
    await topped_up(manager, amy)
    asked = await amy.press("privacy leave")
    assert fact(asked, "privacy.leave_stored", "left").plain == "500.00"


async def test_where_none_is_sold_a_balance_means_the_points(db: Database, now: datetime) -> None:
    shop = Counter(db, now)
    await shop.open()
    amy = Person(shop, "telegram", "Amy")
    await amy.press("join")
    assert keys(await amy.press("balance"))[0] == "points.balance"
    assert "balance" not in words(await amy.press("help"))
