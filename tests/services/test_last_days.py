"""The last day of something counts whole, and nothing is given that would be over before it counts."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from typing import Any

import pytest

from membership.errors import CouponBelowThreshold, OfferEnded
from membership.money import Money
from membership.points import last_day
from services import Tx, coupons, mall, points, redemptions, rules, tier_gifts
from storage import coupons as coupon_rows
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.giftshop import MAIN, GiftShop, body
from tests.services.savings import Savings
from tests.services.shopfront import Shop

ENDED = {"id": "old", "kind": "cash", "title": "5 off", "value": "5", "ends_on": date(2026, 11, 21), "per_member": 9}
TOMORROW = {**ENDED, "id": "late", "ends_on": date(2026, 11, 22), "from_next_day": True}
"""On the 22 November, the tests' day, the one ended yesterday and the other would begin when it has ended."""


def cafe(*offers: dict[str, Any], claim: str, **more: Any) -> dict[str, Any]:
    shop = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    return {**shop, "offers": [*shop["offers"], *({**offer, "claim": claim} for offer in offers)], **more}


async def bring(shop: Shop, told: dict[str, Any]) -> str:
    await shop.db.write(rules.bring, told, actor="test", now=shop.now)
    [member_id] = await shop.settle(1, tier="silver")
    return member_id


def issued(tx: Tx, *codes: str) -> list[int]:
    return [int(row.issued) for code in codes if (row := coupon_rows.find_offer(tx, code)) is not None]


@pytest.mark.parametrize("offer", [ENDED, TOMORROW], ids=["ended", "begins too late"])
async def test_nobody_is_given_a_coupon_that_could_never_be_used(shop: Shop, offer: dict[str, Any]) -> None:
    member_id = await bring(shop, cafe(offer, claim="join"))
    assert await shop.db.write(coupons.give_all, member_id, "join", moment=shop.moment()) == []
    assert await shop.db.read(issued, offer["id"]) == [0], "no piece is lost by it"


@pytest.mark.parametrize("offer", [ENDED, TOMORROW], ids=["ended", "begins too late"])
async def test_nobody_claims_a_coupon_that_could_never_be_used(shop: Shop, offer: dict[str, Any]) -> None:
    member_id = await bring(shop, cafe(offer, claim="open"))
    with pytest.raises(OfferEnded) as ended:
        await shop.db.write(mall.exchange, member_id, offer["id"], "n", moment=shop.moment())
    assert ended.value.facts == {"on": offer["ends_on"]}


async def test_a_coupon_of_the_month_whose_offer_has_ended_is_given_to_nobody_and_stops_nothing(shop: Shop) -> None:
    told = cafe(ENDED, claim="granted")
    told["tiers"] = [{**step, **({"monthly": "old"} if step["id"] == "silver" else {})} for step in told["tiers"]]
    await bring(shop, told)
    assert await shop.db.write(tier_gifts.give_monthly, shop.moment()) == 0
    assert await shop.db.read(issued, "old") == [0]


async def test_a_gift_for_bills_of_a_hundred_is_not_handed_out_without_a_bill(shop: Shop) -> None:
    gift = {"id": "tart", "kind": "gift", "title": "A tart from 100", "goods": "1 tart", "threshold": "100"}
    told = body()
    told["offers"] = [*told["offers"], {**gift, "claim": "open"}]
    one = await GiftShop.open(shop)
    await shop.db.write(rules.bring, told, actor="test", now=shop.now)
    coupon = await one.exchange("tart")
    scan = await one.scan()
    with pytest.raises(CouponBelowThreshold) as short:
        await shop.db.write(redemptions.hand_out, coupon.id, scan, MAIN, moment=shop.moment())
    assert short.value.facts == {"short": Money(10_000, "CNY")}
    done = await one.buy(10_000, coupon_ids=(coupon.id,), scan_id=scan)
    assert "price.gift" in {label.key for label, _ in done.quote_lines}
    await assert_clean(shop.db)


@pytest.mark.parametrize(("grace_days", "left"), [(7, 91), (1, 91), (0, 0)])
async def test_the_last_day_of_grace_counts_whole(shop: Shop, *, grace_days: int, left: int) -> None:
    one = await Savings.open(shop, points={"grace_days": grace_days, "expiry": {"kind": "days", "count": 1}})
    await one.buy(10_000)
    used = await one.buy(1_000, points=100)  # earns nine, which go back with it
    shop.counter.pass_by(days=30)
    await one.refund(used)
    assert (await shop.db.read(points.balance, one.member_id, now=shop.now)).points == left
    if left:
        has = await shop.db.read(points.balance, one.member_id, now=shop.now)
        assert has.expiring is not None
        zone = (await shop.db.read(rules.current)).zone
        assert has.expiring[1] == last_day(shop.now, zone) + timedelta(days=grace_days)
        midnight = shop.now.astimezone(zone).replace(hour=0, minute=0, second=0) + timedelta(days=grace_days + 1)
        last = midnight - timedelta(seconds=1)
        assert await shop.db.read(points.spendable, one.member_id, now=last) == left
        assert await shop.db.read(points.spendable, one.member_id, now=midnight) == 0
    await assert_clean(shop.db)
