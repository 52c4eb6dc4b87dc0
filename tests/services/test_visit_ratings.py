"""A visit on a counted pass is asked about as a purchase is, and a visit with both of them once."""

from __future__ import annotations

from typing import Any

import pytest

from services import reminders, rules
from storage import outbox as outbox_rows
from tests.proof import assert_clean
from tests.services.pass_holder import Holder, body
from tests.services.shopfront import Shop
from tests.services.test_ratings import Guest


async def opened(shop: Shop, **survey: Any) -> tuple[Guest, Holder]:
    await shop.db.write(rules.bring, body(survey=survey), actor="test", now=shop.now)
    [member_id] = await shop.settle(1)
    return Guest(shop, member_id), Holder(shop, member_id)


async def said(guest: Guest) -> list[bool]:
    """Whether each question put in would be said now."""
    return [
        await guest.db.read(reminders.said_now, row, guest.shop.now) is not None for row in await guest.told("rating")
    ]


async def test_a_visit_on_a_pass_is_asked_about_and_a_low_score_names_it_to_the_managers(shop: Shop) -> None:
    guest, holder = await opened(shop)
    await shop.hire("Olga", "manager")
    sold = await holder.buy()
    await holder.use(sold, 2)
    guest.pass_by(hours=2)
    assert await guest.ask() == 1
    assert await said(guest) == [True]
    assert (await guest.rate(1)).low
    assert await said(guest) == [False], "they said it before the question went out"
    [row] = await guest.told("rating_low")
    told = await guest.db.read(outbox_rows.payload, row)
    about = told.messages[0].facts["about"]
    assert (about.key, about.facts) == ("rating.of_pass", {"title": sold.title, "count": 2})
    await assert_clean(guest.db)


async def test_an_undone_visit_is_not_asked_about(shop: Shop) -> None:
    guest, holder = await opened(shop, after_minutes=5)
    sold = await holder.buy()
    await holder.undo(await holder.use(sold))
    guest.pass_by(hours=2)
    assert (await guest.ask(), await guest.told("rating")) == (0, [])
    late = await holder.use(sold)
    guest.pass_by(minutes=5)
    assert (await guest.ask(), await said(guest)) == (1, [True])
    await holder.undo(late, manager=True)
    assert await said(guest) == [False], "the question still waited, for the morning perhaps"


@pytest.mark.parametrize("asked", [1, 0])
async def test_a_visit_with_a_purchase_is_asked_about_once_also_where_the_member_spoke_first(
    shop: Shop, asked: int
) -> None:
    guest, holder = await opened(shop)
    await holder.use(await holder.buy())
    guest.pass_by(minutes=1)
    await guest.buy()
    if not asked:
        await guest.rate(5)
    guest.pass_by(hours=2)
    await guest.ask()
    assert len(await guest.told("rating")) == asked


@pytest.mark.parametrize(("least", "asked"), [("25", 1), ("25.01", 0)])
async def test_a_visit_counts_as_a_bill_of_what_it_costs_without_the_pass(shop: Shop, least: str, asked: int) -> None:
    guest, holder = await opened(shop, least=least)
    await holder.use(await holder.buy())
    guest.pass_by(hours=2)
    assert await guest.ask() == asked
