"""The lots points come in: opened, taken from, ended, and poured from one member's purse into another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, case, exists, func, insert, literal, select, update

from storage import kept
from storage.database import Tx
from storage.points import AMOUNT, HOLDING, LEFT, NOW, OF, Run
from storage.tables import lots, slices, transfers

# Statements of every purchase are built once: building one anew takes four times as long as running it.
_LIVE: Final = and_(LEFT, lots.c.expires_at > NOW, lots.c.available_at <= NOW)
_FIND: Final = select(lots).where(lots.c.id == OF)
_OPEN: Final = lots.insert().inline()
_REST: Final = lots.c.remaining - AMOUNT
_TAKE: Final = update(lots).where(lots.c.id == OF, _REST >= 0, lots.c.earned >= _REST).values(remaining=_REST)
_SLICE: Final = slices.insert().inline()
_IN_ORDER: Final = (
    select(lots).order_by(lots.c.expires_at, lots.c.id).limit(bindparam("most")).offset(bindparam("behind"))
)
_SPENDABLE: Final = _IN_ORDER.where(_LIVE)
_HELD: Final = _IN_ORDER.where(LEFT, lots.c.expires_at > NOW)
_DUE: Final = (
    select(lots)
    .where(HOLDING, lots.c.expires_at <= NOW)
    .order_by(lots.c.expires_at, lots.c.id)
    .limit(bindparam("most"))
)
_DUE_OF: Final = _DUE.where(lots.c.account_id.in_(bindparam("accounts", expanding=True)))
_TAKEN: Final = (
    select(slices.c.lot_id, slices.c.amount, lots.c.expires_at, lots.c.remaining, lots.c.earned)
    .join(lots, lots.c.id == slices.c.lot_id)
    .where(slices.c.transfer_id == OF)
    .order_by(lots.c.expires_at, lots.c.id)
)

DEEP: Final = 20
"""So many times in a row points are followed from hand to hand."""


def open_lot(
    tx: Tx, transfer_id: str, account_row: str, amount: int, *, available_at: datetime, expires_at: datetime
) -> None:
    """Open the lot of points that this transfer earned."""
    values = {"id": transfer_id, "account_id": account_row, "earned": amount, "remaining": amount}
    open_lots(tx, [{**values, "available_at": available_at, "expires_at": expires_at}])


def open_lots(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open many lots at once."""
    kept.changed(tx, lots)
    tx.execute(_OPEN, rows)


def live(
    tx: Tx, account_row: str, now: datetime, *, limit: int, offset: int = 0, pending: bool = False
) -> list[Row[Any]]:
    """Return lots with points to spend now (``pending``: or later), the one that expires first at the front."""
    asked = {"of": account_row, "at": now, "most": limit, "behind": offset}
    return tx.all(_HELD if pending else _SPENDABLE, asked)


def due(tx: Tx, now: datetime, *, of: Sequence[str] = (), limit: int = 500) -> list[Row[Any]]:
    """Return lots whose time is over and that still hold points, of these accounts or of all."""
    if of:
        return tx.all(_DUE_OF, {"accounts": list(of), "at": now, "most": limit})
    return tx.all(_DUE, {"at": now, "most": limit})


def find(tx: Tx, lot_id: str) -> Row[Any] | None:
    """Return a lot, or None."""
    return tx.one(_FIND, {"of": lot_id})


def take(tx: Tx, transfer_id: str, lot_id: str, amount: int, *, expires_at: datetime | None = None) -> bool:
    """Take points out of a lot (or put them back: a negative amount), and note the slice; False if it is short."""
    kept.changed(tx, lots)
    longer = {} if expires_at is None else {"expires_at": expires_at}
    if tx.execute(_TAKE, {"of": lot_id, "by": amount, **longer}).rowcount != 1:
        return False
    tx.execute(_SLICE, {"transfer_id": transfer_id, "lot_id": lot_id, "amount": amount})
    return True


def take_all(tx: Tx, transfer_id: str, parts: Sequence[tuple[str, int]]) -> bool:
    """Take points (lot, amount) out of several lots at once and note the slices; False if one of them is short."""
    return take_each(tx, [(transfer_id, lot_id, amount) for lot_id, amount in parts])


def take_each(tx: Tx, parts: Sequence[tuple[str, str, int]]) -> bool:
    """Take points out of lots, each by its transfer (transfer, lot, amount), as ``take_all`` does."""
    if not parts:
        return True
    kept.changed(tx, lots)
    if tx.execute(_TAKE, [{"of": lot_id, "by": amount} for _, lot_id, amount in parts]).rowcount != len(parts):
        return False
    slice_all(tx, parts)
    return True


def slice_all(tx: Tx, parts: Sequence[tuple[str, str, int]]) -> None:
    """Note slices (transfer, lot, amount; negative: put back) whose lots are changed by ``settle`` afterwards."""
    if parts:
        tx.execute(_SLICE, [{"transfer_id": made, "lot_id": lot, "amount": amount} for made, lot, amount in parts])


def settle(tx: Tx, run: Run) -> None:
    """Change every lot by what the slices of these transfers say, in one statement."""
    kept.changed(tx, lots)
    sums = select(slices.c.lot_id, func.sum(slices.c.amount).label("total"))
    sums = sums.join(transfers, transfers.c.id == slices.c.transfer_id).where(run.mine)
    found = sums.group_by(slices.c.lot_id).subquery()
    tx.execute(update(lots).where(lots.c.id == found.c.lot_id).values(remaining=lots.c.remaining - found.c.total))


def taken(tx: Tx, transfer_id: str) -> list[Row[Any]]:
    """Return the slices of a transfer with their lots, first to expire first."""
    return tx.all(_TAKEN, {"of": transfer_id})


def groups(tx: Tx, account: str, now: datetime) -> list[Row[Any]]:
    """Return what an account holds by its end (``expires_at``, ``available_at``, ``total``), first to end first.

    What can be spent now is one group for each end, whenever it was earned; what is pending keeps its own moment.
    """
    total = func.sum(lots.c.remaining).label("total")
    here = _held(account, now)
    live = select(lots.c.expires_at, total).where(*here, lots.c.available_at <= now).group_by(lots.c.expires_at)
    wait = select(lots.c.expires_at, lots.c.available_at, total).where(*here, lots.c.available_at > now)
    ends = (lots.c.expires_at, lots.c.available_at)
    return [*tx.all(live.order_by(lots.c.expires_at)), *tx.all(wait.group_by(*ends).order_by(*ends))]


def pour(tx: Tx, run: Run, taker: str, *, now: datetime) -> None:
    """Take everything out of the lots of an account and into those that this run has opened for it, group by group."""
    fresh = (
        select(lots.c.id, lots.c.expires_at, lots.c.available_at, transfers.c.debit.label("giver"))
        .join(transfers, transfers.c.id == lots.c.id)
        .where(run.mine, lots.c.account_id == taker)
        .cte("fresh")
        .prefix_with("MATERIALIZED")  # few: never to be looked for among all the taker holds
    )
    moment = literal(now, lots.c.available_at.type)
    available = case((lots.c.available_at <= moment, moment), else_=lots.c.available_at)
    same = and_(lots.c.expires_at == fresh.c.expires_at, available == fresh.c.available_at)
    found = select(fresh.c.id, lots.c.id, lots.c.remaining).join_from(fresh, lots, same)
    # Whose lots they are is asked of the new ones, and the moment not at all: so each end is looked up in the index.
    full = found.where(lots.c.account_id == fresh.c.giver, lots.c.remaining > 0)
    tx.execute(insert(slices).from_select(["transfer_id", "lot_id", "amount"], full))
    settle(tx, run)


def come_from(tx: Tx, giver: str, taker: str, *, after: int, now: datetime) -> list[Row[Any]]:
    """Return the lots of one account that came from another one with a merge or since, and still hold something.

    ``after`` is the giver's number before that merge (``points.number``): a clock would not do, as what waited for the
    merge may have begun before it. What had come with an earlier merge, and stayed when that one was undone, is not
    among them. Those that are as they came are at the front (``whole``): nothing was spent of them, and they end as
    before.
    """
    filled, source = slices.alias(), lots.alias()
    into = and_(filled.c.transfer_id == lots.c.id, filled.c.lot_id == source.c.id)
    changed = exists().where(into, filled.c.amount > 0, source.c.expires_at != lots.c.expires_at)
    whole = case((and_(lots.c.remaining == lots.c.earned, ~changed), 1), else_=0).label("whole")
    came = select(transfers.c.id).where(transfers.c.debit == giver, transfers.c.credit == taker)
    came = came.where(transfers.c.debit_sequence > after)
    held = select(lots, whole).where(*_held(taker, now), lots.c.id.in_(came.where(transfers.c.kind == "merge")))
    return tx.all(held.order_by(whole.desc(), lots.c.expires_at, lots.c.id))


def sources(tx: Tx, lot_id: str) -> list[Row[Any]]:
    """Return the lots out of which this one was filled (with ``amount``), what would be spent last at the front."""
    filled = select(lots, slices.c.amount).join(slices, slices.c.lot_id == lots.c.id)
    mine = filled.where(slices.c.transfer_id == lot_id, slices.c.amount > 0)
    return tx.all(mine.order_by(lots.c.available_at.desc(), lots.c.id.desc()))


def refill(tx: Tx, run: Run) -> None:
    """Note for each lot this run has emptied that what once filled it goes back where it came from."""
    emptied, filled = slices.alias(), slices.alias()
    found = (
        select(emptied.c.transfer_id, filled.c.lot_id, -filled.c.amount)
        .select_from(transfers)
        .join(emptied, emptied.c.transfer_id == transfers.c.id)
        .join(filled, filled.c.transfer_id == emptied.c.lot_id)
        .where(run.mine, filled.c.amount > 0)
    )
    tx.execute(insert(slices).from_select(["transfer_id", "lot_id", "amount"], found))


def end_later(tx: Tx, lot_id: str, expires_at: datetime) -> None:
    """Let a lot end later: the points that come back to it were given more time meanwhile."""
    tx.execute(update(lots).where(lots.c.id == lot_id).values(expires_at=expires_at))
    kept.changed(tx, lots)


def heir(tx: Tx, lot_id: str, account: str) -> str:
    """Return the lot of this account in which the points of that lot lie now that they have changed hands."""
    for _ in range(DEEP):
        row = tx.one(select(lots.c.account_id).where(lots.c.id == lot_id))
        if row is None or row.account_id == account:
            break
        moved = (
            select(transfers.c.id)
            .join(slices, slices.c.transfer_id == transfers.c.id)
            .where(slices.c.lot_id == lot_id, transfers.c.kind == "merge")
            .order_by(transfers.c.debit_sequence.desc())
        )
        further = tx.scalar(moved.limit(1))
        if further is None:
            break
        lot_id = str(further)
    return lot_id


def _held(account: str, now: datetime) -> list[Any]:
    return [lots.c.account_id == account, lots.c.remaining > 0, lots.c.expires_at > now]
