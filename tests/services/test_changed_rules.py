"""Changing a rule never rewrites history: what was bought, given, earned, sold and reached stays as it was."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import CouponBelowThreshold
from services import coupons, fields, passes, quotes, rules, tier_moves
from services.orders import Order
from storage.tables import coupons as coupon_table
from storage.tables import lots, members, purchases, tier_changes, transfers
from storage.tables import passes as pass_table
from storage.tables import rules as rule_table
from tests.proof import assert_clean
from tests.services.savings import MAIN, Savings
from tests.services.shopfront import Shop

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
CARD = {"id": "ten", "name": "Ten coffees", "goods": "a coffee", "visits": 10, "price": "200", "days": 90}
KEPT = (purchases, coupon_table, lots, transfers, pass_table, tier_changes, members)


def harder() -> dict[str, Any]:
    """Return rules under which everything is dearer, rarer and shorter than at the café, under the same names."""
    basic, silver, gold = CAFE["tiers"]
    welcome, birthday = CAFE["offers"]
    return {
        **CAFE,
        "points": {
            **CAFE["points"],
            "earn": {"points": 1, "per": "10"},
            "worth": {"points": 1000, "pay": "1"},
            "expiry": {"kind": "days", "count": 1},
            "purchase_cap": 1,
        },
        "ladder": {"metric": "visits", "window": "rolling", "days": 1, "review": "by_metric"},
        "tiers": [basic, {**silver, "from": 50, "percent_off": 1}, {**gold, "from": 99, "percent_off": 2}],
        "offers": [{**welcome, "value": "1", "threshold": "900", "days": 1}, birthday],
        "passes": [{**CARD, "visits": 2, "price": "999", "days": 1}],
    }


class Past:
    """A member with a purchase, a lift, a coupon, points and a pass, all of them made under the café's own rules."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.db = shop, shop.db

    async def live(self) -> None:
        await self.bring({**CAFE, "passes": [CARD]})
        [self.member_id] = await self.shop.settle(1, tier="basic")
        self.till = Savings(self.shop, self.member_id)
        self.bought = await self.till.buy(100_000)
        how: dict[str, Any] = {"reference": "claim:1", "moment": self.shop.moment()}
        self.coupon = await self.db.write(coupons.claim, self.member_id, "welcome", **how)
        await self.sell_pass()

    async def sell_pass(self) -> None:
        named: dict[str, Any] = {"reference": "pass:1", "moment": self.shop.moment()}
        await self.db.write(passes.sell, self.member_id, "ten", MAIN, **named)

    async def bring(self, body: dict[str, Any]) -> None:
        await self.db.write(rules.bring, body, actor="owner", now=self.shop.now)

    async def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        def read(tx: Any) -> dict[str, list[tuple[Any, ...]]]:
            return {table.name: sorted(map(tuple, tx.all(select(table))), key=str) for table in KEPT}

        return await self.db.read(read)


@pytest.fixture
async def past(shop: Shop) -> Past:
    member = Past(shop)
    await member.live()
    return member


async def test_new_rules_change_no_row_of_the_past(past: Past) -> None:
    before = await past.rows()
    assert all(before.values())
    await past.bring(harder())
    assert await past.rows() == before
    await assert_clean(past.db)


async def test_a_coupon_keeps_the_worth_and_the_end_it_was_given_with(past: Past) -> None:
    await past.bring(harder())
    past.shop.counter.pass_by(days=10)
    held = await past.db.read(coupons.get, past.coupon.id, past.member_id)
    assert (held.offer.value_minor, held.offer.threshold_minor, held.expires_at) == (500, 2_000, past.coupon.expires_at)
    order = Order(past.member_id, 3_000, coupon_ids=(held.id,))
    price = await past.db.read(quotes.quote, order, MAIN, now=past.shop.now)
    assert [line.amount.minor for line in price.lines][-1] == -500


async def test_a_coupon_given_after_the_change_has_the_new_worth(past: Past) -> None:
    await past.bring(harder())
    [other] = await past.shop.settle(1)
    how: dict[str, Any] = {"reference": "claim:2", "moment": past.shop.moment()}
    new = await past.db.write(coupons.claim, other, "welcome", **how)
    with pytest.raises(CouponBelowThreshold):
        await past.db.read(quotes.quote, Order(other, 3_000, coupon_ids=(new.id,)), MAIN, now=past.shop.now)


async def test_a_refund_takes_back_what_was_earned_under_the_old_rules(past: Past) -> None:
    await past.bring(harder())
    parts = [await past.till.refund(past.bought, 50_000) for _ in range(2)]
    assert sum(part.points_clawed_back for part in parts) == past.bought.points_earned == 1_000
    assert parts[-1].balance == 0
    await assert_clean(past.db)


async def test_points_earned_before_end_when_they_would_have(past: Past) -> None:
    await past.bring(harder())
    past.shop.counter.pass_by(days=200)
    bought = await past.till.buy(1_000)
    assert bought.balance_before == 1_000


async def test_nobody_falls_on_the_day_the_ladder_changes(past: Past) -> None:
    await past.bring(harder())
    while await past.db.write(tier_moves.review_due, past.shop.moment()):
        pass
    [member] = [row for row in await past.db.read(lambda tx: tx.all(select(members))) if row.id == past.member_id]
    assert member.tier == "silver"
    assert member.tier_until > past.shop.now


async def test_a_pass_keeps_its_visits_its_worth_and_its_end(past: Past) -> None:
    async def held() -> tuple[int, int, date | None]:
        [one] = await past.db.read(passes.held, past.member_id, now=past.shop.now)
        worth = await past.db.read(passes.worth, one.id, now=past.shop.now)
        return one.remaining, worth.minor, one.ends_on

    before = await held()
    assert before[:2] == (10, 20_000)
    past.shop.counter.pass_by(days=30)
    await past.bring(harder())
    assert await held() == before


async def test_coupons_and_rules_from_before_stay_known_to_a_program_that_asks_more_of_new_ones(past: Past) -> None:
    def spoil(tx: Any) -> None:
        body = {**CAFE, "offers": [{**CAFE["offers"][0], "cap": "3"}, *CAFE["offers"][1:]], "gone": {"key": 1}}
        tx.execute(rule_table.update().values(body=json.dumps(body, default=str)))

    await past.db.write(spoil)
    held = await past.db.read(coupons.held, past.member_id, now=past.shop.now)
    assert past.coupon.id in {coupon.id for coupon in held}
    assert (await past.till.buy(10_000)).points_earned


@pytest.mark.parametrize("kind", [{"kind": "date"}, {"kind": "choice", "choices": [{"id": "oat", "name": "Oat"}]}])
async def test_an_answer_is_shown_as_it_was_given_when_the_question_asks_for_something_else(
    shop: Shop, kind: dict[str, Any]
) -> None:
    past, asked = Past(shop), {"id": "since", "name": "Here since"}
    await past.live()
    await past.bring({**CAFE, "passes": [CARD], "fields": [asked]})
    [field] = await past.db.read(fields.listed)
    how: dict[str, Any] = {"actor": past.member_id, "moment": shop.moment()}
    await past.db.write(fields.answer, past.member_id, field, "last spring", **how)
    await past.bring({**CAFE, "passes": [CARD], "fields": [{**asked, **kind}]})
    [field] = await past.db.read(fields.listed)
    kept = await past.db.read(fields.of, past.member_id)
    assert fields.shown(field, kept["since"]) == "last spring"
