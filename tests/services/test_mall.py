"""The points mall: exchanged once, taken back in time, and offered where points are about to end."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from membership.coupons import Coupon
from membership.errors import (
    CouponUnknown,
    ExchangeFinal,
    InsufficientPoints,
    MemberFrozen,
    OfferSoldOut,
    OfferUnknown,
    Refusal,
)
from membership.messages import Reply, words
from services import Tx, greetings, mall, redemptions, reminders, switches
from storage.tables import lots, outbox
from tests.documents import read, rows
from tests.proof import assert_clean
from tests.services.giftshop import MAIN, GiftShop
from tests.services.shopfront import Shop


@pytest.fixture
async def one(shop: Shop) -> GiftShop:
    return await GiftShop.open(shop)


async def test_points_buy_goods_once_however_often_it_is_pressed(one: GiftShop) -> None:
    await one.give_points(1_200)
    coupon = await one.exchange("mug")
    assert (await one.exchange("mug")).id == coupon.id
    assert await one.points() == 700
    scan = await one.scan()
    await one.shop.db.write(redemptions.hand_out, coupon.id, scan, MAIN, moment=one.shop.moment())
    assert await one.state(coupon.id) == "redeemed"
    await assert_clean(one.shop.db)


async def test_the_mall_tells_what_is_left_and_why_not(one: GiftShop) -> None:
    await one.give_points(700)
    shown = {found.offer.id: found for found in await one.shop.db.read(mall.goods, one.member_id, now=one.shop.now)}
    assert (shown["mug"].left, shown["mug"].refusal, shown["latte"].left) == (2, None, None)
    await one.exchange("mug")
    shown = {found.offer.id: found for found in await one.shop.db.read(mall.goods, one.member_id, now=one.shop.now)}
    assert shown["mug"].left == 1
    assert isinstance(shown["mug"].refusal, InsufficientPoints)
    with pytest.raises(InsufficientPoints):
        await one.exchange("mug", "again")
    await one.give_points(1_000)
    await one.exchange("mug", "again")
    with pytest.raises(OfferSoldOut):
        await one.exchange("mug", "a third time")
    await assert_clean(one.shop.db)


async def test_an_exchange_taken_back_returns_points_to_their_lots_and_the_piece_to_the_shelf(one: GiftShop) -> None:
    await one.give_points(300)
    one.shop.counter.pass_by(days=40)
    await one.give_points(300)
    before = await one.shop.db.read(lots_left)
    coupon = await one.exchange("mug")
    assert await one.issued("mug") == 1
    for _ in range(2):
        await one.undo(coupon)
    assert await one.points() == 600
    assert await one.shop.db.read(lots_left) == before
    assert await one.issued("mug") == 0
    assert await one.state(coupon.id) == "voided"
    await assert_clean(one.shop.db)


async def test_it_is_final_when_used_when_late_and_for_anybody_else(one: GiftShop) -> None:
    await one.give_points(1_400)
    used, late = await one.exchange("latte"), await one.exchange("mug")
    scan = await one.scan()
    await one.shop.db.write(redemptions.hand_out, used.id, scan, MAIN, moment=one.shop.moment())
    with pytest.raises(ExchangeFinal):
        await one.undo(used)
    [other] = await one.shop.settle(1)
    with pytest.raises(CouponUnknown):
        await one.shop.db.write(mall.undo, late.id, other, moment=one.shop.moment())
    one.shop.counter.pass_by(minutes=11)
    with pytest.raises(ExchangeFinal):
        await one.undo(late)


async def test_no_points_outlive_their_end_by_an_exchange_over_midnight(one: GiftShop) -> None:
    await one.give_points(500)
    one.shop.counter.now = one.shop.now.replace(hour=15, minute=57)  # 23:57 in Shanghai
    coupon = await one.exchange("mug")
    one.shop.counter.pass_by(minutes=6)
    with pytest.raises(ExchangeFinal):
        await one.undo(coupon)


async def test_a_stopped_card_exchanges_nothing_and_what_is_switched_off_is_not_there(one: GiftShop) -> None:
    await one.give_points(500)
    await one.shop.db.write(switches.turn, "offer", "mug", "off", actor="mo", moment=one.shop.moment())
    shown = await one.shop.db.read(mall.goods, one.member_id, now=one.shop.now)
    assert [found.offer.id for found in shown] == ["latte"]
    with pytest.raises(OfferUnknown):
        await one.exchange("mug")
    await one.shop.change(one.member_id, frozen_at=one.shop.now)
    with pytest.raises(MemberFrozen):
        await one.exchange("latte")
    assert await one.points() == 500


@pytest.mark.parametrize(
    ("has", "ends", "offered"),
    [(150, 150, []), (450, 450, ["latte"]), (900, 600, ["mug", "latte"]), (900, 150, ["latte", "mug"])],
)
async def test_what_ending_points_can_buy_saves_most_of_them_first(
    one: GiftShop, has: int, ends: int, offered: list[str]
) -> None:
    await one.give_points(has)
    found = await one.shop.db.read(mall.within_reach, one.member_id, ends, now=one.shop.now)
    assert [offer.id for offer in found] == offered


async def test_the_warning_carries_what_can_be_had_at_the_moment_it_is_sent(one: GiftShop) -> None:
    await one.give_points(600)
    one.shop.counter.pass_by(days=366)  # they end with the thirtieth of November next year, in a week
    while await one.shop.db.write(greetings.warn_points, one.shop.moment()):
        pass
    [row] = await one.shop.db.read(warnings)
    said: Reply | None = await one.shop.db.read(reminders.said_now, row, one.shop.now)
    assert said is not None
    assert words(said) == ("mall take mug", "mall take latte", "points")
    await one.exchange("mug")
    said = await one.shop.db.read(reminders.said_now, row, one.shop.now)
    assert said is not None
    assert words(said) == ("points",)


def lots_left(tx: Tx) -> list[Any]:
    """Return what is in every lot and when it ends."""
    return tx.all(select(lots.c.id, lots.c.remaining, lots.c.expires_at).order_by(lots.c.id))


def warnings(tx: Tx) -> list[Any]:
    return tx.all(select(outbox).where(outbox.c.kind == "points_expiring"))


async def test_the_worked_examples_are_true(one: GiftShop) -> None:
    taken: dict[str, list[Coupon]] = {"mug": [], "latte": []}
    for number, (deed, minutes, left, mugs, answer) in enumerate(rows(read("docs/rules/mall.md"))):
        one.shop.counter.pass_by(minutes=int(minutes))
        found = "–"
        try:
            match deed.split():
                case ["earn", points]:
                    await one.give_points(int(points))
                case ["take", goods]:
                    taken[goods].append(await one.exchange(goods, str(number)))
                case ["undo", goods]:
                    await one.undo(taken[goods][-1])
        except Refusal as no:
            found = no.key
        assert (number, await one.points(), 2 - await one.issued("mug"), found) == (
            number,
            int(left),
            int(mugs),
            answer,
        )
    await assert_clean(one.shop.db)
