"""Every call between the program and the platforms, kept for the page to show."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Platform = Literal["telegram", "wechat", "program"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer, in either direction.

    ``direction`` is "in" for program → platform and "out" for platform → program (pushes).
    """

    number: int
    at: datetime
    platform: Platform
    direction: Literal["in", "out"]
    name: str
    request: Any
    answer: Any
    status: int
    milliseconds: float
    fault: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


class Inspector:
    """A bounded list of calls, newest last, with listeners."""

    def __init__(self, kept: int = 2000) -> None:
        self.calls: deque[Call] = deque(maxlen=kept)
        self._listeners: list[Callable[[Call], None]] = []
        self._count = 0

    def record(self, at: datetime, platform: Platform, name: str, **facts: Any) -> Call:
        """Keep one call; the keyword arguments are the remaining fields of Call."""
        self._count += 1
        call = Call(number=self._count, at=at, platform=platform, name=name, **facts)
        self.calls.append(call)
        for listener in list(self._listeners):
            listener(call)
        return call

    def named(self, name: str) -> list[Call]:
        """Return the kept calls of one name, oldest first."""
        return [call for call in self.calls if call.name == name]

    def on_call(self, listener: Callable[[Call], None]) -> None:
        """Call the listener with each new call."""
        self._listeners.append(listener)

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()
