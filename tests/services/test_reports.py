"""The owner's figures: each thing counted once, in the shop's own days, beside the same span before."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from membership.moment import Moment
from services import Database, Tx, codes, coupons, members, points, purchases, refunds, reports, rules
from services.orders import Order
from services.points import Cause
from services.reader import Reader
from services.reports import Report
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

MAIN = rules.store_id("main")
READER = Reader(actor="jay", store_id=MAIN)


class Books:
    """A shop whose purchases are recorded at moments of the test's choosing."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.db: Database = shop.db

    def at(self, **before: float) -> Moment:
        """Return a moment so long before now."""
        return Moment(self.shop.now - timedelta(**before), self.shop.moment().seed)

    async def buy(self, member_id: str, minor: int, moment: Moment, *, store_id: str = MAIN) -> str:
        reference = moment.new_id("purchase")
        reader = Reader(actor="jay", store_id=store_id)
        facts: dict[str, Any] = {"reference": reference, "channel": "pos", "moment": moment}
        done = await self.db.write(purchases.record, Order(member_id, minor), reader, **facts)
        return done.id

    async def report(self, length: int = 1, store_id: str | None = None) -> Report:
        return await self.db.read(reports.report, length=length, store_id=store_id, now=self.shop.now)


@pytest.fixture
def books(shop: Shop) -> Books:
    return Books(shop)


@pytest.fixture
async def member(books: Books) -> str:
    [member_id] = await books.shop.settle(1, joined_at=books.shop.now - timedelta(days=90))
    return member_id


async def test_today_is_the_shops_own_day_beside_yesterday_up_to_the_same_time(books: Books, member: str) -> None:
    await books.buy(member, 3000, books.at(hours=1))  # 11:00 in Shanghai
    await books.buy(member, 1001, books.at(hours=12))  # 00:00, the first moment of today
    await books.buy(member, 500, books.at(hours=12, seconds=1))  # yesterday's last second: after 12:00 yesterday
    await books.buy(member, 2000, books.at(hours=25))  # yesterday 11:00
    await books.buy(member, 700, books.at(hours=37))  # the day before yesterday
    found = await books.report()
    assert (found.first, found.last) == (date(2026, 11, 22), date(2026, 11, 22))
    assert (found.now.sales_minor, found.now.purchases, found.now.buyers) == (4001, 2, 1)
    assert found.now.average_minor == 2001
    assert (found.before.sales_minor, found.before.purchases) == (2000, 1)


async def test_points_that_repay_a_debt_are_taken_back_like_those_a_refund_finds(books: Books, member: str) -> None:
    gone = await books.buy(member, 10_000, books.at(hours=3))
    await books.db.write(points.spend, member, 100, Cause("spent", "jay"), moment=books.at(hours=2))
    how: dict[str, Any] = {"reason": "cold", "actor": "jay", "reference": "r", "moment": books.at(hours=1)}
    await books.db.write(refunds.refund, gone, None, **how)
    await books.buy(member, 15_000, books.at(minutes=1))
    found = await books.report()
    assert found.now.points_issued - found.now.points_spent == found.points_out == 50


async def test_seven_days_end_today_and_are_compared_with_the_seven_before(books: Books, member: str) -> None:
    await books.buy(member, 1000, books.at(hours=1))
    await books.buy(member, 1000, books.at(days=6))
    await books.buy(member, 400, books.at(days=7, seconds=1))
    await books.buy(member, 400, books.at(days=13))
    await books.buy(member, 9900, books.at(days=14))
    found = await books.report(7)
    assert (found.first, found.last) == (date(2026, 11, 16), date(2026, 11, 22))
    assert (found.now.sales_minor, found.before.sales_minor) == (2000, 800)
    assert [bar.sales_minor for bar in found.bars] == [1000, 0, 0, 0, 0, 0, 1000]
    assert found.bars[0].begins_at == datetime(2026, 11, 15, 16, tzinfo=UTC)


async def test_the_bars_of_a_day_are_its_hours(books: Books, member: str) -> None:
    await books.buy(member, 1000, books.at(minutes=30))
    await books.buy(member, 500, books.at(minutes=60))
    await books.buy(member, 300, books.at(hours=12))
    await books.shop.settle(2)
    found = await books.report()
    assert len(found.bars) == 24
    assert {number: bar.sales_minor for number, bar in enumerate(found.bars) if bar.sales_minor} == {0: 300, 11: 1500}
    assert sum(bar.sales_minor for bar in found.bars) == found.now.sales_minor
    assert [bar.joined for bar in found.bars][11:14] == [0, 0, 0]
    books.shop.counter.pass_by(minutes=1)
    later = await books.report()
    assert [bar.joined for bar in later.bars][11:14] == [0, 2, 0]


async def test_what_was_undone_or_refunded_is_no_sale(books: Books, member: str) -> None:
    kept = await books.buy(member, 3000, books.at(hours=2))
    undone = await books.buy(member, 2000, books.at(minutes=5))
    await books.db.write(purchases.get, kept)
    await books.db.write(refunds.undo, undone, READER, moment=books.at())
    await books.db.write(refunds.refund, kept, 1000, reason="cold", actor="jay", reference="back-1", moment=books.at())
    books.shop.counter.pass_by(minutes=1)
    found = await books.report()
    assert (found.now.sales_minor, found.now.purchases) == (2000, 1)
    assert found.now.points_issued == 20


async def test_points_are_told_as_issued_spent_expired_and_owed(books: Books, member: str) -> None:
    await books.db.write(points.earn, member, 1000, Cause("gift", "olga"), moment=books.at(hours=3))
    await books.db.write(points.spend, member, 300, Cause("cake", "olga"), moment=books.at(hours=2))
    found = await books.report()
    assert (found.now.points_issued, found.now.points_spent, found.now.points_expired) == (1000, 300, 0)
    assert found.points_out == 700
    assert found.liability.minor == 700  # 100 points are worth 1.00
    books.shop.counter.pass_by(days=500)
    assert await books.db.write(points.expire_due, moment=books.at()) == 1
    books.shop.counter.pass_by(seconds=1)
    later = await books.report()
    assert (later.now.points_expired, later.points_out, later.liability.minor) == (700, 0, 0)


async def test_points_that_have_run_out_are_owed_to_nobody_before_the_job_has_run(books: Books, member: str) -> None:
    await books.db.write(points.earn, member, 50, Cause("gift", "olga"), moment=books.at())
    books.shop.counter.pass_by(days=500)
    assert (await books.report()).points_out == 0


async def test_coupons_are_counted_when_given_and_when_used(books: Books, member: str) -> None:
    coupon = await books.db.write(coupons.claim, member, "welcome", reference="c1", moment=books.at(hours=2))

    def scan_and_buy(tx: Tx, moment: Moment) -> None:
        shown = codes.show(tx, member, moment=moment)
        scan = codes.scan(tx, shown.text, READER, moment=moment)
        order = Order(member, 5000, (coupon.id,), scan_id=scan.id)
        purchases.record(tx, order, READER, reference="with-coupon", channel="pos", moment=moment)

    await books.db.write(scan_and_buy, books.at(hours=1))
    found = await books.report()
    assert (found.now.coupons_issued, found.now.coupons_redeemed) == (1, 1)


async def test_new_members_are_told_with_where_they_came_from(books: Books) -> None:
    await books.shop.settle(2, source="table-5", joined_at=books.shop.now - timedelta(hours=1))
    await books.shop.settle(1, joined_at=books.shop.now - timedelta(hours=1))
    await books.shop.settle(4, source="table-5", joined_at=books.shop.now - timedelta(hours=30))
    await books.db.write(
        members.enrol,
        "+8613800138000",
        name="Ping",
        birthday="",
        offers=False,
        actor="jay",
        moment=books.at(minutes=5),
    )
    found = await books.report()
    assert found.now.joined == 4
    assert found.sources == {"table-5": 2, "": 1, "counter": 1}


async def test_one_stores_report_holds_that_store_alone(books: Books, member: str) -> None:
    await books.db.write(lambda tx: _open_second_store(tx, books.shop.now))
    await books.buy(member, 1000, books.at(hours=1))
    await books.buy(member, 2500, books.at(hours=2), store_id=rules.store_id("east"))
    east = await books.report(store_id=rules.store_id("east"))
    assert (east.now.sales_minor, east.now.purchases, east.now.points_issued) == (2500, 1, 25)
    assert sum(bar.sales_minor for bar in east.bars) == 2500
    assert (east.points_out, east.now.joined, dict(east.sources)) == (0, 0, {})
    assert (await books.report()).now.sales_minor == 3500


def _open_second_store(tx: Tx, now: datetime) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    body["stores"].append({"code": "east", "name": "East Gate"})
    rules.bring(tx, body, actor="test", now=now)


async def test_a_shop_without_a_purchase_has_a_report_of_noughts(books: Books) -> None:
    found = await books.report(7)
    assert (found.now.sales_minor, found.now.average_minor, found.points_out) == (0, 0, 0)
    assert len(found.bars) == 7
