"""Ratings after a visit 评价: who is asked and how often, what counts as a low score, and how long an answer counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from membership.errors import InvalidScore
from membership.reading import Reader

SCORES: Final = (1, 2, 3, 4, 5)
ANSWER_LIFE: Final = timedelta(days=14)
"""So long after it was asked an answer counts."""
ASK_LIFE: Final = timedelta(days=2)
"""So long after its time somebody is still asked; later nobody remembers the visit well."""
YEAR_DAYS: Final = 366
WEEK_MINUTES: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class SurveyRules:
    """When members are asked how it was.

    ``after_minutes`` is how long after the visit; ``every_days`` the least between two askings of one member;
    ``low``: this score and those below bring the managers in at once; ``least_minor`` is the smallest bill that is
    asked about (minor units).
    """

    after_minutes: int = 120
    every_days: int = 30
    low: int = 2
    least_minor: int = 0

    def due_at(self, bought_at: datetime) -> datetime:
        """Return when (UTC) somebody who bought at this moment is asked."""
        return bought_at + timedelta(minutes=self.after_minutes)

    def is_rested(self, last_asked_at: datetime | None, now: datetime) -> bool:
        """Tell whether a member who was last asked at this moment (None: never) may be asked again."""
        return last_asked_at is None or now - last_asked_at >= timedelta(days=self.every_days)

    def is_low(self, score: int) -> bool:
        return score <= self.low


def score_of(text: str) -> int:
    """Return a score from 1 to 5 as it was tapped or typed.

    Raises:
        InvalidScore: it is none.

    """
    plain = text.strip().rstrip("分★⭐ ")
    if plain not in {str(score) for score in SCORES}:
        raise InvalidScore
    return int(plain)


def counts_until(asked_at: datetime) -> datetime:
    """Return until when (UTC) an answer counts."""
    return asked_at + ANSWER_LIFE


def asked_until(due_at: datetime) -> datetime:
    """Return until when (UTC) somebody whom to ask was due at this moment is still asked, after an outage."""
    return due_at + ASK_LIFE


def average_tenths(scores: Iterable[tuple[int, int]]) -> int | None:
    """Return the mean of scores, each with how many gave it, in tenths, rounded to the nearest; None for none."""
    told = [(score, number) for score, number in scores if number]
    number = sum(count for _, count in told)
    total = sum(score * count for score, count in told)
    return (20 * total + number) // (2 * number) if number else None


def read(top: Reader) -> SurveyRules | None:
    """Read the table ``[survey]``; None where the shop has none: nobody is asked."""
    if not top.has("survey"):
        return None
    table = top.table("survey")
    rules = SurveyRules(
        after_minutes=table.whole("after_minutes", 120, high=WEEK_MINUTES),
        every_days=table.whole("every_days", 30, low=1, high=YEAR_DAYS),
        low=table.whole("low", 2, high=SCORES[-1] - 1),
        least_minor=table.amount("least", 0),
    )
    table.done()
    return rules
