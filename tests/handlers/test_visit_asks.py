"""The member's yes to a visit worth much: asked in their chat, taken once, refused for good, and soon too late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from membership.messages import Reply, words
from services import Database, rules
from storage import outbox
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, body


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    """A café that sells five massages of 360 each."""
    shop = Counter(db, now)
    await db.write(rules.bring, body(SPA), actor="test", now=now)
    return shop


async def scanned(staff: Person, amy: Person, word: str = "code") -> Reply:
    card = await amy.press(word)
    assert card.picture is not None
    return await staff.scan(str(card.picture.facts["code"]))


async def asked(amy: Person, cashier: Person) -> Reply:
    """Sell the pass, scan the member anew and take a visit: the counter waits."""
    await amy.press("join")
    await scanned(cashier, amy)
    await cashier.press("sellpass")
    await cashier.press(button(await cashier.press("sellpass plan spa"), "sellpass ok"))
    return await cashier.press(button(await scanned(cashier, amy), "visit"))


async def due(counter: Counter, kind: str) -> list[Any]:
    return [row for row in await counter.db.write(outbox.due, now=counter.now, limit=100) if row.kind == kind]


async def question(counter: Counter) -> Reply:
    [row] = await due(counter, "ask")
    told = await counter.db.read(outbox.payload, row)
    assert told is not None
    return told


async def left(amy: Person) -> int:
    shown = await amy.press("passes")
    lines = next(one for one in shown.messages if one.key == "lines")
    return int(lines.facts["lines"][0].facts["left"])


async def test_the_visit_waits_for_the_yes_and_is_taken_with_it_once(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    waits = await asked(amy, cashier)
    assert keys(waits) == ["visit.waiting"]
    yes, _ = words(await question(counter))
    assert await left(amy) == 5
    for _ in range(2):
        assert keys(await amy.press(yes)) == ["visit.thanks"]
    assert await left(amy) == 4
    assert keys(await cashier.press(button(waits, "visit asked"))) == ["visit.state.taken"]
    [told] = [await counter.db.read(outbox.payload, row) for row in await due(counter, "asked")]
    assert keys(told) == ["visit.agreed"]
    assert keys(await cashier.press(words(told)[0])) == ["visit.undone"]
    assert await left(amy) == 5
    await assert_clean(counter.db)


async def test_a_no_takes_nothing_kills_the_codes_and_alerts_the_manager(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    manager = Person(counter, "telegram", "Mo")
    await counter.employ(manager, "manager")
    waits = await asked(amy, cashier)
    yes, no = words(await question(counter))
    assert keys(await amy.press(no)) == ["visit.no_thanks"]
    assert keys(await amy.press(yes)) == ["refusal.already_decided"]
    assert keys(await cashier.press(button(waits, "visit asked"))) == ["visit.state.refused"]
    assert (await left(amy), len(await due(counter, "alarm"))) == (5, 1)
    assert keys(await amy.press("passes history")) == ["passes.no_visits"]
    await assert_clean(counter.db)


async def test_after_two_minutes_the_yes_is_too_late(counter: Counter, amy: Person, cashier: Person) -> None:
    waits = await asked(amy, cashier)
    yes, no = words(await question(counter))
    counter.pass_by(seconds=120)
    for answer in (yes, no):
        assert keys(await amy.press(answer)) == ["refusal.answer_too_late"]
    assert keys(await cashier.press(button(waits, "visit asked"))) == ["visit.state.expired"]
    assert await left(amy) == 5
    await assert_clean(counter.db)


async def test_nobody_else_answers_and_the_scan_serves_nothing_else_meanwhile(
    counter: Counter, amy: Person, cashier: Person
) -> None:
    waits = await asked(amy, cashier)
    yes, _ = words(await question(counter))
    ben = Person(counter, "telegram", "Ben")
    await ben.press("join")
    assert keys(await ben.press(yes)) == ["refusal.pass_unknown"]
    undo = f"visit undo {button(waits, 'visit asked').split()[-1]}"
    assert keys(await cashier.press(undo)) == ["refusal.pass_unknown"], "what was never taken is not undone"
    assert await left(amy) == 5
    await assert_clean(counter.db)
