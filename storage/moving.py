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


def groups(tx: Tx, account: str, now: datetime, *, come_from: str = "") -> list[Row[Any]]:
    """Return what an account holds by its end (``expires_at``, ``available_at``, ``total``), first to end first.

    What can be spent now is one group for each end, whenever it was earned; what is pending keeps its own moment.
    ``come_from``: only what came by a merge from this account.
    """
    total = func.sum(lots.c.remaining).label("total")
    here = _held(account, now, come_from)
    live = select(lots.c.expires_at, total).where(*here, lots.c.available_at <= now).group_by(lots.c.expires_at)
    wait = select(lots.c.expires_at, lots.c.available_at, total).where(*here, lots.c.available_at > now)
    ready = tx.all(live.order_by(lots.c.expires_at))
    ends = (lots.c.expires_at, lots.c.available_at)
    return [*ready, *tx.all(wait.group_by(*ends).order_by(*ends))]


def empty(tx: Tx, transfer_id: str, account: str, group: Any, *, now: datetime, come_from: str = "") -> None:
    """Take everything out of the lots of one group, and note a slice of each for this transfer."""
    mine = [*_held(account, now, come_from), lots.c.expires_at == group.expires_at]
    pending = getattr(group, "available_at", None)
    mine.append(lots.c.available_at <= now if pending is None else lots.c.available_at == pending)
    found = select(literal(transfer_id), lots.c.id, lots.c.remaining).where(*mine)
    tx.execute(insert(slices).from_select(["transfer_id", "lot_id", "amount"], found))
    taken = select(slices.c.lot_id).where(slices.c.transfer_id == transfer_id)
    tx.execute(update(lots).where(lots.c.id.in_(taken), lots.c.account_id == account).values(remaining=0))
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
            .where(slices.c.lot_id == lot_id, transfers.c.kind.in_(("merge", "unmerge")))
            .order_by(transfers.c.at.desc(), transfers.c.id)
        )
        further = tx.scalar(moved.limit(1))
        if further is None:
            break
        lot_id = str(further)
    return lot_id


def _held(account: str, now: datetime, come_from: str) -> list[Any]:
    held = [lots.c.account_id == account, lots.c.remaining > 0, lots.c.expires_at > now]
    if come_from:
        came = select(transfers.c.id).where(transfers.c.debit == come_from, transfers.c.credit == account)
        held.append(lots.c.id.in_(came.where(transfers.c.kind == "merge")))
    return held
