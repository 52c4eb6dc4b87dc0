"""Numbers typed in a chat into which the shop pushes messages with choices of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from membership.messages import Button, Reply, say, words
from services import Database, dispatch, outbox, ratings, rules
from services.outbox import Notice
from services.outgoing import Class, Outgoing
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.postman import WAYS, brought_to, deliver, take
from tests.handlers.test_confirming import held_up, rich, shown
from tests.services.pass_holder import body


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    shop = Counter(db, now)
    await db.write(rules.bring, body(survey={}), actor="test", now=now)
    return shop


async def push(person: Person, *choices: str, key: str = "1", kind_class: Class = "receipt") -> None:
    """Put a message with these choices in for one account."""
    assert person.last is not None
    buttons = tuple((Button(say("button.points"), word=word),) for word in choices)
    told = Notice("news", kind_class, key, Reply((say("points.none"),), buttons=buttons))
    account = person.last.who.identity_id
    await person.counter.db.write(outbox.tell_account, account, told, moment=person.counter.moment())


async def ring_up(amy: Person, cashier: Person) -> None:
    await cashier.scan(await shown(amy))
    await cashier.press(button(await cashier.say("58"), "pay ok"))


async def rating_asked(amy: Person, cashier: Person) -> Outgoing:
    """Let her buy something, and be asked the next day how it was."""
    await ring_up(amy, cashier)
    await deliver(amy.counter)
    amy.counter.pass_by(days=1)
    await amy.press("points")
    await cashier.press("scan")
    await cashier.press("cancel")
    amy.counter.pass_by(seconds=30)
    await amy.counter.db.write(ratings.ask_due, amy.counter.moment())
    return await brought_to(amy, "rating")


async def test_the_number_typed_below_a_pushed_question_is_its_answer(amy: Person, cashier: Person) -> None:
    await amy.press("join")
    asked = await rating_asked(amy, cashier)
    assert words(asked.reply)[4].endswith(" 5")
    assert not asked.marked
    thanks = await amy.say("5")
    assert (keys(thanks), thanks.messages[0].facts["stars"]) == (["rating.thanks", "rating.words"], "★★★★★")
    assert keys(await amy.say("5")) == ["rating.thanks", "rating.words"]  # typed twice: said once, nothing noted
    assert keys(await amy.say("lovely")) == ["rating.heard"]
    again = await amy.press(words(asked.reply)[0])  # pressed late: the first score stays
    assert again.messages[0].facts["stars"] == "★★★★★"


async def test_a_number_that_crossed_the_push_is_asked_about(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    listed = await amy.press("points")
    await push(amy, "tier", "coupons")
    await deliver(counter, read=False)
    counter.pass_by(seconds=2)
    which = await amy.say("1")
    assert keys(which)[0] == "which.ask"
    assert words(which)[:3] == ("tier", words(listed)[0], "cancel")
    counter.pass_by(seconds=3)
    assert words(await amy.say("2")) == words(await amy.press(words(listed)[0]))


async def test_which_one_is_asked_again_of_whoever_types_faster_than_they_read(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    await amy.press("points")
    await push(amy, "tier", "coupons")
    await deliver(counter, read=False)
    which = await amy.say("1")
    assert await amy.say("1") == which
    counter.pass_by(seconds=5)
    assert await amy.say("7") == which  # no line of it: asked again, whatever stood above it
    assert keys(await amy.say("1"))[0].startswith("tier")


async def test_an_old_question_which_one_takes_no_number_that_answers_a_newer_message(
    counter: Counter, amy: Person
) -> None:
    await amy.press("join")
    await amy.press("points")
    await push(amy, "tier", "coupons")
    await deliver(counter, read=False)
    assert keys(await amy.say("1"))[0] == "which.ask"
    counter.pass_by(hours=5)
    await push(amy, "passes", "mall", "settings", "language", key="2")
    await deliver(counter, read=False)
    counter.pass_by(seconds=2)
    crossed = await amy.say("1")
    assert (keys(crossed)[0], words(crossed)[:2]) == ("which.ask", ("passes", "tier"))
    counter.pass_by(hours=1)
    await push(amy, "passes", "mall", "settings", "help", key="3")
    await deliver(counter)
    assert words(await amy.say("4")) == words(await amy.press("help"))


async def test_a_number_typed_while_the_push_is_under_way_or_lost_is_asked_about(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    await amy.press("points")
    await push(amy, "tier")
    [under_way] = await take(counter)
    counter.pass_by(seconds=8)
    assert keys(await amy.say("1"))[0] == "which.ask"
    await amy.press("points")
    await counter.db.write(dispatch.unclear, under_way, "timeout", now=counter.now)
    await counter.db.write(dispatch.unclear, (await take(counter) or [under_way])[0], "timeout", now=counter.now)
    counter.pass_by(seconds=8)
    assert keys(await amy.say("1"))[0] == "which.ask"


async def test_what_did_not_leave_leaves_the_numbers_alone(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    first = words(await amy.press("points"))[0]
    await push(amy, "tier")
    [taken] = await take(counter)
    later = counter.now + timedelta(minutes=5)
    await counter.db.write(dispatch.put_back, taken, "busy", until=later, tried=True, now=counter.now)
    assert words(await amy.say("1")) == words(await amy.press(first))
    await amy.press("points")
    counter.pass_by(minutes=6)
    [taken] = await take(counter)
    await counter.db.write(dispatch.refused, taken, "no", person=False, now=counter.now)
    assert words(await amy.say("1")) == words(await amy.press(first))


async def test_a_card_is_not_stopped_by_a_number_the_list_above_has_as_well(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    """The receipt's second line is "not me": a heavy deed for whoever meant the second line of the card above it."""
    await amy.press("join")
    card = await amy.press("code")
    assert card.picture is not None
    counter.pass_by(seconds=20)
    await cashier.scan(str(card.picture.facts["code"]))
    await cashier.press(button(await cashier.say("58"), "pay ok"))
    receipt = await brought_to(amy, "receipt")
    second = words(receipt.reply)[1]
    assert second.startswith("notme ")
    which = await amy.say("2")
    assert (keys(which), words(which)[:2]) == (["which.ask"], (second, words(card)[1]))
    counter.pass_by(seconds=5)
    assert keys(await amy.say("1")) == ["notme.frozen"]


async def test_codes_are_not_stopped_by_a_number_the_list_above_has_as_well(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    listed = await amy.press("points")
    await push(amy, "agree 1", "disagree 1")
    await deliver(counter)
    which = await amy.say("2")
    assert (keys(which), words(which)[:2]) == (["which.ask"], ("disagree 1", words(listed)[1]))


async def test_an_answer_that_arrives_late_counts_as_the_answer_it_is(counter: Counter) -> None:
    amy = Person(counter, "telegram", "Amy")
    await amy.press("join")
    listed = await amy.press("points")
    assert amy.last is not None
    assert amy.last.row is not None
    later = counter.now + timedelta(minutes=5)
    await counter.db.write(dispatch.put_back, amy.last.row, "busy", until=later, tried=True, now=counter.now)
    counter.pass_by(minutes=6)
    [again] = await deliver(counter, read=False)
    assert (again.kind, again.marked) == ("reply", False)
    assert words(await amy.say("1")) == words(await amy.press(words(listed)[0]))


async def test_a_template_shows_no_numbers(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    first = words(await amy.press("points"))[0]
    counter.pass_by(minutes=5)  # on WeChat a tap opens one minute
    await push(amy, "tier")
    [brought] = await deliver(counter, ways=replace(WAYS, templates={"points.none": "T1"}))
    on_wechat = amy.channel == "wechat"
    assert brought.road == ("template:points.none" if on_wechat else "reply")
    assert words(await amy.say("1")) == words(await amy.press(first if on_wechat else "tier"))


async def test_a_question_that_becomes_its_answer_in_place_leaves_the_numbers_alone(
    counter: Counter, cashier: Person
) -> None:
    """The edit stands where the question stood, above what was said since."""
    amy = Person(counter, "telegram", "Amy")
    await rich(amy)
    waiting = await held_up(amy, cashier)
    counter.pass_by(seconds=2)
    await deliver(counter)
    first = words(await amy.press("points"))[0]
    await cashier.press(next(word for word in words(waiting) if word.endswith("withdraw")))
    edits = [one for one in await deliver(counter) if one.edits]
    assert len(edits) == 1
    assert words(await amy.say("1")) == words(await amy.press(first))


async def test_beside_a_deal_in_hand_pushed_choices_are_marked(amy: Person, cashier: Person) -> None:
    """The sale goes on under its plain numbers, and the marked ones belong to the push."""
    await amy.press("join")
    await cashier.scan(await shown(amy))
    await push(cashier, "points", kind_class="staff")
    beside_question = await brought_to(cashier, "news")
    quote = await cashier.say("58")
    await push(cashier, "points", key="2", kind_class="staff")
    beside_deal = await brought_to(cashier, "news")
    assert (beside_question.marked, beside_deal.marked) == (True, True)
    place = words(quote).index(button(quote, "pay ok")) + 1
    assert "desk.recorded" in keys(await cashier.say(str(place)))
    assert keys(await cashier.say("#1")) == ["refusal.not_a_member"]


async def test_a_reminder_waits_until_the_open_question_is_answered_or_old(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await cashier.press("join")
    await cashier.press("scan")  # asks for a code
    await push(cashier, "tier", kind_class="reminder")
    await push(cashier, "points", key="2")
    assert [one.reply.buttons[0][0].word for one in await deliver(counter)] == ["points"]  # a receipt comes at once
    counter.pass_by(minutes=4, seconds=40)
    assert await deliver(counter, read=False) == []
    counter.pass_by(seconds=30)
    [late] = await deliver(counter)
    assert (words(late.reply), late.marked) == (("tier",), True)
    assert keys(await cashier.say("58"))[0].startswith("refusal.")  # taken for the code that was asked for
    del amy


async def test_a_colleague_who_is_a_member_is_asked_how_it_was_when_no_sale_is_in_hand(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await cashier.press("join")
    await amy.press("join")
    other = Person(counter, "telegram", "Kim")
    await counter.employ(other, "cashier")
    await ring_up(cashier, other)
    await deliver(counter)
    counter.pass_by(hours=2)
    await cashier.scan(await shown(amy))
    await counter.db.write(ratings.ask_due, counter.moment())
    assert await deliver(counter, read=False) == []
    counter.pass_by(seconds=30)
    assert "desk.recorded" in keys(await cashier.press(button(await cashier.say("5"), "pay ok")))
    counter.pass_by(minutes=5)
    brought = await deliver(counter)
    [asked] = [one for one in brought if one.kind == "rating"]
    assert not asked.marked
    assert keys(await cashier.say("5")) == ["rating.thanks", "rating.words"]


async def test_a_question_left_open_overnight_does_not_take_the_rating(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await ring_up(amy, cashier)
    await deliver(counter)
    assert (await amy.tell(word="profile name")).question is not None
    counter.pass_by(days=1)
    await counter.db.write(ratings.ask_due, counter.moment())
    asked = await brought_to(amy, "rating")
    assert not asked.marked
    assert keys(await amy.say("5")) == ["rating.thanks", "rating.words"]


async def test_several_notices_read_at_once_go_on_counting_and_a_scale_keeps_its_own_screen(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    asked = (await rating_asked(amy, cashier)).reply
    assert amy.last is not None
    news = Reply((say("points.none"),), buttons=((Button(say("x"), word="tier"),),))
    for kind, key, told in (("rating", words(asked)[0].split()[1], asked), ("news", "one", news)):
        notice = Notice(kind, "reminder", key, told)
        await counter.db.write(outbox.tell_account, amy.last.who.identity_id, notice, moment=counter.moment())
        counter.pass_by(seconds=1)
    for row in await take(counter):
        await counter.db.write(dispatch.refused, row, "feature_off", person=False, now=counter.now)
    read = await amy.press("waiting")
    assert words(read)[:3] == ("rate", "tier", "start")
    assert words(await amy.say("1")) == words(asked)
    counter.pass_by(seconds=5)
    assert keys(await amy.say("4")) == ["rating.thanks", "rating.words"]
