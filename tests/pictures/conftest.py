"""What the picture tests share: a member code, a card's facts, and a reader that is warm and closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pictures.card import CardFacts, CouponFacts
from pictures.reader import Reader


@pytest.fixture(scope="session")
def code() -> str:
    return "M1-" + "A2B3C4D5" * 7 + "Z7"


@pytest.fixture(scope="session")
def card(code: str) -> CardFacts:
    return CardFacts(
        shop="东门咖啡 East Gate",
        name="林晓雨",
        tier="金卡会员",
        tier_colour="gold",
        points_label="积分",
        points="1,286",
        code=code,
        digits="12345 67890",
        valid_until="有效至 14:32",
        hint="请向店员出示",
    )


@pytest.fixture(scope="session")
def coupon(code: str) -> CouponFacts:
    return CouponFacts(
        shop="东门咖啡 East Gate",
        title="满100减20",
        condition="堂食满 ¥100 可用",
        window="2026-11-01 至 2026-12-31",
        code=code,
        digits="12345 67890",
        valid_until="有效至 14:32",
        hint="请向店员出示",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_child() -> AsyncIterator[Reader]:
    reader = Reader(children=1)
    yield reader
    await reader.close()


@pytest_asyncio.fixture(loop_scope="module")
async def reader(one_child: Reader) -> Reader:
    """A reader whose one child is warm, whatever an earlier test did to it."""
    await one_child.start()
    return one_child
