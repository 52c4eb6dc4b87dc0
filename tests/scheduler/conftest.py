"""The café with nobody in it yet, and its delivery."""

from __future__ import annotations

from datetime import datetime

import pytest

from scheduler.delivery import Delivery
from services import Database
from tests.scheduler.town import Town


@pytest.fixture
async def town(db: Database, now: datetime) -> Town:
    return await Town.open(db, now)


@pytest.fixture
def delivery(town: Town) -> Delivery:
    return town.new_delivery()
