"""Everything members and staff do with points, coupons and money, in any order, against a book kept by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from services.reservations import Less
from tests.model.book import DAY, Member, Order, day_of, most_points
from tests.model.buying import Buying
from tests.model.deeds import Count, How
from tests.model.houses import HOUSES, House
from tests.model.joining import Joining
from tests.model.scope import Scope
from tests.model.visiting import Visiting

SECOND: Final = timedelta(seconds=1)
PEOPLE: Final = 4
WHO: Final = st.integers(0, PEOPLE - 1)
CUTS: Final = (*range(60), *range(60, 120, 2))


def how_of(number: int) -> How:
    """Each fifth deed is cut off first, at any statement or after the last one, and then asked again."""
    cut, kind = divmod(number, 5)
    return How(crash=CUTS[cut]) if kind == 4 else How(twice=kind == 3)


def alone_of(number: int) -> How:
    """The same where nothing could be asked twice."""
    return How(crash=how_of(number).crash)


# Short names, not a list of all ways: the library writes down what it draws from, again and again.
HOW: Final = st.integers(0, 5 * len(CUTS) - 1).map(how_of)
ALONE: Final = st.integers(0, 5 * len(CUTS) - 1).map(alone_of)
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


def open_doors(scope: Scope) -> list[Member]:
    """Let the people join with whom every run begins."""
    scope.begin()
    shop = Shop(scope, Count())
    for _ in range(PEOPLE):
        shop.join()
    scope.keep()
    return shop.people


class Business(RuleBasedStateMachine):
    """One run: things happen to the people of a shop."""

    def __init__(self, scope: Scope, people: list[Member], count: Count, kind: type[Shop] = Shop) -> None:
        super().__init__()
        self.scope = scope
        scope.begin()
        self.shop = kind(scope, count, people=copy.deepcopy(people), first=1_000)

    def teardown(self) -> None:
        try:
            self.shop.close()
        finally:
            self.scope.undo()

    def one(self, who: int) -> Member:
        """Whoever stands in this place: somebody who became part of somebody else is them."""
        return self.shop.people[who].now_one()

    def who_has(self, who: int, has: Callable[[Member], object]) -> Member:
        """One of those who have something; whoever stands in this place where nobody has."""
        ones = [one for one in map(self.one, range(PEOPLE)) if has(one)]
        return ones[who % len(ones)] if ones else self.one(who)

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
        member = self.who_has(who, lambda one: one.waits)
        less = None
        if percent is not None and member.waits:
            amount = part_of(member.waits[-1].order.amount, percent)
            less = Less(amount_minor=max(1, amount), points=0 if percent < 100 else None)
        self.shop.agree(member, less, how=how)

    @rule(who=WHO, refuse=st.booleans(), how=HOW)
    def say_no(self, who: int, *, refuse: bool, how: How) -> None:
        self.shop.end_waiting(self.who_has(who, lambda one: one.waits), refuse=refuse, how=how)

    @rule(who=WHO, nth=st.integers(0, 5), percent=st.sampled_from((1, 10, 33, 50, 99, 100, 100, 101)), how=HOW)
    def refund(self, who: int, nth: int, percent: int, how: How) -> None:
        member = self.who_has(who, lambda one: one.bought)
        if member.bought:
            self.shop.refund(member, member.bought[-1 - nth % len(member.bought)], percent, how=how)

    @rule(who=WHO, nth=st.integers(0, 2), manager=st.booleans(), how=HOW)
    def undo(self, who: int, nth: int, *, manager: bool, how: How) -> None:
        member = self.who_has(who, lambda one: one.bought)
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
        day = day_of(self.shop.now)
        member = self.who_has(who, lambda one: day - DAY not in one.days and day - 2 * DAY in one.days)
        self.shop.make_up(member, how=how)

    @rule(who=WHO, amount=AMOUNT, cashier=st.booleans(), how=HOW)
    def top_up(self, who: int, amount: int, *, cashier: bool, how: How) -> None:
        self.shop.top_up(self.one(who), amount, cashier=cashier, how=how)

    @rule(who=WHO, nth=st.integers(0, 1), manager=st.booleans(), how=ALONE)
    def undo_top_up(self, who: int, nth: int, *, manager: bool, how: How) -> None:
        member = self.who_has(who, lambda one: one.topped)
        if member.topped:
            self.shop.undo_top_up(member, member.topped[-1 - nth % len(member.topped)], manager=manager, how=how)

    @rule(who=WHO, percent=PART, how=HOW)
    def cash_out(self, who: int, percent: int, how: How) -> None:
        member = self.who_has(who, lambda one: one.principal)
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
        member = self.who_has(who, lambda one: one.coupons)
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
        member = self.who_has(who, lambda one: one.spendable(self.shop.now))
        most = min(member.spendable(self.shop.now), self.shop.house.month_cap)
        self.shop.send(member, self.one(to), part_of(most, percent), how=how)

    # Passes

    @rule(who=WHO, nth=st.integers(0, 1), cashier=st.booleans(), how=HOW)
    def sell(self, who: int, nth: int, *, cashier: bool, how: How) -> None:
        self.shop.sell(self.one(who), nth, cashier=cashier, how=how)

    @rule(who=WHO, nth=NTH, count=st.integers(1, 3), cashier=st.booleans(), how=HOW)
    def visit(self, who: int, nth: int, count: int, *, cashier: bool, how: How) -> None:
        member = self.who_has(who, lambda one: one.passes)
        if member.passes:
            sold = member.passes[-1 - nth % len(member.passes)]
            self.shop.visit(member, sold, count, cashier=cashier, how=how)

    @rule(who=WHO, nth=NTH, manager=st.booleans(), how=HOW)
    def undo_visit(self, who: int, nth: int, *, manager: bool, how: How) -> None:
        member = self.who_has(who, lambda one: one.visits)
        if member.visits:
            self.shop.undo_visit(member, member.visits[-1 - nth % len(member.visits)], manager=manager, how=how)

    @rule(who=WHO, nth=NTH, undo=st.booleans(), manager=st.booleans(), how=HOW)
    def end_pass(self, who: int, nth: int, *, undo: bool, manager: bool, how: How) -> None:
        member = self.who_has(who, lambda one: one.passes)
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
        now = self.shop.now
        member = self.who_has(who, lambda one: any(lot.left for lot in one.lots.values()))
        ends = sorted({lot.ends_at for lot in member.lots.values() if now + SECOND < lot.ends_at < now + 60 * DAY})
        if ends:
            self.shop.now = ends[nth % len(ends)] - (SECOND if before else timedelta())

    @rule(job=st.sampled_from(("points", "coupons", "bills", "tiers")), how=ALONE)
    def run_job(self, job: str, how: How) -> None:
        self.shop.run_job(job, how=how)

    @rule(house=st.sampled_from((None, None, *HOUSES)), how=ALONE)
    def change_the_rules(self, house: House | None, how: How) -> None:
        if house is not None and house is not self.shop.house:
            self.shop.bring(house, how=how)

    @rule(who=WHO, really=st.integers(0, 3), how=ALONE)
    def stop_or_release(self, who: int, really: int, how: How) -> None:
        member = self.who_has(who, lambda one: one.frozen)
        if member.frozen or really == 0:
            self.shop.stop_or_release(member, how=how)

    @rule(who=WHO, really=st.integers(0, 9), how=ALONE)
    def leave_and_join_anew(self, who: int, really: int, how: How) -> None:
        """Let somebody leave, or only make place for somebody new where nobody stands, or one who became another."""
        member = self.shop.people[who]
        if really == 0 or self.one(who).left or (really < 4 and member.heir):
            if member.heir is None:
                self.shop.leave(member, how=how)
            self.shop.join(how=how)
            self.shop.people[who], self.shop.people[-1] = self.shop.people[-1], self.shop.people[who]

    # Two become one

    @rule(who=WHO, further=st.integers(0, PEOPLE - 1), before=st.integers(0, 3), how=HOW)
    def merge(self, who: int, further: int, before: int, how: How) -> None:
        """Make one of two, or of one; now and then of those who had stood in these places before they were others."""
        places = [who, (who + further) % PEOPLE]
        one, other = (self.shop.people[place] if before == 0 else self.one(place) for place in places)
        if one is not other or further == 0:
            self.shop.merge(one, other, how=how)

    @rule(nth=st.integers(0, 2), how=ALONE)
    def part(self, nth: int, how: How) -> None:
        """Part the newest two that are one still, or now and then any two that ever were."""
        joined = [one for one in self.shop.joined if nth == 2 or not one.undone]
        if joined:
            self.shop.part(joined[-1 - nth % len(joined)], how=how)

    def _order(self, member: Member, takes: Takes) -> Order:
        """An order that takes these parts of what the member has, now and then too much."""
        house, now, amount = self.shop.house, self.shop.now, takes.amount
        tickets = sorted(member.coupons)
        start = takes.turn % len(tickets) if tickets else 0
        chosen = (tickets[start:] + tickets[:start])[: takes.coupons]
        most = most_points(house, amount, member.spendable(now))
        free = min(sum(member.free(house, now)), amount // 2)
        return Order(amount, part_of(most, takes.points), part_of(free, takes.stored), tuple(chosen))
