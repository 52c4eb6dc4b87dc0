"""A bill that waits for the member's yes is decided once, whoever comes first, and keeps what it takes until then."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.confirming import LIFE
from membership.errors import (
    AlreadyDecided,
    AnswerAwaited,
    AnswerTooLate,
    CodeUsed,
    InsufficientPoints,
    InsufficientStoredValue,
    MemberFrozen,
    MoreThanAgreed,
    ReceiptUsed,
    Refusal,
    ReservationUnknown,
    ScanRequired,
    StoredValueOverBill,
)
from services import Tx, codes, counter, coupons, members, points, purchases, reservations, stored_value
from services.orders import Order, Recorded
from services.points import Cause
from services.reservations import Less, Waiting
from storage.tables import outbox
from tests.proof import assert_clean
from tests.services.savings import JAY, MAIN, Savings
from tests.services.shopfront import Shop

BILL = 5_800


class Desk:
    """A till, and one member with stored value and points."""

    def __init__(self, savings: Savings) -> None:
        self.savings, self.shop, self.db, self.member_id = savings, savings.shop, savings.db, savings.member_id

    async def scan(self) -> str:
        def read(tx: Tx) -> str:
            moment = self.shop.moment()
            return codes.scan(tx, codes.show(tx, self.member_id, moment=moment).text, MAIN, moment=moment).id

        return await self.db.write(read)

    async def order(self, amount: int = BILL, **spends: Any) -> Order:
        return Order(self.member_id, amount, scan_id=await self.scan(), **spends)

    async def settle(self, order: Order, reference: str = "bill") -> Recorded | Waiting:
        named = {"reference": reference, "channel": "pos"}
        return await self.db.write(counter.settle, order, MAIN, **named, moment=self.shop.moment())

    async def hold_up(self, **spends: Any) -> Waiting:
        found = await self.settle(await self.order(**(spends or {"stored_minor": BILL})))
        assert isinstance(found, Waiting)
        return found

    async def agree(self, waits: Waiting, **how: Any) -> Recorded:
        told = {"how": "chat", "moment": self.shop.moment(), **how}
        return await self.db.write(reservations.agree, waits.id, self.member_id, **told)

    async def post(self, waits: Waiting, **less: Any) -> Recorded:
        moment = self.shop.moment()
        return await self.db.write(reservations.post, waits.id, MAIN, how="card", less=Less(**less), moment=moment)

    async def refuse(self, waits: Waiting) -> Waiting:
        return await self.db.write(reservations.refuse, waits.id, self.member_id, moment=self.shop.moment())

    async def withdraw(self, waits: Waiting) -> Waiting:
        return await self.db.write(reservations.withdraw, waits.id, MAIN, moment=self.shop.moment())

    async def expire(self) -> int:
        return await self.db.write(reservations.expire_due, self.shop.moment())

    async def state(self, waits: Waiting) -> str:
        return (await self.db.read(reservations.find, waits.id, MAIN)).state

    async def free(self) -> int:
        """Return how much stored value can be spent now."""
        return (await self.db.read(stored_value.spendable, self.member_id, now=self.shop.now)).total


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    savings = await Savings.open(shop)
    await savings.top_up(10_000)  # and 2,000 on top

    def give(tx: Tx) -> None:
        points.earn(tx, savings.member_id, 10_000, Cause("gift", "test"), moment=shop.moment())

    await shop.db.write(give)
    return Desk(savings)


async def test_what_waits_cannot_be_spent_a_second_time(desk: Desk) -> None:
    await desk.hold_up()
    assert await desk.free() == 12_000 - BILL
    with pytest.raises(AnswerAwaited):
        await desk.settle(await desk.order(1_000, stored_minor=1_000), "another")
    assert await desk.free() == 12_000 - BILL


async def test_points_taken_back_while_a_bill_keeps_them_show_as_none_not_as_less(desk: Desk) -> None:
    def take(tx: Tx) -> None:
        points.claw_back(tx, desk.member_id, 9_900, Cause("slip", "test"), earned="gift", moment=desk.shop.moment())

    await desk.hold_up(points=200, stored_minor=1_000)
    await desk.db.write(take)
    has = await desk.db.read(points.balance, desk.member_id, now=desk.shop.now)
    assert (has.points, has.worth.minor) == (0, 0)


async def test_no_more_is_posted_than_was_asked_and_less_frees_the_rest(desk: Desk) -> None:
    """A12: pending 58, post 60 is refused, post 50 frees 8, a second post gets the first answer, no void after it."""
    waits = await desk.hold_up()
    for more in ({"amount_minor": 6_000}, {"stored_minor": 6_000}, {"points": 1}):
        with pytest.raises(MoreThanAgreed):
            await desk.post(waits, **more)
    assert await desk.state(waits) == "pending"

    first = await desk.post(waits, amount_minor=5_000)
    assert (first.paid.minor, first.stored.minor) == (5_000, 5_000)
    assert await desk.free() == 12_000 - 5_000
    assert (await desk.post(waits, amount_minor=5_000)).id == first.id
    assert (await desk.agree(waits)).id == first.id
    with pytest.raises(AlreadyDecided):
        await desk.withdraw(waits)
    with pytest.raises(AlreadyDecided):
        await desk.refuse(waits)
    assert await desk.free() == 12_000 - 5_000
    await assert_clean(desk.db)


@pytest.mark.parametrize("end", ["withdraw", "refuse"])
async def test_what_ended_without_a_yes_frees_all_and_stays_ended(desk: Desk, end: str) -> None:
    order = await desk.order(stored_minor=BILL)
    waits = await desk.settle(order)
    assert isinstance(waits, Waiting)
    ending = getattr(desk, end)
    assert (await ending(waits)).state == (await ending(waits)).state
    assert await desk.free() == 12_000
    with pytest.raises(AlreadyDecided):
        await desk.agree(waits)
    with pytest.raises(CodeUsed):  # its scan serves no other bill
        await desk.settle(replace(order, stored_minor=0), "another")
    await assert_clean(desk.db)


async def test_a_yes_and_the_end_of_its_time_at_once_leave_exactly_one(desk: Desk) -> None:
    """A13: at the last instant either it is posted or it ran out, and everybody is told the same."""
    ends: Counter[str] = Counter()
    for number in range(12):
        order = await desk.order(100, stored_minor=100)
        waits = await desk.settle(order, f"bill {number}")
        assert isinstance(waits, Waiting)
        began = desk.shop.counter.now
        in_time = replace(desk.shop.moment(), now=began + LIFE - timedelta(milliseconds=1))
        late = replace(desk.shop.moment(), now=began + LIFE)
        yes = desk.db.write(reservations.agree, waits.id, desk.member_id, how="chat", moment=in_time)
        clock = desk.db.write(reservations.expire_due, late)
        first, second = (yes, clock) if number % 2 else (clock, yes)
        found = await asyncio.gather(first, second, return_exceptions=True)
        said = found[0] if number % 2 else found[1]
        desk.shop.counter.now = began + timedelta(minutes=3)
        state = await desk.state(waits)
        assert state == ("posted" if isinstance(said, Recorded) else "expired")
        assert isinstance(said, Recorded | AnswerTooLate)
        ends[state] += 1
        assert await desk.expire() == 0
    assert ends["posted"] + ends["expired"] == 12
    await assert_clean(desk.db)


def is_no(found: Any) -> bool:
    """Tell whether this is a refusal; anything else that went wrong is raised."""
    if isinstance(found, BaseException) and not isinstance(found, Refusal):
        raise found
    return isinstance(found, Refusal)


async def test_of_many_who_decide_at_once_exactly_one_does(desk: Desk) -> None:
    waits = await desk.hold_up()
    calls = [desk.agree(waits), desk.refuse(waits), desk.withdraw(waits)] * 5
    found: list[Any] = await asyncio.gather(*calls, return_exceptions=True)
    state = await desk.state(waits)
    told = Counter("posted" if isinstance(one, Recorded) else one.state for one in found if not is_no(one))
    assert told == {state: 5}  # the same said again gets the same answer
    assert await desk.free() == (12_000 - BILL if state == "posted" else 12_000)
    await assert_clean(desk.db)


async def test_a_second_later_than_its_time_it_is_over_even_before_the_clock_came_by(desk: Desk) -> None:
    waits = await desk.hold_up()
    desk.shop.counter.now += LIFE
    assert await desk.free() == 12_000
    with pytest.raises(AnswerTooLate):
        await desk.agree(waits)
    assert await desk.db.read(reservations.of_member, desk.member_id, now=desk.shop.now) is None
    assert await desk.expire() == 1
    assert await desk.state(waits) == "expired"


async def test_the_same_bill_sent_again_gets_the_same_answer(desk: Desk) -> None:
    order = await desk.order(stored_minor=BILL)
    first, again = await desk.settle(order), await desk.settle(order)
    assert first == again
    assert isinstance(first, Waiting)
    done = await desk.agree(first)
    after = await desk.settle(order)
    assert isinstance(after, Recorded)
    assert after.id == done.id


async def test_points_that_wait_cannot_buy_a_coupon_meanwhile(desk: Desk) -> None:
    waits = await desk.hold_up(amount=20_000, points=10_000)
    has = await desk.db.read(points.balance, desk.member_id, now=desk.shop.now)
    assert has.points == 0
    with pytest.raises(InsufficientPoints):
        await desk.db.write(points.spend, desk.member_id, 1, Cause("coupon", desk.member_id), moment=desk.shop.moment())
    assert (await desk.agree(waits)).points_spent == 10_000
    await assert_clean(desk.db)


async def test_a_frozen_member_pays_nothing_with_a_yes_given_before(desk: Desk) -> None:
    waits = await desk.hold_up()
    await desk.db.write(members.freeze, desk.member_id, actor="mo", moment=desk.shop.moment())
    with pytest.raises(MemberFrozen):
        await desk.agree(waits)
    with pytest.raises(MemberFrozen):
        await desk.settle(Order(desk.member_id, 100), "plain")
    desk.shop.counter.now += LIFE
    assert await desk.free() == 12_000


async def test_a_yes_is_the_members_and_the_till_that_asked_alone(desk: Desk, shop: Shop) -> None:
    waits = await desk.hold_up()
    [other] = await shop.settle(1)
    with pytest.raises(ReservationUnknown):
        await shop.db.write(reservations.agree, waits.id, other, how="chat", moment=shop.moment())
    with pytest.raises(ReservationUnknown):
        await shop.db.write(reservations.post, waits.id, JAY, how="pin", moment=shop.moment())
    elsewhere = replace(MAIN, store_id="another store")
    with pytest.raises(ReservationUnknown):
        await shop.db.write(reservations.withdraw, waits.id, elsewhere, moment=shop.moment())
    with pytest.raises(ReservationUnknown):
        await shop.db.write(reservations.post, waits.id, elsewhere, how="pin", moment=shop.moment())


async def test_without_a_code_nothing_is_held_up(desk: Desk) -> None:
    with pytest.raises(ScanRequired):
        await desk.settle(Order(desk.member_id, BILL, stored_minor=BILL))


async def test_a_kept_coupon_is_redeemed_with_the_yes(desk: Desk) -> None:
    coupon = await desk.db.write(coupons.claim, desk.member_id, "welcome", reference="claim", moment=desk.shop.moment())
    waits = await desk.hold_up(amount=3_000, coupon_ids=(coupon.id,), stored_minor=2_000)
    assert [line.key for line in waits.spends] == ["asked.coupon", "asked.stored"]
    done = await desk.agree(waits, how="card")
    row = await desk.db.read(purchases.get, done.id)
    assert row.paid.minor == 2_500
    await assert_clean(desk.db)


async def test_what_stands_in_the_way_is_told_at_the_counter_before_the_member_is_asked(desk: Desk) -> None:
    assert isinstance(await desk.settle(Order(desk.member_id, 100, receipt_no="7"), "plain"), Recorded)
    before = await told(desk)
    for order, no in (
        (await desk.order(stored_minor=BILL, receipt_no="7"), ReceiptUsed),
        (await desk.order(stored_minor=BILL + 1), StoredValueOverBill),
        (await desk.order(100_000, stored_minor=12_001), InsufficientStoredValue),
    ):
        with pytest.raises(no):
            await desk.settle(order, f"bill {order.amount_minor} {order.stored_minor}")
    assert await told(desk) == before
    assert isinstance(await desk.settle(await desk.order(stored_minor=BILL, receipt_no="8")), Waiting)
    assert await told(desk) == {**before, "ask": 1}  # tried out first, and not a trace of that is left
    await assert_clean(desk.db)


async def told(desk: Desk) -> Counter[str]:
    """Return how many messages of each kind were put in."""
    return Counter(row.kind for row in await desk.db.read(lambda tx: tx.all(select(outbox.c.kind))))
