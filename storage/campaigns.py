"""What the clock plans by: whose points and coupons end when, in batches, each with one query."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select

from membership.moment import id_of
from storage.database import Tx
from storage.tables import lots


def points_ending_at(tx: Tx, member_id: str, over: datetime) -> int:
    """Return the member's points that are gone at exactly this instant (the end of a day of the shop)."""
    mine = and_(lots.c.account_id == id_of(f"account:{member_id}:points"), lots.c.remaining > 0)
    return int(tx.scalar(select(func.coalesce(func.sum(lots.c.remaining), 0)).where(mine, lots.c.expires_at == over)))
