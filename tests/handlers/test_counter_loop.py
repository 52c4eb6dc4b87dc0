"""The main job, said in a chat: join, card, scan, amount, receipt, undo."""

from __future__ import annotations

import pytest

from membership.messages import say
from services import points
from tests.handlers.counter import Counter, Person, button, keys


async def joined(amy: Person) -> str:
    await amy.press("join")
    assert amy.last is not None
    assert amy.last.who.member_id is not None
    return amy.last.who.member_id


async def shown_code(amy: Person) -> str:
    card = await amy.press("code")
    assert card.picture is not None
    return str(card.picture.facts["code"])


async def test_a_stranger_is_greeted_joins_and_shows_a_card(amy: Person) -> None:
    assert keys(await amy.tell("follow"))[0] == "greet.stranger"
    assert keys(await amy.press("join"))[0] == "join.done"
    card = await amy.press("code")
    assert card.picture is not None
    assert len(str(card.picture.facts["code"])) == 61
    assert card.picture.facts["points"] == 0


async def test_a_scan_an_amount_and_a_yes_record_a_purchase(counter: Counter, amy: Person, cashier: Person) -> None:
    member_id = await joined(amy)
    member = await cashier.scan(await shown_code(amy))
    assert "desk.member" in keys(member)
    quote = await cashier.say("58")
    assert keys(quote) == ["desk.quote", "desk.earns"]
    receipt = await cashier.press(button(quote, "pay ok"))
    assert "desk.recorded" in keys(receipt)
    has = await counter.db.read(points.balance, member_id, now=counter.now)
    assert has.points == 58


async def test_a_confirmation_pressed_twice_records_once(counter: Counter, amy: Person, cashier: Person) -> None:
    member_id = await joined(amy)
    await cashier.scan(await shown_code(amy))
    confirm = button(await cashier.say("58"), "pay ok")
    assert await cashier.press(confirm) == await cashier.press(confirm)
    assert (await counter.db.read(points.balance, member_id, now=counter.now)).points == 58


async def test_an_undone_purchase_leaves_nothing(counter: Counter, amy: Person, cashier: Person) -> None:
    member_id = await joined(amy)
    await cashier.scan(await shown_code(amy))
    receipt = await cashier.press(button(await cashier.say("58"), "pay ok"))
    undone = await cashier.press(button(receipt, "undo"))
    assert keys(undone) == ["desk.undone"]
    assert undone.messages[0].facts["moved"] == say("refund.points_taken", taken=58, points=0), "none were given back"
    assert (await counter.db.read(points.balance, member_id, now=counter.now)).points == 0


async def test_a_coupon_is_claimed_once_and_used_at_the_counter(amy: Person, cashier: Person) -> None:
    await joined(amy)
    listed = await amy.press("coupons")
    claim = button(listed, "coupons claim welcome")
    assert keys(await amy.press(claim))[0] == "coupons.claimed"
    assert keys(await amy.press("coupons claim welcome other"))[0] == "refusal.offer_limit_reached"
    await cashier.scan(await shown_code(amy))
    quote = await cashier.say("58")
    assert quote.question is not None
    assert quote.question.data["to_pay"].minor == 5300
    await cashier.press(button(quote, "pay ok"))
    assert keys(await amy.press("coupons"))[0] == "coupons.none"


@pytest.mark.parametrize("amount", ["0", "-1", "1000000000001", "0.001", "1e3", "1_000", "１００", "٣٠", "NaN", "abc"])
async def test_an_amount_that_is_none_is_refused_and_asked_again(amy: Person, cashier: Person, amount: str) -> None:
    await joined(amy)
    await cashier.scan(await shown_code(amy))
    refused = await cashier.say(amount)
    assert keys(refused)[0] in ("refusal.invalid_amount", "refusal.amount_too_large")
    assert refused.question is not None
    assert keys(await cashier.say("12.50"))[0] == "desk.quote"


@pytest.mark.parametrize("kind", ["text", "scan", "photo"])
async def test_a_code_where_an_amount_is_asked_for_begins_anew(amy: Person, cashier: Person, kind: str) -> None:
    await joined(amy)
    card = await amy.press("code")
    assert card.picture is not None
    code, digits = str(card.picture.facts["code"]), str(card.picture.facts["digits"]).replace(" ", "")
    told = {"text": digits} if kind == "text" else {"codes": (code,)}
    for _ in range(2):  # the answer to the first reading got lost
        assert "desk.ask_amount" in keys(await cashier.tell(kind, **told))
    assert keys(await cashier.say("12.50"))[0] == "desk.quote"


async def test_a_code_is_read_once(counter: Counter, amy: Person, cashier: Person) -> None:
    await joined(amy)
    code = await shown_code(amy)
    other = Person(counter, "telegram", "Kim")
    await counter.employ(other, "cashier")
    assert "desk.member" in keys(await cashier.scan(code))
    assert keys(await other.scan(code)) == ["refusal.code_used"]


async def test_an_old_code_is_refused(counter: Counter, amy: Person, cashier: Person) -> None:
    await joined(amy)
    code = await shown_code(amy)
    counter.pass_by(seconds=121)
    assert keys(await cashier.scan(code)) == ["refusal.code_expired"]


async def test_something_that_is_no_member_code_is_said_to_be_so(cashier: Person) -> None:
    assert keys(await cashier.scan("https://example.com/login")) == ["refusal.not_a_member_code"]


async def test_a_member_cannot_use_the_counter(amy: Person) -> None:
    await joined(amy)
    assert keys(await amy.press("scan")) == ["refusal.not_staff"]


async def test_a_repeated_event_gets_the_first_reply_again(amy: Person) -> None:
    first = await amy.press("join", event="e1")
    assert amy.last is not None
    assert not amy.last.repeated
    assert await amy.press("join", event="e1") == first
    assert amy.last.repeated
