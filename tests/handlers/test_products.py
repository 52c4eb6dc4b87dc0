"""Products in chat: tapped on the price, their sum is the bill, their prices and points come by themselves."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from membership.messages import Reply, words
from services import rules
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.proof import assert_clean

LATTE = {"sku": "latte", "name": "Latte", "price": "32", "member_price": "28"}
MORE = [{"sku": f"tea-{number}", "name": f"Tea {number}", "price": "20", "bonus": number} for number in range(9)]


@pytest.fixture
async def shop(counter: Counter) -> Counter:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await counter.db.write(rules.bring, {**body, "products": [LATTE, *MORE]}, actor="test", now=counter.now)
    return counter


async def price(cashier: Person, amy: Person, amount: str) -> Reply:
    await amy.press("join")
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    return await cashier.say(amount)


def facts(reply: Reply, key: str) -> Any:
    return next(message.facts for message in reply.messages if message.key == key)


def lines(reply: Reply) -> list[tuple[str, int]]:
    return [(line.facts["label"].key, line.facts["amount"].minor) for line in facts(reply, "desk.quote")["lines"]]


async def test_what_is_tapped_becomes_part_of_the_bill_and_is_recorded_with_it(
    shop: Counter, amy: Person, cashier: Person
) -> None:
    quote = await price(cashier, amy, "40")
    listed = await cashier.press(button(quote, "pay products"))
    assert keys(listed) == ["products.ask"]
    await cashier.press(button(listed, "pay products add latte"))
    twice = await cashier.press("pay products add latte")
    assert [line.facts["count"] for line in facts(twice, "lines")["lines"]] == [2]
    one = await cashier.press(button(twice, "pay products less latte"))
    again = await cashier.press(button(one, "pay quote"))
    assert lines(again) == [("price.bill", 4_000), ("price.member", -400)]
    done = await cashier.press(button(again, "pay ok"))
    assert keys(done)[0] == "desk.recorded"
    assert facts(done, "desk.recorded")["paid"].minor == 3_600
    await assert_clean(shop.db)


@pytest.mark.usefixtures("shop")
async def test_products_that_come_to_more_make_the_bill_and_leaving_them_gives_the_amount_back(
    amy: Person, cashier: Person
) -> None:
    quote = await price(cashier, amy, "40")
    listed = await cashier.press(button(quote, "pay products"))
    for _ in range(2):
        await cashier.press("pay products add latte")
    assert lines(await cashier.press("pay quote")) == [("price.bill", 6_400), ("price.member", -800)]
    await cashier.press(button(quote, "pay products"))
    for _ in range(2):
        last = await cashier.press("pay products less latte")
    assert keys(last) == keys(listed)
    assert lines(await cashier.press("pay quote")) == [("price.bill", 4_000)]


@pytest.mark.usefixtures("shop")
async def test_a_long_list_has_pages_and_a_button_of_another_day_says_so(amy: Person, cashier: Person) -> None:
    quote = await price(cashier, amy, "40")
    listed = await cashier.press(button(quote, "pay products"))
    assert len([word for word in words(listed) if " add " in word]) == 8
    second = await cashier.press(button(listed, "pay products from"))
    assert [word for word in words(second) if " add " in word] == ["pay products add tea-7", "pay products add tea-8"]
    assert keys(await cashier.press("pay products add tea-8"))[0] == "products.ask"
    assert keys(await cashier.press("pay products add coffee")) == ["refusal.expired"]


async def test_a_shop_without_products_shows_no_button(amy: Person, cashier: Person) -> None:
    assert "pay products" not in words(await price(cashier, amy, "40"))
