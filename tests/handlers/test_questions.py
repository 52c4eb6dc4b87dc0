"""A member asks for a person, and a colleague's answer comes back."""

from __future__ import annotations

from tests.handlers.counter import Counter, Person, button, keys
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
    assert keys(await cashier.press("answer somebody-else")) == ["refusal.expired"]
