"""When something is wrong at the counter: not me, too many wrong numbers, and the manager who puts it right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.messages import Reply
from services import Tx, greetings
from storage import outbox as rows
from storage.tables import dialogues, identities, outbox
from tests.handlers.counter import Counter, Person, button, keys

WRONG = "1234567894"  # its check digit fits, and nobody shows it


@pytest.fixture
async def manager(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Mia")
    await counter.employ(person, "manager")
    return person


async def told(counter: Counter, kind: str) -> list[Reply]:
    """Return the notices of this kind that wait to be sent."""

    def read(tx: Tx) -> list[Reply]:
        return [rows.payload(tx, row) for row in tx.all(select(outbox).where(outbox.c.kind == kind))]

    return await counter.db.read(read)


async def bought(amy: Person, cashier: Person) -> str:
    """Buy for 58 and return the word under the receipt that says it was not me."""
    await amy.press("join")
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    await cashier.press(button(await cashier.say("58"), "pay ok"))
    (receipt,) = await told(amy.counter, "receipt")
    return button(receipt, "notme")


async def test_not_me_stops_the_card_until_a_manager_releases_it(
    counter: Counter, amy: Person, cashier: Person, manager: Person
) -> None:
    word = await bought(amy, cashier)
    for _ in range(2):
        assert keys(await amy.press(word)) == ["notme.frozen"]
        counter.pass_by(seconds=5)
    assert keys(await amy.press("code")) == ["refusal.member_frozen"]
    (alarm,) = await told(counter, "alarm")
    assert keys(alarm) == ["alarm.not_me"]
    release = button(alarm, "release")
    assert keys(await cashier.press(release)) == ["refusal.not_allowed"]
    assert keys(await manager.press(release)) == ["desk.released"]
    assert (await amy.press("code")).picture is not None
    assert keys(await amy.press(word)) == ["notme.frozen"]
    assert len(await told(counter, "alarm")) == 2  # stopped again, the managers hear of it again


async def test_somebody_elses_receipt_is_not_mine_to_refuse(counter: Counter, amy: Person, cashier: Person) -> None:
    word = await bought(amy, cashier)
    other = Person(counter, "telegram", "Olga")
    await other.press("join")
    assert keys(await other.press(word)) == ["refusal.purchase_unknown"]


async def guess_until_locked(cashier: Person) -> None:
    for _ in range(4):
        for _ in range(5):
            assert keys(await cashier.say(WRONG)) == ["refusal.unknown_code"]
        cashier.counter.pass_by(minutes=11)


async def test_twenty_wrong_numbers_lock_typing_until_a_manager_unlocks(
    counter: Counter, amy: Person, cashier: Person, manager: Person
) -> None:
    await amy.press("join")
    await guess_until_locked(cashier)
    assert keys(await cashier.say(WRONG)) == ["refusal.too_many_guesses.plain"]
    (alarm,) = await told(counter, "alarm")
    assert keys(alarm) == ["alarm.guesses"]
    assert keys(await manager.press(button(alarm, "unlock"))) == ["desk.unlocked"]
    card = await amy.press("code")
    assert card.picture is not None
    assert "desk.member" in keys(await cashier.say(str(card.picture.facts["digits"])))


async def test_a_slip_of_the_finger_is_no_guess(cashier: Person) -> None:
    for _ in range(30):
        assert keys(await cashier.say("1234567890")) == ["refusal.mistyped_code"]


async def test_who_left_is_forgotten_after_the_grace(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    assert keys(await amy.press("privacy leave yes")) == ["privacy.left"]
    counter.now += timedelta(days=8)
    assert await counter.db.write(greetings.erase_left, counter.moment()) == 1

    def kept(tx: Tx) -> list[Any]:
        return tx.all(select(identities.c.name_ct).where(identities.c.name_ct.is_not(None)))

    assert await counter.db.read(kept) == []
    assert await counter.db.read(lambda tx: tx.all(select(dialogues.c.id))) == []


async def test_who_left_and_joins_anew_is_a_new_member(amy: Person) -> None:
    await amy.press("join")
    assert amy.last is not None
    first = amy.last.who.member_id
    await amy.press("privacy leave yes")
    assert keys(await amy.press("join"))[0] == "join.done"
    assert amy.last.who.member_id != first
