"""A simulated counter: cashiers with habits of their own, regulars, slips and returns, day after day, and no cheat."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from membership.moment import id_of
from services import rules
from storage import points as point_rows
from storage.database import Tx
from storage.points import Transfer
from storage.tables import guesses, purchases, redemptions, refunds, scans

OPENS, CLOSES = 8.0, 21.5
"""The local hours between which customers come."""
REGULARS = 0.4
"""The part of purchases that regulars make, each of them almost daily."""


@dataclass
class Cashier:
    """One person on the staff with habits: how much they sell a day, and how often things go another way."""

    id: str
    store_id: str
    sales: int
    typed: float
    voids: float
    round: float
    lookups: float


@dataclass
class Month:
    """Rows of a simulated time, to be written in one go."""

    chance: random.Random
    members: list[str]
    store_ids: list[str]
    midnight: datetime
    """The first day's beginning (UTC)."""
    tables: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    made: int = 0

    def staff(self, ids: Iterable[str]) -> list[Cashier]:
        """Return people whose habits differ: as one person's scanner is worn, another's drawer is full of coins."""
        return [self._person(staff_id, number) for number, staff_id in enumerate(ids)]

    def _person(self, staff_id: str, number: int) -> Cashier:
        vary = self.chance.betavariate
        return Cashier(
            id=staff_id,
            store_id=self.store_ids[number % len(self.store_ids)],
            sales=self.chance.randint(20, 45),
            typed=vary(6, 114),
            voids=vary(6, 294),
            round=vary(8, 92),
            lookups=vary(5, 95),
        )

    def live(self, people: Iterable[Cashier], day: int) -> None:
        """Let an honest day pass."""
        for person in people:
            if self.chance.random() < 2 / 7:
                continue  # a day off
            for _ in range(self.chance.randint(person.sales * 3 // 5, person.sales * 7 // 5)):
                self._serve(person, day)
            if self.chance.random() < 0.02:  # somebody comes after closing time
                self.sell(person, day, CLOSES + self.chance.random() * 2)

    def _serve(self, person: Cashier, day: int) -> None:
        hour = OPENS + self.chance.random() * (CLOSES - OPENS)
        is_round = self.chance.random() < person.round
        minor = 1000 * self.chance.randint(1, 9) if is_round else self.chance.randint(801, 9999) // 10 * 10 + 5
        if self.chance.random() < person.lookups:
            self.look_up(person, day, hour)
            if self.chance.random() < 0.8:  # the others wanted to know their points only
                self.sell(person, day, hour, minor=minor, scanned=False)
            return
        typed = self.chance.random() < person.typed
        sold = self.sell(person, day, hour, minor=minor, typed=typed, used=0.15)
        if self.chance.random() < person.voids:
            self.take_back(person, sold)

    def customer(self) -> str:
        regular = self.chance.random() < REGULARS
        return self.chance.choice(self.members[:60] if regular else self.members)

    def at(self, day: int, hour: float) -> datetime:
        return self.midnight + timedelta(days=day, hours=hour)

    def sell(
        self,
        person: Cashier,
        day: int,
        hour: float,
        *,
        minor: int = 2355,
        member: str = "",
        typed: bool = False,
        scanned: bool = True,
        used: float = 0.0,
    ) -> dict[str, Any]:
        """Record a purchase, and the scan before it."""
        at, chosen = self.at(day, hour), member or self.customer()
        scan_id = self.scan(person, day, hour, typed=typed, member=chosen, bought=True) if scanned else None
        with_points = self.chance.random() < used
        sold = {
            "id": self._id("purchase"),
            "reference": self._id("reference"),
            "store_id": person.store_id,
            "member_id": chosen,
            "actor": person.id,
            "channel": "seed",
            "receipt_no": f"M{self.made % 10**4:04}",
            "business_on": date(2000, 1, 1) + timedelta(days=self.made),
            "amount_minor": minor,
            "paid_minor": minor,
            "points_earned": 0,
            "points_spent": 100 if with_points else 0,
            "lines": [],
            "terms": {},
            "why": [],
            "scan_id": scan_id,
            "at": at,
        }
        self._add(purchases, sold)
        return sold

    def scan(
        self, person: Cashier, day: int, hour: float, *, typed: bool = False, member: str = "", bought: bool
    ) -> str:
        """Record a scan, with or without a purchase behind it."""
        at, scan_id = self.at(day, hour), self._id("scan")
        whose = {"member_id": member or self.customer(), "actor": person.id, "store_id": person.store_id}
        when = {"at": at, "expires_at": at, "used_at": at if bought else None}
        self._add(scans, {"id": scan_id, "code_id": scan_id, "typed": typed, **whose, **when})
        return scan_id

    def take_back(self, person: Cashier, sold: Mapping[str, Any], *, minutes: int = 3) -> None:
        """Record that a purchase was taken back."""
        points = {"points_clawed_back": 0, "points_restored": 0, "debt": 0}
        about = {"purchase_id": sold["id"], "amount_minor": sold["amount_minor"], "reason": "undo", "actor": person.id}
        key, at = self._id("refund"), sold["at"] + timedelta(minutes=minutes)
        self._add(refunds, {"id": key, "reference": key, **points, **about, "at": at})

    def look_up(self, person: Cashier, day: int, hour: float) -> None:
        """Record that a member was looked up by phone."""
        facts = {"actor": person.id, "store_id": person.store_id, "kind": "phone", "at": self.at(day, hour)}
        self._add(guesses, facts)

    def write(self, tx: Tx) -> None:
        """Write everything down, each table in one go, and forget it here."""
        for table in (scans, purchases, refunds, guesses, redemptions):
            if rows := self.tables.pop(table, None):
                tx.execute(table.insert(), rows)

    def adjust(self, tx: Tx, person: Cashier, day: int, hour: float) -> None:
        """Give points by hand, as the ledger writes it."""
        at, member = self.at(day, hour), self.customer()
        debit, credit = point_rows.account(tx, None, "adjust"), point_rows.account(tx, member, "points")
        facts: dict[str, Any] = {"amount": 50, "kind": "adjust", "actor": person.id, "at": at, "content_hash": b"-"}
        point_rows.post_all(tx, [Transfer(reference=self._id("adjust"), debit=debit, credit=credit, **facts)])

    def _add(self, table: Any, row: dict[str, Any]) -> None:
        self.tables.setdefault(table, []).append(row)

    def _id(self, label: str) -> str:
        self.made += 1
        return id_of(f"{label}:{self.made}")


def day_numbers(month: int = 28) -> Iterator[int]:
    """Return the days to be judged, behind the weeks that show what is usual."""
    yield from range(28, 28 + month)


def store_ids(*codes: str) -> list[str]:
    return [rules.store_id(code) for code in codes]
