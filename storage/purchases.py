"""Purchases and their refunds, as they were recorded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, func, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import counters, purchases, refunds

# Statements of every purchase are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_SINCE: Final = bindparam("since", type_=purchases.c.at.type)
_STANDING: Final = (purchases.c.member_id == _OF) & purchases.c.undone_at.is_(None)
_FIND: Final = select(purchases).where(purchases.c.id == _OF)
_EARNED_ON: Final = (
    select(func.coalesce(func.sum(purchases.c.points_earned), 0))
    .where(_STANDING, purchases.c.at >= _SINCE)
    .where(purchases.c.at < bindparam("until", type_=purchases.c.at.type))
)
_NTH: Final = (
    select(purchases.c.at)
    .where(purchases.c.member_id == _OF)
    .order_by(purchases.c.at.desc())
    .limit(1)
    .offset(bindparam("behind"))
)
_BY_RECEIPT: Final = select(purchases).where(
    purchases.c.store_id == _OF,
    purchases.c.business_on == bindparam("day", type_=purchases.c.business_on.type),
    purchases.c.receipt_no == bindparam("number"),
)
_LAST_OF_ACTOR: Final = (
    select(purchases)
    .where(purchases.c.actor == _OF, purchases.c.undone_at.is_(None))
    .order_by(purchases.c.at.desc(), purchases.c.id.desc())
    .limit(1)
)
_NEXT_RECEIPT: Final = (
    update(counters).where(counters.c.name == _OF).values(value=counters.c.value + 1).returning(counters.c.value)
)


def add(tx: Tx, purchase_id: str, **values: Any) -> bool:
    """Add a purchase; False if its reference or its receipt number (store, day) stands there already."""
    return tx.insert_once(purchases, {"id": purchase_id, **values})


def find(tx: Tx, purchase_id: str) -> Row[Any] | None:
    """Return a purchase, or None."""
    return tx.one(_FIND, {"of": purchase_id})


def by_receipt(tx: Tx, store_id: str, on: date, receipt_no: str) -> Row[Any] | None:
    """Return the purchase with this receipt number in this store on this day, or None."""
    return tx.one(_BY_RECEIPT, {"of": store_id, "day": on, "number": receipt_no})


def last_of_actor(tx: Tx, actor: str) -> Row[Any] | None:
    """Return the purchase this person recorded last and did not undo, or None."""
    return tx.one(_LAST_OF_ACTOR, {"of": actor})


def nth_last(tx: Tx, member_id: str, number: int) -> datetime | None:
    """Return when the member's last purchase but ``number`` - 1 was made, or None where there are fewer."""
    at: datetime | None = tx.scalar(_NTH, {"of": member_id, "behind": number - 1})
    return at


def earned_on(tx: Tx, member_id: str, since: datetime, until: datetime) -> int:
    """Return the points the member's purchases earned in this span."""
    return int(tx.scalar(_EARNED_ON, {"of": member_id, "since": since, "until": until}))


def refund(tx: Tx, purchase_id: str, amount_minor: int) -> bool:
    """Count an amount as refunded; False if less than that is left."""
    left = purchases.c.paid_minor - purchases.c.refunded_minor
    found = update(purchases).where(purchases.c.id == purchase_id, left >= amount_minor)
    return tx.execute(found.values(refunded_minor=purchases.c.refunded_minor + amount_minor)).rowcount == 1


def undo(tx: Tx, purchase_id: str, now: datetime) -> bool:
    """Mark a purchase as undone; False if it was before."""
    found = update(purchases).where(purchases.c.id == purchase_id, purchases.c.undone_at.is_(None))
    return tx.execute(found.values(undone_at=now)).rowcount == 1


def add_refund(tx: Tx, refund_id: str, **values: Any) -> None:
    """Write a refund down."""
    tx.execute(refunds.insert().values(id=refund_id, **values))


def find_refund(tx: Tx, reference: str) -> Row[Any] | None:
    """Return the refund made under this reference, or None."""
    return tx.one(select(refunds).where(refunds.c.reference == reference))


def owed(tx: Tx, purchase_id: str) -> int:
    """Return how many points refunds of this purchase could not take back when they were made."""
    found = select(func.coalesce(func.sum(refunds.c.debt), 0)).where(refunds.c.purchase_id == purchase_id)
    return int(tx.scalar(found))


def next_receipt(tx: Tx, store_id: str, on: date) -> str:
    """Return the next receipt number of ours for this store and day."""
    name = id_of(f"receipts:{store_id}:{on.isoformat()}")
    number = tx.scalar(_NEXT_RECEIPT, {"of": name})
    if number is None:  # the day's first
        tx.insert_once(counters, {"name": name})
        number = tx.scalar(_NEXT_RECEIPT, {"of": name})
    return f"M{int(number):04}"
