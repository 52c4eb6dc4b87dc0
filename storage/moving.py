"""Points that change hands whole: whole groups of lots at once, so that a full purse moves as fast as an empty one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update

from storage import kept
from storage.database import Tx
from storage.tables import lots, slices, transfers

DEEP = 20
"""So many times in a row points are followed from hand to hand."""


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


def empty(tx: Tx, transfer_id: str, account: str, group: Any, *, now: datetime) -> None:
    """Take everything out of the lots of one group, and note a slice of each for this transfer."""
    mine = [*_held(account, now), lots.c.expires_at == group.expires_at]
    pending = getattr(group, "available_at", None)
    mine.append(lots.c.available_at <= now if pending is None else lots.c.available_at == pending)
    found = select(literal(transfer_id), lots.c.id, lots.c.remaining).where(*mine)
    tx.execute(insert(slices).from_select(["transfer_id", "lot_id", "amount"], found))
    taken = select(slices.c.lot_id).where(slices.c.transfer_id == transfer_id)
    tx.execute(update(lots).where(lots.c.id.in_(taken)).values(remaining=0))
    kept.changed(tx, lots)


def come_from(tx: Tx, giver: str, taker: str, now: datetime) -> list[Row[Any]]:
    """Return the lots of one account that came from another one by a merge and still hold something."""
    came = select(transfers.c.id).where(transfers.c.debit == giver, transfers.c.credit == taker)
    held = select(lots).where(*_held(taker, now), lots.c.id.in_(came.where(transfers.c.kind == "merge")))
    return tx.all(held.order_by(lots.c.expires_at, lots.c.id))


def sources(tx: Tx, lot_id: str) -> list[Row[Any]]:
    """Return the lots out of which this one was filled (with ``amount``), what would be spent last at the front."""
    filled = select(lots, slices.c.amount).join(slices, slices.c.lot_id == lots.c.id)
    mine = filled.where(slices.c.transfer_id == lot_id, slices.c.amount > 0)
    return tx.all(mine.order_by(lots.c.available_at.desc(), lots.c.id.desc()))


def refill(tx: Tx, transfer_id: str, lot_id: str) -> None:
    """Put all that once filled this lot back where it came from, in one go, and note a slice of each."""
    filled = (slices.c.transfer_id == lot_id, slices.c.amount > 0)
    found = select(literal(transfer_id), slices.c.lot_id, -slices.c.amount).where(*filled)
    own = select(slices.c.amount).where(*filled, slices.c.lot_id == lots.c.id).scalar_subquery()
    mine = update(lots).where(lots.c.id.in_(select(slices.c.lot_id).where(*filled)))
    tx.execute(mine.values(remaining=lots.c.remaining + own))
    tx.execute(insert(slices).from_select(["transfer_id", "lot_id", "amount"], found))
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
            .order_by(transfers.c.at.desc(), transfers.c.id)
        )
        further = tx.scalar(moved.limit(1))
        if further is None:
            break
        lot_id = str(further)
    return lot_id


def _held(account: str, now: datetime) -> list[Any]:
    return [lots.c.account_id == account, lots.c.remaining > 0, lots.c.expires_at > now]
