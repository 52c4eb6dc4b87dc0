"""Purchases found again by their receipt number or their member, in one store."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row, select

from storage.database import Tx
from storage.tables import purchases


def by_number(tx: Tx, store_id: str, receipt_no: str, *, since: date, limit: int = 5) -> list[Row[Any]]:
    """Return purchases with this receipt number on these shop days, the newest first."""
    here = (purchases.c.store_id == store_id) & (purchases.c.business_on >= since)
    found = select(purchases).where(here, purchases.c.receipt_no == receipt_no)
    return tx.all(found.order_by(purchases.c.business_on.desc()).limit(limit))


def of_member(tx: Tx, store_id: str, member_id: str, *, limit: int = 5) -> list[Row[Any]]:
    """Return a member's purchases in this store that something is left of, the newest first."""
    mine = (purchases.c.member_id == member_id) & (purchases.c.store_id == store_id)
    found = select(purchases).where(mine, purchases.c.undone_at.is_(None))
    return tx.all(found.order_by(purchases.c.at.desc()).limit(limit))
