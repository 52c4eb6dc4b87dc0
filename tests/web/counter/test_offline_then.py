"""What a sale noted without a line earns: by what held when it was made, and for the money that was taken then."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Any

import pytest
from sqlalchemy import select

from membership.moment import Moment
from services import members, purchases, rules, switches, tiers_by_hand
from services.orders import Order
from services.reader import Reader
from storage.database import Tx
from storage.tables import audit, coupons
from tests.proof import assert_clean
from tests.web.counter.test_offline import sent
from tests.web.desks import Desk, Team
from tests.web.tills import CARDS, Shop

DOUBLED = {"id": "now", "name": "Happy hour", "multiplier": "2", "hours": {"from": "12:00", "until": "12:30"}}
POINTS = {"earn": {"points": 1, "per": "1"}, "worth": {"points": 100, "pay": "1"}}
OFF = {"id": "off", "title": "5 off", "threshold": "10", "value": "5"}
TIERS = [
    {"id": "basic", "name": "Member"},
    {"id": "silver", "name": "Silver", "from": "1000", "percent_off": 10, "multiplier": "1.5"},
]


async def open_shop(shop: Shop, **more: Any) -> None:
    """The café with two tiers and a promotion; it is noon there."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    body = {**tomllib.loads(f"{cafe}{CARDS}"), "tiers": TIERS, "promotions": [OFF], **more}
    await shop.db.write(rules.bring, body, actor="test", now=shop.clock.now)


async def noted(shop: Shop, member: str, name: str = "sale", *, amount: int = 10_000) -> dict[str, Any]:
    at = shop.clock.now.isoformat().replace("+00:00", "Z")
    return {"id": name, "code": (await shop.show(member)).text, "amount": amount, "at": at}


async def earned(shop: Shop, desk: Desk, team: Team, sale: dict[str, Any], **later: float) -> dict[str, Any]:
    """Let time pass, send what was noted, and return the purchase."""
    shop.clock.pass_by(**later)
    await desk.sign_in(await team.ticket("Jay"))
    (result,) = await sent(desk, sale)
    assert result["state"] == "done", result
    return dict(result["purchase"])


async def test_the_campaign_of_the_hour_of_the_sale_counts_and_not_that_of_the_arrival(
    shop: Shop, desk: Desk, team: Team
) -> None:
    await open_shop(shop, campaigns=[DOUBLED])
    member = await shop.member()
    during = await noted(shop, member, "during")
    shop.clock.pass_by(minutes=30)
    after = await noted(shop, member, "after")
    assert (await earned(shop, desk, team, during, hours=3))["points_earned"] == 200
    assert (await earned(shop, desk, team, after))["points_earned"] == 100
    await assert_clean(shop.db)


async def test_a_campaign_that_began_or_was_switched_since_changes_nothing(shop: Shop, desk: Desk, team: Team) -> None:
    await open_shop(shop, campaigns=[DOUBLED])
    member = await shop.member()
    how: dict[str, Any] = {"actor": "test"}
    first = await noted(shop, member, "switched-off-later")
    shop.clock.pass_by(minutes=1)
    await shop.db.write(switches.turn, "campaign", "now", "off", **how, moment=shop.clock.moment())
    shop.clock.pass_by(minutes=1)
    second = await noted(shop, member, "while-it-was-off")
    shop.clock.pass_by(minutes=1)
    await open_shop(shop, campaigns=[{**DOUBLED, "multiplier": "5"}])
    third = await noted(shop, member, "still-off")
    assert [(await earned(shop, desk, team, one))["points_earned"] for one in (first, second, third)] == [200, 100, 100]
    await shop.db.write(switches.turn, "campaign", "now", "on", **how, moment=shop.clock.moment())
    last = await noted(shop, member, "on-again-five-times")
    assert (await earned(shop, desk, team, last, hours=20))["points_earned"] == 500
    await assert_clean(shop.db)


async def test_what_was_taken_stays_the_price_whatever_would_come_off_with_a_line(
    shop: Shop, desk: Desk, team: Team
) -> None:
    await open_shop(shop)
    member = await shop.member()
    await set_tier(shop, member, "silver")
    shop.clock.pass_by(minutes=1)
    with_line = (await desk.post("/quotes", {"member_id": member, "amount": 10_000})).json()
    assert with_line["to_pay"] == 8500
    done = await earned(shop, desk, team, await noted(shop, member), hours=1)
    assert (done["to_pay"], done["lines"]) == (10_000, [{"label": "Bill", "amount": 10_000, "free": False}])
    assert done["points_earned"] == 150
    await assert_clean(shop.db)


async def set_tier(shop: Shop, member: str, tier: str) -> None:
    how: dict[str, Any] = {"until": date(2027, 1, 1), "reason": "why", "reference": f"set {shop.clock.now}"}
    who = Reader("boss", rules.store_id("main"))
    await shop.db.write(tiers_by_hand.set_tier, member, tier, who, **how, moment=shop.clock.moment())


@pytest.mark.parametrize("rises", [True, False], ids=["risen since", "risen before"])
async def test_the_tier_of_then_multiplies(shop: Shop, desk: Desk, team: Team, *, rises: bool) -> None:
    await open_shop(shop)
    member = await shop.member()
    if not rises:
        await set_tier(shop, member, "silver")
        shop.clock.pass_by(minutes=1)
    sale = await noted(shop, member)
    shop.clock.pass_by(minutes=1)
    await set_tier(shop, member, "silver" if rises else "basic")
    done = await earned(shop, desk, team, sale, hours=1)
    assert done["points_earned"] == (100 if rises else 150)
    await assert_clean(shop.db)


async def test_the_month_of_the_birthday_is_that_of_the_sale(shop: Shop, desk: Desk, team: Team) -> None:
    await open_shop(shop, points={**POINTS, "birthday_month": {"multiplier": "3"}})
    shop.clock.now = datetime(2026, 11, 30, 15, 50, tzinfo=UTC)  # ten minutes before December in Shanghai
    member = await shop.member()
    how: dict[str, Any] = {"actor": "test", "store_id": rules.store_id("main")}
    await shop.db.write(members.correct, member, {"birthday": "11-05"}, **how, moment=shop.clock.moment())
    sale = await noted(shop, member)
    shop.clock.pass_by(minutes=20)
    await desk.sign_in(await team.ticket("Jay"))
    bill = (await desk.post("/quotes", {"member_id": member, "amount": 10_000})).json()
    done = await earned(shop, desk, team, sale)
    assert (done["points_earned"], bill["points_earned"]) == (300, 95)
    await assert_clean(shop.db)


THANKS = {"id": "thanks", "kind": "cash", "title": "Five off", "value": "5", "claim": "granted", "days": 30}


@pytest.mark.parametrize("then", ["silver", "basic"])
async def test_the_coupon_for_a_tiers_purchases_comes_by_the_tier_of_then(
    shop: Shop, desk: Desk, team: Team, then: str
) -> None:
    await open_shop(shop, offers=[THANKS], grants=[{"id": "silver", "offer": "thanks", "tiers": ["silver"]}])
    member = await shop.member()
    await set_tier(shop, member, then)
    shop.clock.pass_by(minutes=1)
    sale = await noted(shop, member)
    shop.clock.pass_by(minutes=1)
    await set_tier(shop, member, "basic" if then == "silver" else "silver")
    done = await earned(shop, desk, team, sale, hours=1)
    given = await shop.db.read(lambda tx: tx.all(select(coupons).where(coupons.c.purchase_id == done["purchase_id"])))
    assert len(given) == (1 if then == "silver" else 0)
    await assert_clean(shop.db)


async def test_the_birthday_points_come_once_with_the_first_sale_of_the_month_though_it_arrives_in_the_next(
    shop: Shop, desk: Desk, team: Team
) -> None:
    await open_shop(shop, points={**POINTS, "birthday_month": {"points": 20}}, promotions=[])
    shop.clock.now = datetime(2026, 11, 30, 15, 50, tzinfo=UTC)  # ten minutes before December in Shanghai
    member = await shop.member()
    how: dict[str, Any] = {"actor": "test", "store_id": rules.store_id("main")}
    await shop.db.write(members.correct, member, {"birthday": "11-05"}, **how, moment=shop.clock.moment())
    sales = []
    for name in ("first", "second"):
        sales.append(await noted(shop, member, name))
        shop.clock.pass_by(minutes=1)
    shop.clock.pass_by(minutes=20)
    await shop.db.write(with_line, member, moment=shop.clock.moment())
    assert [(await earned(shop, desk, team, one))["points_earned"] for one in sales] == [120, 100]
    await assert_clean(shop.db)


def with_line(tx: Tx, member: str, *, moment: Moment) -> None:
    reader = Reader("jay", rules.store_id("main"))
    done = purchases.record(tx, Order(member, 5_000), reader, reference="with-line", channel="pos", moment=moment)
    assert done.points_earned == 50, "no birthday in December"


async def test_the_cap_of_the_day_holds_for_the_day_of_the_sale_and_for_the_day_it_arrives(
    shop: Shop, desk: Desk, team: Team
) -> None:
    await open_shop(shop, points={**POINTS, "day_cap": 150}, promotions=[])
    member = await shop.member()
    first = await noted(shop, member, "first")
    shop.clock.pass_by(minutes=1)
    second = await noted(shop, member, "second")
    shop.clock.pass_by(hours=20)
    assert [(await earned(shop, desk, team, one))["points_earned"] for one in (first, second)] == [100, 50]
    await assert_clean(shop.db)


async def test_it_is_kept_in_the_trail_when_a_sale_was_made_and_under_which_rules(
    shop: Shop, desk: Desk, team: Team
) -> None:
    await open_shop(shop)
    before = await shop.db.read(rules.version)
    sale, at = await noted(shop, await shop.member()), shop.clock.now
    shop.clock.pass_by(minutes=1)
    await open_shop(shop, campaigns=[DOUBLED])
    done = await earned(shop, desk, team, sale, hours=1)
    assert done["at"] == (at + timedelta(minutes=61)).isoformat().replace("+00:00", "Z"), "recorded when it arrived"

    def read(tx: Tx) -> Any:
        return tx.one(audit.select().where(audit.c.action == "purchase"))

    row = await shop.db.read(read)
    assert (row.facts["made_at"], before) == (at.isoformat(), await shop.db.read(rules.version, at))
