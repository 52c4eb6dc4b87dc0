"""Counted passes in the books: sold once, used visit by visit and never below zero, given back for what is left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import (
    CodeUsed,
    DayOver,
    IdReused,
    MemberFrozen,
    NotAMember,
    PassBegun,
    PassExpired,
    PassNotHere,
    PassOver,
    PassUnknown,
    PassUsedUp,
    PassWorthNothing,
    PointsSpent,
    Refusal,
    ScanRequired,
    SelfCredit,
    UndoTooLate,
    YesRequired,
)
from membership.money import Money
from services import passes, points, privacy, reports, rules, visits
from services.points import Cause
from services.visits import Wanted
from storage.tables import members, outbox
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, TEN, Holder, body
from tests.services.savings import JAY, MAIN
from tests.services.shopfront import Shop

ELSEWHERE = replace(JAY, store_id=rules.store_id("east"))


@pytest.fixture
async def holder(shop: Shop) -> Holder:
    return await Holder.open(shop)


async def told(holder: Holder, kind: str) -> list[Any]:
    return await holder.db.read(lambda tx: list(tx.all(select(outbox).where(outbox.c.kind == kind))))


# ---- selling
async def test_a_pass_is_sold_with_its_points_and_receipted(holder: Holder) -> None:
    sold = await holder.buy()
    assert (sold.remaining, sold.price, sold.state) == (10, Money(20_000, "CNY"), "live")
    assert str(sold.ends_on) == "2027-02-19", "ninety days, the day of the sale being the first"
    assert await holder.db.read(points.spendable, holder.member_id, now=holder.shop.now) == 20
    assert [(row.recipient, row.period_key) for row in await told(holder, "pass_sold")] == [(holder.member_id, sold.id)]
    await assert_clean(holder.db)


async def test_the_same_reference_sells_once_also_at_once_and_another_pass_is_refused(holder: Holder) -> None:
    sold = await asyncio.gather(*(holder.buy(reference="till:7") for _ in range(6)))
    assert len({one.id for one in sold}) == 1
    with pytest.raises(IdReused):
        await holder.buy("spa", reference="till:7")
    assert len(await holder.db.read(passes.every, holder.member_id, now=holder.shop.now)) == 1
    await assert_clean(holder.db)


async def test_nobody_sells_to_themselves_to_a_stopped_card_or_what_is_not_sold(shop: Shop) -> None:
    holder = await Holder.open(shop, {**TEN, "on_sale": False}, SPA)
    with pytest.raises(SelfCredit):
        await holder.buy("spa", replace(MAIN, member_id=holder.member_id))
    for unsold in ("ten", "tea"):
        with pytest.raises(PassUnknown):
            await holder.buy(unsold)
    for change, no in (({"frozen_at": shop.now}, MemberFrozen), ({"state": "left"}, NotAMember)):
        await shop.change(holder.member_id, **change)
        with pytest.raises(no):
            await holder.buy("spa")
    await assert_clean(shop.db)


async def test_a_sale_is_undone_with_its_points_on_its_day_while_untouched(holder: Holder) -> None:
    kept, slip = await holder.buy(), await holder.buy(reader=JAY)
    with pytest.raises(PassUnknown):
        await holder.undo_sale(slip, MAIN, manager=False)
    undone = await holder.undo_sale(slip, JAY, manager=False)
    assert (undone.state, await holder.undo_sale(slip, JAY, manager=False)) == ("voided", undone)
    assert await holder.db.read(points.spendable, holder.member_id, now=holder.shop.now) == 20
    await holder.use(kept)
    with pytest.raises(PassBegun):
        await holder.undo_sale(kept)
    late = await holder.buy(reader=JAY)
    holder.shop.counter.pass_by(minutes=11)
    with pytest.raises(UndoTooLate):
        await holder.undo_sale(late, JAY, manager=False)
    holder.shop.counter.pass_by(days=1)
    with pytest.raises(DayOver):
        await holder.undo_sale(late)
    await assert_clean(holder.db)


async def test_a_sale_whose_points_are_spent_is_not_undone(holder: Holder) -> None:
    sold = await holder.buy()
    cause = Cause("elsewhere", "test")
    await holder.db.write(points.spend, holder.member_id, 1, cause, moment=holder.shop.moment())
    with pytest.raises(PointsSpent):
        await holder.undo_sale(sold)


# ---- visits
async def test_a_visit_is_taken_with_a_fresh_scan_once(holder: Holder) -> None:
    sold = await holder.buy()
    scan_id = await holder.scan()
    done = await holder.use(sold, scan_id=scan_id, reference="desk:1")
    assert (done.of.remaining, done.count) == (9, 1)
    assert await holder.use(sold, scan_id=scan_id, reference="desk:1") == done
    with pytest.raises(CodeUsed):
        await holder.use(sold, scan_id=scan_id)
    assert [row.period_key for row in await told(holder, "pass_visit")] == [done.id]
    await assert_clean(holder.db)


async def test_a_visit_needs_a_scan_of_this_member_by_this_till(holder: Holder) -> None:
    sold = await holder.buy()
    [other] = await holder.shop.settle(1)
    strange = await Holder(holder.shop, other).scan()
    foreign = await holder.scan(JAY)
    for scan_id in (None, strange, foreign):
        wanted = Wanted(sold.id, scan_id)
        with pytest.raises(ScanRequired):
            await holder.db.write(visits.use, wanted, MAIN, reference=f"x:{scan_id}", moment=holder.shop.moment())
    assert await holder.left(sold) == 10


async def test_of_many_at_once_only_as_many_as_are_left_win(holder: Holder) -> None:
    sold = await holder.buy()
    await holder.use(sold, 8, yes="chat")
    scans = [await holder.scan() for _ in range(6)]
    done = await asyncio.gather(*(holder.use(sold, scan_id=one) for one in scans), return_exceptions=True)
    refused = [no for no in done if isinstance(no, PassUsedUp)]
    assert (len(refused), await holder.left(sold)) == (4, 0)
    await assert_clean(holder.db)


async def test_what_is_worth_more_than_a_scan_may_spend_needs_a_pay_code_or_a_yes(shop: Shop) -> None:
    holder = await Holder.open(shop, {**SPA, "single": "310"}, {**TEN, "id": "one", "single": "60"})
    massage, coffee = await holder.buy("spa"), await holder.buy("one")
    with pytest.raises(YesRequired):
        await holder.use(coffee)
    paid = await holder.use(coffee, scan_id=await holder.scan(pay=True))
    assert paid.of.remaining == 9
    with pytest.raises(YesRequired):
        await holder.use(massage, scan_id=await holder.scan(pay=True))
    assert (await holder.use(massage, yes="pin")).of.remaining == 4
    await assert_clean(shop.db)


async def test_a_visit_is_undone_in_its_minutes_and_once(holder: Holder) -> None:
    sold = await holder.buy()
    done = await holder.use(sold, reader=JAY)
    for reader, manager in ((MAIN, False), (ELSEWHERE, True)):
        with pytest.raises(PassUnknown):
            await holder.undo(done, reader, manager=manager)
    undone = await asyncio.gather(*(holder.undo(done, JAY) for _ in range(4)))
    assert {one.of.remaining for one in undone} == {10}
    second = await holder.use(sold, reader=JAY)
    holder.shop.counter.pass_by(minutes=11)
    with pytest.raises(UndoTooLate):
        await holder.undo(second, JAY)
    assert (await holder.undo(second, MAIN, manager=True)).of.remaining == 10
    await assert_clean(holder.db)


async def test_a_pass_counts_to_the_end_of_its_last_day_and_in_its_stores(shop: Shop) -> None:
    holder = await Holder.open(shop, {**TEN, "days": 1}, {**SPA, "single": "300", "stores": ["east"]}, stores=EAST)
    coffee = await holder.buy()
    massage = await holder.buy("spa", replace(MAIN, store_id=rules.store_id("east")))
    with pytest.raises(PassNotHere):
        await holder.use(massage, yes="chat")
    with pytest.raises(PassUnknown):
        await holder.buy("spa")
    shop.counter.pass_by(hours=11, minutes=59)  # 23:59 in the shop
    await holder.use(coffee)
    shop.counter.pass_by(minutes=1)
    with pytest.raises(PassExpired):
        await holder.use(coffee)
    await assert_clean(shop.db)


EAST = [{"code": "main", "name": "Main Street"}, {"code": "east", "name": "East Gate"}]


# ---- giving back
async def test_what_is_left_is_given_back_at_the_single_price_with_its_share_of_the_points(holder: Holder) -> None:
    sold = await holder.buy()
    await holder.use(sold, 2)
    assert await holder.db.read(passes.worth, sold.id, now=holder.shop.now) == Money(15_000, "CNY")
    back = await holder.refund(sold)
    assert (back.state, back.refunded) == ("refunded", Money(15_000, "CNY"))
    assert await holder.db.read(points.spendable, holder.member_id, now=holder.shop.now) == 5
    assert await holder.refund(sold) == back
    with pytest.raises(PassOver):
        await holder.use(sold)
    assert [row.period_key for row in await told(holder, "pass_refunded")] == [sold.id]
    await assert_clean(holder.db)


async def test_nothing_is_given_back_for_what_is_used_ended_or_worth_nothing(holder: Holder) -> None:
    sold, ended = await holder.buy(), await holder.buy()
    await holder.use(sold, 8, yes="chat")
    with pytest.raises(PassWorthNothing):
        await holder.refund(sold)
    await holder.use(sold, 2)
    with pytest.raises(PassUsedUp):
        await holder.refund(sold)
    holder.shop.counter.pass_by(days=90)
    with pytest.raises(PassExpired):
        await holder.refund(ended)
    await assert_clean(holder.db)


async def test_a_visit_and_a_refund_at_once_are_one_after_the_other(holder: Holder) -> None:
    for _ in range(5):
        sold, scan_id = await holder.buy(), await holder.scan()
        used, back = await asyncio.gather(
            holder.use(sold, scan_id=scan_id), holder.refund(sold), return_exceptions=True
        )
        assert not isinstance(back, BaseException)
        expected = 20_000 if isinstance(used, Refusal) else 17_500
        assert back.refunded.minor == expected
    await assert_clean(holder.db)


async def test_a_pass_is_given_back_where_it_was_sold_and_anywhere_once_that_store_is_closed(holder: Holder) -> None:
    sold = await holder.buy()
    with pytest.raises(PassUnknown):
        await holder.refund(sold, ELSEWHERE)
    assert await holder.left(sold) == 10
    east = [{"code": "east", "name": "East"}]
    await holder.db.write(rules.bring, body(stores=east), actor="test", now=holder.shop.now)
    assert (await holder.refund(sold, ELSEWHERE)).state == "refunded"
    await assert_clean(holder.db)


async def test_the_report_counts_passes_that_ended_with_visits_left(holder: Holder) -> None:
    sold, used, back = await holder.buy(), await holder.buy(), await holder.buy()
    await holder.use(used, 10, yes="chat")
    await holder.refund(back)
    for days, ended in ((89, 0), (1, 1)):
        holder.shop.counter.pass_by(days=days)
        told = await holder.db.read(reports.report, now=holder.shop.now)
        assert (told.now.passes_sold, told.now.passes_ended) == (0, ended)
    elsewhere = await holder.db.read(reports.report, store_id=rules.store_id("east"), now=holder.shop.now)
    assert elsewhere.now.passes_ended == 0
    assert await holder.left(sold) == 10


# ---- rules, privacy
async def test_a_changed_rule_changes_no_pass_that_was_sold(holder: Holder) -> None:
    sold = await holder.buy()
    dearer = body({**TEN, "visits": 5, "single": "90", "days": 1, "name": "Five"})
    await holder.db.write(rules.bring, dearer, actor="test", now=holder.shop.now)
    holder.shop.counter.pass_by(days=2)
    assert (await holder.use(sold)).of.remaining == 9
    assert (await holder.db.read(passes.worth, sold.id, now=holder.shop.now)).minor == 17_500


async def test_the_copy_of_ones_data_holds_the_passes(holder: Holder) -> None:
    await holder.use(await holder.buy())
    told_all = await holder.db.read(privacy.export, holder.member_id, now=holder.shop.now)
    assert '"passes"' in told_all
    assert '"visits"' in told_all
    await holder.db.write(lambda tx: tx.execute(members.update().values(state="left")))
    await holder.db.write(privacy.erase, holder.member_id, now=holder.shop.now)
    await assert_clean(holder.db)
