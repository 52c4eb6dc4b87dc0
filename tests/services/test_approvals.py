"""A second person's yes: asked over the limit, given by somebody else, within a day, once."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from membership.errors import (
    ApprovalExpired,
    ApprovalOver,
    ApprovalUnknown,
    IdReused,
    InsufficientPoints,
    InvalidPoints,
    NotAllowed,
    NotStaff,
    PurchaseUnknown,
    RefundTooLarge,
    Refusal,
    SamePerson,
    SecondPersonMissing,
    SelfCredit,
)
from membership.member import Who
from services import Tx, adjustments, approvals, people, points, purchases, rules, staff, stored_value
from services.adjustments import Adjusted
from services.approvals import Approval, Decided
from services.orders import Order
from services.reader import Reader
from services.refunds import Refunded
from storage import identities, outbox
from storage import staff as staff_rows
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.shopfront import Shop


def at(who: Who) -> Reader:
    """Return a person on the staff at the first store."""
    assert who.staff_id is not None
    return Reader(who.staff_id, rules.store_id("main"), who.member_id)


class Desk:
    """Two managers, an owner and a member at a shop."""

    def __init__(self, shop: Shop, people: dict[str, Who], member_id: str) -> None:
        self.shop = shop
        self.people = people
        self.member_id = member_id

    async def do(self, deed: Callable[..., Any], *args: Any, by: str, **how: Any) -> Any:
        moment = self.shop.moment()
        return await self.shop.db.write(lambda tx: deed(tx, *args, at(self.people[by]), **how, moment=moment))

    async def buy(self, minor: int, reference: str = "b1") -> str:
        order = Order(self.member_id, minor)
        done = await self.do(purchases.record, order, by="Jay", reference=reference, channel="telegram")
        return str(done.id)

    async def refund(self, purchase_id: str, minor: int | None, by: str = "Mia", reference: str = "r1") -> Any:
        return await self.do(approvals.refund, purchase_id, minor, by=by, reason="returned", reference=reference)

    async def adjust(self, change: int, by: str = "Mia", reference: str = "a1") -> Any:
        return await self.do(adjustments.adjust, self.member_id, change, by=by, reason="goodwill", reference=reference)

    async def decide(self, approval_id: str, by: str, *, yes: bool = True) -> Decided:
        decided = await self.do(approvals.decide, approval_id, by=by, yes=yes)
        assert isinstance(decided, Decided)
        return decided

    async def has(self) -> int:
        return (await self.shop.db.read(points.balance, self.member_id, now=self.shop.now)).points

    async def told(self, who: str) -> list[str]:
        """Return the keys of what waits in the outbox for somebody on the staff."""
        due = await self.shop.db.write(outbox.due, now=self.shop.now, limit=1000)
        mine = [row for row in due if row.recipient == self.people[who].identity_id]
        return [(await self.shop.body(row)).messages[0].key for row in mine]


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    roles = {"Jay": "cashier", "Mia": "manager", "Max": "manager", "Olga": "owner"}
    people = {name: await shop.hire(name, role) for name, role in roles.items()}
    [member_id] = await shop.settle(1)
    return Desk(shop, people, member_id)


async def test_up_to_the_limit_one_person_is_enough(desk: Desk) -> None:
    purchase_id = await desk.buy(30000)
    assert isinstance(await desk.refund(purchase_id, 20000), Refunded)
    assert isinstance(await desk.adjust(500), Adjusted)
    await assert_clean(desk.shop.db)


async def test_over_the_limit_nothing_moves_until_a_second_person_says_yes(desk: Desk) -> None:
    purchase_id = await desk.buy(30000)
    before = await desk.has()
    asked = await desk.refund(purchase_id, 20001)
    assert isinstance(asked, Approval)
    assert asked.state == "pending"
    assert await desk.has() == before
    assert await desk.told("Max") == await desk.told("Olga") == ["approval.asked"]
    assert await desk.told("Mia") == await desk.told("Jay") == []
    decided = await desk.decide(asked.id, "Max")
    assert (decided.approval.state, decided.refusal) == ("approved", None)
    assert await desk.has() < before
    assert await desk.told("Mia") == ["approval.approved"]
    await assert_clean(desk.shop.db)


async def test_many_parts_do_not_pass_the_limit_that_one_refund_would(desk: Desk) -> None:
    purchase_id = await desk.buy(50000)
    assert isinstance(await desk.refund(purchase_id, 15000), Refunded)
    assert isinstance(await desk.refund(purchase_id, 15000, reference="r2"), Approval)
    assert isinstance(await desk.adjust(300), Adjusted)
    assert isinstance(await desk.adjust(-300, reference="a2"), Approval)


async def test_the_same_request_asks_once_and_another_under_its_name_is_refused(desk: Desk) -> None:
    first = await desk.adjust(9000)
    assert await desk.adjust(9000) == first
    assert await desk.told("Max") == ["approval.asked"]
    with pytest.raises(IdReused):
        await desk.adjust(9001)


async def test_whoever_asked_cannot_say_yes_nor_can_a_cashier_or_a_stranger(desk: Desk) -> None:
    asked = await desk.adjust(9000)
    for who, no in (("Mia", SamePerson), ("Jay", NotAllowed)):
        with pytest.raises(no):
            await desk.decide(asked.id, who)
    stranger = desk.people["Jay"].__class__("x", desk.people["Jay"].identity, "en", staff_id="nobody")
    desk.people["stranger"] = stranger
    with pytest.raises(NotStaff):
        await desk.decide(asked.id, "stranger")
    with pytest.raises(ApprovalUnknown):
        await desk.decide("nothing", "Max")
    assert await desk.has() == 0


async def test_the_same_person_under_a_second_account_cannot_say_yes(desk: Desk) -> None:
    """One member with two chat accounts, each a manager's."""
    await desk.shop.db.write(_belong, desk.people["Mia"].identity_id, desk.member_id)
    await desk.shop.db.write(_belong, desk.people["Max"].identity_id, desk.member_id)
    [other] = await desk.shop.settle(1)
    desk.member_id = other
    asked = await desk.adjust(9000)
    assert await desk.told("Max") == []
    with pytest.raises(SamePerson):
        await desk.decide(asked.id, "Max")
    assert (await desk.decide(asked.id, "Olga")).approval.state == "approved"


async def test_where_nobody_else_may_say_yes_it_is_said_at_once(desk: Desk) -> None:
    for who in ("Max", "Olga"):
        await desk.shop.hire(f"{who} again", "owner")
    for colleague in await desk.shop.db.read(staff.working):
        if colleague.name not in ("Mia", "Jay", "Olga again"):
            await desk.shop.db.write(staff.dismiss, colleague.id, by=None, moment=desk.shop.moment())
    await desk.shop.db.write(_belong, desk.people["Mia"].identity_id, desk.member_id)
    await desk.shop.db.write(_join_all, desk.member_id)
    [other] = await desk.shop.settle(1)
    desk.member_id = other
    with pytest.raises(SecondPersonMissing):
        await desk.adjust(9000)


async def test_after_a_day_the_question_is_over_and_whoever_asked_is_told(desk: Desk) -> None:
    asked = await desk.adjust(9000)
    desk.shop.counter.pass_by(hours=24)
    with pytest.raises(ApprovalExpired):
        await desk.decide(asked.id, "Max")
    assert await desk.shop.db.write(approvals.expire_due, desk.shop.moment()) == 1
    assert await desk.shop.db.write(approvals.expire_due, desk.shop.moment()) == 0
    assert await desk.told("Mia") == ["approval.expired"]
    with pytest.raises(ApprovalExpired):
        await desk.decide(asked.id, "Max")
    assert await desk.has() == 0


async def test_a_decision_is_taken_once_and_its_repetition_changes_nothing(desk: Desk) -> None:
    asked = await desk.adjust(9000)
    first = await desk.decide(asked.id, "Max")
    assert (await desk.decide(asked.id, "Max")).approval == first.approval
    for who, yes in (("Olga", True), ("Olga", False), ("Max", False)):
        with pytest.raises(ApprovalOver):
            await desk.decide(asked.id, who, yes=yes)
    assert await desk.has() == 9000
    await assert_clean(desk.shop.db)


async def test_of_two_who_decide_at_once_one_does(desk: Desk) -> None:
    for number in range(5):
        asked = await desk.adjust(9000, reference=f"race {number}")
        answers = await asyncio.gather(
            desk.decide(asked.id, "Max"), desk.decide(asked.id, "Olga"), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in answers) == ["ApprovalOver", "Decided"]
    assert await desk.has() == 5 * 9000
    await assert_clean(desk.shop.db)


async def test_top_ups_over_the_limit_wait_too(desk: Desk) -> None:
    await desk.shop.db.write(_store_value, now=desk.shop.now)

    async def top_up(minor: int, reference: str) -> Any:
        return await desk.do(approvals.top_up, desk.member_id, minor, by="Mia", reference=reference)

    async def principal() -> int:
        return (await desk.shop.db.read(stored_value.balance, desk.member_id)).principal.minor

    assert not isinstance(await top_up(100000, "t1"), Approval)
    asked = await top_up(100001, "t2")
    assert await principal() == 100000
    assert (await desk.decide(asked.id, "Max")).refusal is None
    assert await principal() == 200001
    paid = await desk.do(approvals.cash_out, desk.member_id, 150000, by="Mia", reference="c1")
    assert (await desk.decide(paid.id, "Max")).refusal is None
    assert await principal() == 50001
    await assert_clean(desk.shop.db)


async def test_a_no_leaves_everything_as_it_was(desk: Desk) -> None:
    asked = await desk.adjust(9000)
    assert (await desk.decide(asked.id, "Olga", yes=False)).approval.state == "refused"
    assert await desk.told("Mia") == ["approval.refused"]
    assert await desk.has() == 0


@pytest.mark.parametrize("gone", ["Mia", "Max"])
async def test_with_a_dismissal_of_either_side_the_question_is_dead(desk: Desk, gone: str) -> None:
    asked = await desk.adjust(9000)
    staff_id = str(desk.people[gone].staff_id)
    await desk.shop.db.write(staff.dismiss, staff_id, by=None, moment=desk.shop.moment())
    with pytest.raises(ApprovalExpired if gone == "Mia" else NotStaff):
        await desk.decide(asked.id, "Max")
    assert await desk.has() == 0


async def test_what_became_impossible_meanwhile_is_refused_and_told_to_both(desk: Desk) -> None:
    purchase_id = await desk.buy(30000)
    asked = await desk.refund(purchase_id, 30000)
    assert isinstance(await desk.refund(purchase_id, 100, reference="r2"), Refunded)
    decided = await desk.decide(asked.id, "Max")
    assert decided.approval.state == "refused"
    assert decided.approval.result == "refund_too_large"
    assert decided.refusal is not None
    assert await desk.told("Mia") == ["approval.refused"]
    await assert_clean(desk.shop.db)


async def test_what_cannot_be_done_is_not_asked_for(desk: Desk) -> None:
    purchase_id = await desk.buy(30000)
    with pytest.raises(RefundTooLarge):
        await desk.refund(purchase_id, 30001)
    with pytest.raises(InsufficientPoints):
        await desk.adjust(-400)
    with pytest.raises(PurchaseUnknown):
        await desk.refund("nothing", 1)
    for change in (0, 10**9 + 1):
        with pytest.raises(InvalidPoints):
            await desk.adjust(change)
    assert await desk.told("Max") == []


async def test_nobody_gives_themselves_points_nor_agrees_to_it(desk: Desk) -> None:
    asked = await desk.adjust(9000)
    await desk.shop.db.write(_belong, desk.people["Max"].identity_id, desk.member_id)
    desk.people["Max"] = await _again(desk, "Max")
    tries: list[tuple[type[Refusal], Any]] = [
        (SelfCredit, lambda: desk.adjust(5, by="Max", reference="a2")),
        (SelfCredit, lambda: desk.decide(asked.id, "Max")),
    ]
    for no, deed in tries:
        with pytest.raises(no):
            await deed()
    assert await desk.has() == 0


async def test_what_waits_is_listed_for_those_who_may_decide(desk: Desk) -> None:
    asked = await desk.adjust(9000)

    async def listed(who: str) -> list[tuple[str, bool]]:
        found = await desk.shop.db.read(approvals.listed, at(desk.people[who]), now=desk.shop.now)
        return [(one.id, one.mine) for one in found]

    assert await listed("Max") == [(asked.id, False)]
    assert await listed("Mia") == [(asked.id, True)]
    assert await listed("Jay") == []
    desk.shop.counter.now += timedelta(hours=24)
    assert await listed("Max") == []


async def test_taken_points_leave_the_lots_that_end_first_and_given_ones_repay_debt(desk: Desk) -> None:
    purchase_id = await desk.buy(10000)
    earned = await desk.has()
    await desk.adjust(-earned)
    assert await desk.has() == 0
    refunded = await desk.refund(purchase_id, None)
    assert refunded.debt == earned
    given = await desk.adjust(earned + 7, reference="a2")
    assert (given.balance, given.debt) == (7, 0)
    await assert_clean(desk.shop.db)


def _store_value(tx: Tx, *, now: datetime) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    body["stored_value"] = {}
    rules.bring(tx, body, actor="test", now=now)


def _belong(tx: Tx, identity_id: str, member_id: str) -> None:
    identities.change(tx, identity_id, member_id=member_id)


def _join_all(tx: Tx, member_id: str) -> None:
    """Make every account on the staff the same member's."""
    for row in staff_rows.working(tx):
        _belong(tx, row.identity_id, member_id)


async def _again(desk: Desk, name: str) -> Who:
    return await desk.shop.db.read(people.who, desk.people[name].identity_id)
