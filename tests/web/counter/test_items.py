"""Products on a bill at both doors: the till sends its lines, the staff page what was tapped; both see one price."""

from __future__ import annotations

import tomllib
from typing import Any

from services import rules
from tests.handlers.counter import PRESETS
from tests.web.desks import Team
from tests.web.tills import CARDS, Shop

PRODUCTS = [
    {"sku": "latte", "name": {"en": "Latte", "zh-Hans": "拿铁"}, "price": "32", "member_price": "28", "bonus": 5}
]
LATTE = {"sku": "latte", "name": "Latte", "quantity": 2, "amount": 6_400}
TEA = {"name": "Tea", "amount": 1_600}


async def on_sale(shop: Shop) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8") + CARDS)
    await shop.db.write(rules.bring, {**body, "products": PRODUCTS}, actor="test", now=shop.clock.now)


def bill(member: str, **told: Any) -> dict[str, Any]:
    return {"member_id": member, "amount": 8_000, "items": [LATTE, TEA], **told}


async def test_the_till_and_the_page_see_the_member_price_and_the_points(shop: Shop, team: Team) -> None:
    await on_sale(shop)
    member = await shop.member()
    cashier = await team.desk("Jay")
    assert cashier.me["products"] == [{"sku": "latte", "name": "Latte", "price": 3_200}]
    for door in (shop.till, cashier):
        price = (await door.post("/quotes", bill(member), Accept_Language="en")).json()
        assert [(line["label"], line["amount"]) for line in price["lines"]] == [
            ("Bill", 8_000),
            ("Latte ×2, member price", -800),
        ]
        assert (price["to_pay"], price["points_earned"]) == (7_200, 82)
        assert price["why"][-1] == "Latte +10"


async def test_lines_that_come_to_more_than_the_bill_are_refused_at_both_doors(shop: Shop, team: Team) -> None:
    await on_sale(shop)
    member = await shop.member()
    cashier = await team.desk("Jay")
    for door in (shop.till, cashier):
        answer = await door.post("/purchases", bill(member, amount=5_000))
        assert (answer.status_code, answer.json()["code"]) == (422, "items_over_bill")
    wrong: list[dict[str, Any]] = [
        {"quantity": 0},
        {"amount": -1},
        {"amount": 10**13},
        {"sku": "x" * 201},
        {"colour": "red"},
    ]
    for slip in wrong:
        answer = await shop.till.post("/quotes", bill(member, items=[{**LATTE, **slip}]))
        assert answer.json()["code"] == "invalid_request", slip
