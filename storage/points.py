"""The ledger's rows: accounts, transfers between them, and what a member has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    update,
)

from membership.moment import id_of
from storage import kept
from storage.database import Tx
from storage.tables import accounts, lots, reservations, transfers

# Statements of every purchase are built once: building one anew takes four times as long as running it.
OF: Final[BindParameter[str]] = bindparam("of")
NOW: Final = bindparam("at", type_=lots.c.expires_at.type)
AMOUNT: Final[BindParameter[int]] = bindparam("by")
# The 0 stands in the text: left open, SQLite would plan anew each time to find the partial index.
HOLDING: Final = lots.c.remaining > literal_column("0")
LEFT: Final = and_(lots.c.account_id == OF, HOLDING)
_TOTAL: Final = func.coalesce(func.sum(lots.c.remaining), 0)
_FIND_ACCOUNT: Final = select(accounts.c.id).where(accounts.c.id == OF)
_FIND_BALANCE: Final = select(accounts.c.balance).where(accounts.c.id == OF)
_FIND_NUMBER: Final = select(accounts.c.sequence).where(accounts.c.id == OF)
_FIND_KEPT: Final = select(accounts.c.kept, accounts.c.unit).where(accounts.c.id == OF)
_LOCK: Final = _FIND_BALANCE.with_for_update(key_share=True)
_FIND: Final = select(transfers).where(transfers.c.id == OF)
_MOVE: Final = (
    update(accounts)
    .where(accounts.c.id == OF, accounts.c.kept, accounts.c.unit == bindparam("counted_in"))
    .where(accounts.c.balance + AMOUNT >= 0)
    .values(balance=accounts.c.balance + AMOUNT, sequence=accounts.c.sequence + bindparam("count"))
    .returning(accounts.c.sequence)
)
_POST: Final = transfers.insert().inline()
# What waits for the member's yes is not there to be spent a second time.
_RESERVED: Final = select(func.coalesce(func.sum(reservations.c.points), 0)).where(
    reservations.c.member_id == bindparam("whose"),
    reservations.c.state == literal_column("'pending'"),
    reservations.c.expires_at > NOW,
)
# All that is held, less what has run out and waits to be written off, less what is not available yet: a member may
# hold a million lots, and this reads few of them, each sum by an index of its own.
_HELD: Final = func.coalesce(select(accounts.c.balance).where(accounts.c.id == OF).scalar_subquery(), 0)
_ENDED: Final = select(_TOTAL).where(LEFT, lots.c.expires_at <= NOW).scalar_subquery()
# The end is asked inside the sum: as a condition it would make the planner go through all that has not run out.
_NOT_ENDED: Final = case((lots.c.expires_at > NOW, lots.c.remaining), else_=0)
_PENDING: Final = (
    select(func.coalesce(func.sum(_NOT_ENDED), 0)).where(LEFT, lots.c.available_at > NOW).scalar_subquery()
)
_SPENDABLE: Final = select(_HELD - _ENDED - _PENDING - _RESERVED.scalar_subquery())
_ENDS: Final = (
    select(lots.c.expires_at)
    .where(LEFT, lots.c.expires_at > NOW)
    .order_by(lots.c.expires_at)
    .limit(1)
    .correlate(None)
    .scalar_subquery()
)
_DEBT: Final = select(accounts.c.balance).where(accounts.c.id == bindparam("debt"))
_STANDING: Final = select(
    _SPENDABLE.scalar_subquery().label("spendable"),
    _PENDING.label("pending"),
    func.coalesce(_DEBT.scalar_subquery(), 0).label("debt"),
    _ENDS.label("ends_at"),
    select(_TOTAL).where(LEFT, lots.c.expires_at == _ENDS).scalar_subquery().label("ending"),
)
_NUMBER: Final = func.coalesce(
    case((transfers.c.credit == OF, transfers.c.credit_sequence)), transfers.c.debit_sequence
)
_HISTORY: Final = (
    select(transfers, _NUMBER.label("number"))
    .where(or_(transfers.c.credit == OF, transfers.c.debit == OF))
    .order_by(_NUMBER.desc())
    .limit(bindparam("most"))
)
_HISTORY_BEFORE: Final = _HISTORY.where(bindparam("before") > _NUMBER)
_REVERSED: Final = select(func.coalesce(func.sum(transfers.c.amount), 0)).where(transfers.c.reverses == OF)


class ImpossibleMovement(ValueError):
    """A bug: value would go from an account to itself, or become points of money, or money of points."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement: ``amount`` leaves ``debit`` and comes to ``credit`` (account ids).

    ``why`` is a packed list of lines; ``actor`` who did it (a staff, key or job); ``content_hash`` tells a repeat of
    the same reference with other content apart.
    """

    reference: str
    debit: str
    credit: str
    amount: int
    kind: str
    actor: str
    at: datetime
    content_hash: bytes
    unit: str = "points"
    reverses: str | None = None
    purchase_id: str | None = None
    store_id: str | None = None
    device: str = ""
    rules_version: int = 0
    why: list[Any] = field(default_factory=list)

    @property
    def id(self) -> str:
        return id_of(f"transfer:{self.reference}")


@dataclass(frozen=True, slots=True)
class Run:
    """Transfers that left one member's account one after the other: ``first`` to ``last`` are their numbers there."""

    account: str
    first: int
    last: int

    @property
    def mine(self) -> ColumnElement[bool]:
        """Return what holds of the rows of ``transfers`` that belong to this run."""
        return and_(transfers.c.debit == self.account, transfers.c.debit_sequence.between(self.first, self.last))


def account(tx: Tx, member_id: str | None, kind: str, *, unit: str = "points") -> str:
    """Return the id of this account, opened if need be; the shop's own keep no balance."""
    row_id = account_id(member_id, kind)
    if member_id is None:
        tx.kept[f"{row_id} is the shop's own"] = unit
    if kept.once(tx, accounts, row_id, lambda: tx.scalar(_FIND_ACCOUNT, {"of": row_id})) is None:
        kept.changed(tx, accounts)
        values = {"id": row_id, "member_id": member_id, "kind": kind, "unit": unit, "kept": member_id is not None}
        tx.insert_once(accounts, values)
    return row_id


def account_id(member_id: str | None, kind: str) -> str:
    """Return the id this account has."""
    return id_of(f"account:{member_id or 'shop'}:{kind}")


def lock(tx: Tx, account_row: str) -> int:
    """Keep other writers of this account waiting until the commit; return the balance."""
    return int(tx.scalar(_LOCK if tx.dialect == "postgresql" else _FIND_BALANCE, {"of": account_row}))


def number(tx: Tx, account_row: str) -> int:
    """Return the number of this account's last movement; 0 where there was none."""
    return int(tx.scalar(_FIND_NUMBER, {"of": account_row}) or 0)


def balance(tx: Tx, member_id: str, kind: str) -> int:
    """Return the kept balance of a member's account; 0 where it was never opened."""
    return int(tx.scalar(_FIND_BALANCE, {"of": account_id(member_id, kind)}) or 0)


def owner(tx: Tx, account: str, kind: str) -> str | None:
    """Return whose account of this kind this is; None for any other account, and those of the shop."""
    whose = select(accounts.c.member_id).where(accounts.c.id == account, accounts.c.kind == kind)
    member_id: str | None = tx.scalar(whose)
    return member_id


def find(tx: Tx, transfer_id: str) -> Row[Any] | None:
    """Return a transfer by its id, or None."""
    return tx.one(_FIND, {"of": transfer_id})


def by_reference(tx: Tx, reference: str) -> Row[Any] | None:
    """Return the transfer made under this reference, or None."""
    return find(tx, id_of(f"transfer:{reference}"))


def post_all(tx: Tx, made: Sequence[Transfer]) -> Run | None:
    """Write transfers that all go from one account to another, in this order, and move both balances once.

    As many statements for a thousand as for one. None (and nothing written) where the debit account is short of
    their sum. The caller has made sure that the references are new. Raises ImpossibleMovement.
    """
    first, count = made[0], len(made)
    if first.debit == first.credit or len({(one.debit, one.credit, one.unit) for one in made}) > 1:
        raise ImpossibleMovement
    total = sum(one.amount for one in made)
    debit = _move(tx, first.debit, -total, first.unit, count=count)
    if debit is None:
        return None
    credit = _move(tx, first.credit, total, first.unit, count=count)
    tx.execute(_POST, [_row(one, debit, credit, count - place) for place, one in enumerate(made, start=1)])
    return Run(first.debit, debit - count + 1, debit)


def _row(transfer: Transfer, debit: int, credit: int | None, behind: int) -> dict[str, Any]:
    """Return the row of a transfer, so many places before the last one of its run."""
    values = {name: getattr(transfer, name) for name in Transfer.__slots__}
    numbers = {
        "debit_sequence": debit - behind if debit else None,
        "credit_sequence": credit - behind if credit else None,
    }
    return {"id": transfer.id, **numbers, **values}


def _move(tx: Tx, account_row: str, amount: int, unit: str, *, count: int) -> int | None:
    """Change a kept balance and return the account's last number, ``count`` further on.

    0 for the shop's own account, None where it is short.
    """
    own: str | None = tx.kept.get(f"{account_row} is the shop's own")
    if own is None:
        number = tx.scalar(_MOVE, {"of": account_row, "by": amount, "counted_in": unit, "count": count})
        if number is not None:
            return int(number)
        found = tx.one(_FIND_KEPT, {"of": account_row})
        kept_here, own = (False, unit) if found is None else (found.kept, found.unit)
        if kept_here and own == unit:
            return None
    if own != unit:
        raise ImpossibleMovement
    return 0


def spendable(tx: Tx, member_id: str, now: datetime) -> int:
    """Return the points that can be spent at this moment; those of a bill that waits for a yes cannot."""
    asked = {"of": account_id(member_id, "points"), "whose": member_id, "at": now}
    if tx.dialect == "postgresql":  # others may have spent before this transaction got its lock
        return max(0, int(tx.scalar(_SPENDABLE, asked)))
    return kept.once(tx, lots, f"{member_id}:{now}", lambda: max(0, int(tx.scalar(_SPENDABLE, asked))))


def standing(tx: Tx, member_id: str, now: datetime) -> Row[Any]:
    """Return in one look ``spendable``, ``pending``, ``debt``, and how many points are next ``ending``, ``ends_at``."""
    mine = {"of": account_id(member_id, "points"), "debt": account_id(member_id, "debt"), "at": now}
    row = tx.one(_STANDING, {**mine, "whose": member_id})
    assert row is not None, "sums always come in one row"
    return row


def history(tx: Tx, member_id: str, *, before: int | None, limit: int) -> list[Row[Any]]:
    """Return the member's point movements with their number, newest first, those before a number."""
    mine = {"of": account_id(member_id, "points"), "most": limit}
    return tx.all(_HISTORY, mine) if before is None else tx.all(_HISTORY_BEFORE, {**mine, "before": before})


def reversed_amount(tx: Tx, transfer_id: str) -> int:
    """Return how much of a transfer was reversed so far."""
    return int(tx.scalar(_REVERSED, {"of": transfer_id}))
