"""When the member must say yes: to much of their points and coupons, and to any of their stored value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from membership.counter_rules import CounterRules
from membership.pricing import Line

LIFE = timedelta(seconds=120)
"""How long a bill waits for the member's yes."""

SPEND_LINES = frozenset({"price.coupon", "price.points"})
"""The lines of a price that take something from the member: a tier price is no spending."""

PAY_CODE, MANAGER, PIN, CHAT, CARD = "pay_code", "manager", "pin", "chat", "card"


@dataclass(frozen=True, slots=True)
class Taking:
    """What a bill takes from the member besides cash, in minor units: the worth of points and coupons, and money."""

    worth_minor: int
    stored_minor: int

    @property
    def total_minor(self) -> int:
        return self.worth_minor + self.stored_minor


def worth_of(lines: Iterable[Line]) -> int:
    """Return what coupons and points take off a price, in minor units."""
    return -sum(line.amount.minor for line in lines if line.label.key in SPEND_LINES)


def is_needed(rules: CounterRules, taking: Taking) -> bool:
    """Tell whether a bill that takes so much waits for the member's yes."""
    return taking.stored_minor > 0 or taking.worth_minor > rules.confirm_above_minor


def is_said(rules: CounterRules, taking: Taking, *, yes: str, pay_code: bool) -> str:
    """Return how the member has said yes already; "" where they must be asked.

    A PIN and a manager's word come with the bill (``yes``); a pay code is a yes up to its limit.
    """
    if yes in (PIN, MANAGER):
        return yes
    return PAY_CODE if pay_code and taking.total_minor <= rules.pay_code_up_to_minor else ""
