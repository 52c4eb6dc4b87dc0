"""The hashes of PINs, sealed beside whom they belong to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from storage import members, staff
from storage.database import Tx
from storage.tables import purchases

_BY_PIN: Final = select(
    func.coalesce(
        func.sum(
            purchases.c.amount_minor
            - purchases.c.paid_minor
            + purchases.c.stored_principal_minor
            + purchases.c.stored_bonus_minor
        ),
        0,
    )
).where(purchases.c.yes == "pin", purchases.c.undone_at.is_(None))


def of_member(tx: Tx, member_id: str) -> str:
    """Return the hash of a member's PIN; "" where none is set."""
    row = members.get(tx, member_id)
    return tx.cipher.open("members", "pin_ct", member_id, row.pin_ct) if row.pin_ct else ""


def set_member(tx: Tx, member_id: str, hashed: str) -> None:
    """Keep the hash of a member's PIN in place of the one before."""
    members.change(tx, member_id, pin_ct=tx.cipher.seal("members", "pin_ct", member_id, hashed))


def of_staff(tx: Tx, staff_id: str) -> str:
    """Return the hash of a colleague's PIN; "" where none is set, or they work here no more."""
    row = staff.find(tx, staff_id)
    if row is None or row.removed_at is not None or not row.pin_ct:
        return ""
    return tx.cipher.open("staff", "pin_ct", staff_id, row.pin_ct)


def set_staff(tx: Tx, staff_id: str, hashed: str) -> None:
    """Keep the hash of a colleague's PIN in place of the one before."""
    staff.change(tx, staff_id, pin_ct=tx.cipher.seal("staff", "pin_ct", staff_id, hashed))


def agreed_since(tx: Tx, member_id: str, since: datetime) -> int:
    """Return what a member agreed to by PIN since then, in minor units: all that was not paid in cash."""
    asked = _BY_PIN.where(purchases.c.member_id == member_id, purchases.c.at >= since)
    return int(tx.scalar(asked))
