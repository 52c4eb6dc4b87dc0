"""The rehearsal's clock, which the page can move to next week or next year."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class MovableClock:
    """A clock that runs at the real pace and can be stepped forward.

    Wall time and monotonic time are stepped together, so that the program sees an honest clock.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._first = timedelta(0) if start is None else start - datetime.now(UTC)
        self._offset = self._first
        self._stepped = 0.0
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the rehearsal's time, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        """Return seconds that only grow, stepped with the wall clock."""
        return time.monotonic() + self._stepped

    def step(self, by: timedelta) -> None:
        """Move forward by a duration; backwards is refused with ValueError."""
        if by < timedelta(0):
            msg = "the rehearsal's clock only moves forward"
            raise ValueError(msg)
        self._offset += by
        self._stepped += by.total_seconds()
        for listener in list(self._listeners):
            listener()

    def restart(self) -> None:
        """Go back to where the clock was set at first; only between two runs of the program, which trusts it."""
        self._offset = self._first
        for listener in list(self._listeners):
            listener()

    def on_step(self, listener: Callable[[], None]) -> None:
        """Call the listener after each step."""
        self._listeners.append(listener)
