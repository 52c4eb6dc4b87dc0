"""Whose is it: what staff scan answers the question that asks for a member, and begins no sale."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

import pytest

from handlers import router
from membership.messages import Reply
from services import rules
from tests.handlers.counter import PRESETS, Counter, Person, keys
from tests.services.pass_holder import TEN, body

ASKED = {
    "adjust.who": (("adjust",), "adjust.points"),
    "grant.who": (("grant",), "grant.which"),
    "settier.who": (("settier",), "settier.member"),
    "tag.who": (("tag",), "tag.none"),
    "sellpass.who": (("sellpass",), "sellpass.member"),
    "topup.who": (("topup other",), "topup.amount.plain"),
    "topup.amount": (("topup other", "a scan"), "topup.amount.plain"),
    "refund.which": (("refund",), "refund.none_of_member"),
}
"""How each question comes up, and what is said of a member who was scanned for it."""

DOOR = {"activity.door"}
"""The door of an activity stands in test_activities."""


@pytest.fixture
async def counter(counter: Counter) -> Counter:
    """The café, where all that asks for a member is switched on."""
    salon = tomllib.loads((PRESETS / "salon.toml").read_text(encoding="utf-8"))
    whole = body(TEN, stored_value=salon["stored_value"])
    await counter.db.write(rules.bring, whole, actor="test", now=counter.now)
    return counter


@pytest.fixture
async def amy(counter: Counter) -> Person:
    """A member; which app she shows her code in makes no difference."""
    person = Person(counter, "telegram", "Amy")
    await person.press("join")
    return person


@pytest.fixture
async def owner(counter: Counter) -> Person:
    """Somebody who may do all of it, and scans with WeChat's menu."""
    person = Person(counter, "wechat", "Olga")
    await counter.employ(person, "owner")
    return person


async def code_of(amy: Person) -> str:
    shown = await amy.press("code")
    assert shown.picture is not None
    return str(shown.picture.facts["code"])


async def begun(owner: Person, amy: Person, steps: Sequence[str]) -> Reply:
    for step in steps:
        last = await owner.scan(await code_of(amy)) if step == "a scan" else await owner.press(step)
    return last


@pytest.mark.parametrize("question", ASKED)
async def test_a_menu_scan_answers_the_question_of_whose_it_is(amy: Person, owner: Person, question: str) -> None:
    steps, then = ASKED[question]
    asked = await begun(owner, amy, steps)
    assert asked.question is not None
    assert asked.question.name == question
    assert keys(await owner.scan(await code_of(amy)))[0] == then


async def test_every_question_that_asks_for_a_member_is_tried_here() -> None:
    assert {*ASKED, *DOOR} == router.POINTED
    assert {name for name in router.QUESTIONS if name.endswith(".who")} <= router.POINTED


async def test_a_scan_that_says_nothing_leaves_the_question_open(owner: Person, amy: Person) -> None:
    await owner.press("tag")
    assert keys(await owner.scan()) == ["photo.no_code"]
    assert keys(await owner.scan("not a code")) != ["desk.member"]
    assert keys(await owner.scan(await code_of(amy))) == ["tag.none"]


async def test_without_such_a_question_the_menu_begins_a_sale(owner: Person, amy: Person) -> None:
    assert keys(await owner.scan(await code_of(amy)))[0].startswith("desk.")
