"""What looks odd at a counter, as plain arithmetic: bills that were split, and shares far above the colleagues'.

How the figures were found, and what else was tried: docs/decisions/0010-odd-patterns.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final

SPLIT_BILLS: Final = 3
"""So many bills of one member in quick succession look like one bill cut in pieces."""
SPLIT_WITHIN: Final = timedelta(minutes=15)
CAP_BILLS: Final = 2
CAP_PERCENT: Final = 90
"""So many bills on one day, each at least this part of a cap, look like one bill cut to fit under it."""


@dataclass(frozen=True, slots=True)
class Bill:
    """One purchase of a member: when, by whom, and how much (minor units)."""

    at: datetime
    actor: str
    minor: int


def is_quick(bills: Sequence[Bill]) -> bool:
    """Tell whether one person recorded several bills of one member within a quarter of an hour."""
    for last in bills:
        near = [one for one in bills if one.actor == last.actor and timedelta() <= last.at - one.at <= SPLIT_WITHIN]
        if len(near) >= SPLIT_BILLS:
            return True
    return False


def is_cut(bills: Sequence[Bill], cap_minor: int) -> bool:
    """Tell whether several bills of one member lie just under the largest one allowed."""
    return sum(CAP_PERCENT * cap_minor <= 100 * bill.minor <= 100 * cap_minor for bill in bills) >= CAP_BILLS


# ---- a person's day beside the colleagues' weeks
ODD: Final = 3.5
"""From so many standard deviations above the colleagues a person's day counts as odd."""
PRIOR: Final = 50
"""The usual share counts for as much as this many cases, so that a quiet month of few colleagues proves little."""
SPREAD: Final = 0.02
"""How much people and days differ by themselves (the correlation within one person's day): habits are no crime."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for a pattern before anything is known, and how many cases are too few to speak of."""

    share: float
    least: int


SHARES: Final[Mapping[str, Usual]] = {
    "voids": Usual(0.02, 4),
    "spent_voids": Usual(0.004, 3),
    "typed": Usual(0.05, 6),
    "round": Usual(0.08, 8),
    "lookups": Usual(0.05, 8),
}
"""Patterns that are a part of something: how many of a person's purchases, scans and look-ups are of that kind."""
COUNTS: Final[Mapping[str, Usual]] = {"adjusts": Usual(0.5, 4)}
"""Patterns that are a number a day: ``share`` is how many are usual for one person."""

OFF_LEAST: Final = 3
"""So many purchases, or scans without one, an hour and more outside the store's usual day are odd."""
OFF_MARGIN: Final = timedelta(hours=1)
OFF_DAYS: Final = 7
"""So many days a store must have been open for its usual hours to be known."""
PAIR_LEAST: Final = 12
PAIR_TIMES: Final = Fraction(5, 2)
PAIR_PERCENT: Final = 5
"""A member's purchases with one person in a week: so many, so many times the next member's, such a part of all."""
REFUNDS_LEAST: Final = 4
"""So many refunds by one person to one member in a week are odd."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd: the pattern, who and where, the member where there is one, and the figures that show it."""

    rule: str
    actor: str
    store_id: str = ""
    member_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """So many ``cases`` of ``total``; both 0 for somebody who did nothing."""

    cases: int
    total: int


def share_score(mine: Part, others: Part, usual: float) -> float:
    """Return how many standard deviations a person's share lies above the colleagues'.

    The colleagues' share is pulled towards the usual one where they are few, half a case is taken off for counts
    being whole, and people are allowed to differ.
    """
    if mine.total <= 0:
        return 0.0
    share = (others.cases + PRIOR * usual) / (others.total + PRIOR)
    share = min(max(share, 0.001), 0.999)
    variance = mine.total * share * (1 - share) * (1 + (mine.total - 1) * SPREAD)
    return (mine.cases - 0.5 - mine.total * share) / math.sqrt(variance)


def count_score(mine: int, others: Part, usual: float) -> float:
    """Return how many standard deviations a person's day lies above the colleagues' days (``total`` counts days)."""
    mean = (others.cases + 7 * usual) / (others.total + 7)
    return (mine - 0.5 - mean) / math.sqrt(mean * (1 + mean * 0.25))


def odd_shares(rule: str, today: Mapping[str, Part], before: Mapping[str, Part]) -> list[Finding]:
    """Return who did far more of something today than the colleagues in the weeks before (actor → part)."""
    usual, found = SHARES[rule], []
    for actor, mine in today.items():
        others = _colleagues(actor, before)
        if mine.cases >= usual.least and share_score(mine, others, usual.share) >= ODD:
            percent = round(100 * (others.cases + PRIOR * usual.share) / (others.total + PRIOR))
            facts = {"cases": mine.cases, "of": mine.total, "usual": percent}
            found.append(Finding(rule, actor, facts=facts))
    return found


def odd_counts(rule: str, today: Mapping[str, int], before: Mapping[str, int], days: int) -> list[Finding]:
    """Return who did something far more often today than a colleague does in a day (actor → number)."""
    usual, found = COUNTS[rule], []
    for actor, mine in today.items():
        others = [number for other, number in before.items() if other != actor]
        base = Part(sum(others), days * len(others))
        if mine >= usual.least and count_score(mine, base, usual.share) >= ODD:
            found.append(Finding(rule, actor, facts={"cases": mine, "usual": round(base.cases / max(base.total, 1))}))
    return found


def odd_pairs(week: Sequence[tuple[str, str, int]], totals: Mapping[str, int]) -> list[Finding]:
    """Return who serves one member far more than any other (actor, member, purchases of a week; all of the actor)."""
    found = []
    for actor in totals:
        mine = sorted(((number, member) for who, member, number in week if who == actor), reverse=True)
        if not mine:
            continue
        (most, member), second = mine[0], mine[1][0] if len(mine) > 1 else 1
        enough = most >= PAIR_LEAST and most >= PAIR_TIMES * second
        if enough and 100 * most >= PAIR_PERCENT * totals[actor]:
            facts = {"cases": most, "of": totals[actor], "usual": second}
            found.append(Finding("one_member", actor, member_id=member, facts=facts))
    return found


def usual_day(opened: Sequence[timedelta], closed: Sequence[timedelta]) -> tuple[timedelta, timedelta] | None:
    """Return when a store's day usually begins and ends (from local midnight), with an hour to spare on both sides.

    One day in five may have begun earlier or ended later; None where too few days are known.
    """
    if len(opened) < OFF_DAYS:
        return None
    aside = max(1, len(opened) // 5)
    return sorted(opened)[aside] - OFF_MARGIN, sorted(closed)[-1 - aside] + OFF_MARGIN


def _colleagues(actor: str, before: Mapping[str, Part]) -> Part:
    """Return what the others did in the weeks before; somebody without colleagues is compared with their own past."""
    others = [part for other, part in before.items() if other != actor]
    chosen = others if sum(part.total for part in others) >= PRIOR else list(before.values())
    return Part(sum(part.cases for part in chosen), sum(part.total for part in chosen))
