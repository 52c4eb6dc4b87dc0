"""How much is asked of the memory for one thing said; each statement more makes every shop's counter slower."""

from __future__ import annotations

from datetime import datetime

import pytest

from services import Database
from tests.handlers.counter import Counter, Person, button
from tests.handlers.counting import Counting

POINTS_MOST, SCAN_MOST, AMOUNT_MOST, CONFIRM_MOST = 11, 18, 17, 37


@pytest.fixture
def counting(db: Database) -> Counting:
    return Counting(db)


@pytest.fixture
async def counter(counting: Counting, now: datetime) -> Counter:
    shop = Counter(counting, now)
    await shop.open()
    return shop


async def test_asking_for_points_takes_few_statements(counting: Counting, amy: Person) -> None:
    await amy.press("join")
    await amy.press("points")
    assert 5 < len(counting.statements) <= POINTS_MOST


async def test_a_purchase_takes_few_statements(
    counting: Counting, counter: Counter, amy: Person, cashier: Person
) -> None:
    await amy.press("join")
    for _ in range(2):  # the first purchase opens accounts
        counter.pass_by(minutes=1)
        card = await amy.press("code")
        assert card.picture is not None
        await cashier.scan(str(card.picture.facts["code"]))
        assert len(counting.statements) <= SCAN_MOST
        quote = await cashier.say("58")
        assert len(counting.statements) <= AMOUNT_MOST
        await cashier.press(button(quote, "pay ok"))
    assert 20 < len(counting.statements) <= CONFIRM_MOST


async def test_the_number_of_statements_does_not_grow_with_what_is_remembered(counting: Counting, amy: Person) -> None:
    await amy.press("join")
    await amy.press("points")
    first = len(counting.statements)
    for _ in range(5):
        await amy.press("coupons")
        await amy.press("points")
    assert len(counting.statements) == first
