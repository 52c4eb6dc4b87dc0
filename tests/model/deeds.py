"""One shop in a scope, and how a deed is done there: cut off first, or twice, and compared with the book."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, String, bindparam, select

from membership.errors import Refusal
from membership.moment import Moment
from services import Tx, points, proof, rules
from services.reader import Reader
from storage import members as member_rows
from storage.points import account_id
from storage.tables import accounts, coupons, lots, passes
from tests.model.book import Member, No, grace_end
from tests.model.houses import HOUSES, House
from tests.model.scope import Scope

T = TypeVar("T")

START: Final = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
MAIN: Final = rules.store_id("main")
MANAGER, CASHIER = Reader("mo", MAIN), Reader("jay", MAIN)


SHOWN_EVERY: Final = 4
"""After every so many deeds what a member is shown is held against the book, too, and at the end.

So often their rows are looked at after a deed that was refused: it was undone, and the next deed looks again.
"""

_OF: Final[BindParameter[str]] = bindparam("of")
_LOTS: Final = select(lots.c.id, lots.c.remaining, lots.c.expires_at).where(
    lots.c.account_id == _OF, lots.c.remaining > 0
)
_PURSE: Final = tuple(bindparam(kind, type_=String) for kind in ("points", "debt", "stored_principal", "stored_bonus"))
_BALANCES: Final = select(accounts.c.id, accounts.c.balance).where(accounts.c.id.in_(_PURSE))
_COUPONS: Final = select(coupons.c.id, coupons.c.state, coupons.c.expires_at).where(coupons.c.member_id == _OF)
_PASSES: Final = select(passes.c.id, passes.c.state, passes.c.remaining).where(passes.c.member_id == _OF)


@dataclass
class Count:
    """How many deeds were done, and how many of them were refused, in all runs."""

    done: int = 0
    refused: int = 0


@dataclass(frozen=True)
class How:
    """How a deed is done: the power goes after so many statements before it is done, it is done twice."""

    crash: int | None = None
    twice: bool = False


ONCE: Final = How()


class Wrong(AssertionError):
    """The shop and the book differ."""


def open_shop(tx: Tx) -> None:
    rules.bring(tx, HOUSES[0].body, actor="owner", now=START)


class Deeds:
    """The shop and the book of one run."""

    def __init__(self, scope: Scope, count: Count, *, people: Sequence[Member] = (), first: int = 1) -> None:
        self.scope, self.count = scope, count
        self.now, self.house = START, HOUSES[0]
        self.people = list(people)
        self.undone: set[str] = set()
        self.bonds: dict[str, tuple[frozenset[str], bool]] = {}
        self.joined: list[Any] = []
        self.lucky = self.nth = 0
        self.version, self.held = 0, set[int]()
        self._numbers = itertools.count(first)
        self.at = self.moment()

    def moment(self) -> Moment:
        return Moment(self.now, next(self._numbers).to_bytes(32, "big"))

    def name(self, verb: str) -> str:
        """A new reference."""
        return f"{verb}:{next(self._numbers)}"

    def bring(self, house: House, *, how: How = ONCE) -> None:
        self.house = house
        self.alone(lambda tx: rules.bring(tx, house.body, actor="owner", now=self.now), how)
        self.version = self.scope.look(rules.version)

    def grace_end(self) -> datetime:
        return grace_end(self.house, self.now)

    def meddle(self, tx: Tx, verb: str, member: Member) -> None:
        """Nothing: where a fault is planted to be found, it is planted here."""

    def do(
        self, verb: str, member: Member, deed: Callable[[Tx, Moment], T], expect: Callable[[], None], *, how: How = ONCE
    ) -> T | None:
        """Do a deed in a unit of its own, and its like in the book; None where both refuse it."""
        self.count.done += 1
        moment = self.at = self.moment()

        def run(tx: Tx) -> T:
            answer = deed(tx, moment)
            self.meddle(tx, verb, member)
            return answer

        if how.crash is not None:
            self.cut(run, how.crash)
        answer = self._settle(run, expect, verb)
        if answer is not None and how.twice and self._identity(self.again(run)) != self._identity(answer):
            raise Wrong(f"{verb} done twice gave two answers")
        self.nth += 1
        if answer is not None or self.nth % SHOWN_EVERY == 0:
            self.compare(member)
        return answer

    def alone(self, deed: Callable[[Tx], T], how: How = ONCE) -> T:
        """Do something no rule refuses, perhaps after the power went once."""
        if how.crash is not None:
            self.cut(deed, how.crash)
        return self.scope.unit(deed)

    def cut(self, run: Callable[[Tx], object], statements: int) -> None:
        try:
            self.scope.crash(run, statements=statements)
        except Refusal:
            return

    def again(self, run: Callable[[Tx], T]) -> T:
        return self.scope.unit(run)

    def _settle(self, run: Callable[[Tx], T], expect: Callable[[], None], verb: str) -> T | None:
        refused: tuple[str, ...] = ()
        try:
            expect()
        except No as no:
            refused = no.names
        try:
            answer = self.scope.unit(run)
        except Refusal as refusal:
            self.count.refused += 1
            if type(refusal).__name__ not in refused:
                raise Wrong(f"{verb} was refused by {type(refusal).__name__}, not by {refused}") from refusal
            return None
        if refused:
            raise Wrong(f"{verb} was to be refused by {refused}")
        return answer

    def _identity(self, answer: Any) -> Any:
        return getattr(answer, "id", answer)

    def compare(self, member: Member) -> None:
        """Hold one member's rows against their page of the book."""
        found = self.scope.look(lambda tx: self._standing(tx, member))
        told = {
            "lots": {lot.id: (lot.left, lot.ends_at) for lot in member.lots.values() if lot.left},
            "points": sum(lot.left for lot in member.lots.values()),
            "debt": member.debt,
            "stored": (member.principal, member.bonus),
        }
        if found != told:
            raise Wrong(f"the shop has {found}, the book {told}")
        if self.nth % SHOWN_EVERY == 0:
            self._compare_views(member)

    def _standing(self, tx: Tx, member: Member) -> dict[str, Any]:
        purse = {kind: account_id(member.id, kind) for kind in ("points", "debt", "stored_principal", "stored_bonus")}
        held = {row.id: int(row.balance) for row in tx.all(_BALANCES, purse)}
        points_, debt, *stored = (held.get(purse[kind], 0) for kind in purse)
        return {
            "lots": {row.id: (row.remaining, row.expires_at) for row in tx.all(_LOTS, {"of": purse["points"]})},
            "points": points_,
            "debt": debt,
            "stored": tuple(stored),
        }

    def _compare_views(self, member: Member) -> None:
        """Hold what the shop shows a member against the book."""
        has = self.scope.look(lambda tx: points.balance(tx, member.id, now=self.now))
        if (has.points, has.pending, has.debt) != (member.spendable(self.now), member.pending(self.now), member.debt):
            raise Wrong(f"the shop shows {has}, the book {member}")

    def close(self) -> None:
        """Hold everything against the book, and the books against every rule they keep."""
        for member in self.people:
            self.compare(member)
            self._compare_views(member)
            self.compare_goods(member)
        findings = self.scope.look(proof.check)
        if findings:
            raise Wrong("\n".join(map(str, findings)))

    def compare_goods(self, member: Member) -> None:
        mine, cards = {"of": member.id}, {one.id: (one.state, one.left) for one in member.passes}
        found = {row.id: (row.state, row.expires_at) for row in self.scope.look(lambda tx: tx.all(_COUPONS, mine))}
        told = {one.id: (one.state, one.ends_at) for one in member.coupons.values()}
        row = self.scope.look(lambda tx: member_rows.get(tx, member.id))
        if (row.tier, row.tier_until) != (member.tier, member.tier_until):
            raise Wrong(f"the shop has {row.tier} until {row.tier_until}, the book {member.tier}, {member.tier_until}")
        if found != told:
            raise Wrong(f"the shop has the coupons {found}, the book {told}")
        sold = {row.id: (row.state, row.remaining) for row in self.scope.look(lambda tx: tx.all(_PASSES, mine))}
        if sold != cards:
            raise Wrong(f"the shop has the passes {sold}, the book {cards}")
