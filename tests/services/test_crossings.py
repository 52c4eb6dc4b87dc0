"""Where one part's goods are another part's business: gifts given at two tills at once, refunds of what was used."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from membership.errors import AnswerAwaited, AnswerTooLate, ItemsOverBill, PassOver, PassUsedUp
from services import Tx, codes, counter, coupons, merges, points, purchases, reservations, rules, visit_asks
from services.orders import Order
from services.reservations import Less, Waiting
from services.visit_asks import Asked
from services.visits import Visit, Wanted
from storage import coupons as coupon_rows
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, Holder
from tests.services.savings import MAIN, Savings
from tests.services.shopfront import Shop
from tests.services.test_prices import CAKE, LATTE, PRODUCTS, opened

ONE = {"id": "one", "name": "One visit", "visits": 1, "price": "20", "single": "25"}


async def test_of_two_tills_at_once_one_takes_the_last_visit(shop: Shop) -> None:
    holder = await Holder.open(shop, ONE)
    for _ in range(3):
        sold = await holder.buy("one")
        scans = [await holder.scan() for _ in range(2)]
        done = await asyncio.gather(*(holder.use(sold, scan_id=scan) for scan in scans), return_exceptions=True)
        assert [isinstance(one, Visit) for one in done].count(True) == 1
        assert [isinstance(one, PassUsedUp) for one in done].count(True) == 1
        assert await holder.left(sold) == 0
    await assert_clean(shop.db)


async def test_a_pass_given_back_while_a_visit_is_asked_for_takes_no_yes(shop: Shop) -> None:
    holder = await Holder.open(shop, SPA)
    sold = await holder.buy("spa")
    wanted = Wanted(sold.id, await holder.scan())
    asked = await shop.db.write(visit_asks.settle, wanted, MAIN, reference="v", moment=shop.moment())
    assert isinstance(asked, Asked)
    back = await holder.refund(sold)
    assert back.refunded.minor == 150_000
    with pytest.raises(PassOver):
        await shop.db.write(visit_asks.agree, asked.id, holder.member_id, moment=shop.moment())
    await assert_clean(shop.db)


async def test_the_same_gift_asked_for_at_two_instances_at_once_takes_one_piece(shop: Shop) -> None:
    offer = {"id": "mug", "kind": "gift", "title": "Mug", "goods": "One mug", "claim": "granted", "stock": 5}
    savings = await opened(shop, offers=[offer])

    def give(tx: Tx) -> Any:
        mug = rules.current(tx).offer("mug")
        assert mug is not None
        return coupons.give(tx, savings.member_id, mug, reference="once", actor="clock", moment=shop.moment())

    given_ones = await asyncio.gather(*(shop.db.write(give) for _ in range(6)))
    assert len({one.id for one in given_ones}) == 1
    row = await shop.db.read(coupon_rows.find_offer, "mug")
    assert row is not None
    assert row.issued == 1
    await assert_clean(shop.db)


async def test_less_than_its_products_is_refused_and_the_bill_waits_on(shop: Shop) -> None:
    savings = await opened(shop, products=PRODUCTS)
    await savings.top_up(10_000)

    def ask(tx: Tx) -> Any:
        moment = shop.moment()
        scan = codes.scan(tx, codes.show(tx, savings.member_id, moment=moment).text, MAIN, moment=moment)
        order = Order(savings.member_id, 4_000, scan_id=scan.id, stored_minor=2_800, items=[LATTE])
        return counter.settle(tx, order, MAIN, reference="bill", channel="pos", moment=moment)

    waits = await shop.db.write(ask)
    assert isinstance(waits, Waiting)
    how: dict[str, Any] = {"how": "manager", "moment": shop.moment()}
    with pytest.raises(ItemsOverBill):
        await shop.db.write(reservations.post, waits.id, MAIN, less=Less(amount_minor=3_000), **how)
    assert (await shop.db.read(reservations.find, waits.id, MAIN)).state == "pending"
    done = await shop.db.write(reservations.post, waits.id, MAIN, less=Less(amount_minor=3_500), **how)
    assert (done.paid.minor, done.stored.minor) == (3_100, 2_800)
    await assert_clean(shop.db)


async def test_of_two_bills_with_one_receipt_number_at_once_one_is_told_that_it_was_used(shop: Shop) -> None:
    savings = await opened(shop)
    other = Savings(shop, (await shop.settle(1))[0])
    for number in range(3):
        bills = [
            shop.db.write(
                purchases.record,
                Order(one.member_id, 1_000, receipt_no=f"R{number}"),
                MAIN,
                reference=f"{one.member_id}:{number}",
                channel="pos",
                moment=shop.moment(),
            )
            for one in (savings, other)
        ]
        done = await asyncio.gather(*bills, return_exceptions=True)
        assert sorted(type(one).__name__ for one in done) == ["ReceiptUsed", "Recorded"]
    await assert_clean(shop.db)


async def test_nobody_becomes_one_while_a_visit_is_asked_for(shop: Shop) -> None:
    holder = await Holder.open(shop, SPA)
    [young] = await shop.settle(1)
    sold = await holder.buy("spa")
    wanted = Wanted(sold.id, await holder.scan())
    asked = await shop.db.write(visit_asks.settle, wanted, MAIN, reference="v", moment=shop.moment())
    how: dict[str, Any] = {"reference": "code", "actor": young}
    with pytest.raises(AnswerAwaited):
        await shop.db.write(merges.merge, holder.member_id, young, **how, moment=shop.moment())
    shop.counter.pass_by(minutes=3)
    done = await shop.db.write(merges.merge, holder.member_id, young, **how, moment=shop.moment())
    with pytest.raises(AnswerTooLate):
        await shop.db.write(visit_asks.agree, asked.id, done.kept_id, moment=shop.moment())
    await assert_clean(shop.db)


BILLS = st.tuples(
    st.integers(0, 3), st.integers(0, 3), st.integers(0, 5_000), st.integers(0, 2_000), st.sampled_from([None, 40, 150])
)
CUTS = st.lists(st.integers(1, 100), min_size=1, max_size=4)


@pytest.fixture
def savings(shop: Shop) -> Savings:
    return Savings(shop, "")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bill=BILLS, cuts=CUTS)
async def test_refunds_in_parts_take_back_what_one_would_have(
    savings: Savings, bill: tuple[int, int, int, int, int | None], cuts: Sequence[int]
) -> None:
    shop = savings.shop
    lattes, cakes, rest, stored, cap = bill
    earning = {"purchase_cap": cap} if cap else {}
    promotions = [{"id": "forty", "title": "5 off from 40", "threshold": "40", "value": "5"}] if lattes % 2 else []
    campaigns = [{"id": "cakes", "name": "Cakes", "multiplier": "1.5", "products": ["cake"]}]
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    told = {"points": {**body["points"], "first_purchase": 7, **earning}, "stored_value": {}, "products": PRODUCTS}
    await shop.db.write(
        rules.bring, {**body, **told, "campaigns": campaigns, "promotions": promotions}, actor="test", now=shop.now
    )
    [savings.member_id] = await shop.settle(1)
    await savings.top_up(10_000)
    wanted = ((LATTE, 3_200 * lattes, lattes), (CAKE, 4_000 * cakes, cakes))
    items = [{**one, "quantity": number, "amount": minor} for one, minor, number in wanted if number]
    total = sum(minor for _, minor, _ in wanted) + rest
    if not total:
        return
    held = await savings.held()
    done = await savings.buy(total, items=items or None, stored=min(stored, max(0, total - 400 * lattes - 500)))
    back, left = [], done.paid.minor
    for cut in cuts[:-1]:
        part = min(left, max(1, done.paid.minor * cut // 200))
        if part and left > part:
            back.append(await savings.refund(done, part))
            left -= part
    back.append(await savings.refund(done))
    assert sum(one.points_clawed_back for one in back) == done.points_earned
    assert sum(one.amount.minor for one in back) == done.paid.minor
    assert await savings.held() == held
    assert await shop.db.read(left_with, savings.member_id, shop.now) == 0


def left_with(tx: Tx, member_id: str, now: datetime) -> int:
    has = points.balance(tx, member_id, now=now)
    return has.points + has.debt
