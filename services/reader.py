"""Who stands at the counter: the person or till that reads codes and records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a code: the person or till, their own member (if any), the store they stand in, and on what device."""

    actor: str
    store_id: str
    member_id: str | None = None
    device: str = ""
