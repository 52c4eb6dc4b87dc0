"""People at the counter, each with a browser that is closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.desks import Desk, Team
from tests.web.tills import Shop


@pytest.fixture
async def team(shop: Shop) -> AsyncIterator[Team]:
    found = Team(shop)
    yield found
    await found.close()


@pytest.fixture
async def desk(team: Team) -> Desk:
    """A cashier's browser, signed in."""
    return await team.desk("Jay")


@pytest.fixture
async def boss(team: Team) -> Desk:
    """A manager's browser, signed in."""
    return await team.desk("Mona", "manager")
