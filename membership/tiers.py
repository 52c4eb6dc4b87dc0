"""Tiers: which one a member stands in, what it brings, how far the next one is, and what a review makes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Literal, cast

from membership.reading import Reader
from membership.tier_windows import KINDS, Kind, Window

Metric = Literal["spend", "visits", "points"]
Review = Literal["keep", "one_down", "by_metric"]
METRICS: Final[tuple[Metric, ...]] = ("spend", "visits", "points")
REVIEWS: Final[tuple[Review, ...]] = ("keep", "one_down", "by_metric")
FOR_EVER: Final = Window()
WARN_DAYS: Final = (30, 7)


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of the ladder.

    ``threshold`` is in the ladder's metric: minor units spent, visits, or points earned by purchases; 0 for the tier
    everybody starts in. ``multiplier`` multiplies points, in the birthday's month ``birthday_multiplier``, too;
    ``percent_off`` is the tier price. ``gift`` is the id of the offer that welcomes, once in a lifetime; ``monthly`` of
    the one given each month. ``name`` and ``benefits`` (the shop's own words) hold one text per language.
    """

    id: str
    name: Mapping[str, str] = field(default_factory=dict)
    threshold: int = 0
    multiplier: Fraction = Fraction(1)
    percent_off: int = 0
    gift: str = ""
    monthly: str = ""
    birthday_multiplier: Fraction = Fraction(1)
    benefits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next tier and how much of the metric (minor units, visits or points) is missing."""

    tier: Tier
    missing: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """All tiers in rising order, what is counted over which time, and what happens when a hold ends.

    A tier is reached at once and held to the end of the next window. Then a review keeps it, or takes ``one_down``, or
    gives what the metric of that window reaches. For ``grace_days`` after the window purchases still save the tier;
    ``warn_days`` before the last of them the member is told what is missing.
    """

    tiers: tuple[Tier, ...] = ()
    metric: Metric = "spend"
    window: Window = FOR_EVER
    review: Review = "keep"
    grace_days: int = 0
    warn_days: tuple[int, ...] = WARN_DAYS

    @property
    def reviews(self) -> bool:
        """Whether a tier can be lost at all."""
        return self.review != "keep" and self.window.kind != "lifetime"

    def find(self, tier_id: str | None) -> Tier | None:
        return next((tier for tier in self.tiers if tier.id == tier_id), None)

    def is_first(self, tier: Tier | None) -> bool:
        """Tell whether nobody can fall below this tier."""
        return tier is None or not tier.threshold

    def is_top(self, tier_id: str | None) -> bool:
        """Tell whether nothing lies above this tier (True in a shop without tiers)."""
        return not self.tiers or self.tiers[-1].id == tier_id

    def earned_by(self, counted: int) -> Tier | None:
        """Return the highest tier whose threshold is reached; None in a shop without tiers."""
        return _last([tier for tier in self.tiers if tier.threshold <= counted])

    def after(self, current: str | None, counted: int) -> Tier | None:
        """Return the tier after a purchase: up at once, never down (down is decided at a review)."""
        return higher(self.find(current), self.earned_by(counted))

    def reviewed(self, current: str | None, counted: int) -> Tier | None:
        """Return the tier after a review of a window that counted so much: never a higher one."""
        held, earned = self.find(current), self.earned_by(counted)
        if held is None or earned is None:
            return earned or held
        if self.review == "keep" or earned.threshold >= held.threshold:
            return held
        return self.tiers[self.tiers.index(held) - 1] if self.review == "one_down" else earned

    def ahead(self, current: str | None, counted: int) -> Ahead | None:
        """Return the next tier above the one held, and what is missing; None at the top."""
        held = self.find(current)
        reached = -1 if held is None else held.threshold
        above = [tier for tier in self.tiers if tier.threshold > max(reached, counted)]
        return Ahead(above[0], above[0].threshold - counted) if above else None

    def held_until(self, tier: Tier | None, day: date, joined_on: date) -> date | None:
        """Return the last day of a tier reached (or kept by a window ending) on this day; None where it never ends."""
        return None if self.is_first(tier) or not self.reviews else self.window.held_until(day, joined_on)

    def closes_on(self, until: date) -> date:
        """Return the last day on which a purchase still saves a tier held until this day."""
        return until + timedelta(days=self.grace_days)

    @property
    def warned_ahead(self) -> tuple[int, ...]:
        """How many days before that last day members are warned: as the shop says, and when the grace begins."""
        return tuple(sorted({*self.warn_days, *([self.grace_days] if self.grace_days else [])}, reverse=True))


def higher(one: Tier | None, other: Tier | None) -> Tier | None:
    """Return the higher of two tiers, the first where they are equal."""
    if one is None or other is None:
        return one or other
    return other if other.threshold > one.threshold else one


def _last(tiers: Sequence[Tier]) -> Tier | None:
    return tiers[-1] if tiers else None


def read(top: Reader) -> Ladder:
    """Read the table ``[ladder]`` and each ``[[tiers]]``."""
    table = top.table("ladder")
    metric = cast("Metric", table.choice("metric", METRICS, "spend"))
    window = Window(cast("Kind", table.choice("window", KINDS, "lifetime")), table.whole("days", 365, low=1, high=3650))
    review = cast("Review", table.choice("review", REVIEWS, "keep"))
    grace = table.whole("grace_days", 0, high=365)
    warn = table.days_ahead("warn_days", WARN_DAYS)
    if window.kind == "lifetime" and review != "keep":
        table.note("review", "needs a window that ends", 'write window = "rolling", "calendar_year" or "anniversary"')
    table.done()
    tiers = tuple(_tier(read, metric) for read in top.tables("tiers"))
    thresholds = [tier.threshold for tier in tiers]
    if tiers and (thresholds[0] != 0 or sorted(set(thresholds)) != thresholds):
        top.note("tiers", "do not rise from zero", "let the first begin at 0 and each next one higher")
    return Ladder(tiers, metric, window, review, grace, warn)


def check(ladder: Ladder, offers: Collection[str], top: Reader) -> None:
    """Note gifts and monthly coupons of which there is no offer."""
    for number, tier in enumerate(ladder.tiers, start=1):
        for place, offer in (("gift", tier.gift), ("monthly", tier.monthly)):
            top.known(f"tiers[{number}].{place}", [offer], {"", *offers}, "write the id of one of the [[offers]]")


def _tier(table: Reader, metric: Metric) -> Tier:
    tier = Tier(
        id=table.code(),
        name=table.texts("name"),
        threshold=table.amount("from", 0) if metric == "spend" else table.whole("from", 0),
        multiplier=table.ratio("multiplier", Fraction(1)),
        percent_off=table.whole("percent_off", 0, high=99),
        gift=table.code("gift", "") if table.has("gift") else "",
        monthly=table.code("monthly", "") if table.has("monthly") else "",
        birthday_multiplier=table.ratio("birthday_multiplier", Fraction(1)),
        benefits=table.texts("benefits", required=False),
    )
    table.done()
    return tier
