"""The model can fail: each fault planted here is found within some thousand steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from membership.errors import InsufficientPoints, Refusal
from services import Tx, points
from services.points import Cause
from storage import members as member_rows
from storage.points import account_id
from storage.tables import accounts, coupons, lots, members, passes, purchases, transfers
from tests.model.book import Member
from tests.model.deeds import Wrong
from tests.model.machine import Business, Shop
from tests.model.runs import IN_CI, LONG, try_steps
from tests.model.scope import Crash, Scope

T = TypeVar("T")
ENOUGH = 4_000


class ForgetsDebt(Shop):
    """A refund of spent points leaves no debt."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "refund":
            tx.execute(update(accounts).where(accounts.c.id == account_id(member.id, "debt")).values(balance=0))


class RevivesPoints(Shop):
    """A refund makes every lot of the member last longer, not only those it returns points to."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "refund":
            longer = update(lots).where(lots.c.account_id == account_id(member.id, "points"))
            tx.execute(longer.values(expires_at=self.now + timedelta(days=90)))


class ForgetsRefunds(Shop):
    """A purchase does not remember what was given back of it."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "refund":
            tx.execute(update(purchases).where(purchases.c.member_id == member.id).values(refunded_minor=0))


class GivesVisitsAway(Shop):
    """A pass that is given back keeps its visits, and works on."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "give_back":
            tx.execute(update(passes).where(passes.c.member_id == member.id).values(state="live"))


class ForgetsAVisit(Shop):
    """Visits that are undone come back once more."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "undo_visit":
            more = update(passes).where(passes.c.member_id == member.id, passes.c.state == "live")
            tx.execute(more.values(remaining=passes.c.remaining + 1))


class LeavesThanks(Shop):
    """A refund leaves the coupon that thanked for the purchase."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb in ("refund", "undo"):
            void = update(coupons).where(coupons.c.member_id == member.id, coupons.c.state == "voided")
            tx.execute(void.values(state="issued"))


class FreesKeptCoupons(Shop):
    """A bill that waits for a yes does not keep its coupons."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "hold":
            tx.execute(update(coupons).where(coupons.c.member_id == member.id).values(reservation_id=None))


class SendsYounger(Shop):
    """Points sent to a friend begin a life of their own."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "send":
            mine = transfers.c.debit == account_id(member.id, "points")
            sent = select(transfers.c.id).where(mine, transfers.c.kind == "transfer")
            tx.execute(update(lots).where(lots.c.id.in_(sent)).values(expires_at=self.now + timedelta(days=90)))


class DrawsForNothing(Shop):
    """A draw gives its price back."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "draw" and self.house.draw_price:
            points.earn(tx, member.id, self.house.draw_price, Cause(self.name("gift"), "shop"), moment=self.moment())


class KeepsExchanged(Shop):
    """A coupon given by hand stays where it is taken back, and so do exchanged goods."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb in ("undo_exchange", "undo_grant"):
            tx.execute(update(coupons).where(coupons.c.member_id == member.id).values(state="issued"))


class PaysTwice(Shop):
    """A deed that is sent again gives a point more."""

    def again(self, run: Callable[[Tx], T]) -> T:
        gift = Cause(self.name("gift"), "shop")
        self.scope.unit(lambda tx: points.earn(tx, self.people[0].id, 1, gift, moment=self.moment()))
        return super().again(run)


class StaysHalfDone(Shop):
    """What a unit had done before the power went is not undone."""

    def cut(self, run: Callable[[Tx], object], statements: int) -> None:
        with suppress(Crash, Refusal):
            run(self.scope.failing(statements))


class LosesAPoint(Shop):
    """Two who become one, or part, lose a point on the way where there is one."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb in ("merge", "part"):
            with suppress(InsufficientPoints):
                points.spend(tx, member.now_one().id, 1, Cause(self.name("leak"), "test"), moment=self.moment())


class PartsYounger(Shop):
    """What goes back when two part begins a life of its own."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb == "part":
            kept = transfers.c.debit == account_id(member.id, "points")
            back = select(transfers.c.credit).where(transfers.c.kind == "unmerge", kept)
            longer = update(lots).where(lots.c.account_id.in_(back), lots.c.remaining > 0)
            tx.execute(longer.values(expires_at=self.now + timedelta(days=90)))


class ForgetsATier(Shop):
    """A refund leaves the tier that its purchase had reached."""

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        if verb in ("refund", "undo"):
            tx.execute(update(members).where(members.c.id == member.id).values(tier=self.stood[member.id]))
        self.stood[member.id] = member_rows.get(tx, member.id).tier

    @cached_property
    def stood(self) -> dict[str, str]:
        """Where each stood after the deed before."""
        return {one.id: one.tier for one in self.people}


BILLS = ("buy", "refund", "adjust")
FAULTS: dict[type[Shop], tuple[str, ...]] = {
    ForgetsDebt: ("buy", "refund"),
    RevivesPoints: ("buy", "refund"),
    ForgetsRefunds: ("buy", "refund"),
    LeavesThanks: (*BILLS, "undo"),
    ForgetsATier: (*BILLS, "undo"),
    FreesKeptCoupons: ("claim", "hold_up", "buy", "top_up"),
    PaysTwice: ("adjust", "check_in", "top_up"),
    StaysHalfDone: BILLS,
    GivesVisitsAway: ("sell", "visit", "end_pass"),
    ForgetsAVisit: ("sell", "visit", "undo_visit"),
    SendsYounger: ("adjust", "send"),
    DrawsForNothing: ("adjust", "draw"),
    KeepsExchanged: ("adjust", "exchange", "grant", "take_coupon_back"),
    LosesAPoint: ("adjust", "merge", "part"),
    PartsYounger: ("adjust", "merge", "part"),
}
"""Each with the deeds among which it is looked for."""


@pytest.mark.parametrize("kind", FAULTS)
def test_a_planted_fault_is_found(in_memory: Scope, kind: type[Shop]) -> None:
    with pytest.raises((Wrong, DatabaseError, AssertionError)):
        try_steps(in_memory, ENOUGH, kind, shrink=False, deeds=FAULTS[kind])


def test_every_deed_is_tried_with_the_power_going_in_its_midst() -> None:
    only_time = {"wait", "wait_for_an_end"}
    deeds = [rule for rule in Business.setup_state().rules if rule.function.__name__ not in only_time]
    assert len(deeds) >= 25
    assert not [rule.function.__name__ for rule in deeds if "how" not in rule.arguments]


def test_the_steps_of_both_databases_are_as_many_as_promised() -> None:
    assert sum(IN_CI.values()) >= 50_000
    assert sum(LONG.values()) >= 1_000_000
