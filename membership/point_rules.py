"""What the shop decides about points: how they are earned, what they pay, when they end, and their caps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal, cast
from zoneinfo import ZoneInfo

from membership import days
from membership.earning import BIRTHDAY, Boost, Extra, Rate
from membership.points import ExpiryPolicy
from membership.reading import Reader

_NEVER = ExpiryPolicy()
_ONLY_WITH = {"count": ("days", "months", "fixed_day"), "month": ("fixed_day",), "day": ("fixed_day",)}


@dataclass(frozen=True, slots=True)
class Worth:
    """What points pay: ``points`` points are worth ``minor`` minor units."""

    points: int
    minor: int

    def minor_of(self, points: int) -> int:
        return points * self.minor // self.points

    def points_within(self, minor: int) -> int:
        """Return the most points whose worth stays within this amount."""
        return minor * self.points // self.minor

    def least_for(self, points: int) -> int:
        """Return how many of these points pay as much as all of them: what is over would be spent for nothing."""
        return -(-self.minor_of(points) * self.points // self.minor)


@dataclass(frozen=True, slots=True)
class PointRules:
    """Earning, spending and end of points; ``cap_percent`` is the part of a bill that points may pay.

    ``first_purchase`` are points on top of a member's first purchase, ``birthday_points`` on top of the first one in
    the month of the birthday; ``birthday_multiplier`` counts all that month.
    """

    rate: Rate
    worth: Worth
    cap_percent: int = 100
    expiry: ExpiryPolicy = _NEVER
    purchase_cap: int | None = None
    day_cap: int | None = None
    pending_days: int = 0
    grace_days: int = 7
    first_purchase: int = 0
    birthday_points: int = 0
    birthday_multiplier: Fraction = Fraction(1)

    def grace_ends(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Return until when (UTC) something counts that a refund gives back now and whose own end has passed.

        The last of these days counts whole; without any it is over at once.
        """
        last = days.day_of(now, zone) + timedelta(days=self.grace_days)
        return days.end_of(last, zone) if self.grace_days else now

    def extras(self, *, first: bool, first_in_birthday_month: bool) -> tuple[Extra, ...]:
        """Return the points that come on top of a member's first purchase, and the first of the birthday month."""
        told = (
            (first, Extra("earning.first_purchase", self.first_purchase)),
            (first_in_birthday_month, Extra("earning.birthday_points", self.birthday_points)),
        )
        return tuple(extra for holds, extra in told if holds and extra.points)

    def birthday_boost(self, of_tier: Fraction = Fraction(1)) -> Boost | None:
        """Return the multiplier of the birthday month: the shop's or the tier's, whichever is higher; None: none."""
        multiplier = max(self.birthday_multiplier, of_tier)
        return Boost(BIRTHDAY, multiplier) if multiplier > 1 else None


def read(table: Reader) -> PointRules:
    """Read the table ``[points]``."""
    earn, worth, birthday = table.table("earn"), table.table("worth"), table.table("birthday_month")
    rules = PointRules(
        rate=Rate(earn.whole("points", low=1, high=10**6), earn.amount("per", low=1)),
        worth=Worth(worth.whole("points", low=1, high=10**6), worth.amount("pay", low=1)),
        cap_percent=table.whole("cap_percent", 100, high=100),
        expiry=_expiry(table.table("expiry")),
        purchase_cap=table.whole_or_none("purchase_cap", low=1),
        day_cap=table.whole_or_none("day_cap", low=1),
        pending_days=table.whole("pending_days", 0, high=90),
        grace_days=table.whole("grace_days", 7, high=365),
        first_purchase=table.whole("first_purchase", 0, high=10**6),
        birthday_points=birthday.whole("points", 0, high=10**6),
        birthday_multiplier=birthday.ratio("multiplier", Fraction(1)),
    )
    if rules.pending_days > _shortest(rules.expiry):
        table.note("pending_days", "is longer than points count: none could ever be spent", "let them count longer")
    if rules.birthday_multiplier < 1:
        birthday.note("multiplier", "brings fewer points", 'write a multiplier above 1, such as "2"')
    for read in (earn, worth, birthday, table):
        read.done()
    return rules


def _expiry(table: Reader) -> ExpiryPolicy:
    kind = table.choice("kind", ("never", "days", "months", "fixed_day"), "never")
    policy = ExpiryPolicy(
        cast("Literal['never', 'days', 'months', 'fixed_day']", kind),
        table.whole(
            "count", 0 if kind in ("never", "fixed_day") else None, low=int(kind in ("days", "months")), high=3650
        ),
        table.whole("month", 12, low=1, high=12),
        table.whole("day", 31, low=1, high=31),
    )
    table.meant(_ONLY_WITH, kind)
    table.done()
    return policy


def _shortest(expiry: ExpiryPolicy) -> int:
    """Return how many days points earned on the worst day count; what ends on one day of the year is its own wish."""
    return {"days": expiry.count, "months": expiry.count * 28}.get(expiry.kind, 10**6)
