"""Prices and earning: the worked examples of docs/rules/prices.md and earning.md, and what holds for any bill."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import earning, pricing, products, rules
from membership.campaigns import Campaign
from membership.coupons import Coupon
from membership.errors import Refusal
from membership.money import Money, parse_minor
from membership.occasions import Here, When
from membership.pricing import Bill, Buyer, Quote
from membership.products import Piece, Product
from membership.rules import RulesError, ShopRules
from tests.documents import examples, read, rows, sections

PAGES = {name: read(f"docs/rules/{name}.md") for name in ("earning", "prices")}
SHOP = {
    "shop": {"name": "Shop", "code": "shop", "currency": "CNY", "zone": "Asia/Shanghai", "languages": ["en"]},
    "stores": [{"code": "main", "name": "Main Street"}, {"code": "east", "name": "East Gate"}],
}
EXAMPLES = [
    (page, title)
    for page in PAGES
    for title in sections(PAGES[page], 2)
    if title not in ("The shop of the examples", "Refunded in parts")
]


def shop_of(page: str) -> ShopRules:
    [written] = examples(PAGES[page], "toml")
    return rules.parse({**SHOP, **tomllib.loads(written)})


def table(page: str, title: str) -> Iterator[dict[str, str]]:
    text = sections(PAGES[page], 2)[title]
    [head] = [line for line in text.splitlines() if line.startswith("| ")][:1]
    names = [cell.strip() for cell in head.strip("|").split(" | ")]
    for row in rows(text):
        yield dict(zip(names, ["" if cell == "–" else cell for cell in row], strict=True))


def minor(text: str) -> int:
    return -minor(text[1:]) if text.startswith("-") else parse_minor(text, "CNY")


def items(written: str) -> list[dict[str, Any]]:
    """Read ``latte 2 = 64, cake 1 = 40`` as a till would send it."""
    lines = [line.replace("=", "").split() for line in written.split(",")] if written else []
    return [{"sku": sku, "quantity": int(number), "amount": minor(amount)} for sku, number, amount in lines]


def bill_of(shop: ShopRules, row: dict[str, str]) -> Bill:
    return Bill(Money(minor(row["bill"]), "CNY"), "main", products.pieces(shop.products, items(row["products"])))


def buyer_of(shop: ShopRules, who: str) -> Buyer:
    words = who.split()
    tier = next((shop.ladder.find(word) for word in words if shop.ladder.find(word)), shop.ladder.find("basic"))
    assert tier is not None
    extras = shop.points.extras(first="first" in words, first_in_birthday_month="birthday" in words)
    boost = shop.points.birthday_boost(tier.birthday_multiplier) if "birthday" in words else None
    return Buyer(tier, balance=10_000, extras=extras, boosts=() if boost is None else (boost,))


def quoted(shop: ShopRules, row: dict[str, str]) -> Quote:
    now = datetime.fromisoformat(row["when"]).replace(tzinfo=shop.zone).astimezone(UTC)
    bill, buyer = bill_of(shop, row), buyer_of(shop, row["who"])
    held = [Coupon(offer.id, offer, now, None) for offer in shop.offers]
    used = [one.strip() for one in row["uses"].split(",")]
    points = sum(int(one.split()[0]) for one in used if one.endswith("points"))
    chosen = [coupon for coupon in held if coupon.id in used]
    best = pricing.best(shop, bill, buyer, held, now=now) if "best" in used else chosen
    return pricing.quote(shop, bill, buyer, now=now, coupons=best, points=points)


def told(shop: ShopRules, row: dict[str, str]) -> dict[str, str]:
    """Say of a row what its last columns say."""
    try:
        found = quoted(shop, row)
    except Refusal as no:
        return {**row, "price": no.key, "to pay": ""}
    off = [f"{line.label.key.removeprefix('price.')} {_plain(line.amount)}" for line in found.lines[1:]]
    known = {"price": ", ".join(off), "to pay": _plain(found.to_pay), "points": str(found.points_earned)}
    return {**row, **{name: value for name, value in known.items() if name in row}}


def _plain(amount: Money) -> str:
    return amount.plain.removesuffix(".00")


@pytest.mark.parametrize(("page", "title"), EXAMPLES)
def test_the_worked_examples_are_true(page: str, title: str) -> None:
    shop, listed = shop_of(page), list(table(page, title))
    assert [told(shop, row) for row in listed] == listed
    assert len(listed) > 4


def test_the_worked_refunds_are_true() -> None:
    shop = shop_of("earning")
    for row in table("earning", "Refunded in parts"):
        found = quoted(shop, {**row, "when": "2026-12-07 12:00", "who": "", "uses": ""})
        assert taken(found, [minor(part) for part in row["refunds"].split(", ")]) == [
            int(points) for points in row["taken back"].split(", ")
        ]


def taken(found: Quote, parts: Sequence[int]) -> list[int]:
    """What each of these refunds takes back, with the terms as the purchase keeps them."""
    terms = earning.unpack(json.loads(json.dumps(earning.pack(found.terms))))
    before = [sum(parts[:place]) for place in range(len(parts))]
    return [
        earning.clawback(terms, found.to_pay, refunded_minor=refunded, refund_minor=part)
        for refunded, part in zip(before, parts, strict=True)
    ]


PRODUCTS = st.builds(
    lambda sku, price, off, bonus: Product(sku, {"en": sku}, price, price - off if 0 < off < price else None, bonus),
    st.sampled_from(["a", "b", "c"]), st.integers(1, 10_000), st.integers(0, 5_000), st.integers(0, 200),
)  # fmt: skip
PIECES = st.lists(st.builds(Piece, PRODUCTS, st.integers(1, 5), st.integers(0, 20_000)), max_size=4).map(tuple)
CAMPAIGN = st.builds(
    Campaign,
    st.just("c"),
    st.just({"en": "C"}),
    st.fractions(Fraction(11, 10), Fraction(5), max_denominator=10),
    products=st.sets(st.sampled_from(["a", "b"])).map(frozenset),
)


@given(
    PIECES, st.lists(CAMPAIGN, max_size=3).map(tuple), st.integers(0, 9_000), st.lists(st.integers(1, 9), min_size=1)
)
def test_any_bill_is_refunded_in_parts_as_in_one(
    pieces: tuple[Piece, ...], campaigns: tuple[Campaign, ...], rest: int, weights: list[int]
) -> None:
    shop = replace(shop_of_nothing(), campaigns=campaigns)
    bill = Bill(Money(sum(piece.minor for piece in pieces) + rest + 1, "CNY"), "main", pieces)
    found = pricing.quote(shop, bill, Buyer(), now=datetime(2026, 12, 7, 4, tzinfo=UTC))
    paid = found.to_pay.minor
    ends = [paid * sum(weights[:number]) // sum(weights) for number in range(1, len(weights) + 1)]
    parts = [end - begin for begin, end in zip([0, *ends], ends, strict=False) if end > begin]
    assert all(points >= 0 for points in taken(found, parts))
    assert sum(taken(found, parts)) == found.points_earned
    assert found.points_earned >= quoted_plain(found)
    assert paid == sum(line.amount.minor for line in found.lines) >= 0


def quoted_plain(found: Quote) -> int:
    """The points without any campaign or bonus: nothing that is added ever makes them fewer."""
    return earning.Terms(found.terms.rate).points_for(found.to_pay.minor)


def shop_of_nothing() -> ShopRules:
    return rules.parse({**SHOP, "points": {"earn": {"points": 1, "per": "1"}, "worth": {"points": 100, "pay": "1"}}})


def test_a_purchase_of_before_is_refunded_by_its_own_terms() -> None:
    added = {"boost": ["double", "2"], "extras": [["earning.first_purchase", 100]]}
    stored = {"rate": [1, 100], "tier": "3/2", **added, "cap": None}
    terms = earning.unpack(stored)
    assert terms.points_for(10_000) == 400
    assert earning.pack(terms) == stored


def test_a_member_day_that_a_month_has_not_is_left_out() -> None:
    last = When(month_days=frozenset({31}))
    assert not any(last.holds(here(datetime(2026, 11, day, tzinfo=UTC))) for day in range(1, 31))
    assert last.holds(here(datetime(2026, 12, 31, tzinfo=UTC)))


def here(local: datetime) -> Here:
    return Here(local, "main", "basic")


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"campaigns": [{"id": "a", "name": "A", "multiplier": "1"}]}, ["campaigns[1].multiplier"]),
    ({"campaigns": [{"id": "a", "name": "A", "days": 3}]}, ["campaigns[1].days"]),
    ({"campaigns": [{"id": "a", "name": "A", "month_days": [0, 32]}]}, ["campaigns[1].month_days"]),
    ({"campaigns": [{"id": "a", "name": "A", "products": ["tea"]}]}, ["campaigns[1].products"]),
    ({"campaigns": [{"id": "a", "name": "A"}] * 2}, ["campaigns[2]"]),
    ({"campaigns": [{"id": "a", "name": "A", "stores": ["x"]}]}, ["campaigns[1].stores"]),
    ({"promotions": [{"id": "a", "title": "A"}]}, ["promotions[1]"]),
    ({"promotions": [{"id": "a", "title": "A", "value": "1", "goods": "x"}]}, ["promotions[1]"]),
    ({"promotions": [{"id": "a", "title": "A", "value": "1", "each": True}]}, ["promotions[1].each"]),
    ({"promotions": [{"id": "a", "title": "A", "value": "1", "tiers": ["x"]}]}, ["promotions[1].tiers"]),
    ({"products": [{"sku": "a b", "name": "A", "price": "1"}]}, ["products[1].sku"]),
    ({"products": [{"sku": "a", "name": "A", "price": "1", "member_price": "1"}]}, ["products[1].member_price"]),
    ({"products": [{"sku": "a", "name": "A", "price": "1", "groups": ["A B"]}]}, ["products[1].groups"]),
    ({"products": [{"sku": "a", "name": "A", "price": "1"}] * 2}, ["products[2]"]),
]


@pytest.mark.parametrize(("told_so", "places"), WRONG)
def test_a_slip_is_named_at_its_place(told_so: dict[str, Any], places: list[str]) -> None:
    base = {**SHOP, "points": {"earn": {"points": 1, "per": "1"}, "worth": {"points": 100, "pay": "1"}}}
    with pytest.raises(RulesError) as wrong:
        rules.parse({**base, **told_so})
    assert [problem.path for problem in wrong.value.problems] == places
