"""An order: what is to be bought at the counter, what the member wants to use for it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from membership.messages import Message
from membership.money import Money

WITHOUT_SCAN = frozenset({"pin", "manager"})
"""Ways of agreeing that need no fresh code of the member."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be bought: the bill in minor units, and what the member wants to use for it.

    ``stored_minor`` is to be paid from stored value. ``scan_id`` is needed to spend anything, unless the member said
    yes by PIN or a manager for a ``reason``; ``yes`` is how the member agreed: chat, card, pin, pay_code or manager
    (empty: not asked). ``receipt_no`` is the till's number (empty: we number it ourselves). ``items`` are the lines of
    the bill as the till gave them or as they were tapped: ``sku``, ``name``, ``quantity``, ``amount`` (of the line).
    ``made_at`` (UTC) is set where it was made, and its amount taken, before it can be recorded: without a line.
    ``cashier`` is the member of staff a till names, for the trail.
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
    made_at: datetime | None = None
    cashier: str = ""

    @property
    def spends(self) -> bool:
        return bool(self.coupon_ids or self.points or self.stored_minor)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A purchase as it stands: the quote's outcome, the points before and after, the tier before and after.

    ``paid`` is all it brought in, ``stored`` of it from stored value; ``refunded`` is what was given back of it since.
    """

    id: str
    quote_lines: tuple[tuple[Message, Money], ...]
    paid: Money
    points_earned: int
    points_spent: int
    why: tuple[Message, ...]
    balance_before: int
    balance: int
    tier: Message
    tier_up: bool
    receipt_no: str
    store: Message
    at: datetime
    stored: Money
    refunded: Money

    @property
    def to_pay(self) -> Money:
        """What was to be paid at the till."""
        return Money(self.paid.minor - self.stored.minor, self.paid.currency)
