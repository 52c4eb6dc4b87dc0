"""The model can fail: each fault planted here is found within some thousand steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DatabaseError

from membership.errors import Refusal
from services import Tx, points
from services.points import Cause
from storage.points import account_id
from storage.tables import accounts, lots, purchases
from tests.model.book import Member
from tests.model.deeds import Wrong
from tests.model.machine import Shop
from tests.model.runs import IN_CI, LONG, try_steps
from tests.model.scope import Crash, Scope

T = TypeVar("T")
ENOUGH = 20_000


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


@pytest.mark.parametrize("kind", [ForgetsDebt, RevivesPoints, ForgetsRefunds, PaysTwice, StaysHalfDone])
def test_a_planted_fault_is_found(in_memory: Scope, kind: type[Shop]) -> None:
    with pytest.raises((Wrong, DatabaseError, AssertionError)):
        try_steps(in_memory, ENOUGH, kind, shrink=False)


def test_the_steps_of_both_databases_are_as_many_as_promised() -> None:
    assert sum(IN_CI.values()) >= 50_000
    assert sum(LONG.values()) >= 1_000_000
