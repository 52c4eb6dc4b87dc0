"""Two members who become one and part again in the middle of their business: nothing is lost and nothing appears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select

from membership.errors import Refusal
from membership.moment import Moment
from services import Tx, adjustments, counter, coupons, merges, points, proof, refunds, stored_value
from services import orders as shop_orders
from storage import stored_value as purses
from storage.points import account_id
from storage.tables import coupons as coupon_rows
from storage.tables import lots, purchases
from tests.model.deeds import MANAGER, Count, Wrong
from tests.model.machine import Shop
from tests.model.scope import Scope

SIDE: Final = st.integers(0, 1)
STATEMENTS: Final = st.sampled_from((None, None, 5, 25, 60))
DAYS: Final = st.sampled_from((0, 1, 3, 6, 31))
Holding = tuple[Counter[datetime], int, int, int, int]


class Couple(RuleBasedStateMachine):
    """One run: a pair buys, saves and spends, is made one, goes on, and parts; deeds are looked at by their sums."""

    def __init__(self, scope: Scope, count: Count) -> None:
        super().__init__()
        self.scope, self.shop = scope, Shop(scope, count)
        self.merge_id: str | None = None
        scope.begin()

    def teardown(self) -> None:
        try:
            findings = self.scope.look(proof.check)
            if findings:
                raise Wrong("\n".join(map(str, findings)))
        finally:
            self.scope.undo()

    @initialize()
    def open(self) -> None:
        self.shop.join()
        self.shop.now += timedelta(minutes=1)
        self.shop.join()
        self.ids = [member.id for member in self.shop.people]

    @rule(side=SIDE, amount=st.integers(1, 9_000), spent=st.integers(0, 40), stored=st.integers(0, 2_000))
    def buy(self, side: int, amount: int, spent: int, stored: int) -> None:
        reference = self.shop.name("buy")
        order = shop_orders.Order(
            self.ids[side], amount, points=spent, stored_minor=stored, yes="manager", reason="no phone"
        )
        self.do(
            lambda tx, moment: counter.settle(tx, order, MANAGER, reference=reference, channel="pos", moment=moment)
        )

    @rule(side=SIDE, change=st.integers(-60, 200).filter(bool))
    def adjust(self, side: int, change: int) -> None:
        told = {"reason": "sorry", "reference": self.shop.name("adjust")}
        self.do(lambda tx, moment: adjustments.adjust(tx, self.ids[side], change, MANAGER, **told, moment=moment))

    @rule(side=SIDE, amount=st.integers(1_000, 9_000))
    def top_up(self, side: int, amount: int) -> None:
        reference = self.shop.name("top-up")
        self.do(
            lambda tx, moment: stored_value.top_up(
                tx, self.ids[side], amount, MANAGER, reference=reference, moment=moment
            )
        )

    @rule(side=SIDE, offer=st.sampled_from(("off", "cash")))
    def claim(self, side: int, offer: str) -> None:
        reference = self.shop.name("claim")
        self.do(lambda tx, moment: coupons.claim(tx, self.ids[side], offer, reference=reference, moment=moment))

    @rule(nth=st.integers(0, 7), percent=st.sampled_from((30, 100, 100)))
    def refund(self, nth: int, percent: int) -> None:
        """Give back some purchase of the two: so many points come back as it says, wherever they lie by now."""
        mine = select(purchases).where(purchases.c.member_id.in_(self.ids)).order_by(purchases.c.at, purchases.c.id)
        found = self.scope.look(lambda tx: tx.all(mine))
        if not found:
            return
        row, reference, before = found[nth % len(found)], self.shop.name("refund"), self.worth()
        left = row.paid_minor - row.refunded_minor
        amount = None if percent == 100 else max(1, left * percent // 100)

        def deed(tx: Tx, moment: Moment) -> Any:
            return refunds.refund(tx, row.id, amount, reason="cold", actor="mo", reference=reference, moment=moment)

        done = self.do(deed)
        if done is not None and self.worth() - before != done.points_restored - done.points_clawed_back:
            raise Wrong(f"a refund of {done} moved {self.worth() - before} points")

    @rule(days=DAYS, job=st.booleans())
    def wait(self, days: int, *, job: bool) -> None:
        self.shop.now += timedelta(days=days, minutes=1)
        if job:
            self.do(lambda tx, moment: points.expire_due(tx, moment=moment))

    @precondition(lambda self: self.merge_id is None)
    @rule(statements=STATEMENTS)
    def merge(self, statements: int | None) -> None:
        reference = self.shop.name("merge")

        def deed(tx: Tx, moment: Moment) -> Any:
            return merges.merge(tx, *self.ids, reference=reference, actor="mo", moment=moment)

        done = self.conserving(deed, statements)
        assert done is not None, "nothing stands in the way of these two"
        self.merge_id = done.id
        gone = self.holding([done.gone_id])
        if gone != (Counter(), 0, 0, 0, 0):
            raise Wrong(f"something stayed behind: {gone}")

    @precondition(lambda self: self.merge_id is not None)
    @rule(statements=STATEMENTS)
    def part(self, statements: int | None) -> None:
        merge_id, self.merge_id = self.merge_id, None

        def deed(tx: Tx, moment: Moment) -> Any:
            return merges.undo(tx, str(merge_id), actor="mo", moment=moment)

        if self.conserving(deed, statements) is None:
            self.merge_id = merge_id  # it is too late to part

    def do(self, deed: Callable[[Tx, Moment], Any]) -> Any:
        """Do a deed; None where the rules refuse it, as they may."""
        self.shop.count.done += 1
        moment = self.shop.moment()
        try:
            return self.scope.unit(lambda tx: deed(tx, moment))
        except Refusal:
            self.shop.count.refused += 1
            return None

    def conserving(self, deed: Callable[[Tx, Moment], Any], statements: int | None) -> Any:
        """Do a deed, perhaps cut off first; the two hold the same before and after it."""
        before, moment = self.holding(self.ids), self.shop.moment()
        if statements is not None:
            self.shop.cut(lambda tx: deed(tx, moment), statements)
        done = self.do(deed)
        if self.holding(self.ids) != before:
            raise Wrong(f"the two held {before}, and hold {self.holding(self.ids)}")
        return done

    def holding(self, ids: list[str]) -> Holding:
        """What these hold together: points by their ends, debt, principal, bonus, and how many coupons."""
        return self.scope.look(lambda tx: self._holding(tx, ids))

    def _holding(self, tx: Tx, ids: list[str]) -> Holding:
        theirs = lots.c.account_id.in_([account_id(one, "points") for one in ids])
        ends: Counter[datetime] = Counter()
        for row in tx.all(select(lots).where(theirs, lots.c.remaining > 0, lots.c.expires_at > self.shop.now)):
            ends[row.expires_at] += row.remaining
        debt = sum(points.balance(tx, one, now=self.shop.now).debt for one in ids)
        held = [purses.held(tx, one) for one in ids]
        given = len(tx.all(select(coupon_rows.c.id).where(coupon_rows.c.member_id.in_(ids))))
        return ends, debt, sum(one.principal for one in held), sum(one.bonus for one in held), given

    def worth(self) -> int:
        """The points of the two that have not run out, less what they owe."""
        ends, debt, *_ = self.holding(self.ids)
        return ends.total() - debt
