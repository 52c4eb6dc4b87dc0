"""Everybody at once, on both databases: the last points sent both ways, the last goods, one code, one person's day."""

from __future__ import annotations

import asyncio
import tomllib
from collections import Counter
from dataclasses import replace
from typing import Any

from membership.errors import Refusal
from membership.member import Who
from services import bonds, grants, linking, mall, pairing, people, points, purchases, rules
from services.orders import Order
from services.points import Cause
from storage import bonds as bond_rows
from storage import coupons as coupon_rows
from storage import identities
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.giftshop import MAIN
from tests.services.shopfront import Shop

MORE = """
[transfer]
min = 1

[[offers]]
id = "mug"
kind = "exchange"
title = "Mug"
goods = "One mug"
claim = "mall"
price_points = 5
stock = 1

[[offers]]
id = "cookie"
kind = "gift"
title = "Cookie"
goods = "One cookie"
"""


async def open_shop(shop: Shop, members: int, *, points_each: int = 0, **changed: Any) -> list[str]:
    """Bring the rules, and let so many people join with so many points."""
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8") + MORE)
    await shop.db.write(rules.bring, {**body, **changed}, actor="test", now=shop.now)
    ids = await shop.settle(members)
    for one in ids if points_each else ():
        await shop.db.write(points.earn, one, points_each, Cause(f"gift:{one}", "test"), moment=shop.moment())
    return ids


async def at_once(*calls: Any) -> Counter[str]:
    """Do all of it at the same time; return how often there was which answer or refusal, anything else is raised."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    return Counter(type(one).__name__ for one in found)


async def person(shop: Shop, member_id: str) -> Who:
    row = (await shop.db.read(identities.of_member, member_id))[0]
    return await shop.db.read(people.who, row.id)


async def test_the_last_points_sent_both_ways_at_once_are_all_there_afterwards(shop: Shop) -> None:
    pair = await open_shop(shop, 2, points_each=40)
    both = [await person(shop, one) for one in pair]
    bond_id = await shop.db.write(bond_rows.add, *pair, moment=shop.moment())
    for number in range(3):
        told = await at_once(
            *(
                shop.db.write(bonds.send, who, bond_id, 40, reference=f"{number}:{side}", moment=shop.moment())
                for side, who in enumerate(both)
            )
        )
        assert told["Sent"] >= 1
        has = [await shop.db.read(points.spendable, one, now=shop.now) for one in pair]
        assert sum(has) == 80
    await assert_clean(shop.db)


async def test_of_many_who_want_the_last_thing_of_the_mall_one_pays_and_has_it(shop: Shop) -> None:
    ids = await open_shop(shop, 12, points_each=5)
    told = await at_once(*(shop.db.write(mall.exchange, one, "mug", "n", moment=shop.moment()) for one in ids))
    assert told == {"Coupon": 1, "OfferSoldOut": 11}
    has = [await shop.db.read(points.spendable, one, now=shop.now) for one in ids]
    assert sorted(has) == [0] + [5] * 11
    row = await shop.db.read(coupon_rows.find_offer, "mug")
    assert row is not None
    assert row.issued == 1
    await assert_clean(shop.db)


async def test_of_two_who_type_one_code_at_once_one_is_linked(shop: Shop) -> None:
    first, second, third = [await person(shop, one) for one in await open_shop(shop, 3)]
    for typing in ((second, third), (replace(second, member_id=None), replace(third, member_id=None))):
        shown = await shop.db.write(pairing.show, first, "link", moment=shop.moment())
        found = await shop.db.read(pairing.look, second, shown.code, "link", now=shop.now)
        told = await at_once(
            *(shop.db.write(linking.link, who, found.ticket_id, moment=shop.moment()) for who in typing)
        )
        assert told == {"Linked": 1, "LinkUnknown": 1}
        shop.counter.pass_by(minutes=1)
        first = await person(shop, (await shop.db.read(people.who, first.identity_id)).member_id or "")
    await assert_clean(shop.db)


async def test_what_one_person_gives_to_many_at_once_stays_within_their_day(shop: Shop) -> None:
    ids = await open_shop(shop, 6, counter={"staff_day_grants": 2})
    told = await at_once(
        *(shop.db.write(grants.by_hand, one, "cookie", MAIN, key=one, moment=shop.moment()) for one in ids)
    )
    assert told == {"Coupon": 2, "LimitReached": 4}
    await assert_clean(shop.db)


async def test_what_one_person_records_for_many_at_once_stays_within_their_day(shop: Shop) -> None:
    cashier = await shop.hire("Jay", "cashier")
    ids = await open_shop(shop, 6, counter={"staff_day_purchases": 2})
    reader = replace(MAIN, actor=str(cashier.staff_id))
    told = await at_once(
        *(
            shop.db.write(purchases.record, Order(one, 100), reader, reference=one, channel="pos", moment=shop.moment())
            for one in ids
        )
    )
    assert told == {"Recorded": 2, "LimitReached": 4}
    await assert_clean(shop.db)
