"""A purchase looked up again by staff: by the number on its receipt, or among a member's last ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership import days
from membership.errors import PurchaseUnknown
from membership.messages import Message, choose
from membership.money import Money
from services import Tx, coupons, rules, second_person
from services.reader import Reader
from storage import coupons as coupon_rows
from storage import purchases as purchase_rows
from storage import receipts as rows

LOOKED_BACK = timedelta(days=180)
"""How far back a receipt is looked for by its number alone."""
NUMBER_MAX = 64


@dataclass(frozen=True, slots=True)
class Receipt:
    """A purchase as staff see it again: what was paid, what is left of that to give back, and whose it is, masked.

    ``of_today`` is set where it can still be voided: on its own day, in its own store, with nothing given back.
    ``coupons`` are the titles of those it used, which come back with the whole of it.
    """

    id: str
    number: str
    at: datetime
    store: Message
    member_id: str
    name: Message
    paid: Money
    left: Money
    points_earned: int
    points_spent: int
    of_today: bool
    coupons: tuple[Message, ...]


def get(tx: Tx, purchase_id: str, reader: Reader, *, now: datetime) -> Receipt:
    """Return a purchase of the store the reader stands in. Raises PurchaseUnknown."""
    row = purchase_rows.find(tx, purchase_id)
    if row is None or row.store_id != reader.store_id:
        raise PurchaseUnknown
    return _receipt(tx, row, now)


def by_number(tx: Tx, number: str, reader: Reader, *, now: datetime) -> list[Receipt]:
    """Return purchases of this store with this receipt number, the newest first. Raises PurchaseUnknown for none."""
    since = days.day_of(now - LOOKED_BACK, rules.current(tx).zone)
    found = rows.by_number(tx, reader.store_id, number.strip(), since=since) if len(number) <= NUMBER_MAX else []
    if not found:
        raise PurchaseUnknown
    return [_receipt(tx, row, now) for row in found]


def of_member(tx: Tx, member_id: str, reader: Reader, *, now: datetime) -> list[Receipt]:
    """Return a member's last purchases in this store that stand. Raises PurchaseUnknown for none."""
    found = rows.of_member(tx, reader.store_id, member_id)
    if not found:
        raise PurchaseUnknown
    return [_receipt(tx, row, now) for row in found]


def _receipt(tx: Tx, row: Any, now: datetime) -> Receipt:
    shop = rules.current(tx)
    used = [coupon_rows.find(tx, one.coupon_id) for one in coupon_rows.of_purchase(tx, row.id)]
    left = 0 if row.undone_at is not None else row.paid_minor - row.refunded_minor
    return Receipt(
        id=row.id,
        number=row.receipt_no,
        at=row.at,
        store=choose(rules.store_name(tx, row.store_id)),
        member_id=row.member_id,
        name=second_person.masked(tx, row.member_id),
        paid=Money(row.paid_minor, shop.currency),
        left=Money(left, shop.currency),
        points_earned=row.points_earned,
        points_spent=row.points_spent,
        of_today=row.business_on == days.day_of(now, shop.zone) and row.undone_at is None and not row.refunded_minor,
        coupons=tuple(choose(coupon.offer.title) for coupon in coupons.opened(tx, [one for one in used if one])),
    )
