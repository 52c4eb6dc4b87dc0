"""Earning: how many points a purchase brings, why, and how many a refund takes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from membership.errors import RefundTooLarge
from membership.messages import Message, choose, say
from membership.money import Money

BIRTHDAY: Final = "*birthday"
"""The multiplier of the month of the member's birthday, in the place of a campaign's id."""


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
    """A campaign's multiplier; among several the best one counts, they never multiply each other.

    ``share`` is the part of the bill that it means: all of it, or what some products are of it.
    """

    campaign: str
    multiplier: Fraction
    name: Mapping[str, str] = field(default_factory=dict)
    share: Fraction = Fraction(1)

    @property
    def factor(self) -> Fraction:
        """By how much the points of the whole bill are multiplied: those of the part, and once those of the rest."""
        return 1 + self.share * (self.multiplier - 1)

    def why(self, base: Money) -> Message:
        """Return the line that explains it."""
        multiplier = written(self.multiplier)
        if self.campaign == BIRTHDAY:
            return say("earning.birthday", multiplier=multiplier)
        name = choose(self.name) if self.name else self.campaign
        if self.share == 1:
            return say("earning.campaign", name=name, multiplier=multiplier)
        part = Money(int(base.minor * self.share), base.currency)
        return say("earning.campaign_part", name=name, multiplier=multiplier, part=part)


@dataclass(frozen=True, slots=True)
class Extra:
    """Points on top of the calculation, for a reason with a text key (``earning.first_purchase`` …).

    ``name`` is what they are for, where the text says so. With ``of_minor`` they belong to a base of that size and
    shrink with it as it is refunded; without, they stay whole while anything of the base is left.
    """

    key: str
    points: int
    name: Mapping[str, str] = field(default_factory=dict)
    of_minor: int | None = None

    def points_for(self, base_minor: int) -> int:
        """Return what is left of them for so much of the base, rounded down."""
        if self.of_minor is None or base_minor >= self.of_minor:
            return self.points
        return self.points * base_minor // self.of_minor

    def why(self, base: Money) -> Message:
        """Return the line that explains it."""
        told = {"points": self.points_for(base.minor)}
        return say(self.key, **told, name=choose(self.name)) if self.name else say(self.key, **told)


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

        A campaign for some products multiplies their part of the base (``Boost.factor``).

        Nothing paid earns nothing, extras included.
        """
        if base_minor <= 0:
            return 0
        whole = self._uncapped(base_minor)
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
            lines.append(self.boost.why(base))
        lines += [extra.why(base) for extra in self.extras]
        if self.cap is not None and self._uncapped(base.minor) > self.cap:
            lines.append(say("earning.cap", points=self.cap))
        return tuple(lines)

    def _uncapped(self, base_minor: int) -> int:
        return self._calculated(base_minor) + sum(extra.points_for(base_minor) for extra in self.extras)

    def _calculated(self, base_minor: int) -> int:
        boost = Fraction(1) if self.boost is None else self.boost.factor
        exact = base_minor * self.rate.per_unit * self.tier_multiplier * boost
        return exact.numerator // exact.denominator


def best(boosts: tuple[Boost, ...]) -> Boost | None:
    """Return the campaign that counts: the one that brings most for the whole bill."""
    return max(boosts, key=lambda boost: (boost.factor, boost.campaign), default=None)


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
    return {
        "rate": [terms.rate.points, terms.rate.per_minor],
        "tier": str(terms.tier_multiplier),
        "boost": None if terms.boost is None else _pack_boost(terms.boost),
        "extras": [_pack_extra(extra) for extra in terms.extras],
        "cap": terms.cap,
    }


def _pack_boost(boost: Boost) -> list[Any]:
    more = [] if not boost.name and boost.share == 1 else [dict(boost.name), str(boost.share)]
    return [boost.campaign, str(boost.multiplier), *more]


def _pack_extra(extra: Extra) -> list[Any]:
    more = [] if not extra.name and extra.of_minor is None else [dict(extra.name), extra.of_minor]
    return [extra.key, extra.points, *more]


def unpack(stored: Mapping[str, Any]) -> Terms:
    """Return the terms that were packed, also those of a purchase from before campaigns had names and shares."""
    return Terms(
        rate=Rate(*stored["rate"]),
        tier_multiplier=Fraction(stored["tier"]),
        boost=None if stored["boost"] is None else _unpack_boost(*stored["boost"]),
        extras=tuple(Extra(*extra) for extra in stored["extras"]),
        cap=stored["cap"],
    )


def _unpack_boost(campaign: str, multiplier: str, name: Mapping[str, str] | None = None, share: str = "1") -> Boost:
    return Boost(campaign, Fraction(multiplier), name or {}, Fraction(share))
