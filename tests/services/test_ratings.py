"""Ratings in the books: noted with the purchase, asked once in a while, answered once, dropped with a refund."""

from __future__ import annotations

import asyncio
import tomllib
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from membership.errors import Expired, RatingUnknown
from membership.member import Who
from services import people, privacy, purchases, ratings, refunds, reminders, rules
from services import questions as waiting
from services.orders import Order, Recorded
from services.ratings import Rating
from storage import identities
from storage.database import Tx
from storage.tables import outbox, questions
from storage.tables import ratings as t
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.savings import MAIN
from tests.services.shopfront import Shop


class Guest:
    """One member who buys, is asked, and answers."""

    def __init__(self, shop: Shop, member_id: str) -> None:
        self.shop, self.db, self.member_id = shop, shop.db, member_id
        self.bought = 0

    @classmethod
    async def open(cls, shop: Shop, **survey: Any) -> Guest:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        await shop.db.write(rules.bring, {**body, "survey": survey}, actor="test", now=shop.now)
        [member_id] = await shop.settle(1)
        return cls(shop, member_id)

    async def buy(self, minor: int = 5_000, made_at: datetime | None = None) -> Recorded:
        self.bought += 1
        named = {"reference": f"purchase:{self.bought}", "channel": "pos"}
        order = Order(self.member_id, minor, made_at=made_at)
        return await self.db.write(purchases.record, order, MAIN, **named, moment=self.shop.moment())

    async def ask(self) -> int:
        return await self.db.write(ratings.ask_due, self.shop.moment())

    async def who(self) -> Who:
        def find(tx: Tx) -> Who:
            return people.who(tx, identities.of_member(tx, self.member_id)[0].id)

        return await self.db.read(find)

    async def rate(self, score: int, rating_id: str = "") -> Rating:
        [row] = [row for row in await self.rows() if row.state in ("asked", "due", "answered")][-1:]
        moment = self.shop.moment()
        return await self.db.write(ratings.rate, await self.who(), rating_id or row.id, score, moment=moment)

    async def rows(self) -> list[Any]:
        return await self.db.read(lambda tx: tx.all(select(t).order_by(t.c.due_at)))

    async def told(self, kind: str) -> list[Any]:
        return await self.db.read(lambda tx: tx.all(select(outbox).where(outbox.c.kind == kind)))

    def pass_by(self, **time: float) -> None:
        self.shop.counter.pass_by(**time)


@pytest.fixture
async def guest(shop: Shop) -> Guest:
    return await Guest.open(shop)


async def test_a_purchase_is_asked_about_at_its_time_and_once(guest: Guest) -> None:
    await guest.buy()
    guest.pass_by(minutes=119)
    assert await guest.ask() == 0
    guest.pass_by(minutes=1)
    assert (await guest.ask(), await guest.ask()) == (1, 0)
    [asked] = await guest.told("rating")
    reply = await guest.db.read(reminders.said_now, asked, guest.shop.now)
    assert reply is not None
    assert [button.word.split()[2] for button in reply.buttons[0]] == ["1", "2", "3", "4", "5"]
    await assert_clean(guest.db)


async def test_a_member_is_asked_at_most_once_in_the_shops_days(guest: Guest) -> None:
    for number in range(4):
        await guest.buy()
        guest.pass_by(hours=3)
        await guest.ask()
        guest.pass_by(days=20 if number == 2 else 5)
    assert [row.state for row in await guest.rows()] == ["asked", "lapsed", "lapsed", "asked"]
    assert len(await guest.told("rating")) == 2


@pytest.mark.parametrize(("hours_late", "state"), [(35, "asked"), (47, "asked"), (48, "lapsed"), (200, "lapsed")])
async def test_after_an_outage_a_visit_is_asked_about_within_two_days_or_never(
    guest: Guest, hours_late: int, state: str
) -> None:
    await guest.buy()
    guest.pass_by(hours=2 + hours_late)
    await guest.ask()
    assert [row.state for row in await guest.rows()] == [state]


async def test_a_bill_that_came_late_is_asked_about_by_the_time_it_was_made(guest: Guest) -> None:
    made_at = guest.shop.now - timedelta(days=1)
    await guest.buy(made_at=made_at)
    assert await guest.ask() == 1
    [asked] = await guest.told("rating")
    told = await guest.db.read(reminders.said_now, asked, guest.shop.now)
    assert told is not None
    assert told.messages[0].facts["at"] == made_at


async def test_small_bills_refunded_ones_and_those_of_long_ago_are_not_asked_about(shop: Shop) -> None:
    guest = await Guest.open(shop, least="10")
    await guest.buy(999)
    undone = await guest.buy(1_000)
    await guest.db.write(refunds.undo, undone.id, MAIN, moment=shop.moment())
    assert [row.state for row in await guest.rows()] == ["lapsed"]
    await guest.buy()
    guest.pass_by(days=15)
    assert await guest.ask() == 1
    assert await guest.told("rating") == []


@pytest.mark.parametrize(("left", "states"), [(False, ["lapsed", "asked"]), (True, ["asked", "lapsed"])])
async def test_a_question_that_never_left_because_its_bill_was_undone_keeps_no_later_one_back(
    guest: Guest, *, left: bool, states: list[str]
) -> None:
    undone = await guest.buy()
    guest.pass_by(hours=2)
    await guest.ask()
    if left:
        await guest.db.write(
            lambda tx: tx.execute(update(outbox).where(outbox.c.kind == "rating").values(state="sent"))
        )
    await guest.db.write(refunds.undo, undone.id, MAIN, moment=guest.shop.moment(), manager=True)
    await guest.buy()
    guest.pass_by(hours=2)
    await guest.ask()
    assert [row.state for row in await guest.rows()] == states


async def test_a_shop_that_asks_nobody_writes_nothing(shop: Shop) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await shop.db.write(rules.bring, body, actor="test", now=shop.now)
    [member_id] = await shop.settle(1)
    guest = Guest(shop, member_id)
    await guest.buy()
    assert await guest.rows() == []


async def test_the_first_answer_counts_also_of_many_at_once(guest: Guest) -> None:
    await guest.buy()
    guest.pass_by(hours=2)
    await guest.ask()
    done = await asyncio.gather(*(guest.rate(score) for score in (5, 4, 3, 5)))
    assert len({one.score for one in done}) == 1
    assert (await guest.rate(1)).score == done[0].score
    assert await guest.told("rating_low") == []
    await assert_clean(guest.db)


async def test_a_low_score_reaches_the_managers_at_once_and_its_words_too(guest: Guest) -> None:
    await guest.shop.hire("Olga", "manager")
    await guest.shop.hire("Jay", "cashier")
    await guest.buy()
    guest.pass_by(hours=2)
    done = await guest.rate(2)
    assert len(await guest.told("rating_low")) == 1, "the manager, and no cashier"
    moment = guest.shop.moment()
    for _ in range(2):
        await guest.db.write(ratings.explain, await guest.who(), done.id, "It was cold", moment=moment)
    assert len(await guest.told("rating_low")) == 2
    asked = await guest.db.read(lambda tx: tx.all(select(questions)))
    assert [row.member_id for row in asked] == [guest.member_id]
    told = await guest.db.read(privacy.export, guest.member_id, now=guest.shop.now)
    assert '"ratings"' in told
    assert "It was cold" in told
    await assert_clean(guest.db)


@pytest.mark.parametrize("answered", [False, True])
async def test_words_to_a_low_score_can_be_answered_also_where_the_score_was(guest: Guest, *, answered: bool) -> None:
    await guest.buy()
    guest.pass_by(hours=2)
    done = await guest.rate(2)
    [asked] = await guest.db.read(waiting.still_open, now=guest.shop.now)
    if answered:
        await guest.db.write(waiting.answer, asked.id, "Sorry!", by=MAIN.actor, moment=guest.shop.moment())
    await guest.db.write(ratings.explain, await guest.who(), done.id, "It was cold", moment=guest.shop.moment())
    assert [one.text for one in await guest.db.read(waiting.still_open, now=guest.shop.now)] == ["★★☆☆☆ It was cold"]


async def test_nobody_rates_for_somebody_else_or_too_late(guest: Guest) -> None:
    await guest.buy()
    guest.pass_by(hours=2)
    await guest.ask()
    [other] = await guest.shop.settle(1)
    [row] = await guest.rows()
    with pytest.raises(RatingUnknown):
        await Guest(guest.shop, other).rate(5, row.id)
    guest.pass_by(days=14)
    with pytest.raises(Expired):
        await guest.rate(5)


def test_a_score_is_shown_as_stars() -> None:
    assert [ratings.stars(score) for score in (1, 3, 5)] == ["★☆☆☆☆", "★★★☆☆", "★★★★★"]
