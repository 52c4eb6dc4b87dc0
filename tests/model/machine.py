"""Everything members and staff do with points, coupons and money, in any order, against a book kept by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.reservations import Less
from tests.model.book import DAY, Member, Order, most_points
from tests.model.buying import Buying
from tests.model.deeds import Count, How
from tests.model.houses import HOUSES
from tests.model.joining import Joining
from tests.model.scope import Scope
from tests.model.visiting import Visiting

SECOND: Final = timedelta(seconds=1)
PEOPLE: Final = 4
WHO: Final = st.integers(0, PEOPLE - 1)
HOW: Final = st.one_of(
    st.just(How()), st.just(How()), st.builds(How, crash=st.integers(0, 60)), st.just(How(twice=True))
)
LONG_HOW: Final = st.one_of(st.just(How()), st.builds(How, crash=st.integers(0, 200)), st.just(How(twice=True)))
PART: Final = st.sampled_from((0, 0, 1, 20, 50, 99, 100, 100, 101))
"""How many percent of what there is; above a hundred: more than there is."""
NTH: Final = st.integers(0, 4)
"""Which one, counted from the newest."""
AMOUNT: Final = st.integers(1, 20_000)
WAITS: Final = (SECOND, 40 * SECOND, timedelta(minutes=5), timedelta(hours=3), DAY, 2 * DAY, 9 * DAY, 40 * DAY)


@dataclass(frozen=True)
class Takes:
    """A bill, and which part of what the member has it takes; ``coupons`` of them, from the ``turn``-th on."""

    amount: int
    points: int
    stored: int
    coupons: int
    turn: int


TAKES: Final = st.builds(
    Takes,
    amount=AMOUNT,
    points=PART,
    stored=PART,
    coupons=st.sampled_from((0, 0, 0, 1, 1, 2)),
    turn=st.integers(0, 5),
)


class Shop(Buying, Joining, Visiting):
    """All deeds of the model."""


def part_of(whole: int, percent: int) -> int:
    return whole + 1 if percent > 100 else whole * percent // 100


class Business(RuleBasedStateMachine):
    """One run: a shop opens, people join, things happen."""

    def __init__(self, scope: Scope, count: Count, kind: type[Shop] = Shop) -> None:
        super().__init__()
        self.scope = scope
        scope.begin()
        self.shop = kind(scope, count)

    def teardown(self) -> None:
        try:
            self.shop.close()
        finally:
            self.scope.undo()

    @initialize()
    def open(self) -> None:
        for _ in range(PEOPLE):
            self.shop.join()

    def one(self, who: int) -> Member:
        """Whoever stands in this place: somebody who became part of somebody else is them."""
        return self.shop.people[who].now_one()

    # Bills

    @rule(who=WHO, takes=TAKES, cashier=st.booleans(), how=HOW)
    def buy(self, who: int, takes: Takes, *, cashier: bool, how: How) -> None:
        member = self.one(who)
        self.shop.buy(member, self._order(member, takes), cashier=cashier, how=how)

    @rule(who=WHO, takes=TAKES, how=HOW)
    def hold_up(self, who: int, takes: Takes, how: How) -> None:
        member = self.one(who)
        self.shop.hold_up(member, self._order(member, takes), how=how)

    @rule(who=WHO, percent=st.sampled_from((None, None, 100, 40, 101)), how=HOW)
    def agree(self, who: int, percent: int | None, how: How) -> None:
        member = self.one(who)
        less = None
        if percent is not None and member.waits:
            amount = part_of(member.waits[-1].order.amount, percent)
            less = Less(amount_minor=max(1, amount), points=0 if percent < 100 else None)
        self.shop.agree(member, less, how=how)

    @rule(who=WHO, refuse=st.booleans(), how=HOW)
    def say_no(self, who: int, *, refuse: bool, how: How) -> None:
        self.shop.end_waiting(self.one(who), refuse=refuse, how=how)

    @rule(who=WHO, nth=st.integers(0, 5), percent=st.sampled_from((1, 10, 33, 50, 99, 100, 100, 101)), how=HOW)
    def refund(self, who: int, nth: int, percent: int, how: How) -> None:
        member = self.one(who)
        if member.bought:
            self.shop.refund(member, member.bought[-1 - nth % len(member.bought)], percent, how=how)

    @rule(who=WHO, nth=st.integers(0, 2), manager=st.booleans(), how=HOW)
    def undo(self, who: int, nth: int, *, manager: bool, how: How) -> None:
        member = self.one(who)
        if member.bought:
            self.shop.undo(member, member.bought[-1 - nth % len(member.bought)], manager=manager, how=how)

    # Without a bill

    @rule(who=WHO, change=st.integers(-300, 300).filter(bool), how=HOW)
    def adjust(self, who: int, change: int, how: How) -> None:
        self.shop.adjust(self.one(who), change, how=how)

    @rule(who=WHO, offer=st.sampled_from(("off", "tenth", "cash")), how=HOW)
    def claim(self, who: int, offer: str, how: How) -> None:
        self.shop.claim(self.one(who), offer, how=how)

    @rule(who=WHO, how=HOW)
    def check_in(self, who: int, how: How) -> None:
        self.shop.check_in(self.one(who), how=how)

    @rule(who=WHO, how=HOW)
    def make_up(self, who: int, how: How) -> None:
        self.shop.make_up(self.one(who), how=how)

    @rule(who=WHO, amount=AMOUNT, cashier=st.booleans(), how=HOW)
    def top_up(self, who: int, amount: int, *, cashier: bool, how: How) -> None:
        self.shop.top_up(self.one(who), amount, cashier=cashier, how=how)

    @rule(who=WHO, nth=st.integers(0, 1), manager=st.booleans())
    def undo_top_up(self, who: int, nth: int, *, manager: bool) -> None:
        member = self.one(who)
        if member.topped:
            self.shop.undo_top_up(member, member.topped[-1 - nth % len(member.topped)], manager=manager)

    @rule(who=WHO, percent=PART, how=HOW)
    def cash_out(self, who: int, percent: int, how: How) -> None:
        member = self.one(who)
        self.shop.cash_out(member, max(1, part_of(member.free(self.shop.house, self.shop.now)[0], percent)), how=how)

    # Coupons and points that come and go

    @rule(who=WHO, how=HOW)
    def exchange(self, who: int, how: How) -> None:
        self.shop.exchange(self.one(who), how=how)

    @rule(who=WHO, offer=st.sampled_from(("off", "mug", "thanks")), how=HOW)
    def grant(self, who: int, offer: str, how: How) -> None:
        self.shop.grant(self.one(who), offer, how=how)

    @rule(who=WHO, nth=NTH, by_hand=st.booleans(), how=HOW)
    def take_coupon_back(self, who: int, nth: int, *, by_hand: bool, how: How) -> None:
        """Undo what was exchanged, or given by hand: mostly one of those, the newest first."""
        member = self.one(who)
        likely = [one for one in member.coupons.values() if one.how == ("hand" if by_hand else "claimed")]
        tickets = likely if nth < 2 else list(member.coupons.values())
        if tickets:
            undo = self.shop.undo_grant if by_hand else self.shop.undo_exchange
            undo(member, tickets[-1 - nth % len(tickets)], how=how)

    @rule(who=WHO, how=HOW)
    def draw(self, who: int, how: How) -> None:
        self.shop.draw(self.one(who), how=how)

    @rule(who=WHO, to=WHO, percent=PART, how=HOW)
    def send(self, who: int, to: int, percent: int, how: How) -> None:
        member = self.one(who)
        most = min(member.spendable(self.shop.now), self.shop.house.month_cap)
        self.shop.send(member, self.one(to), part_of(most, percent), how=how)

    # Passes

    @rule(who=WHO, nth=st.integers(0, 1), cashier=st.booleans(), how=HOW)
    def sell(self, who: int, nth: int, *, cashier: bool, how: How) -> None:
        self.shop.sell(self.one(who), nth, cashier=cashier, how=how)

    @rule(who=WHO, nth=NTH, count=st.integers(1, 3), cashier=st.booleans(), how=HOW)
    def visit(self, who: int, nth: int, count: int, *, cashier: bool, how: How) -> None:
        member = self.one(who)
        if member.passes:
            sold = member.passes[-1 - nth % len(member.passes)]
            self.shop.visit(member, sold, count, cashier=cashier, how=how)

    @rule(who=WHO, nth=NTH, manager=st.booleans(), how=HOW)
    def undo_visit(self, who: int, nth: int, *, manager: bool, how: How) -> None:
        member = self.one(who)
        if member.visits:
            self.shop.undo_visit(member, member.visits[-1 - nth % len(member.visits)], manager=manager, how=how)

    @rule(who=WHO, nth=NTH, undo=st.booleans(), manager=st.booleans(), how=HOW)
    def end_pass(self, who: int, nth: int, *, undo: bool, manager: bool, how: How) -> None:
        member = self.one(who)
        if member.passes and undo:
            self.shop.undo_sale(member, member.passes[-1 - nth % len(member.passes)], manager=manager, how=how)
        elif member.passes:
            self.shop.give_back(member, member.passes[-1 - nth % len(member.passes)], how=how)

    # The shop, the clock, and who comes and goes

    @rule(time=st.sampled_from(WAITS))
    def wait(self, time: timedelta) -> None:
        self.shop.now += time

    @rule(who=WHO, nth=st.integers(0, 3), before=st.booleans())
    def wait_for_an_end(self, who: int, nth: int, *, before: bool) -> None:
        """Let the clock show the very instant at which points end, or the last second before it."""
        member, now = self.one(who), self.shop.now
        ends = sorted({lot.ends_at for lot in member.lots.values() if now + SECOND < lot.ends_at < now + 60 * DAY})
        if ends:
            self.shop.now = ends[nth % len(ends)] - (SECOND if before else timedelta())

    @rule()
    def run_jobs(self) -> None:
        self.shop.run_jobs()

    @rule(house=st.sampled_from(HOUSES))
    def change_the_rules(self, house: Any) -> None:
        self.shop.bring(house)

    @rule(who=WHO)
    def stop_or_release(self, who: int) -> None:
        self.shop.stop_or_release(self.one(who))

    @rule(who=WHO, really=st.integers(0, 9))
    def leave_and_join_anew(self, who: int, really: int) -> None:
        """Let somebody leave, or only make place for somebody new where one became part of another."""
        if really == 0 or (really < 4 and self.shop.people[who].heir):
            if self.shop.people[who].heir is None:
                self.shop.leave(self.shop.people[who])
            self.shop.join()
            self.shop.people[who], self.shop.people[-1] = self.shop.people[-1], self.shop.people[who]

    # Two become one

    @rule(who=WHO, other=WHO, how=LONG_HOW)
    def merge(self, who: int, other: int, how: How) -> None:
        """Make two places of the shop one person, by the members who had once stood there."""
        self.shop.merge(self.shop.people[who], self.shop.people[other], how=how)

    @rule(nth=st.integers(0, 2), how=LONG_HOW)
    def part(self, nth: int, how: How) -> None:
        """Part the newest two that are one still, or now and then any two that ever were."""
        joined = [one for one in self.shop.joined if nth == 2 or not one.undone]
        if joined:
            self.shop.part(joined[-1 - nth % len(joined)], how=How(how.crash))

    def _order(self, member: Member, takes: Takes) -> Order:
        """An order that takes these parts of what the member has, now and then too much."""
        house, now, amount = self.shop.house, self.shop.now, takes.amount
        tickets = sorted(member.coupons)
        start = takes.turn % len(tickets) if tickets else 0
        chosen = (tickets[start:] + tickets[:start])[: takes.coupons]
        most = most_points(house, amount, member.spendable(now))
        free = min(sum(member.free(house, now)), amount // 2)
        return Order(amount, part_of(most, takes.points), part_of(free, takes.stored), tuple(chosen))
