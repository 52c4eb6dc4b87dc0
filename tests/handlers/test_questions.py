"""A member asks for a person, and a colleague's answer comes back."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

from services import rules
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.handlers.test_alarms import told


async def test_a_question_goes_to_the_staff_and_the_answer_comes_back(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    assert keys(await amy.press("human")) == ["human.ask"]
    assert keys(await amy.say("May I bring a dog?")) == ["human.sent"]
    (asked,) = await told(counter, "human")
    assert asked.messages[0].facts["text"] == "May I bring a dog?"
    assert keys(await cashier.press(button(asked, "answer"))) == ["human.answer_ask"]
    assert keys(await cashier.say("Of course!")) == ["human.answered"]
    (answered,) = await told(counter, "answer")
    assert answered.messages[0].facts["text"] == "Of course!"


async def test_a_picture_without_words_is_neither_a_question_nor_an_answer(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    await amy.press("human")
    assert keys(await amy.tell("photo", codes=())) == ["human.ask"]
    assert await told(counter, "human") == []
    await amy.say("May I bring a dog?")
    (asked,) = await told(counter, "human")
    await cashier.press(button(asked, "answer"))
    assert keys(await cashier.tell("photo", codes=())) == ["human.answer_ask"]
    assert keys(await cashier.say("Of course!")) == ["human.answered"]


async def test_nobody_at_work_is_said_so(amy: Person) -> None:
    await amy.press("join")
    await amy.press("human")
    assert keys(await amy.say("Hello?")) == ["human.nobody"]


async def test_a_member_cannot_answer_for_the_shop(counter: Counter, amy: Person, cashier: Person) -> None:
    await amy.press("join")
    await amy.press("human")
    await amy.say("May I?")
    (asked,) = await told(counter, "human")
    assert keys(await amy.press(button(asked, "answer"))) == ["refusal.not_staff"]
    assert keys(await cashier.press("answer somebody-else")) == ["refusal.question_unknown"]


async def test_the_first_answer_counts_and_the_others_are_told_who_gave_it(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    second = Person(counter, "telegram", "Sun")
    await counter.employ(second, "cashier")
    await amy.press("join")
    await amy.press("human")
    await amy.say("May I bring a dog?")
    asked, also = await told(counter, "human")
    assert asked.messages == also.messages
    await second.press(button(asked, "answer"))
    await cashier.press(button(asked, "answer"))
    assert keys(await second.say("Yes")) == ["human.answered"]
    late = await cashier.say("No")
    assert keys(late)[0] == "refusal.question_answered"
    assert late.messages[0].facts["name"] == "Sun"
    assert len(await told(counter, "answer")) == 1
    (line,) = await told(counter, "human_answered")
    assert (keys(line), line.messages[0].facts["name"]) == (["human.answered_by"], "Sun")


async def test_a_question_out_of_hours_is_told_when_the_shop_opens(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    del cashier
    hours = '\nhours = { from = "08:00", until = "20:00" }\n'
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8") + hours)
    await counter.db.write(rules.bring, body, actor="test", now=counter.now)
    await amy.press("join")
    await amy.press("human")
    assert keys(await amy.say("Is there soy milk?")) == ["human.sent"]
    counter.pass_by(hours=9)  # 21:00 in Shanghai
    await amy.press("human")
    late = await amy.say("And oat milk?")
    assert keys(late) == ["human.later"]
    assert late.messages[0].facts["at"] == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
