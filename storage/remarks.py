"""Reasons in somebody's own words, sealed, each under the id of the deed it explains."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from storage.database import Tx
from storage.tables import remarks as t


def add(tx: Tx, subject: str, member_id: str, text: str, *, at: datetime) -> None:
    """Keep the words behind a deed; those kept first stay."""
    sealed = tx.cipher.seal("remarks", "text_ct", subject, text)
    tx.insert_once(t, {"id": subject, "member_id": member_id, "text_ct": sealed, "at": at})


def find(tx: Tx, subject: str) -> str | None:
    """Return the words behind a deed; None where there are none, or none any more."""
    sealed = tx.scalar(select(t.c.text_ct).where(t.c.id == subject))
    return None if sealed is None else tx.cipher.open("remarks", "text_ct", subject, sealed)
