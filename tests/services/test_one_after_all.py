"""What two accounts of one person had going when they became one, or were parted: each ends in its place, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.activities import Plan
from membership.errors import CouponUnknown
from services import (
    Tx,
    activities,
    approvals,
    bonds,
    checkin,
    coupons,
    mall,
    merges,
    people,
    reservations,
    rules,
    sign_ups,
)
from services.orders import Order
from services.reader import Reader
from services.reservations import Waiting
from services.second_person import Approval
from storage import activities as activity_rows
from storage import bonds as bond_rows
from storage import identities
from storage.tables import sign_ups as lines
from tests.proof import assert_clean
from tests.services.couple import MAIN, Couple
from tests.services.shopfront import Shop

LATTE = {"id": "latte", "kind": "exchange", "title": "Latte", "goods": "One latte", "claim": "mall", "price_points": 50}
OFF = {"id": "off", "kind": "cash", "title": "Five off", "value": "5", "claim": "granted", "days": 30}
ALONE = {"top_up_alone_up_to": "100"}
TRANSFER = {"month_cap": 100, "min": 10, "people": 2}


@pytest.fixture
async def couple(shop: Shop) -> Couple:
    return await Couple.meet(shop, offers=[LATTE, OFF], transfer=TRANSFER, counter=ALONE)


async def give(couple: Couple, member_id: str, reference: str, code: str = "off") -> str:
    def write(tx: Tx) -> str:
        offer = rules.current(tx).offer(code)
        assert offer is not None
        given = coupons.give(tx, member_id, offer, reference=reference, actor="mo", moment=couple.moment())
        assert given is not None
        return given.id

    return await couple.db.write(write)


async def test_an_exchange_is_taken_back_by_the_one_member_into_their_purse(couple: Couple) -> None:
    await couple.earn(couple.young, 80, days=9)
    got = await couple.db.write(mall.exchange, couple.young, "latte", "n", moment=couple.moment())
    done = await couple.merge()
    for _ in range(2):
        back = await couple.db.write(mall.undo, got.id, couple.old, moment=couple.moment())
    assert (back.state, await couple.points(couple.old)) == ("voided", 80)
    await couple.part(done)
    assert await couple.points(couple.young) == 80
    await assert_clean(couple.db)


async def test_an_exchange_of_somebody_else_is_not_taken_back(couple: Couple) -> None:
    await couple.earn(couple.young, 80)
    got = await couple.db.write(mall.exchange, couple.young, "latte", "n", moment=couple.moment())
    with pytest.raises(CouponUnknown):
        await couple.db.write(mall.undo, got.id, couple.old, moment=couple.moment())
    given = await give(couple, couple.old, "hand:mo:1", "latte")
    with pytest.raises(CouponUnknown):
        await couple.db.write(mall.undo, given, couple.old, moment=couple.moment())


async def test_points_given_back_after_two_merges_part_the_way_they_came(couple: Couple) -> None:
    [third] = await couple.shop.settle(1, joined_at=couple.shop.now - timedelta(days=9))
    await couple.earn(couple.young, 60)
    bought = await couple.buy(couple.young, 10000, points_spent=60)
    first = await couple.merge()
    how: dict[str, Any] = {"reference": "second", "actor": third}
    second = await couple.db.write(merges.merge, couple.old, third, **how, moment=couple.moment())
    await couple.refund(bought)
    assert await couple.points(third) == 60
    await couple.part(second)
    await couple.part(first)
    assert [await couple.points(one) for one in (third, couple.old, couple.young)] == [0, 0, 60]
    await assert_clean(couple.db)


async def test_a_bill_that_ran_out_is_still_read_when_its_coupon_has_gone_back(couple: Couple) -> None:
    coupon_id = await give(couple, couple.young, "hand:mo:1")
    done = await couple.merge()

    def ask(tx: Tx) -> Any:
        moment = couple.moment()
        order = Order(couple.old, 3000, coupon_ids=(coupon_id,))
        return reservations.ask(tx, order, MAIN, reference="bill", channel="pos", moment=moment)

    waits = await couple.db.write(ask)
    assert isinstance(waits, Waiting)
    couple.shop.counter.pass_by(minutes=5)
    await couple.part(done)
    assert await couple.db.write(reservations.expire_due, couple.moment()) == 1
    assert (await couple.db.read(reservations.find, waits.id, MAIN)).state == "expired"
    await assert_clean(couple.db)


@pytest.mark.parametrize("kind", ["tier-gift:{}:gold", "tier-month:{}:2026-11"])
async def test_what_came_to_one_of_the_accounts_comes_to_the_person_no_second_time(couple: Couple, kind: str) -> None:
    coupon_id = await give(couple, couple.young, kind.format(couple.young))
    done = await couple.merge()
    assert await give(couple, couple.old, kind.format(couple.old)) == coupon_id
    await couple.part(done)
    assert await give(couple, couple.young, kind.format(couple.young)) == coupon_id
    assert await give(couple, couple.old, kind.format(couple.old)) != coupon_id
    await assert_clean(couple.db)


async def test_both_accounts_have_had_their_gift_and_both_stay(couple: Couple) -> None:
    for member_id in (couple.old, couple.young):
        await give(couple, member_id, f"tier-gift:{member_id}:gold")
    done = await couple.merge()
    assert len(await couple.db.read(coupons.held, couple.old, now=couple.shop.now)) == 2
    await couple.part(done)
    assert len(await couple.db.read(coupons.held, couple.young, now=couple.shop.now)) == 1
    await assert_clean(couple.db)


PLACES = [
    (("signed", "signed"), ("signed", 1)),
    (("waiting", "signed"), ("signed", 1)),
    (("signed", "waiting"), ("signed", 1)),
    (("withdrawn", "signed"), ("signed", 1)),
    (("withdrawn", "waiting"), ("waiting", 0)),
    (("signed", "attended"), ("attended", 1)),
]


@pytest.mark.parametrize(("had", "then"), PLACES)
async def test_of_two_places_at_one_activity_the_better_one_is_kept(
    couple: Couple, had: tuple[str, str], then: tuple[str, int]
) -> None:
    owner = await couple.shop.hire("Olga")
    begins = couple.shop.now + timedelta(days=5)
    plan = Plan("Tasting", "", rules.store_id("main"), begins, begins + timedelta(hours=2), None, 10)
    made = await couple.db.write(activities.plan, plan, owner, key="k", moment=couple.moment())

    def place(tx: Tx, member_id: str, state: str) -> None:
        row_id = couple.moment().new_id(f"place {member_id}")
        activity_rows.put(tx, row_id, made.id, member_id, state=state, now=couple.shop.now)
        activity_rows.take(tx, made.id, 1 if state in ("signed", "attended") else 0)

    for member_id, state in zip((couple.old, couple.young), had, strict=True):
        await couple.db.write(place, member_id, state)
    done = await couple.merge()
    await couple.db.write(sign_ups.keep, couple.moment())
    has = await couple.db.read(sign_ups.mine, made.id, couple.old)
    assert has is not None
    assert (has.state, (await couple.db.read(activities.get, made.id)).taken) == then
    await couple.part(done)
    found = await couple.db.read(lambda tx: tx.all(select(lines.c.member_id, lines.c.state)))
    assert {row.member_id: row.state for row in found}[couple.young] in (had[1], "withdrawn")
    await assert_clean(couple.db)


@pytest.mark.parametrize("action", ["top_up", "cash_out"])
async def test_a_second_persons_yes_serves_the_member_who_is_one_by_now(couple: Couple, action: str) -> None:
    first, second = await couple.shop.hire("Olga"), await couple.shop.hire("Otto", channel="wechat")
    await couple.top_up(couple.young, 100000)
    asker, decider = (Reader(str(one.staff_id), MAIN.store_id) for one in (first, second))
    ask = getattr(approvals, action)
    waits = await couple.db.write(ask, couple.young, 60000, asker, reference="r", moment=couple.moment())
    assert isinstance(waits, Approval)
    await couple.merge()
    decided = await couple.db.write(approvals.decide, waits.id, decider, yes=True, moment=couple.moment())
    assert decided.refusal is None
    await assert_clean(couple.db)


async def bond(couple: Couple, one: str, other: str) -> str:
    return await couple.db.write(lambda tx: bond_rows.add(tx, one, other, moment=couple.moment()))


async def test_what_both_accounts_sent_counts_towards_the_one_cap_of_the_month(couple: Couple) -> None:
    [third] = await couple.shop.settle(1)
    await couple.earn(couple.young, 80)
    bond_id = await bond(couple, couple.young, third)
    row = (await couple.db.read(identities.of_member, couple.young))[0]
    who = await couple.db.read(people.who, row.id)
    await couple.db.write(bonds.send, who, bond_id, 70, reference="x", moment=couple.moment())
    await couple.merge()
    assert await couple.db.read(bonds.left_this_month, couple.old, now=couple.shop.now) == 30
    await assert_clean(couple.db)


async def test_a_bond_ended_while_they_were_one_stays_ended(couple: Couple) -> None:
    [third, fourth] = await couple.shop.settle(2)
    for other in (third, fourth):
        await bond(couple, couple.young, other)
        couple.shop.counter.pass_by(seconds=1)
    done = await couple.merge()
    ended = await couple.db.read(bond_rows.between, couple.old, third)
    assert ended is not None
    await couple.db.write(bond_rows.end, ended.id, couple.shop.now)
    await couple.part(done)
    assert await couple.db.read(bonds.friends, third) == []
    assert [one.member_id for one in await couple.db.read(bonds.friends, fourth)] == [couple.young]


async def test_a_day_made_up_raises_what_the_other_account_had_begun(couple: Couple) -> None:
    for days_later in (2, 0):
        await couple.db.write(checkin.check_in, couple.young, moment=couple.moment())
        couple.shop.counter.pass_by(days=days_later)
    await couple.merge()
    yesterday = (couple.shop.now - timedelta(days=1)).date()
    mended = await couple.db.write(checkin.make_up, couple.old, yesterday, moment=couple.moment())
    assert mended.standing.streak == 3
    assert (await couple.db.read(checkin.look, couple.old, now=couple.shop.now)).streak == 3
    again = await couple.db.write(checkin.check_in, couple.old, moment=couple.moment())
    assert (again.fresh, again.brought) == (False, 0)
    await assert_clean(couple.db)


async def test_a_lift_that_is_undone_takes_no_tier_the_other_account_had_before(couple: Couple) -> None:
    lifting = await couple.buy(couple.young, 300_000)
    young = await couple.row(couple.young)
    earlier = couple.shop.now - timedelta(days=200)
    await couple.shop.change(couple.old, tier=young.tier, tier_since=earlier, tier_until=young.tier_until)
    await couple.merge()
    await couple.refund(lifting)
    assert (await couple.row(couple.old)).tier == young.tier != "regular"
    await assert_clean(couple.db)
