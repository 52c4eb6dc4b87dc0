"""The staff's way from the chat to their own page."""

from __future__ import annotations

from datetime import datetime

import pytest

from membership.errors import SignInExpired
from membership.messages import words
from services import Database, sessions
from tests.handlers.counter import Counter, Person, keys


async def _counter(db: Database, now: datetime) -> tuple[Counter, Person]:
    counter = Counter(db, now)
    await counter.open()
    cashier = Person(counter, "wechat", "Lin")
    await counter.employ(cashier, "cashier")
    return counter, cashier


async def test_who_works_here_gets_a_link_that_signs_one_browser_in(db: Database, now: datetime) -> None:
    counter, cashier = await _counter(db, now)
    reply = await cashier.press("counter")
    assert keys(reply) == ["counter.open"]
    ((button,),) = reply.buttons
    path, _, ticket = button.page.partition("#")
    assert path == "/staff"
    device = "a-device-of-its-own"
    token, seat = await db.write(sessions.open_link, ticket, door="staff", device=device, moment=counter.moment())
    assert await db.read(sessions.find, token, "staff", now=counter.now) == seat
    assert [one.staff_id for one in await db.read(sessions.colleagues, seat.device)] == [seat.staff_id]
    with pytest.raises(SignInExpired):
        await db.write(sessions.open_link, ticket, door="staff", device="another", moment=counter.moment())


@pytest.mark.parametrize("word", ["start", "help"])
async def test_the_page_is_the_first_thing_offered_to_a_cashier(db: Database, now: datetime, word: str) -> None:
    _, cashier = await _counter(db, now)
    assert next(iter(words(await cashier.press(word)))) == "counter"


@pytest.mark.parametrize(
    ("role", "offered"), [("cashier", set()), ("manager", {"refund"}), ("owner", {"refund", "watch", "broadcast"})]
)
async def test_the_office_offers_what_a_role_may_do_and_nothing_else(
    db: Database, now: datetime, role: str, offered: set[str]
) -> None:
    counter, _ = await _counter(db, now)
    colleague = Person(counter, "telegram", "Chen")
    await counter.employ(colleague, role)
    reply = await colleague.press("manage")
    assert {"refund", "watch", "broadcast"} & set(words(reply)) == offered


async def test_help_does_not_ask_a_colleague_to_join_first(db: Database, now: datetime) -> None:
    _, cashier = await _counter(db, now)
    assert keys(await cashier.press("help")) == ["greet.staff", "help.staff"]


async def test_a_customer_gets_no_link(db: Database, now: datetime) -> None:
    counter, _ = await _counter(db, now)
    assert keys(await Person(counter, "telegram", "Mei").press("counter")) == ["refusal.not_staff"]


async def test_what_is_over_is_forgotten_and_the_device_still_knows_its_people(db: Database, now: datetime) -> None:
    counter, cashier = await _counter(db, now)
    ((button,),) = (await cashier.press("counter")).buttons
    ticket = button.page.partition("#")[2]
    device = "tablet-by-the-door"
    await db.write(sessions.open_link, ticket, door="staff", device=device, moment=counter.moment())
    counter.pass_by(days=29)
    assert await db.write(sessions.forget, counter.moment()) == 1
    assert len(await db.read(sessions.colleagues, device)) == 1
    counter.pass_by(days=3)
    assert await db.write(sessions.forget, counter.moment()) == 1
    assert await db.read(sessions.colleagues, device) == []
