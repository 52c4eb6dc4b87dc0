"""Tiers: which one a member stands in, what it brings, and how far the next one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal, cast

from membership.reading import Reader


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of the ladder.

    ``threshold`` is in the ladder's metric: minor units spent, or visits; 0 for the tier everybody starts in.
    ``multiplier`` multiplies points, ``percent_off`` is the tier price. ``name`` holds one text per language.
    """

    id: str
    name: Mapping[str, str] = field(default_factory=dict)
    threshold: int = 0
    multiplier: Fraction = Fraction(1)
    percent_off: int = 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """All tiers in rising order, what is counted, and over which time (``days`` for a rolling window)."""

    tiers: tuple[Tier, ...] = ()
    metric: Literal["spend", "visits"] = "spend"
    window: Literal["lifetime", "rolling"] = "lifetime"
    days: int = 365

    def counts_from(self, now: datetime) -> datetime | None:
        """Return the moment from which purchases count towards a tier; None: all of them."""
        return None if self.window == "lifetime" else now - timedelta(days=self.days)

    def find(self, tier_id: str | None) -> Tier | None:
        return next((tier for tier in self.tiers if tier.id == tier_id), None)

    def earned_by(self, counted: int) -> Tier | None:
        """Return the highest tier whose threshold is reached; None in a shop without tiers."""
        return _last([tier for tier in self.tiers if tier.threshold <= counted])

    def after(self, current: str | None, counted: int) -> Tier | None:
        """Return the tier after a purchase: up at once, never down (down is decided at a review)."""
        held, earned = self.find(current), self.earned_by(counted)
        if held is None or earned is None:
            return earned or held
        return earned if earned.threshold > held.threshold else held

    def ahead(self, current: str | None, counted: int) -> Ahead | None:
        """Return the next tier above the one held, and what is missing; None at the top."""
        held = self.find(current)
        reached = -1 if held is None else held.threshold
        above = [tier for tier in self.tiers if tier.threshold > max(reached, counted)]
        return Ahead(above[0], above[0].threshold - counted) if above else None


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next tier and how much of the metric (minor units or visits) is missing."""

    tier: Tier
    missing: int


def _last(tiers: Sequence[Tier]) -> Tier | None:
    return tiers[-1] if tiers else None


def read(top: Reader) -> Ladder:
    """Read the table ``[ladder]`` and each ``[[tiers]]``."""
    table = top.table("ladder")
    metric = cast("Literal['spend', 'visits']", table.choice("metric", ("spend", "visits"), "spend"))
    window = cast("Literal['lifetime', 'rolling']", table.choice("window", ("lifetime", "rolling"), "lifetime"))
    days = table.whole("days", 365, low=1, high=3650)
    table.done()
    tiers = tuple(_tier(read, metric) for read in top.tables("tiers"))
    thresholds = [tier.threshold for tier in tiers]
    if tiers and (thresholds[0] != 0 or sorted(set(thresholds)) != thresholds):
        top.note("tiers", "do not rise from zero", "let the first begin at 0 and each next one higher")
    return Ladder(tiers, metric, window, days)


def _tier(table: Reader, metric: str) -> Tier:
    tier = Tier(
        id=table.code(),
        name=table.texts("name"),
        threshold=table.amount("from", 0) if metric == "spend" else table.whole("from", 0),
        multiplier=table.ratio("multiplier", Fraction(1)),
        percent_off=table.whole("percent_off", 0, high=99),
    )
    table.done()
    return tier
