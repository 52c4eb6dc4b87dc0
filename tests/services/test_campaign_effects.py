"""What the report says of each campaign: purchases it counted in, what stands of them, and the points on top."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import Any

import pytest

from services import refunds, rules
from services.reports import Report
from tests.handlers.counter import PRESETS
from tests.services.savings import SELLING, Savings
from tests.services.shopfront import Shop
from tests.services.test_reports import Books

DOUBLE = {"id": "double", "name": {"en": "Double days"}, "multiplier": "2"}
FIVE = {"id": "five", "name": {"en": "Five times"}, "multiplier": "5", "hours": {"from": "11:00", "until": "11:30"}}


def effects(found: Report) -> list[tuple[Any, int, int, int]]:
    return [(one.name.facts["texts"]["en"], one.purchases, one.sales_minor, one.points) for one in found.effects]


@pytest.fixture
async def books(shop: Shop) -> Books:
    """The café with points that count twice, and five times from eleven to half past."""
    books = Books(shop)
    await bring(books, DOUBLE, FIVE)
    return books


async def bring(books: Books, *campaigns: dict[str, Any], **more: Any) -> None:
    cafe = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    body = {**cafe, "campaigns": list(campaigns), **more} if campaigns else cafe
    await books.db.write(rules.bring, body, actor="test", now=books.shop.now)


async def test_each_campaign_is_told_with_what_it_sold_and_gave_on_top(books: Books) -> None:
    members = await books.shop.settle(3, joined_at=books.shop.now - timedelta(days=90))
    for member in members:
        await books.buy(member, 3000, books.at(minutes=10))  # twice: 30 points on top
    await books.buy(members[0], 2000, books.at(minutes=45))  # five times: 80 on top
    await books.buy(members[1], 1050, books.at(days=1))
    assert effects(await books.report()) == [("Double days", 3, 9000, 90), ("Five times", 1, 2000, 80)]
    assert effects(await books.report(7)) == [("Double days", 4, 10_050, 101), ("Five times", 1, 2000, 80)]


async def test_what_was_given_back_of_a_purchase_counts_for_no_campaign(books: Books) -> None:
    first, second = await books.shop.settle(2, joined_at=books.shop.now - timedelta(days=90))
    whole = await books.buy(first, 3000, books.at(minutes=10))
    part = await books.buy(second, 3000, books.at(minutes=10))
    how: dict[str, Any] = {"reason": "returned", "actor": "jay", "moment": books.shop.moment()}
    await books.db.write(refunds.refund, whole, None, reference="whole", **how)
    await books.db.write(refunds.refund, part, 1000, reference="part", **how)
    assert [(sold, points) for _, _, sold, points in effects(await books.report())] == [(2000, 20)]


async def test_what_a_gift_has_paid_brings_no_campaign_points_before_or_after_a_refund_of_a_part(shop: Shop) -> None:
    savings = await Savings.open(shop, first="bonus")
    await bring(Books(shop), DOUBLE, stored_value={**SELLING, "first": "bonus"})
    await savings.top_up(10_000)  # and 20.00 from the shop
    done = await savings.buy(4000, stored=4000)  # half of it from the gift: 20 points, and 20 on top
    shop.counter.pass_by(minutes=1)
    told = [effects(await Books(shop).report())]
    back = await savings.refund(done, 2000)
    assert back.points_clawed_back == 20
    told.append(effects(await Books(shop).report()))
    assert told == [[("Double days", 1, 4000, 20)], [("Double days", 1, 2000, 10)]]


async def test_a_shop_without_campaigns_is_told_of_none(books: Books) -> None:
    [member] = await books.shop.settle(1, joined_at=books.shop.now - timedelta(days=90))
    await books.buy(member, 3000, books.at(minutes=10))
    await bring(books)
    assert (await books.report()).effects == ()
