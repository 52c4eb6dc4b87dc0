"""Prices in the books: a first purchase, the birthday's month, campaigns switched off, products and refunds."""

from __future__ import annotations

import asyncio
import tomllib
from typing import Any

import pytest

from membership.errors import ItemsOverBill
from membership.money import Money
from services import Tx, codes, counter, members, quotes, reservations, rules, switches
from services.orders import Order, Recorded
from services.reservations import Waiting
from tests.handlers.counter import PRESETS
from tests.handlers.counting import Counting
from tests.proof import assert_clean
from tests.services.savings import MAIN, Savings
from tests.services.shopfront import Shop

CAMPAIGNS = [{"id": "double", "name": "Double day"}]
PROMOTIONS = [{"id": "forty", "title": "5 off from 40", "threshold": "40", "value": "5"}]
PRODUCTS = [
    {"sku": "latte", "name": "Latte", "price": "32", "member_price": "28"},
    {"sku": "cake", "name": "Cake", "price": "40", "bonus": 100},
]
LATTE = {"sku": "latte", "quantity": 1, "amount": 3_200}
CAKE = {"sku": "cake", "quantity": 1, "amount": 4_000}


async def opened(shop: Shop, points: dict[str, Any] | None = None, **told: Any) -> Savings:
    """Open a café with these rules and one member; nothing is kept of what another test wrote."""
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    body = {**body, "points": {**body["points"], **(points or {})}, "stored_value": {}, **told}
    await shop.db.write(rules.bring, body, actor="test", now=shop.now)
    [member_id] = await shop.settle(1)
    return Savings(shop, member_id)


async def turn(savings: Savings, kind: switches.Kind, code: str, state: switches.State) -> None:
    await savings.db.write(switches.turn, kind, code, state, actor="mo", moment=savings.shop.moment())


def labels(done: Recorded) -> list[str]:
    return [label.key for label, _ in done.quote_lines]


async def test_the_first_purchase_brings_more_once_and_again_only_after_it_was_undone(shop: Shop) -> None:
    savings = await opened(shop, {"first_purchase": 50})
    first = await savings.buy(1_000)
    assert (first.points_earned, (await savings.buy(1_000)).points_earned) == (60, 10)
    [savings.member_id] = await shop.settle(1)
    mistaken = await savings.buy(1_000)
    await savings.undo_purchase(mistaken)
    assert (await savings.buy(1_000)).points_earned == 60
    await assert_clean(shop.db)


async def test_of_purchases_at_once_one_is_the_first(shop: Shop) -> None:
    savings = await opened(shop, {"first_purchase": 50})
    done = await asyncio.gather(*(savings.buy(1_000) for _ in range(6)))
    assert sorted(one.points_earned for one in done) == [10, 10, 10, 10, 10, 60]
    await assert_clean(shop.db)


async def test_the_month_of_the_birthday_multiplies_and_its_points_come_once(shop: Shop) -> None:
    savings = await opened(shop, {"birthday_month": {"points": 20, "multiplier": "2"}})
    await shop.db.write(members.set_birthday, savings.member_id, "05-11", moment=shop.moment())
    assert (await savings.buy(1_000)).points_earned == 10
    [savings.member_id] = await shop.settle(1)
    await shop.db.write(members.set_birthday, savings.member_id, "11-05", moment=shop.moment())
    assert [(await savings.buy(1_000)).points_earned for _ in range(2)] == [40, 20]
    shop.counter.pass_by(days=9)  # the first of December
    assert (await savings.buy(1_000)).points_earned == 10


async def test_the_lunar_birthday_counts_in_the_month_it_falls_into_this_year(shop: Shop) -> None:
    savings = await opened(shop, {"birthday_month": {"multiplier": "3"}})
    await shop.db.write(members.set_birthday, savings.member_id, "农历十月十四", moment=shop.moment())
    assert (await savings.buy(1_000)).points_earned == 30  # it is the 22 November of 2026


async def test_a_campaign_switched_off_counts_no_more_and_takes_nothing_back(shop: Shop) -> None:
    savings = await opened(shop, campaigns=CAMPAIGNS, promotions=PROMOTIONS)
    doubled = await savings.buy(10_000)
    assert (doubled.points_earned, doubled.to_pay.minor) == (190, 9_500)
    await turn(savings, "campaign", "double", "off")
    await turn(savings, "promotion", "forty", "off")
    plain = await savings.buy(10_000)
    assert (plain.points_earned, plain.to_pay.minor) == (100, 10_000)
    assert (await savings.refund(doubled)).points_clawed_back == 190
    await turn(savings, "campaign", "double", "on")
    assert (await savings.buy(10_000)).points_earned == 200
    await assert_clean(shop.db)


async def test_products_bring_their_prices_and_points_and_a_refund_takes_them_back_in_parts(shop: Shop) -> None:
    savings = await opened(shop, products=PRODUCTS)
    done = await savings.buy(7_200, items=[LATTE, CAKE])
    assert labels(done) == ["price.bill", "price.member"]
    assert (done.to_pay.minor, done.points_earned) == (6_800, 168)
    assert [line.key for line in done.why] == ["earning.base", "earning.product"]
    parts = [await savings.refund(done, minor) for minor in (1_700, 1_700, 3_400)]
    assert [part.points_clawed_back for part in parts] == [42, 42, 84]
    await assert_clean(shop.db)


async def test_products_that_come_to_more_than_the_bill_are_refused(shop: Shop) -> None:
    savings = await opened(shop, products=PRODUCTS)
    with pytest.raises(ItemsOverBill) as no:
        await savings.buy(7_000, items=[LATTE, CAKE])
    assert no.value.facts["listed"] == Money(7_200, "CNY")
    unknown = {"sku": "tea", "name": "Tea", "quantity": 3, "amount": 9_000}
    assert (await savings.buy(7_000, items=[unknown])).to_pay.minor == 7_000


async def test_a_bill_that_waits_for_the_members_yes_keeps_its_products(shop: Shop) -> None:
    savings = await opened(shop, products=PRODUCTS)
    await savings.top_up(10_000)

    def ask(tx: Tx) -> Any:
        moment = shop.moment()
        scan = codes.scan(tx, codes.show(tx, savings.member_id, moment=moment).text, MAIN, moment=moment)
        order = Order(savings.member_id, 3_200, scan_id=scan.id, stored_minor=2_800, items=[LATTE])
        return counter.settle(tx, order, MAIN, reference="bill", channel="pos", moment=moment)

    waits = await shop.db.write(ask)
    assert isinstance(waits, Waiting)
    moment = shop.moment()
    done = await shop.db.write(reservations.agree, waits.id, savings.member_id, how="chat", moment=moment)
    assert (done.to_pay.minor, labels(done)) == (0, ["price.bill", "price.member", "price.stored"])
    await assert_clean(shop.db)


async def test_what_is_not_switched_on_asks_nothing_more_of_the_memory(shop: Shop) -> None:
    counting = Counting(shop.db)

    async def asked(**told: Any) -> int:
        savings = await opened(shop, **told)

        def quote(tx: Tx) -> None:
            quotes.quote(tx, Order(savings.member_id, 7_200, items=[LATTE, CAKE]), MAIN, now=shop.now)

        await counting.write(quote)
        return len(counting.statements)

    plain = await asked()
    everything = {"first_purchase": 10, "birthday_month": {"points": 5}}
    assert await asked(products=PRODUCTS) == plain
    assert await asked(points=everything, products=PRODUCTS, campaigns=CAMPAIGNS, promotions=PROMOTIONS) == plain + 2
