"""What somebody tries who wants more than is theirs: in parts at once, after leaving, in a store that is closed."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from membership.errors import MemberFrozen, NotAMember, Refusal, StoreClosed
from membership.member import Who
from services import (
    Tx,
    adjustments,
    approvals,
    codes,
    counter,
    coupons,
    members,
    purchases,
    redemptions,
    rules,
    stored_value,
)
from services.adjustments import Adjusted
from services.approvals import Approval
from services.orders import Order
from services.reader import Reader
from services.refunds import Refunded
from storage import identities
from storage.tables import stores
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.savings import MAIN, Savings
from tests.services.shopfront import Shop

CAKE = {"id": "cake", "kind": "gift", "title": {"en": "A cake"}, "goods": {"en": "a slice"}, "claim": "open"}


@pytest.fixture
async def savings(shop: Shop) -> Savings:
    return await Savings.open(shop)


async def managers(shop: Shop) -> tuple[Reader, Reader]:
    """Hire two managers and return both at the till."""
    hired = [await shop.hire(name, "manager") for name in ("Mia", "Max")]
    mia, max_ = (replace(MAIN, actor=str(one.staff_id)) for one in hired)
    return mia, max_


async def leave(savings: Savings) -> None:
    def go(tx: Tx) -> None:
        [account] = identities.of_member(tx, savings.member_id)
        who = Who(account.id, identities.opened(tx, account), "en", member_id=savings.member_id)
        members.leave(tx, who, moment=savings.shop.moment())

    await savings.db.write(go)


async def scan(savings: Savings) -> str:
    def read(tx: Tx) -> str:
        moment = savings.shop.moment()
        return codes.scan(tx, codes.show(tx, savings.member_id, moment=moment).text, MAIN, moment=moment).id

    return await savings.db.write(read)


async def settle(savings: Savings, order: Order, reference: str = "bill") -> Any:
    how: dict[str, Any] = {"reference": reference, "channel": "pos", "moment": savings.shop.moment()}
    return await savings.db.write(counter.settle, order, MAIN, **how)


# ---- two at once
async def test_parts_refunded_at_once_do_not_pass_the_limit_that_one_refund_would(savings: Savings) -> None:
    mia, _ = await managers(savings.shop)
    done = await savings.buy(50_000)

    async def part(number: int) -> Refunded | Approval:
        how: dict[str, Any] = {"reason": "returned", "reference": f"part {number}", "moment": savings.shop.moment()}
        return await savings.db.write(approvals.refund, done.id, 15_000, mia, **how)

    made = await asyncio.gather(*(part(number) for number in range(3)))
    assert sum(isinstance(one, Refunded) for one in made) == 1
    await assert_clean(savings.db)


async def test_points_given_by_hand_at_once_do_not_pass_the_limit_of_a_day(savings: Savings) -> None:
    mia, _ = await managers(savings.shop)

    async def give(number: int) -> Adjusted | Approval:
        how: dict[str, Any] = {"reason": "goodwill", "reference": f"gift {number}", "moment": savings.shop.moment()}
        return await savings.db.write(adjustments.adjust, savings.member_id, 400, mia, **how)

    made = await asyncio.gather(*(give(number) for number in range(3)))
    assert sum(isinstance(one, Adjusted) for one in made) == 1
    await assert_clean(savings.db)


@pytest.mark.parametrize("move", ["top_up", "cash_out"])
async def test_stored_value_moved_in_parts_does_not_pass_the_limit_of_a_day(savings: Savings, move: str) -> None:
    mia, _ = await managers(savings.shop)
    if move == "cash_out":
        await savings.top_up(300_000)

    def part(number: int, reader: Reader) -> Any:
        how = {"reference": f"part:{number}", "moment": savings.shop.moment()}
        return savings.db.write(getattr(approvals, move), savings.member_id, 40_000, reader, **how)

    done = await asyncio.gather(*(part(number, mia) for number in range(3)))
    assert sorted(isinstance(one, Approval) for one in done) == [False, False, True]
    savings.shop.counter.pass_by(days=1)
    assert not isinstance(await part(3, mia), Approval)
    await assert_clean(savings.db)


async def test_a_top_up_taken_back_leaves_the_limit_of_the_day_as_it_was(savings: Savings) -> None:
    mia, _ = await managers(savings.shop)
    undone = await savings.top_up(90_000, mia)
    await savings.undo(undone, mia)
    how: dict[str, Any] = {"reference": "again", "moment": savings.shop.moment()}
    done = await savings.db.write(approvals.top_up, savings.member_id, 90_000, mia, **how)
    assert not isinstance(done, Approval)
    await assert_clean(savings.db)


async def test_the_same_refund_sent_at_once_is_made_once_and_answered_to_all(savings: Savings) -> None:
    done = await savings.buy(10_000)
    made = await asyncio.gather(*(savings.refund(done, 4_000, reference="same") for _ in range(6)))
    assert len({one.id for one in made}) == 1
    assert (await savings.db.read(purchases.get, done.id)).refunded.minor == 4_000
    await assert_clean(savings.db)


async def test_of_an_undo_and_a_refund_at_once_money_goes_back_once(savings: Savings) -> None:
    await savings.top_up(10_000)
    done = await savings.buy(10_000, stored=8_000)
    both = await asyncio.gather(
        savings.undo_purchase(done), savings.refund(done), savings.refund(done, 10_000), return_exceptions=True
    )
    assert sum(isinstance(one, Refunded) for one in both) == 1
    assert sum(isinstance(one, Refusal) for one in both) == 2
    assert (await savings.held()).total == 12_000
    await assert_clean(savings.db)


# ---- who is no member any more, or whose card is stopped
async def test_an_open_scan_buys_nothing_for_who_left_meanwhile(savings: Savings) -> None:
    order = Order(savings.member_id, 1_000, scan_id=await scan(savings))
    await leave(savings)
    for bill in (order, replace(order, scan_id=None), replace(order, scan_id=None, yes="pin")):
        with pytest.raises(NotAMember):
            await settle(savings, bill)


async def test_a_manager_spends_nothing_of_who_left(savings: Savings) -> None:
    await savings.top_up(10_000)
    await leave(savings)
    order = Order(savings.member_id, 1_000, stored_minor=1_000, yes="manager", reason="no phone")
    with pytest.raises(NotAMember):
        await settle(savings, order)


async def test_points_approved_for_who_left_meanwhile_go_nowhere(savings: Savings) -> None:
    mia, max_ = await managers(savings.shop)
    how: dict[str, Any] = {"reason": "goodwill", "reference": "gift", "moment": savings.shop.moment()}
    asked = await savings.db.write(adjustments.adjust, savings.member_id, 5_000, mia, **how)
    await leave(savings)
    decided = await savings.db.write(approvals.decide, asked.id, max_, yes=True, moment=savings.shop.moment())
    assert (decided.approval.state, decided.approval.result) == ("refused", "not_a_member")
    await assert_clean(savings.db)


async def test_a_bill_and_a_stopped_card_at_once_leave_no_bill_after_the_stop(savings: Savings) -> None:
    await savings.top_up(10_000)
    await savings.shop.change(savings.member_id, frozen_at=savings.shop.now)
    order = Order(savings.member_id, 1_000, stored_minor=1_000, yes="manager", reason="no phone")
    with pytest.raises(MemberFrozen):
        await savings.db.write(
            purchases.record, order, MAIN, reference="r", channel="pos", moment=savings.shop.moment()
        )


async def test_a_stopped_card_hands_out_no_coupon_by_a_scan_from_before(savings: Savings) -> None:
    def give(tx: Tx) -> str:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        rules.bring(tx, {**body, "offers": [CAKE]}, actor="test", now=savings.shop.now)
        moment, offer = savings.shop.moment(), rules.current(tx).offer("cake")
        assert offer is not None
        given = coupons.give(tx, savings.member_id, offer, reference="g", actor="shop", moment=moment)
        assert given is not None
        return given.id

    coupon_id, scan_id = await savings.db.write(give), await scan(savings)
    await savings.shop.change(savings.member_id, frozen_at=savings.shop.now)
    with pytest.raises(MemberFrozen):
        await savings.db.write(redemptions.hand_out, coupon_id, scan_id, MAIN, moment=savings.shop.moment())
    await savings.shop.change(savings.member_id, frozen_at=None)
    await close(savings)
    with pytest.raises(StoreClosed):
        await savings.db.write(redemptions.hand_out, coupon_id, scan_id, MAIN, moment=savings.shop.moment())


# ---- a store that is closed
async def close(savings: Savings) -> None:
    def go(tx: Tx) -> None:
        tx.execute(update(stores).where(stores.c.id == rules.store_id("main")).values(closed_at=savings.shop.now))

    await savings.db.write(go)


async def test_no_money_is_taken_in_a_store_that_is_closed(savings: Savings) -> None:
    await close(savings)
    with pytest.raises(StoreClosed):
        await savings.top_up(1_000)
    assert (await savings.db.read(stored_value.balance, savings.member_id)).total.minor == 0
