"""What looks odd at a counter, as plain arithmetic: bills that were split, and shares far above the colleagues'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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
