"""The café these conversations happen in."""

from __future__ import annotations

from datetime import datetime

import pytest

from services import Database
from tests.handlers.counter import Counter, Person


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    shop = Counter(db, now)
    await shop.open()
    return shop


@pytest.fixture(params=["telegram", "wechat"])
def amy(request: pytest.FixtureRequest, counter: Counter) -> Person:
    return Person(counter, request.param, "Amy")


@pytest.fixture
async def cashier(counter: Counter) -> Person:
    person = Person(counter, "wechat", "Jay")
    await counter.employ(person, "cashier")
    return person
