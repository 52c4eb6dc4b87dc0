"""Ratings in chat: asked or not, a member rates the last visit by a tap and a few words; a manager answers."""

from __future__ import annotations

from datetime import datetime

import pytest

from membership.messages import Reply, words
from services import Database, rules
from storage import outbox
from tests.handlers.counter import Counter, Person, button, keys
from tests.services.pass_holder import body


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    shop = Counter(db, now)
    await db.write(rules.bring, body(survey={}), actor="test", now=now)
    return shop


async def scanned(cashier: Person, amy: Person) -> Reply:
    card = await amy.press("code")
    assert card.picture is not None
    return await cashier.scan(str(card.picture.facts["code"]))


async def served(amy: Person, cashier: Person) -> None:
    await scanned(cashier, amy)
    await cashier.press(button(await cashier.say("58"), "pay ok"))


async def test_a_member_rates_with_a_tap_or_a_number_and_may_say_more(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    assert keys(await amy.press("rate")) == ["rating.none"]
    await served(amy, cashier)
    asked = await amy.press("rate")
    assert keys(asked) == ["rating.question"]
    thanks = await (amy.say("5") if amy.channel == "wechat" else amy.press(words(asked)[4]))
    assert keys(thanks) == ["rating.thanks", "rating.words"]
    assert keys(await amy.say(" ")) == ["rating.words"]  # a picture without words, too: asked again, nothing refused
    assert keys(await amy.say("Lovely")) == ["rating.heard"]
    assert keys(await amy.press("rate")) == ["rating.none"]
    owner = Person(counter, "telegram", "Olga")
    await counter.employ(owner, "owner")
    counter.pass_by(minutes=1)
    told = next(one for one in (await owner.press("report")).messages if one.key == "report.ratings")
    assert told.facts == {"total": 1, "average": "5.0", "low": 0}


async def test_a_manager_answers_a_low_score_in_the_members_own_chat(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    manager = Person(counter, "telegram", "Mo")
    await counter.employ(manager, "manager")
    await amy.press("join")
    await served(amy, cashier)
    sorry = await amy.press(words(await amy.press("rate"))[0])
    assert keys(sorry) == ["rating.sorry", "rating.words"]
    assert keys(await amy.say("Cold soup")) == ["rating.heard_low"]
    due = await counter.db.write(outbox.due, now=counter.now, limit=100)
    told = [await counter.db.read(outbox.payload, row) for row in due if row.kind == "rating_low"]
    assert sorted(key for one in told for key in keys(one)) == ["rating.low", "rating.low_words"]
    await manager.press(words(told[0])[0])
    assert keys(await manager.say("We are sorry, the next one is on us")) == ["human.answered"]
    due = await counter.db.write(outbox.due, now=counter.now, limit=100)
    answered = [row for row in due if row.kind == "answer"]
    assert len(answered) == 1


async def test_a_forged_score_is_refused(amy: Person, cashier: Person) -> None:
    await amy.press("join")
    await served(amy, cashier)
    asked = words(await amy.press("rate"))[0].rsplit(" ", 1)[0]
    assert keys(await amy.press(f"{asked} 9"))[0] == "refusal.invalid_score"
    assert keys(await amy.press("rate nothing 5"))[0] == "refusal.rating_unknown"
    assert keys(await amy.press("rate x"))[0] == "refusal.expired"


async def test_a_visit_on_a_pass_is_rated_as_a_purchase_is(counter: Counter, amy: Person, cashier: Person) -> None:
    await amy.press("join")
    await scanned(cashier, amy)
    await cashier.press("sellpass")
    await cashier.press(button(await cashier.press("sellpass plan ten"), "sellpass ok"))
    counter.pass_by(minutes=1)
    assert keys(await amy.press("rate")) == ["rating.none"], "a sale is no visit"
    await cashier.press(button(await scanned(cashier, amy), "visit "))
    assert keys(await amy.press(words(await amy.press("rate"))[2])) == ["rating.thanks", "rating.words"]
