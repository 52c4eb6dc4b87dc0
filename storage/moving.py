"""Points that change hands whole: whole groups of lots at once, so that a full purse moves as fast as an empty one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, exists, func, insert, literal, select, update

from storage import kept, points
from storage.database import Tx
from storage.points import Run
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
    points.settle(tx, run)


def come_from(tx: Tx, giver: str, taker: str, *, since: datetime, now: datetime) -> list[Row[Any]]:
    """Return the lots of one account that came from another one since a merge and still hold something.

    What had come with an earlier merge, and stayed when that one was undone, is not among them. Those that are as
    they came are at the front (``whole``): nothing was spent of them, and they end as before.
    """
    filled, source = slices.alias(), lots.alias()
    into = and_(filled.c.transfer_id == lots.c.id, filled.c.lot_id == source.c.id)
    changed = exists().where(into, filled.c.amount > 0, source.c.expires_at != lots.c.expires_at)
    whole = case((and_(lots.c.remaining == lots.c.earned, ~changed), 1), else_=0).label("whole")
    came = select(transfers.c.id).where(transfers.c.debit == giver, transfers.c.credit == taker)
    came = came.where(transfers.c.at >= since)
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
            .order_by(transfers.c.at.desc(), transfers.c.id)
        )
        further = tx.scalar(moved.limit(1))
        if further is None:
            break
        lot_id = str(further)
    return lot_id


def _held(account: str, now: datetime) -> list[Any]:
    return [lots.c.account_id == account, lots.c.remaining > 0, lots.c.expires_at > now]
