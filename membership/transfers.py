"""Points from one person to another 转赠: who may, how many at once, and how many in a month."""

from __future__ import annotations

from dataclasses import dataclass

from membership.errors import TransferOverCap, TransferTooSmall
from membership.reading import Reader


@dataclass(frozen=True, slots=True)
class TransferRules:
    """What a shop lets its members send each other.

    At least ``least`` points at once, at most ``month_cap`` in a calendar month of the shop, to at most ``people``
    people one is linked with. There is no fee.
    """

    month_cap: int = 1000
    least: int = 10
    people: int = 5

    def check(self, points: int, sent_this_month: int) -> None:
        """Refuse an amount that is too small or too much for the month.

        Raises:
            TransferTooSmall: fewer than ``least``, or none at all.
            TransferOverCap: the month has not so much left.

        """
        if points < max(1, self.least):
            raise TransferTooSmall(least=max(1, self.least))
        left = max(0, self.month_cap - sent_this_month)
        if points > left:
            raise TransferOverCap(left=left)


def read(top: Reader) -> TransferRules | None:
    """Read the table ``[transfer]``; None where the shop has none: nobody sends points."""
    if not top.has("transfer"):
        return None
    table = top.table("transfer")
    rules = TransferRules(
        month_cap=table.whole("month_cap", 1000, low=1),
        least=table.whole("min", 10, low=1),
        people=table.whole("people", 5, low=1, high=20),
    )
    if rules.least > rules.month_cap:
        table.note("min", "is more than a month allows", "write a number up to month_cap")
    table.done()
    return rules
