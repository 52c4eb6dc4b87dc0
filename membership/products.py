"""Products: what the shop sells by name, each with its price, a lower one for members, and points on top."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from membership.errors import ItemsOverBill
from membership.money import Money
from membership.reading import CODE, Reader

SKU = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"


@dataclass(frozen=True, slots=True)
class Product:
    """Something on sale. ``sku`` is the till's own number of it.

    ``price_minor`` is what everybody pays for one, ``member_minor`` what members pay (None: the same). ``bonus`` are
    points for each piece, ``groups`` names under which campaigns speak of several products.
    """

    sku: str
    name: Mapping[str, str] = field(default_factory=dict)
    price_minor: int = 0
    member_minor: int | None = None
    bonus: int = 0
    groups: frozenset[str] = frozenset()

    def is_one_of(self, wanted: frozenset[str]) -> bool:
        """Tell whether these names, of products or groups, mean this one."""
        return self.sku in wanted or bool(self.groups & wanted)


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of the bill: so many of a product for so much in all, before the member price."""

    product: Product
    quantity: int
    minor: int

    @property
    def saved_minor(self) -> int:
        """What the member price takes off this line.

        It is the difference of the two prices for each piece, and never so much that the line falls below the member
        price: what the till has reduced already is not reduced twice.
        """
        member = self.product.member_minor
        if member is None:
            return 0
        above = self.minor - self.quantity * member
        return max(0, min(self.quantity * (self.product.price_minor - member), above))

    @property
    def bonus(self) -> int:
        """The points this line brings on top: for each piece, or the part of them that is paid of what it costs.

        So a slip in the number of pieces, or goods given for nothing, bring no points.
        """
        product = self.product
        unit = product.price_minor if product.member_minor is None else product.member_minor
        paid = min(self.minor - self.saved_minor, self.quantity * unit)
        return product.bonus * paid // unit

    @property
    def has_member_price(self) -> bool:
        return self.product.member_minor is not None


def pieces(products: Iterable[Product], items: Any) -> tuple[Piece, ...]:
    """Return the lines of a bill whose products the shop knows; the others are only kept with the purchase.

    ``items`` are as a till sends them: ``sku``, ``quantity`` and ``amount``, the line's in minor units.
    """
    if not items:
        return ()
    known = {product.sku: product for product in products}
    found = ((known.get(item.get("sku", "")), item) for item in items)
    return tuple(Piece(one, item["quantity"], item["amount"]) for one, item in found if one is not None)


def check_within(bill: Money, listed: Iterable[Piece]) -> None:
    """Refuse lines that come to more than the bill.

    Raises:
        ItemsOverBill: they do.

    """
    total = sum(piece.minor for piece in listed)
    if total > bill.minor:
        raise ItemsOverBill(listed=Money(total, bill.currency), amount=bill)


def share(listed: Iterable[Piece], wanted: frozenset[str], bill_minor: int) -> Fraction:
    """Return which part of the bill these products (or groups) are, all after their member prices."""
    lines = tuple(listed)
    price = bill_minor - sum(piece.saved_minor for piece in lines)
    part = sum(piece.minor - piece.saved_minor for piece in lines if piece.product.is_one_of(wanted))
    return Fraction(part, price) if price > 0 else Fraction(0)


def read(top: Reader) -> tuple[Product, ...]:
    """Read each of ``[[products]]``."""
    return tuple(_product(table) for table in top.tables("products"))


def names(products: Iterable[Product]) -> list[str]:
    """Return every sku, and every group, by which campaigns may speak of products."""
    listed = tuple(products)
    groups = {group for product in listed for group in product.groups}
    return [*(product.sku for product in listed), *sorted(groups)]


def check(products: Sequence[Product], top: Reader) -> None:
    """Note products that are given twice."""
    top.once("products", [product.sku for product in products])


def _product(table: Reader) -> Product:
    product = Product(
        sku=table.text("sku", shape=SKU, cure="write up to 32 letters, digits, dots, - and _"),
        name=table.texts("name"),
        price_minor=table.amount("price", low=1),
        member_minor=table.amount_or_none("member_price"),
        bonus=table.whole("bonus", 0, high=10**6),
        groups=frozenset(table.words("groups")),
    )
    if product.member_minor is not None and product.member_minor >= product.price_minor:
        table.note("member_price", "is not below the price", "write less than the price, or take it out")
    if not all(re.fullmatch(CODE, group) for group in product.groups):
        table.note("groups", "holds a name that will not do", "write small letters, digits, - and _, a letter first")
    table.done()
    return product
