"""What the shop decides about points: how they are earned, what they pay, when they end, and their caps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from membership.earning import Rate
from membership.points import ExpiryPolicy
from membership.reading import Reader

_NEVER = ExpiryPolicy()


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


@dataclass(frozen=True, slots=True)
class PointRules:
    """Earning, spending and end of points; ``cap_percent`` is the part of a bill that points may pay."""

    rate: Rate
    worth: Worth
    cap_percent: int = 100
    expiry: ExpiryPolicy = _NEVER
    purchase_cap: int | None = None
    day_cap: int | None = None
    pending_days: int = 0
    grace_days: int = 7


def read(table: Reader) -> PointRules:
    """Read the table ``[points]``."""
    earn, worth = table.table("earn"), table.table("worth")
    rules = PointRules(
        rate=Rate(earn.whole("points", low=1, high=10**6), earn.amount("per", low=1)),
        worth=Worth(worth.whole("points", low=1, high=10**6), worth.amount("pay", low=1)),
        cap_percent=table.whole("cap_percent", 100, high=100),
        expiry=_expiry(table.table("expiry")),
        purchase_cap=table.whole_or_none("purchase_cap", low=1),
        day_cap=table.whole_or_none("day_cap", low=1),
        pending_days=table.whole("pending_days", 0, high=90),
        grace_days=table.whole("grace_days", 7, high=365),
    )
    for read in (earn, worth, table):
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
    table.done()
    return policy
