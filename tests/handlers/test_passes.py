"""Counted passes in chat: sold after a scan, used with one tap, undone, given back; a member sees what is left."""

from __future__ import annotations

from typing import Any

import pytest

from membership.member import Identity
from membership.messages import Question, Reply, words
from services import Tx, people, reminders, rules
from storage import dialogues, outbox
from storage.tables import passes
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean
from tests.services.pass_holder import TEN, body


@pytest.fixture
async def counter(counter: Counter) -> Counter:
    """The café, which sells ten coffees."""
    sold = {**TEN, "warn_left": 8}
    dear = {"id": "spa", "name": "Five massages", "visits": 5, "price": "1500", "single": "360"}
    await counter.db.write(rules.bring, body(sold, dear), actor="test", now=counter.now)
    return counter


@pytest.fixture
async def manager(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Mo")
    await counter.employ(person, "manager")
    return person


async def scanned(staff: Person, amy: Person) -> Reply:
    card = await amy.press("code")
    assert card.picture is not None
    return await staff.scan(str(card.picture.facts["code"]))


async def offered(staff: Person, amy: Person, plan: str = "ten") -> str:
    """Return the button that would sell a pass to the member."""
    await scanned(staff, amy)
    await staff.press("sellpass")
    return button(await staff.press(f"sellpass plan {plan}"), "sellpass ok")


async def sold(staff: Person, amy: Person, plan: str = "ten") -> Reply:
    """Sell a pass to the member, to the end."""
    return await staff.press(await offered(staff, amy, plan))


def fact(reply: Reply, key: str, name: str) -> Any:
    return next(message.facts[name] for message in reply.messages if message.key == key)


async def kinds(counter: Counter) -> list[str]:
    return [row.kind for row in await counter.db.write(outbox.due, now=counter.now, limit=100)]


async def test_a_pass_is_sold_after_the_scan_and_the_member_sees_it(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await scanned(cashier, amy)
    chosen = await cashier.press("sellpass")
    assert words(chosen) == ("sellpass plan ten", "sellpass plan spa", "cancel"), "a cashier gives nothing back"
    will = await cashier.press("sellpass plan ten")
    assert keys(will) == ["sellpass.will", "sellpass.points"]
    press = button(will, "sellpass ok")
    done = await cashier.press(press)
    assert (fact(done, "sellpass.done", "price").plain, fact(done, "sellpass.done", "count")) == ("200.00", 10)
    assert await cashier.press(press) == done
    shown = await amy.press("passes")
    assert keys(shown) == ["passes.title", "lines", "passes.how"]
    assert fact(shown, "lines", "lines")[0].facts["left"] == 10
    assert "pass_sold" in await kinds(counter)
    owner = Person(counter, "telegram", "Olga")
    await counter.employ(owner, "owner")
    counter.pass_by(minutes=1)
    told = await owner.press("report")
    assert (fact(told, "report.passes", "sold"), fact(told, "report.passes", "amount").plain) == (1, "200.00")
    await assert_clean(counter.db)


async def test_a_sale_pressed_again_after_its_undo_is_still_undone_and_a_changed_pass_is_shown_anew(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    press = await offered(cashier, amy)
    undone = await cashier.press(button(await cashier.press(press), "sellpass undo"))
    assert keys(undone) == ["sellpass.undone"]
    assert await cashier.press(press) == undone
    press = await offered(cashier, amy)
    await counter.db.write(rules.bring, body({**TEN, "visits": 8}), actor="test", now=counter.now)
    assert keys(await cashier.press(press))[0] == "refusal.quote_expired"
    assert keys(await amy.press("passes"))[0] == "passes.none"


async def test_a_sale_asked_before_the_program_noted_the_rules_is_shown_anew(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    press = await offered(cashier, amy)

    def forget_rules(tx: Tx) -> None:
        who = people.find(tx, Identity(cashier.channel, "shop", f"id-of-{cashier.name}"))
        assert who is not None
        question, choices, at = dialogues.get(tx, who.identity_id)
        assert question is not None
        assert at is not None
        known = {name: value for name, value in question.data.items() if name != "rules"}
        dialogues.put(tx, who.identity_id, Question(question.name, known), choices=choices, now=at)

    await counter.db.write(forget_rules)
    assert keys(await cashier.press(press))[0] == "refusal.quote_expired"
    assert keys(await amy.press("passes"))[0] == "passes.none"


async def test_a_visit_is_one_tap_below_the_member_and_counts_once(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await sold(cashier, amy)
    press = button(await scanned(cashier, amy), "visit")
    done = await cashier.press(press)
    assert (keys(done), fact(done, "visit.done", "left")) == (["visit.done"], 9)
    assert await cashier.press(press) == done
    undone = await cashier.press(button(done, "visit undo"))
    assert fact(undone, "visit.undone", "left") == 10
    assert await cashier.press(f"{press} 2") == undone, "the scan was used, and the visit undone: nothing was taken"
    assert fact(await amy.press("passes"), "lines", "lines")[0].facts["left"] == 10
    history = await amy.press("passes history")
    assert [line.key for line in fact(history, "lines", "lines")] == ["passes.visit_undone"]
    await assert_clean(counter.db)


async def test_two_visits_at_once_and_a_pass_that_runs_low_offers_the_next(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await sold(cashier, amy)
    seen = await scanned(cashier, amy)
    done = await cashier.press(next(word for word in words(seen) if word.endswith(" 2")))
    assert (fact(done, "visit.done", "left"), "visit.low" in keys(done)) == (8, True)
    due = await counter.db.write(outbox.due, now=counter.now, limit=100)
    [low] = [row for row in due if row.kind == "pass_low"]
    told = await counter.db.read(reminders.said_now, low, counter.now)
    assert told is not None
    assert (keys(told), words(told)) == (["passes.low"], ("passes shop",))
    assert keys(await amy.press("passes shop"))[0] == "passes.shop"


async def test_a_warning_of_few_visits_says_nothing_once_the_visit_is_undone(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await sold(cashier, amy)
    seen = await scanned(cashier, amy)
    done = await cashier.press(next(word for word in words(seen) if word.endswith(" 2")))
    await cashier.press(button(done, "visit undo"))
    due = await counter.db.write(outbox.due, now=counter.now, limit=100)
    [low] = [row for row in due if row.kind == "pass_low"]
    assert await counter.db.read(reminders.said_now, low, counter.now) is None


async def test_a_press_of_an_older_or_forged_screen_takes_and_sells_nothing(amy: Person, cashier: Person) -> None:
    await amy.press("join")
    await sold(cashier, amy)
    older = button(await scanned(cashier, amy), "visit")
    await cashier.press("cancel")
    for forged in (older, "visit", "visit x 0", f"{older} 0", f"{older} ²", "visit undo nothing"):
        assert keys(await cashier.press(forged))[0] in ("refusal.quote_expired", "refusal.pass_unknown"), forged
    again = (await scanned(cashier, amy), await cashier.press("sellpass"))[0]
    scan_id = button(again, "visit").split()[1]
    for forged in (f"visit {scan_id} 7", "sellpass ok nothing", "sellpass undo nothing"):
        assert keys(await cashier.press(forged))[0] in ("refusal.quote_expired", "refusal.pass_unknown"), forged
    assert fact(await amy.press("passes"), "lines", "lines")[0].facts["left"] == 10


async def test_a_manager_gives_a_pass_back_for_what_is_left_of_it(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    await sold(manager, amy)
    await manager.press(button(await scanned(manager, amy), "visit"))
    await scanned(manager, amy)
    asked = await manager.press(button(await manager.press("sellpass"), "backpass"))
    assert fact(asked, "backpass.reason", "amount").plain == "175.00"
    will = await manager.say("moved away")
    assert keys(will) == ["backpass.will"]
    press = button(will, "backpass ok")
    done = await manager.press(press)
    assert fact(done, "backpass.done", "amount").plain == "175.00"
    assert await manager.press(press) == done
    assert keys(await amy.press("passes")) == ["passes.none"]
    await assert_clean(counter.db)


async def test_a_manager_of_another_store_is_offered_no_giving_back_until_the_first_is_closed(
    counter: Counter, amy: Person
) -> None:
    await amy.press("join")
    both = [{"code": "main", "name": "Main Street"}, {"code": "east", "name": "East Gate"}]
    await counter.db.write(rules.bring, body(stores=both), actor="test", now=counter.now)
    far = Person(counter, "telegram", "Far")
    await counter.employ(far, "manager", "east")
    home = Person(counter, "telegram", "Hom")
    await counter.employ(home, "cashier", "main")
    await sold(home, amy)
    [held] = await counter.db.read(lambda tx: tx.all(passes.select()))
    await scanned(far, amy)
    assert f"backpass {held.id}" not in words(await far.press("sellpass"))
    assert keys(await far.press(f"backpass {held.id}"))[0] == "refusal.pass_unknown"
    await counter.db.write(rules.bring, body(stores=both[1:]), actor="test", now=counter.now)
    await scanned(far, amy)
    assert f"backpass {held.id}" in words(await far.press("sellpass"))
    assert fact(await far.press(f"backpass {held.id}"), "backpass.reason", "amount").plain == "200.00"
    await assert_clean(counter.db)


async def test_over_the_limit_a_second_person_agrees_and_a_visit_meanwhile_ends_it(
    counter: Counter, amy: Person, manager: Person
) -> None:
    await amy.press("join")
    second = Person(counter, "wechat", "Ann")
    await counter.employ(second, "owner")
    await sold(manager, amy, "spa")
    await scanned(manager, amy)
    await manager.press(button(await manager.press("sellpass"), "backpass"))
    will = await manager.press("backpass why returned")
    assert keys(will) == ["backpass.will", "refund.second"]
    press = button(will, "backpass ok")
    assert keys(await manager.press(press)) == ["approval.waits"]
    assert keys(await manager.press(press)) == ["approval.waits"], "asked once"
    decided = await second.press(button(await second.press("approve"), "approve "))
    assert keys(decided) == ["approval.approved"]
    assert keys(await amy.press("passes")) == ["passes.none"]
    await assert_clean(counter.db)


async def test_a_cashier_gives_nothing_back_and_a_shop_without_passes_says_so(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    assert keys(await cashier.press("backpass x")) == ["refusal.not_allowed"]
    cafe = {key: told for key, told in body().items() if key != "passes"}
    await counter.db.write(rules.bring, cafe, actor="test", now=counter.now)
    assert keys(await amy.press("passes")) == ["passes.not_here"]
    await scanned(cashier, amy)
    assert keys(await cashier.press("sellpass"))[0] == "refusal.pass_unknown"
