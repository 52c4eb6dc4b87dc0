"""Several codes in one picture: the cashier says which member is meant, and nobody's code is claimed before."""

from __future__ import annotations

import pytest

from membership.messages import words
from tests.handlers.counter import Counter, Person, button, keys


async def code_of(person: Person, word: str = "code") -> str:
    card = await person.press(word)
    assert card.picture is not None
    return str(card.picture.facts["code"])


@pytest.fixture
async def ben(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Ben")
    await person.press("join")
    return person


FOREIGN = "https://example.com/menu"


@pytest.mark.parametrize("kind", ["photo", "scan"])
async def test_of_two_members_in_one_picture_the_cashier_chooses(
    amy: Person, ben: Person, cashier: Person, kind: str
) -> None:
    await amy.press("join")
    codes = (await code_of(amy), FOREIGN, await code_of(ben))
    which = await cashier.tell(kind, codes=codes)
    assert keys(which) == ["photo.which"]
    assert words(which)[:2] == ("scan 1", "scan 2")
    shown = await cashier.press("scan 2")
    assert shown.messages[0].facts["name"].facts["name"].startswith("B")
    assert keys(await cashier.say("58"))[0] == "desk.quote"
    assert "desk.member" in keys(await cashier.scan(codes[0]))  # she can still be read: nobody claimed her code


async def test_another_till_may_read_the_one_that_was_not_chosen(
    counter: Counter, amy: Person, ben: Person, cashier: Person
) -> None:
    await amy.press("join")
    codes = (await code_of(amy), await code_of(ben))
    await cashier.tell("photo", codes=codes)
    kim = Person(counter, "telegram", "Kim")
    await counter.employ(kim, "cashier")
    assert "desk.member" in keys(await kim.scan(codes[0]))
    assert keys(await cashier.press("scan 1")) == ["refusal.code_used"]


async def test_foreign_codes_beside_a_members_are_passed_over(amy: Person, cashier: Person) -> None:
    await amy.press("join")
    shown = await cashier.tell("photo", codes=(FOREIGN, await code_of(amy), "WIFI:T:WPA;S:shop;;"))
    assert "desk.member" in keys(shown)


async def test_two_codes_of_one_member_need_no_question(amy: Person, cashier: Person) -> None:
    await amy.press("join")
    codes = (await code_of(amy), await code_of(amy))
    assert "desk.member" in keys(await cashier.tell("photo", codes=codes))


async def test_one_that_ran_out_beside_one_that_counts_is_asked_about(
    counter: Counter, amy: Person, ben: Person, cashier: Person
) -> None:
    await amy.press("join")
    old = await code_of(ben)
    counter.pass_by(seconds=121)
    which = await cashier.tell("photo", codes=(old, await code_of(amy)))
    assert keys(which) == ["photo.which"]
    assert button(which, "scan") == "scan 1"
    assert "desk.member" in keys(await cashier.press("scan 1"))


async def test_where_none_of_them_counts_the_first_one_says_why(
    counter: Counter, amy: Person, ben: Person, cashier: Person
) -> None:
    await amy.press("join")
    codes = (await code_of(amy), await code_of(ben))
    counter.pass_by(seconds=121)
    assert keys(await cashier.tell("photo", codes=codes)) == ["refusal.code_expired"]


@pytest.mark.parametrize("word", ["scan 3", "scan 0", "scan x", "scan 1"])
async def test_a_choice_that_is_not_there_is_refused(amy: Person, ben: Person, cashier: Person, word: str) -> None:
    await amy.press("join")
    await cashier.tell("photo", codes=(await code_of(amy), await code_of(ben)))
    if word == "scan 1":
        await cashier.press("cancel")
    assert keys(await cashier.press(word)) == ["refusal.expired"]
