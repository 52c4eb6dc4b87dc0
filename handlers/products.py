"""The products of a bill in chat: tapped one by one, so that prices, points and the sum come by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers.reply import ask, listed, tap
from membership.errors import Expired
from membership.messages import Button, Message, Question, Reply, choose, say
from membership.money import Money
from membership.products import Product
from services import Tx, rules
from services.orders import Order

AT_ONCE = 8
MOST = 99
"""So many pieces of one product can be tapped."""


def offered(tx: Tx) -> bool:
    """Tell whether the shop sells anything by name."""
    return bool(rules.current(tx).products)


def show(tx: Tx, question: Question, arguments: Sequence[str]) -> Reply:
    """Show what can be tapped, with what was; ``add`` and ``less`` change it by one, ``from`` turns the page.

    The question of the price goes on being open: what is tapped rides along with it.
    """
    data, first = question.data, 0
    match list(arguments):
        case []:
            pass
        case ["add" | "less" as deed, sku]:
            known = _find(tx, sku)
            data = {**data, "items": _changed(data["items"], known, 1 if deed == "add" else -1, tx=tx)}
            first = _place(tx, sku) // AT_ONCE * AT_ONCE
        case ["from", number] if number.isascii() and number.isdigit():
            first = int(number[:4])
        case _:
            raise Expired
    return _shown(tx, Question(question.name, data), first)


def summed(order: Order, typed_minor: int) -> Order:
    """Return the order with the amount that was typed, or that of its products where they come to more."""
    return replace(order, amount_minor=max(typed_minor, sum(item["amount"] for item in order.items or ())))


def _shown(tx: Tx, question: Question, first: int) -> Reply:
    shop, data = rules.current(tx), question.data
    first = first if first < len(shop.products) else 0
    number = {item["sku"]: item["quantity"] for item in data["items"]}
    rows = [_row(product, number.get(product.sku, 0), shop.currency) for product in shop.products[first:][:AT_ONCE]]
    if len(shop.products) > AT_ONCE:
        rows.append([tap("more", f"pay products from {first + AT_ONCE}")])
    total = max(data["typed"], sum(item["amount"] for item in data["items"]))
    rows.append([tap("to_quote", "pay quote", amount=Money(total, shop.currency)), tap("cancel", "cancel")])
    lines = listed(_lines(shop.products, number, shop.currency))
    return ask(question.name, say("products.ask"), *lines, buttons=rows, **data)


def _row(product: Product, number: int, currency: str) -> list[Button]:
    name, price = choose(product.name), Money(product.price_minor, currency)
    more = tap("product_add", f"pay products add {product.sku}", name=name, amount=price)
    return [more, tap("product_less", f"pay products less {product.sku}", name=name)] if number else [more]


def _lines(products: Iterable[Product], number: Mapping[str, int], currency: str) -> list[Message]:
    return [
        say("products.line", name=choose(one.name), count=number[one.sku], amount=_price(one, number, currency))
        for one in products
        if one.sku in number
    ]


def _price(product: Product, number: Mapping[str, int], currency: str) -> Money:
    return Money(product.price_minor * number[product.sku], currency)


def _changed(items: Sequence[Mapping[str, Any]], product: Product, by: int, *, tx: Tx) -> tuple[dict[str, Any], ...]:
    """Return the lines with one piece more or fewer of a product; a line without a piece is gone."""
    before = next((item["quantity"] for item in items if item["sku"] == product.sku), 0)
    number = min(MOST, max(0, before + by))
    others = tuple(dict(item) for item in items if item["sku"] != product.sku)
    if not number:
        return others
    name = product.name[rules.current(tx).languages[0]]
    line = {"sku": product.sku, "name": name, "quantity": number, "amount": number * product.price_minor}
    return (*others, line)


def _find(tx: Tx, sku: str) -> Product:
    """Return a product of the shop. Raises Expired: the button of one that is sold no more."""
    found = next((one for one in rules.current(tx).products if one.sku == sku), None)
    if found is None:
        raise Expired
    return found


def _place(tx: Tx, sku: str) -> int:
    return [one.sku for one in rules.current(tx).products].index(sku)
