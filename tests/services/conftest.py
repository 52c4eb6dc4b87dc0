"""The shop in which broadcasts are written and figures are counted."""

from __future__ import annotations

from datetime import datetime

import pytest

from membership.member import Who
from services import Database
from tests.handlers.counter import Counter
from tests.services.shopfront import Shop


@pytest.fixture
async def shop(db: Database, now: datetime) -> Shop:
    counter = Counter(db, now)
    await counter.open()
    return Shop(counter)


@pytest.fixture
async def owner(shop: Shop) -> Who:
    return await shop.hire("Olga")
