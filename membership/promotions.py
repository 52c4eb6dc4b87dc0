"""Promotions: what a bill gets by itself, without a coupon: 满减, percent off, or a gift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from membership import occasions
from membership.occasions import Here, When
from membership.reading import Reader

_ALWAYS = When()


@dataclass(frozen=True, slots=True)
class Promotion:
    """Something off, or ``goods``, for every bill of at least ``threshold_minor`` while ``when`` holds.

    It takes off ``value_minor`` (``each``: for every whole threshold in the bill) or ``percent_off``, at most
    ``cap_minor``. ``worth_minor`` is what the goods are worth, only to find the best of several promotions.
    ``with_coupons``: may the bill use coupons as well.
    """

    id: str
    title: Mapping[str, str] = field(default_factory=dict)
    threshold_minor: int = 0
    value_minor: int = 0
    percent_off: int = 0
    cap_minor: int | None = None
    each: bool = False
    goods: Mapping[str, str] = field(default_factory=dict)
    worth_minor: int = 0
    when: When = _ALWAYS
    with_coupons: bool = True

    def off_minor(self, price_minor: int) -> int:
        """Return what it takes off this price: whole minor units, rounded down, never more than the price."""
        times = price_minor // self.threshold_minor if self.each and self.threshold_minor else 1
        off = price_minor * self.percent_off // 100 if self.percent_off else self.value_minor * times
        return min(off, price_minor) if self.cap_minor is None else min(off, price_minor, self.cap_minor)


def best(promotions: Sequence[Promotion], price_minor: int, here: Here, *, coupons: bool) -> Promotion | None:
    """Return the one promotion that counts for this price (after member and tier price), or None.

    It is the one that takes off most (or whose goods are worth most); of equal ones, the first in the shop's file.
    """
    running = [
        one
        for one in promotions
        if price_minor >= max(1, one.threshold_minor) and (one.with_coupons or not coupons) and one.when.holds(here)
    ]
    return max(running, key=lambda one: max(one.off_minor(price_minor), one.worth_minor), default=None)


def read(top: Reader) -> tuple[Promotion, ...]:
    """Read each of ``[[promotions]]``."""
    return tuple(_promotion(table) for table in top.tables("promotions"))


def check(promotions: Sequence[Promotion], top: Reader, *, stores: Sequence[str], tiers: Sequence[str]) -> None:
    """Note ids that are given twice, and stores and tiers that the shop has not."""
    top.once("promotions", [promotion.id for promotion in promotions])
    for number, promotion in enumerate(promotions, start=1):
        occasions.check(promotion.when, f"promotions[{number}]", top, stores=stores, tiers=tiers)


def _promotion(table: Reader) -> Promotion:
    given = [key for key in ("value", "percent_off", "goods") if table.has(key)]
    promotion = Promotion(
        id=table.code(),
        title=table.texts("title"),
        threshold_minor=table.amount("threshold", 0),
        value_minor=table.amount_or_none("value") or 0,
        percent_off=table.whole("percent_off", 0, low=int(table.has("percent_off")), high=100),
        cap_minor=table.amount_or_none("cap"),
        each=table.flag("each", default=False),
        goods=table.texts("goods", required=False),
        worth_minor=table.amount_or_none("worth") or 0,
        when=occasions.read(table),
        with_coupons=table.flag("with_coupons", default=True),
    )
    if len(given) != 1:
        table.note("", "gives " + (" and ".join(given) or "nothing"), "write one of value, percent_off and goods")
    if promotion.goods and table.has("cap"):
        table.note("cap", "means nothing with goods", "take it out")
    if not promotion.goods and table.has("worth"):
        table.note("worth", "means nothing without goods", "take it out")
    if promotion.each and not (promotion.value_minor and promotion.threshold_minor):
        table.note("each", "counts whole thresholds", "write it together with threshold and value")
    table.done()
    return promotion
