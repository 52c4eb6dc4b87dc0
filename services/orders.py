"""An order: what is to be bought at the counter, and what the member wants to use for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WITHOUT_SCAN = frozenset({"pin", "manager"})
"""Ways of agreeing that need no fresh code of the member."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bought: the bill in minor units, and what the member wants to use for it.

    ``stored_minor`` is to be paid from stored value. ``scan_id`` is needed to spend anything, unless the member said
    yes by PIN or a manager for a ``reason``; ``yes`` is how the member agreed: chat, card, pin, pay_code or manager
    (empty: not asked). ``receipt_no`` is the till's number (empty: we number it ourselves). ``items`` are the lines of
    the bill as the till gave them or as they were tapped: ``sku``, ``name``, ``quantity``, ``amount`` (of the line).
    """

    member_id: str
    amount_minor: int
    coupon_ids: tuple[str, ...] = ()
    points: int = 0
    scan_id: str | None = None
    receipt_no: str = ""
    pay_method: str = ""
    items: Any = None
    stored_minor: int = 0
    yes: str = ""
    reason: str = ""

    @property
    def spends(self) -> bool:
        return bool(self.coupon_ids or self.points or self.stored_minor)
