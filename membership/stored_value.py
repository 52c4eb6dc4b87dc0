"""Stored value 储值: what a top-up brings on top, which part is spent first, and what goes back where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from membership import money
from membership.errors import InsufficientStoredValue, StoredValueOverCap
from membership.money import Money
from membership.reading import Reader

First = Literal["principal", "bonus"]


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount of stored value in minor units: ``principal`` was paid in, ``bonus`` was added by the shop."""

    principal: int = 0
    bonus: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.bonus

    def less(self, other: Parts) -> Parts:
        return Parts(self.principal - other.principal, self.bonus - other.bonus)

    def plus(self, other: Parts) -> Parts:
        return Parts(self.principal + other.principal, self.bonus + other.bonus)

    def covers(self, other: Parts) -> bool:
        return self.principal >= other.principal and self.bonus >= other.bonus


NOTHING = Parts()


@dataclass(frozen=True, slots=True)
class Gift:
    """What the shop adds to a top-up of at least ``from_minor``: ``bonus_minor``."""

    from_minor: int
    bonus_minor: int


@dataclass(frozen=True, slots=True)
class StoredValueRules:
    """How a shop sells stored value; amounts in minor units.

    ``cap_minor`` is the most a member may hold after a top-up, the gift included; ``first`` is the part a purchase
    takes before the other; ``least_minor`` is the smallest top-up; ``cashiers``: may cashiers top up, too.
    """

    cap_minor: int
    gifts: tuple[Gift, ...] = ()
    first: First = "principal"
    least_minor: int = 1
    cashiers: bool = False

    def gift_for(self, amount_minor: int) -> int:
        """Return the bonus of a top-up: of the largest gift it reaches, once."""
        return max((gift.bonus_minor for gift in self.gifts if gift.from_minor <= amount_minor), default=0)

    def top_up(self, amount: Money, held: Parts) -> Parts:
        """Return what a top-up by someone who holds so much brings.

        Raises:
            StoredValueOverCap: it would be more than the cap.

        """
        added = Parts(amount.minor, self.gift_for(amount.minor))
        if held.total + added.total > self.cap_minor:
            left = Money(max(0, self.cap_minor - held.total), amount.currency)
            raise StoredValueOverCap(cap=Money(self.cap_minor, amount.currency), left=left)
        return added

    def spend(self, amount: Money, held: Parts) -> Parts:
        """Return from which parts so much is paid.

        Raises:
            InsufficientStoredValue: less is there.

        """
        if amount.minor > held.total:
            raise InsufficientStoredValue(balance=Money(held.total, amount.currency), needed=amount)
        return split(amount.minor, held, self.first)


def split(minor: int, held: Parts, first: First = "principal") -> Parts:
    """Return the parts of so much of what is held, one of them first."""
    if first == "bonus":
        bonus = min(minor, held.bonus)
        return Parts(minor - bonus, bonus)
    principal = min(minor, held.principal)
    return Parts(principal, minor - principal)


def returned(paid_minor: int, stored: Parts, refunded_minor: int) -> Parts:
    """Return how much stored value has gone back once so much of a purchase was refunded.

    ``paid_minor`` is all that was paid, ``stored`` the part of it that was stored value. Of each refund the same share
    goes back to stored value as was paid from it (rounded down; what is over is cash), and of that the same share to
    the bonus (rounded down; what is over is principal). The whole refund returns exactly what was taken, and the parts
    of many refunds add up to those of one: a refund is the difference of this before and after it.
    """
    if not stored.total:
        return NOTHING
    back = stored.total * refunded_minor // paid_minor
    bonus = stored.bonus * back // stored.total
    return Parts(back - bonus, bonus)


def cash_out(amount: Money, held: Parts) -> Parts:
    """Return what a payout of principal takes: the amount, and the same share of the bonus, which is void.

    Rounded up, so that whoever takes all principal keeps no bonus.

    Raises:
        InsufficientStoredValue: less principal is there.

    """
    if amount.minor > held.principal:
        raise InsufficientStoredValue(balance=Money(held.principal, amount.currency), needed=amount)
    return Parts(amount.minor, -(-held.bonus * amount.minor // held.principal))


def read(top: Reader) -> StoredValueRules | None:
    """Read the table ``[stored_value]``; None where the shop has none: it sells no stored value."""
    if not top.has("stored_value"):
        return None
    table = top.table("stored_value")
    rules = StoredValueRules(
        cap_minor=table.amount("cap", money.parse_minor("5000", table.findings.currency), low=1),
        gifts=tuple(_gift(gift) for gift in table.tables("gifts")),
        first=cast("First", table.choice("first", ("principal", "bonus"), "principal")),
        least_minor=table.amount("least", 1, low=1),
        cashiers=table.flag("cashiers", default=False),
    )
    amounts = [gift.from_minor for gift in rules.gifts]
    if sorted(set(amounts)) != amounts:
        table.note("gifts", "do not rise", "let each begin at a higher amount than the one before")
    table.done()
    return rules


def _gift(table: Reader) -> Gift:
    gift = Gift(table.amount("from", low=1), table.amount("bonus", low=1))
    table.done()
    return gift
