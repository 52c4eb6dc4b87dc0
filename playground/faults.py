"""What goes wrong on purpose: the next calls of a platform that fail, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal[
    "429",  # Telegram: too many requests, with retry_after
    "403",  # Telegram: blocked by the user
    "400",  # Telegram: can't parse entities
    "502",  # an HTML error page with status 502
    "html",  # an HTML page with status 200
    "cut",  # JSON cut in the middle
    "hang",  # no answer until the caller gives up
    "reset",  # the call takes effect, then the connection is cut without an answer
    "duplicate",  # the next push to the program is delivered twice
    "errcode",  # WeChat: HTTP 200 with this errcode
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault for the next ``count`` calls whose method name contains ``match``."""

    kind: Kind
    count: int = 1
    match: str = ""
    code: int = 0
    retry_after: int = 5


class Faults:
    """The planned faults of one platform, used up in order."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def plan(self, fault: Fault) -> None:
        """Add a fault behind those already planned."""
        self.planned.append(fault)

    def take(self, name: str, *, kinds: tuple[Kind, ...] | None = None) -> Fault | None:
        """Return the first planned fault that fits this call and use it up by one, or None."""
        for place, fault in enumerate(self.planned):
            if fault.match in name and (kinds is None or fault.kind in kinds):
                if fault.count > 1:
                    self.planned[place] = replace(fault, count=fault.count - 1)
                else:
                    del self.planned[place]
                return fault
        return None

    def clear(self) -> None:
        """Plan nothing any more."""
        self.planned.clear()
