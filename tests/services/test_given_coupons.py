"""Coupons that are given: with thanks for a purchase, by hand, and taken back with the refund or the slip."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from membership.errors import (
    CouponReserved,
    CouponUnknown,
    CouponUsed,
    CouponVoid,
    LimitReached,
    MemberFrozen,
    OfferLimitReached,
    OfferUnknown,
    SelfCredit,
    UndoTooLate,
)
from services import coupons, grants, greetings, members, quotes, redemptions, reservations, rules, switches, tags
from services.orders import Order, Recorded
from services.reservations import Waiting
from tests.handlers.counter import keys
from tests.proof import assert_clean
from tests.services.giftshop import EAST, MAIN, GiftShop, body
from tests.services.shopfront import Shop


@pytest.fixture
async def shop_of_gifts(shop: Shop) -> GiftShop:
    return await GiftShop.open(shop)


async def test_a_purchase_brings_its_thanks_and_the_receipt_says_so(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    await one.buy(5_000)
    assert await one.held() == ["first"]
    await one.buy(10_000, reference="twice")
    await one.buy(10_000, reference="twice")  # the same purchase again brings nothing more
    assert await one.held() == ["first", "thanks"]
    assert [keys(told).count("receipt.grant") for told in await one.told("receipt")] == [1, 1]
    await assert_clean(one.shop.db)


async def test_what_is_paid_after_discounts_decides(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    await one.buy(10_000)
    [coupon] = [
        coupon
        for coupon in await one.shop.db.read(coupons.held, one.member_id, now=one.shop.now)
        if coupon.offer.id == "thanks"
    ]
    await one.buy(10_000, coupon_ids=(coupon.id,), scan_id=await one.scan())  # 95 yuan are paid
    assert await one.held() == ["first"]


async def test_a_refund_takes_back_the_unused_coupon_once_too_little_is_left(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    done = await one.buy(20_000)
    await one.refund(done, 10_000)
    assert await one.held() == ["first", "thanks"]  # 100 yuan are left: as much as it asks for
    await one.refund(done, 1)
    assert await one.held() == ["first"]
    assert await one.issued("thanks") == 0  # the piece can be given to somebody else
    await one.refund(done)
    assert await one.held() == []
    assert [keys(told).count("receipt.grant_void") for told in await one.told("refund")] == [0, 1, 1]
    await assert_clean(one.shop.db)


async def test_a_coupon_that_was_used_stays_used(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    done = await one.buy(10_000)
    held = await one.shop.db.read(coupons.held, one.member_id, now=one.shop.now)
    await one.buy(3_000, coupon_ids=tuple(coupon.id for coupon in held[:1]), scan_id=await one.scan())
    await one.refund(done)
    assert await one.state(held[0].id) == "redeemed"
    await assert_clean(one.shop.db)


async def test_no_more_are_given_than_there_are_and_none_of_what_is_switched_off(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    for _ in range(4):
        await one.buy(10_000)
    assert await one.held() == ["first", "thanks", "thanks", "thanks"]
    await one.shop.db.write(switches.turn, "offer", "poster", "off", actor="mo", moment=one.shop.moment())
    with pytest.raises(OfferUnknown):
        await one.hand("poster")


async def test_a_coupon_given_by_hand_is_told_of_and_taken_back_once(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    coupon = await one.hand("first")
    assert (await one.hand("first")).id == coupon.id  # pressed twice
    with pytest.raises(OfferLimitReached):
        await one.hand("first", "another")
    assert [keys(told) for told in await one.told("grant")] == [["grant.told"]]
    with pytest.raises(CouponUnknown):
        await one.shop.db.write(grants.undo_by_hand, coupon.id, EAST, moment=one.shop.moment())
    for _ in range(2):
        await one.shop.db.write(grants.undo_by_hand, coupon.id, MAIN, moment=one.shop.moment())
    assert await one.held() == []
    assert await one.issued("first") == 0
    late = await one.hand("first", "later")
    one.shop.counter.pass_by(minutes=11)
    with pytest.raises(UndoTooLate):
        await one.shop.db.write(grants.undo_by_hand, late.id, MAIN, moment=one.shop.moment())
    await assert_clean(one.shop.db)


async def test_one_person_gives_so_many_by_hand_in_a_day_and_what_was_taken_back_is_not_counted(
    shop_of_gifts: GiftShop,
) -> None:
    one = shop_of_gifts
    changed = {**body(), "counter": {"staff_day_grants": 1}}
    await one.shop.db.write(rules.bring, changed, actor="test", now=one.shop.now)
    slip = await one.hand("first")
    await one.shop.db.write(grants.undo_by_hand, slip.id, MAIN, moment=one.shop.moment())
    meant = await one.hand("first", "meant")
    assert (await one.hand("first", "meant")).id == meant.id, "pressed again it is the same one"
    with pytest.raises(LimitReached):
        await one.hand("poster", "one more")
    one.shop.counter.pass_by(days=1)
    assert (await one.hand("poster", "tomorrow")).offer.id == "poster"


async def test_nobody_gives_coupons_to_themselves_or_to_a_stopped_card(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    mine = replace(MAIN, member_id=one.member_id)
    with pytest.raises(SelfCredit):
        await one.shop.db.write(grants.by_hand, one.member_id, "first", mine, key="k", moment=one.shop.moment())
    await one.shop.change(one.member_id, frozen_at=one.shop.now)
    with pytest.raises(MemberFrozen):
        await one.hand("first")


async def waiting(one: GiftShop) -> tuple[Waiting, str]:
    """Hold up a bill that takes a coupon and much stored value."""
    await one.top_up(20_000)
    coupon = await one.hand("first")
    held = await one.settle(10_000, coupon_ids=(coupon.id,), stored_minor=9_000)
    assert isinstance(held, Waiting)
    return held, coupon.id


async def test_a_waiting_bill_keeps_its_coupon_and_another_till_hears_where_and_until_when(
    shop_of_gifts: GiftShop,
) -> None:
    one = shop_of_gifts
    held, coupon_id = await waiting(one)
    with pytest.raises(CouponReserved) as no:
        await one.settle(3_000, EAST, coupon_ids=(coupon_id,))
    assert no.value.facts["at"] == one.shop.now
    assert no.value.facts["store"] == held.store
    assert no.value.facts["until"] == held.expires_at
    with pytest.raises(CouponReserved):
        await one.shop.db.write(grants.undo_by_hand, coupon_id, MAIN, moment=one.shop.moment())
    await one.shop.db.write(reservations.agree, held.id, one.member_id, how="chat", moment=one.shop.moment())
    with pytest.raises(CouponUsed):
        await one.settle(3_000, EAST, coupon_ids=(coupon_id,))
    await assert_clean(one.shop.db)


@pytest.mark.parametrize("end", ["refused", "expired", "time"])
async def test_a_coupon_is_free_again_however_the_waiting_ends(shop_of_gifts: GiftShop, end: str) -> None:
    one = shop_of_gifts
    held, coupon_id = await waiting(one)
    if end == "refused":
        await one.shop.db.write(reservations.refuse, held.id, one.member_id, moment=one.shop.moment())
    else:
        one.shop.counter.pass_by(minutes=3)
    if end == "expired":
        await one.shop.db.write(reservations.expire_due, one.shop.moment())
    assert isinstance(await one.settle(3_000, EAST, coupon_ids=(coupon_id,)), Recorded)
    await assert_clean(one.shop.db)


async def test_a_used_coupon_comes_back_no_more_once_the_purchase_that_brought_it_is_gone(
    shop_of_gifts: GiftShop,
) -> None:
    one = shop_of_gifts
    brought = await one.buy(10_000)
    held = await one.shop.db.read(coupons.held, one.member_id, now=one.shop.now)
    [coupon] = [coupon for coupon in held if coupon.offer.id == "thanks"]
    used = await one.buy(3_000, coupon_ids=(coupon.id,), scan_id=await one.scan())
    await one.refund(brought)
    await one.refund(used)
    assert (await one.state(coupon.id), await one.issued("thanks")) == ("voided", 0)
    assert "receipt.grant_void" in keys((await one.told("refund"))[-1])
    await assert_clean(one.shop.db)


async def test_a_coupon_taken_back_while_a_bill_waits_with_it_stops_the_bill(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    await one.top_up(10_000)
    brought = await one.buy(10_000)
    held = await one.shop.db.read(coupons.held, one.member_id, now=one.shop.now)
    [coupon] = [coupon for coupon in held if coupon.offer.id == "thanks"]
    waits = await one.settle(3_000, coupon_ids=(coupon.id,), stored_minor=2_500)
    assert isinstance(waits, Waiting)
    await one.refund(brought)
    with pytest.raises(CouponVoid):
        await one.shop.db.write(reservations.agree, waits.id, one.member_id, how="chat", moment=one.shop.moment())
    await assert_clean(one.shop.db)


async def test_goods_handed_out_by_mistake_come_back_no_more_once_the_purchase_that_brought_them_is_gone(
    shop_of_gifts: GiftShop,
) -> None:
    one = shop_of_gifts
    changed = {**body(), "grants": [{"id": "poster", "offer": "poster", "over": "100"}]}
    await one.shop.db.write(rules.bring, changed, actor="test", now=one.shop.now)
    for refunded, left in ((False, "issued"), (True, "voided")):
        brought = await one.buy(10_000)
        held = await one.shop.db.read(coupons.held, one.member_id, now=one.shop.now)
        coupon = next(one for one in held if one.offer.id == "poster")
        moment, scan = one.shop.moment(), await one.scan()
        handed = await one.shop.db.write(redemptions.hand_out, coupon.id, scan, MAIN, moment=moment)
        if refunded:
            await one.refund(brought)
        back = await one.shop.db.write(redemptions.undo, handed.id, MAIN, manager=True, moment=one.shop.moment())
        assert (back.coupon.state, await one.state(coupon.id)) == (left, left)
        one.shop.counter.pass_by(minutes=1)
        if not refunded:
            await one.refund(brought)
    assert len(await one.told("redemption_undone")) == 1
    await assert_clean(one.shop.db)


async def test_a_tag_is_spelled_as_the_shops_own_offers_ask_for_it(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    asked = [{**offer, "tags": ["Oat  milk"]} if offer["id"] == "poster" else offer for offer in body()["offers"]]
    await one.shop.db.write(rules.bring, {**body(), "offers": asked}, actor="test", now=one.shop.now)
    spelled = await one.shop.db.write(tags.add, one.member_id, "OAT milk", MAIN, moment=one.shop.moment())
    assert spelled == "Oat-milk"
    assert (await one.hand("poster")).offer.id == "poster"


async def test_what_comes_on_joining_and_on_a_birthday_is_only_for_whom_its_offer_is_for(shop: Shop) -> None:
    plain = {"kind": "cash", "title": "Five off", "value": "5"}
    more = [
        {**plain, "id": f"{claim}-{tier}", "claim": claim, "tiers": [tier]}
        for claim in ("join", "birthday")
        for tier in ("basic", "gold")
    ]
    more.append({**plain, "id": "birthday-vip", "claim": "birthday", "tags": ["VIP"]})
    await shop.db.write(rules.bring, {**body(), "offers": more, "grants": []}, actor="test", now=shop.now)
    about: dict[str, Any] = {"name": "Amy", "birthday": "11-23", "offers": False, "actor": "mo"}
    member_id = await shop.db.write(members.enrol, "13800138000", **about, moment=shop.moment())
    shop.counter.now = datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert await shop.db.write(greetings.greet_birthdays, shop.moment()) == 1
    held = await shop.db.read(coupons.held, member_id, now=shop.now)
    assert sorted(coupon.offer.id for coupon in held) == ["birthday-basic", "join-basic"]


async def test_no_points_are_offered_beside_a_coupon_that_does_not_go_with_them(shop_of_gifts: GiftShop) -> None:
    one = shop_of_gifts
    offers = [{**offer, "with_points": False} if offer["id"] == "thanks" else offer for offer in body()["offers"]]
    await one.shop.db.write(rules.bring, {**body(), "offers": offers}, actor="test", now=one.shop.now)
    await one.give_points(1_000)
    alone = await one.hand("thanks")
    most = [
        await one.shop.db.read(quotes.most_points, Order(one.member_id, 3_000, coupon_ids=ids), MAIN, now=one.shop.now)
        for ids in ((), (alone.id,))
    ]
    assert most == [1_000, 0]
