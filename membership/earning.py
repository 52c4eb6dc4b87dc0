"""Earning: how many points a purchase brings, why, and how many a refund takes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from membership.errors import RefundTooLarge
from membership.messages import Message, say
from membership.money import Money


@dataclass(frozen=True, slots=True)
class Rate:
    """So many points for so much money: ``points`` for every ``per_minor`` minor units, in any part of it."""

    points: int
    per_minor: int

    @property
    def per_unit(self) -> Fraction:
        return Fraction(self.points, self.per_minor)


@dataclass(frozen=True, slots=True)
class Boost:
    """A campaign's multiplier; among several the best one counts, they never multiply each other."""

    campaign: str
    multiplier: Fraction


@dataclass(frozen=True, slots=True)
class Extra:
    """Points on top of the calculation, for a reason with a text key (``earning.first_purchase`` …)."""

    key: str
    points: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything the points of one purchase depend on, kept with the purchase so that refunds use the same.

    ``cap`` is the most this purchase may earn (None: no cap): the smaller of the cap per purchase and what was
    left of the cap of that day.
    """

    rate: Rate
    tier_multiplier: Fraction = Fraction(1)
    boost: Boost | None = None
    extras: tuple[Extra, ...] = ()
    cap: int | None = None

    def points_for(self, base_minor: int) -> int:
        """Return the points for this base: floor(base x rate x tier x campaign) + extras, within the cap.

        Nothing paid earns nothing, extras included.
        """
        if base_minor <= 0:
            return 0
        whole = self._calculated(base_minor) + sum(extra.points for extra in self.extras)
        return whole if self.cap is None else min(whole, self.cap)

    def why(self, base: Money) -> tuple[Message, ...]:
        """Return the lines that explain the points of this base, the last one only where a cap cut them."""
        if base.minor <= 0:
            return ()
        per = Money(self.rate.per_minor, base.currency)
        lines = [say("earning.base", base=base, points=self.rate.points, per=per)]
        if self.tier_multiplier != 1:
            lines.append(say("earning.tier", multiplier=written(self.tier_multiplier)))
        if self.boost is not None and self.boost.multiplier != 1:
            lines.append(say("earning.campaign", name=self.boost.campaign, multiplier=written(self.boost.multiplier)))
        lines += [say(extra.key, points=extra.points) for extra in self.extras]
        if self.cap is not None and self.points_for(base.minor) == self.cap:
            lines.append(say("earning.cap", points=self.cap))
        return tuple(lines)

    def _calculated(self, base_minor: int) -> int:
        boost = Fraction(1) if self.boost is None else self.boost.multiplier
        exact = base_minor * self.rate.per_unit * self.tier_multiplier * boost
        return exact.numerator // exact.denominator


def best(boosts: tuple[Boost, ...]) -> Boost | None:
    """Return the campaign that counts: the one with the highest multiplier."""
    return max(boosts, key=lambda boost: (boost.multiplier, boost.campaign), default=None)


def smaller_cap(per_purchase: int | None, left_today: int | None) -> int | None:
    """Return the cap of one purchase; None where neither cap is set."""
    return min((cap for cap in (per_purchase, left_today) if cap is not None), default=None)


def clawback(terms: Terms, base: Money, *, refunded_minor: int, refund_minor: int) -> int:
    """Return the points this refund takes back, after ``refunded_minor`` were refunded before.

    The points a member keeps always are those of what is left of the base, so that any split into partial
    refunds takes back exactly as much as one.

    Raises:
        RefundTooLarge: less than ``refund_minor`` is left.

    """
    left = base.minor - refunded_minor
    if refund_minor > left:
        raise RefundTooLarge(left=Money(left, base.currency))
    return terms.points_for(left) - terms.points_for(left - refund_minor)


def repay(points: int, debt: int) -> tuple[int, int]:
    """Split new points into what repays the debt and what becomes a lot."""
    repaid = min(points, debt)
    return repaid, points - repaid


def written(multiplier: Fraction) -> str:
    """Return a multiplier as people read it: ``1.5``; as a fraction where no short decimal is exact."""
    for digits in range(4):
        scaled = multiplier * 10**digits
        if scaled.denominator == 1:
            whole, part = divmod(scaled.numerator, 10**digits)
            return f"{whole}.{part:0{digits}}" if digits else str(whole)
    return f"{multiplier.numerator}/{multiplier.denominator}"


def pack(terms: Terms) -> dict[str, Any]:
    """Return the terms as plain JSON types; ``unpack`` gives them back exactly."""
    boost = None if terms.boost is None else [terms.boost.campaign, str(terms.boost.multiplier)]
    return {
        "rate": [terms.rate.points, terms.rate.per_minor],
        "tier": str(terms.tier_multiplier),
        "boost": boost,
        "extras": [[extra.key, extra.points] for extra in terms.extras],
        "cap": terms.cap,
    }


def unpack(stored: Mapping[str, Any]) -> Terms:
    boost = stored["boost"]
    return Terms(
        rate=Rate(*stored["rate"]),
        tier_multiplier=Fraction(stored["tier"]),
        boost=None if boost is None else Boost(boost[0], Fraction(boost[1])),
        extras=tuple(Extra(*extra) for extra in stored["extras"]),
        cap=stored["cap"],
    )
