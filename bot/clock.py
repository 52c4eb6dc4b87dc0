"""The real clock and real chance, the only place where either is read."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol

from membership.moment import Moment


class Clock(Protocol):
    """What tells the time: the machine's, or the rehearsal's."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def moment(clock: Clock) -> Moment:
    """Return a fresh moment: the time now and a seed for all chance in it."""
    return Moment(clock.now(), secrets.token_bytes(32))
