"""Refunds and adjustments said in a chat: found, explained, confirmed, and agreed to by a second person."""

from __future__ import annotations

import tomllib

import pytest

from handlers import adjust_desk
from membership import codes
from membership.errors import InvalidPoints
from membership.messages import Reply
from services import points, rules
from storage import outbox
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.proof import assert_clean


@pytest.fixture(params=["telegram", "wechat"])
async def mia(request: pytest.FixtureRequest, counter: Counter) -> Person:
    person = Person(counter, request.param, "Mia")
    await counter.employ(person, "manager")
    return person


@pytest.fixture
async def olga(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Olga")
    await counter.employ(person, "owner")
    return person


@pytest.fixture
async def guest(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Amy")
    await person.press("join")
    return person


def member_of(person: Person) -> str:
    assert person.last is not None
    assert person.last.who.member_id is not None
    return person.last.who.member_id


async def code(guest: Person) -> str:
    card = await guest.press("code")
    assert card.picture is not None
    return str(card.picture.facts["code"])


async def sold(cashier: Person, guest: Person, amount: str) -> None:
    await cashier.scan(await code(guest))
    quote = await cashier.say(amount)
    await cashier.press(button(quote, "pay ok"))


async def balance(counter: Counter, guest: Person) -> int:
    return (await counter.db.read(points.balance, member_of(guest), now=counter.now)).points


def fact(reply: Reply, key: str, name: str) -> object:
    for message in reply.messages:
        inner = message.facts.get("lines", ()) if message.key == "lines" else (message,)
        for one in inner:
            if one.key == key:
                return one.facts[name]
    raise AssertionError(f"{key} is not said")


async def test_who_has_bought_nothing_here_is_named_and_another_may_be_scanned(guest: Person, mia: Person) -> None:
    await mia.press("refund")
    none = await mia.scan(await code(guest))
    assert keys(none) == ["refund.none_of_member"]
    assert none.question is not None


async def test_a_whole_refund_from_the_receipt_number_to_the_member_being_told(
    counter: Counter, cashier: Person, guest: Person, mia: Person
) -> None:
    await sold(cashier, guest, "100")
    assert await balance(counter, guest) == 100
    assert keys(await mia.say("refund", word="refund")) == ["refund.which"]
    found = await mia.say("M0001")
    assert keys(found) == ["refund.receipt", "refund.amount"]
    why = await mia.press(button(found, "refund "))
    assert keys(why) == ["refund.reason"]
    will = await mia.press("refund why returned")
    assert keys(will)[0] == "refund.will"
    assert fact(will, "refund.points_taken", "taken") == 100
    assert await balance(counter, guest) == 100
    word = button(will, "refund ok")
    done = await mia.press(word)
    assert keys(done) == ["refund.done"]
    assert await balance(counter, guest) == 0
    assert keys(await mia.press(word)) == ["refund.done"]
    due = await counter.db.write(outbox.due, now=counter.now, limit=100)
    assert [row.kind for row in due if row.recipient == member_of(guest)] == ["receipt", "refund"]
    assert keys(await mia.press("refund"))[0] == "refund.which"
    assert keys(await mia.say("M0001"))[-1] == "refund.nothing_left"
    await assert_clean(counter.db)


async def test_a_part_with_a_reason_in_own_words_leaves_the_rest(
    counter: Counter, cashier: Person, guest: Person, mia: Person
) -> None:
    await sold(cashier, guest, "100")
    await mia.press("refund")
    await mia.scan(await code(guest))  # one purchase: no list to choose from
    assert keys(await mia.say("30")) == ["refund.reason"]
    will = await mia.say("cake was  cold\n")
    assert fact(will, "refund.will", "reason") is not None
    assert keys(await mia.press(button(will, "refund ok"))) == ["refund.done"]
    assert await balance(counter, guest) == 70
    await mia.press("refund")
    again = await mia.say("M0001")
    assert "refund.nothing_left" not in keys(again)
    assert keys(await mia.say("70.01"))[0] in ("refusal.refund_too_large", "refusal.amount_too_large", "refund.reason")
    await assert_clean(counter.db)


async def test_a_member_with_several_purchases_is_asked_which(
    counter: Counter, cashier: Person, guest: Person, mia: Person
) -> None:
    for amount in ("10", "20"):
        await sold(cashier, guest, amount)
        counter.pass_by(minutes=1)
    await mia.press("refund")
    several = await mia.scan(await code(guest))
    assert keys(several) == ["refund.several"]
    assert keys(await mia.press(button(several, "refund ")))[0] == "refund.receipt"


async def test_a_purchase_is_voided_on_its_own_day_only(
    counter: Counter, cashier: Person, guest: Person, mia: Person
) -> None:
    await sold(cashier, guest, "50")
    await mia.press("refund")
    found = await mia.say("M0001")
    void = next(word for row in found.buttons for word in (one.word for one in row) if word.endswith(" void"))
    counter.pass_by(days=1)
    assert keys(await mia.press(void)) == ["refusal.day_over"]
    counter.pass_by(days=-1)
    will = await mia.press(void)
    await mia.press(button(will, "refund ok"))
    assert await balance(counter, guest) == 0


async def test_a_cashier_has_no_such_desk(cashier: Person) -> None:
    for word in ("refund", "adjust", "approve"):
        assert keys(await cashier.press(word)) == ["refusal.not_allowed"]


async def test_over_the_limit_the_owner_agrees_in_chat_and_the_manager_hears_of_it(
    cashier: Person, guest: Person, mia: Person, olga: Person
) -> None:
    counter = mia.counter
    await sold(cashier, guest, "500")
    await mia.press("refund")
    found = await mia.say("M0001")
    await mia.press(button(found, "refund "))
    will = await mia.press("refund why complaint")
    assert "refund.second" in keys(will)
    word = button(will, "refund ok")
    assert keys(await mia.press(word)) == ["approval.waits"]
    assert await balance(counter, guest) == 500
    waiting = await olga.press("approve")
    assert keys(waiting) == ["approval.title", "approval.line"]
    assert keys(await mia.press("approve")) == ["approval.title", "approval.line"]
    yes = button(waiting, "approve ")
    assert keys(await mia.press(yes)) == ["refusal.same_person"]
    assert keys(await olga.press(yes)) == ["approval.approved"]
    assert keys(await olga.press(yes)) == ["approval.approved"]
    assert keys(await olga.press(f"{yes} no")) == ["refusal.approval_over"]
    assert await balance(counter, guest) == 0
    assert keys(await mia.press(word)) == ["approval.approved"], "it does not wait any more"
    assert keys(await olga.press("approve")) == ["approval.none"]
    await assert_clean(counter.db)


async def test_a_yes_to_what_cannot_be_done_any_more_is_answered_alike_when_pressed_again(
    cashier: Person, guest: Person, mia: Person, olga: Person
) -> None:
    await sold(cashier, guest, "500")
    await mia.press("refund")
    await mia.press(button(await mia.say("M0001"), "refund "))
    await mia.press(button(await mia.press("refund why complaint"), "refund ok"))
    await cashier.press("undo")
    yes = button(await olga.press("approve"), "approve ")
    assert keys(await olga.press(yes)) == ["approval.refused", "refusal.already_refunded"]
    assert keys(await olga.press(yes)) == ["approval.refused"]
    assert keys(await olga.press(f"{yes} no")) == ["refusal.approval_over"]


async def test_points_are_given_by_hand_with_a_reason(counter: Counter, guest: Person, mia: Person) -> None:
    await mia.press("adjust")
    assert keys(await mia.scan(await code(guest))) == ["adjust.points"]
    assert keys(await mia.say("＋50")) == ["adjust.reason"]
    will = await mia.press("adjust why goodwill")
    assert keys(will) == ["adjust.will"]
    word = button(will, "adjust ok")
    for _ in range(2):
        assert keys(await mia.press(word)) == ["adjust.done"]
    assert await balance(counter, guest) == 50
    history = await guest.press("points history")
    assert [line.facts["kind"].key for line in history.messages[1].facts["lines"]] == ["history.kind.adjust"]
    await assert_clean(counter.db)


async def test_what_was_given_today_is_foretold_to_need_a_second_person(
    guest: Person, mia: Person, olga: Person
) -> None:
    del olga  # there is a second person
    for told in ("adjust.done", "approval.waits"):
        await mia.press("adjust")
        await mia.scan(await code(guest))
        await mia.say("300")
        will = await mia.press("adjust why goodwill")
        assert ("adjust.second" in keys(will)) == (told == "approval.waits")
        assert keys(await mia.press(button(will, "adjust ok"))) == [told]


async def test_points_that_are_pending_at_first_are_foretold_as_pending(
    counter: Counter, guest: Person, mia: Person
) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    later = {**body, "points": {**body["points"], "pending_days": 3}}
    await counter.db.write(rules.bring, later, actor="test", now=counter.now)
    await mia.press("adjust")
    await mia.scan(await code(guest))
    await mia.say("50")
    will = await mia.press("adjust why goodwill")
    assert (fact(will, "adjust.will", "points"), fact(will, "points.pending", "points")) == (0, 50)
    done = await mia.press(button(will, "adjust ok"))
    assert fact(done, "adjust.done", "points") == 0
    assert fact(await guest.press("points"), "points.pending", "points") == 50


@pytest.mark.parametrize(
    ("typed", "change"), [("+50", 50), ("50", 50), (" − 7 ", -7), ("－12", -12), ("-999999999", -999999999)]
)
def test_a_number_of_points_is_read_with_its_sign(typed: str, change: int) -> None:
    assert adjust_desk.signed(typed) == change


@pytest.mark.parametrize(
    "typed", ["0", "-0", "1e3", "1_000", "٣٠", "１００", "abc", "", "--5", "9999999999", "1.5", "NaN"]
)
def test_what_is_no_number_of_points_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPoints):
        adjust_desk.signed(typed)


async def test_a_wrong_number_of_points_is_asked_for_again(guest: Person, mia: Person) -> None:
    await mia.press("adjust")
    await mia.scan(await code(guest))
    refused = await mia.say("abc")
    assert keys(refused)[0] == "refusal.invalid_points"
    assert refused.question is not None
    assert keys(await mia.say("-1"))[0] == "refusal.insufficient_points"


async def test_phones_that_are_nobodys_are_counted_as_look_ups_too(mia: Person) -> None:
    await mia.press("adjust")
    for number in range(10):
        refused = await mia.say(f"1380013800{number}")
        assert keys(refused)[0] == "refusal.not_a_member"
        assert refused.question is not None
    assert keys(await mia.say("13800138111"))[0] == "refusal.too_many_lookups"


async def test_a_wrong_number_is_counted_and_one_own_card_is_refused(counter: Counter, mia: Person) -> None:
    await mia.press("join")
    card = await mia.press("code")
    assert card.picture is not None
    await mia.press("adjust")
    assert keys(await mia.scan(str(card.picture.facts["code"])))[0] == "refusal.self_credit"
    unknown = codes.digits(123456789)
    for _ in range(5):
        assert keys(await mia.say(unknown))[0] == "refusal.unknown_code"
    assert keys(await mia.say(unknown))[0] == "refusal.too_many_guesses"
    await assert_clean(counter.db)


async def test_debt_is_shown_to_both_and_repaid_by_what_comes_next(
    counter: Counter, cashier: Person, guest: Person, mia: Person
) -> None:
    await sold(cashier, guest, "100")
    await mia.press("adjust")
    await mia.scan(await code(guest))
    await mia.say("-100")
    will = await mia.press("adjust why correction")
    await mia.press(button(will, "adjust ok"))
    await mia.press("refund")
    found = await mia.say("M0001")
    await mia.press(button(found, "refund "))
    will = await mia.press("refund why returned")
    assert fact(will, "refund.debt", "points") == 100
    done = await mia.press(button(will, "refund ok"))
    assert keys(done) == ["refund.done", "desk.debt"]
    assert "points.debt" in keys(await guest.press("points"))
    await mia.press("adjust")
    await mia.scan(await code(guest))
    await mia.say("+30")
    will = await mia.press("adjust why goodwill")
    assert keys(will) == ["adjust.will", "adjust.repays"]
    assert fact(await mia.press(button(will, "adjust ok")), "points.debt", "points") == 70
    await sold(cashier, guest, "100")
    assert await balance(counter, guest) == 30
    history = await guest.press("points history")
    kinds = [line.facts["kind"].key for line in history.messages[1].facts["lines"]]
    assert kinds[:2] == ["history.kind.repay", "history.kind.earn"]
    await assert_clean(counter.db)


async def test_a_forged_or_stale_confirmation_does_nothing(
    counter: Counter, cashier: Person, guest: Person, mia: Person
) -> None:
    await sold(cashier, guest, "100")
    for word in ("refund ok made-up", "refund nothing", "refund why returned", "adjust ok made-up", "adjust x y z"):
        assert keys(await mia.press(word))[0] in ("refusal.quote_expired", "refusal.purchase_unknown")
    await mia.press("refund")
    found = await mia.say("M0001")
    await mia.press(button(found, "refund "))
    will = await mia.press("refund why returned")
    await cashier.press("undo")
    assert keys(await mia.press(button(will, "refund ok")))[0] in ("refusal.quote_expired", "refusal.already_refunded")
    await assert_clean(counter.db)
