"""Bills in which everything meets, and their refunds: every fen and every point is where the rules say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from membership.confirming import LIFE
from membership.errors import AlreadyRefunded, CouponExpired
from services import reservations, rules, stored_value
from services.orders import Recorded
from services.refunds import Refunded
from services.reservations import Waiting
from tests.proof import assert_clean
from tests.services.giftshop import GiftShop, body
from tests.services.shopfront import Shop

MORE: Final = """
[stored_value]

[[stored_value.gifts]]
from = "50"
bonus = "7.77"

[[stores]]
code = "east"
name = "East Gate"

[[products]]
sku = "latte"
name = "Latte"
price = "32"
member_price = "28"
bonus = 5

[[promotions]]
id = "hundred"
title = "10 off from 100"
threshold = "100"
value = "10"

[[offers]]
id = "twenty"
kind = "threshold_off"
title = "20 off from 150"
threshold = "150"
value = "20"
stack_group = "a"
days = 1

[[offers]]
id = "tenth"
kind = "percent"
title = "10 % off"
percent_off = 10
stack_group = "b"

[[offers]]
id = "five"
kind = "cash"
title = "5 off"
value = "5"
stack_group = "c"

[[offers]]
id = "tart"
kind = "gift"
title = "A tart"
goods = "1 tart"
stack_group = "d"
"""
ITEMS: Final = ({"sku": "latte", "name": "Latte", "quantity": 2, "amount": 6_400},)


@pytest.fixture
async def one(shop: Shop) -> GiftShop:
    found = await GiftShop.open(shop)
    await bring(found)
    await shop.change(found.member_id, tier="silver")
    await found.give_points(6_000)
    await found.top_up(5_000)
    return found


async def bring(one: GiftShop, **changes: Any) -> None:
    await one.shop.db.write(rules.bring, {**body(MORE), **changes}, actor="test", now=one.shop.now)


async def all_at_once(one: GiftShop) -> Recorded:
    """Pay 200 yuan with a member price, the tier price, a promotion, four coupons, points and stored value."""
    coupons = [await one.hand(offer, offer) for offer in ("twenty", "tenth", "five", "tart")]
    used = tuple(coupon.id for coupon in coupons)
    spends: dict[str, Any] = {"coupon_ids": used, "points": 5_000, "stored_minor": 5_500, "items": ITEMS, "yes": "chat"}
    return await one.buy(20_000, scan_id=await one.scan(), **spends)


async def stored(one: GiftShop) -> tuple[int, int]:
    held = await one.shop.db.read(stored_value.balance, one.member_id)
    return held.principal.minor, held.bonus.minor


async def test_every_step_of_the_price_takes_its_own_part_of_what_the_step_before_left(one: GiftShop) -> None:
    done = await all_at_once(one)
    assert [(label.key, amount.minor) for label, amount in done.quote_lines] == [
        ("price.bill", 20_000),
        ("price.member", -800),  # twice 4 yuan
        ("price.tier", -680),  # 5 % of the 136 yuan that have no member price
        ("price.promotion", -1_000),
        ("price.coupon", -2_000),
        ("price.coupon", -1_552),  # a tenth of 155.20
        ("price.coupon", -500),
        ("price.gift", 0),
        ("price.points", -5_000),  # at most half of 134.68
        ("price.stored", -5_500),  # 50 of principal, 5 of bonus
    ]
    assert (done.to_pay.minor, done.paid.minor) == (2_968, 8_468)
    assert done.points_earned == 95 + 10, "79.68 of cash and principal, 1.2 times, and five for each latte"
    assert await stored(one) == (0, 277)
    await assert_clean(one.shop.db)


@pytest.mark.parametrize("parts", [(8_468,), (1, 8_466, 1), (2_823, 2_823, 2_822), (5_000, 3_467, 1)])
async def test_however_it_is_refunded_everything_is_where_it_was_in_the_end(
    one: GiftShop, parts: tuple[int, ...]
) -> None:
    done = await all_at_once(one)
    await one.shop.change(one.member_id, tier="gold")  # what the member is by now changes nothing
    await bring(one, points={**body()["points"], "earn": {"points": 7, "per": "3"}, "worth": {"points": 3, "pay": "1"}})
    gone: list[Refunded] = [await one.refund(done, part) for part in parts]
    assert sum(one.points_clawed_back for one in gone) == 105
    assert sum(one.stored.minor for one in gone) == 5_500
    assert sum(one.to_pay_out.minor for one in gone) == 2_968
    assert [one.points_restored for one in gone] == [0] * (len(parts) - 1) + [5_000]
    assert (await one.points(), await stored(one)) == (6_000, (5_000, 777))
    assert await one.held() == ["five", "tart", "tenth", "twenty"]
    with pytest.raises(AlreadyRefunded):
        await one.refund(done, 1)
    await assert_clean(one.shop.db)


async def test_the_smallest_bill_is_paid_and_earns_nothing_and_goes_back(one: GiftShop) -> None:
    done = await one.buy(1)
    assert (done.to_pay.minor, done.points_earned) == (1, 0), "5 % of a fen is no fen"
    free = await one.buy(1, coupon_ids=((await one.hand("five")).id,), scan_id=await one.scan())
    assert (free.to_pay.minor, free.points_earned) == (0, 0)
    await one.refund(done)
    await one.refund(free)
    assert await one.held() == ["five"]
    await assert_clean(one.shop.db)


async def test_a_coupon_that_ends_while_its_bill_waits_counts_no_more_and_the_points_are_free_again(
    one: GiftShop,
) -> None:
    coupon = await one.hand("twenty")
    one.shop.counter.pass_by(seconds=seconds_to_midnight(one) - 30)
    waits = await one.settle(20_000, coupon_ids=(coupon.id,), points=5_000)
    assert isinstance(waits, Waiting)
    one.shop.counter.pass_by(seconds=60)
    with pytest.raises(CouponExpired):
        await one.shop.db.write(reservations.agree, waits.id, one.member_id, how="chat", moment=one.shop.moment())
    assert await one.points() == 1_000, "the bill waits on until its time is over, or the counter takes it back"
    one.shop.counter.pass_by(seconds=LIFE / timedelta(seconds=1))
    assert await one.points() == 6_000
    await assert_clean(one.shop.db)


def seconds_to_midnight(one: GiftShop) -> int:
    local = one.shop.now + timedelta(hours=8)
    return 86_400 - (local.hour * 3600 + local.minute * 60 + local.second)


@pytest.mark.parametrize(("cap", "earned", "cut"), [(181, 180, False), (180, 180, False), (179, 179, True)])
async def test_a_cap_that_is_met_exactly_cuts_nothing_and_says_nothing(
    one: GiftShop, *, cap: int, earned: int, cut: bool
) -> None:
    await bring(one, points={**body()["points"], "purchase_cap": cap}, promotions=[])
    done = await one.buy(15_790)  # 150.01 after 5 %: 180.012 points
    assert (done.points_earned, "earning.cap" in {line.key for line in done.why}) == (earned, cut)
    assert (await one.refund(done, 2)).points_clawed_back == (0 if cut else 1)
