"""Thank-you coupons 满赠: which purchase brings which coupon, and how much of it must stand for the coupon to stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from membership import occasions
from membership.occasions import Here, When
from membership.products import Piece
from membership.reading import Reader

PURCHASE = "purchase"
_ALWAYS = When()


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase as grants look at it: what was paid (minor units), when and where, and the lines of the bill.

    ``first`` tells whether it is the member's first one that stands.
    """

    paid_minor: int
    here: Here
    pieces: tuple[Piece, ...] = ()
    first: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """That a purchase brings a coupon of ``offer``.

    Only from ``over_minor`` on (what was paid after every discount; stored value counts like cash) and never where
    nothing was paid, only with one of the ``products`` (skus or groups) on the bill, only as the member's ``first``
    purchase, and only ``when``.
    """

    id: str
    offer: str
    over_minor: int = 0
    products: frozenset[str] = frozenset()
    first: bool = False
    when: When = _ALWAYS

    def is_due(self, one: Bought) -> bool:
        """Tell whether this purchase brings the coupon."""
        if not self.stays(one.paid_minor) or (self.first and not one.first):
            return False
        if self.products and not any(piece.product.is_one_of(self.products) for piece in one.pieces):
            return False
        return self.when.holds(one.here)

    def stays(self, left_minor: int) -> bool:
        """Tell whether so much of a purchase, paid or left by a refund, is enough for the coupon."""
        return left_minor >= max(self.over_minor, 1)


def read(top: Reader) -> tuple[Grant, ...]:
    """Read ``[[grants]]``."""
    return tuple(_read(table) for table in top.tables("grants"))


@dataclass(frozen=True, slots=True)
class Names:
    """What grants may speak of: ids of offers, codes of stores, ids of tiers, skus and groups of products."""

    offers: Collection[str]
    stores: Sequence[str]
    tiers: Sequence[str]
    products: Collection[str]


def check(grants: Iterable[Grant], known: Names, top: Reader) -> None:
    """Note grants with one id, and offers, stores, tiers and products that are not there."""
    listed = tuple(grants)
    top.once("grants", [grant.id for grant in listed])
    for number, grant in enumerate(listed, start=1):
        place = f"grants[{number}]"
        top.known(f"{place}.offer", [grant.offer], known.offers, "write the id of one of the [[offers]]")
        top.known(f"{place}.products", grant.products, known.products, "write a sku or a group of [[products]]")
        occasions.check(grant.when, place, top, stores=known.stores, tiers=known.tiers)


def _read(table: Reader) -> Grant:
    table.choice("when", (PURCHASE,), PURCHASE)
    grant = Grant(
        id=table.code(),
        offer=table.text("offer"),
        over_minor=table.amount("over", 0),
        products=frozenset(table.words("products")),
        first=table.flag("first", default=False),
        when=occasions.read(table),
    )
    table.done()
    return grant
