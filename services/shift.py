"""The day at the counter: what was sold, handed out and taken back in a store, one by one and in sums a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from membership import days
from membership.errors import PurchaseUnknown
from membership.messages import Message, choose
from membership.money import Money
from services import Tx, coupons, passes, rules, second_person
from services.reader import Reader
from storage import passes as pass_rows
from storage import purchases as purchase_rows
from storage import shift as rows

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Sold:
    """One purchase of today as the counter lists it: amounts as paid and given back, members masked.

    ``undo_until`` (UTC) is set while whoever looks may take it back by one tap; ``left`` is what could be refunded.
    """

    id: str
    at: datetime
    receipt_no: str
    member: Message
    paid: Money
    refunded: Money
    points_earned: int
    points_spent: int
    staff: Message
    mine: bool
    undone: bool
    undo_until: datetime | None

    @property
    def left(self) -> Money:
        return Money(self.paid.minor - self.refunded.minor, self.paid.currency)


@dataclass(frozen=True, slots=True)
class Handed:
    """Goods handed out today for a coupon alone, as the counter lists them; ``undo_until`` (UTC) as with a purchase."""

    id: str
    at: datetime
    title: Message
    goods: Message
    member: Message
    staff: Message
    mine: bool
    undone: bool
    undo_until: datetime | None


@dataclass(slots=True)
class Sums:
    """What one person's day came to. Amounts in minor units; ``by_method`` is what came in at the till, by way to pay.

    ``sold`` counts everything recorded, ``given_back`` everything refunded and undone. ``topped_up`` came in as stored
    value, ``paid_out`` went out of it. ``passes_sold`` is what came in for passes that stand, ``passes_back`` what went
    out for those given back, ``visits`` how many were taken off them.
    """

    actor: str
    number: int = 0
    sold: int = 0
    stored: int = 0
    by_method: dict[str, int] = field(default_factory=dict)
    points_earned: int = 0
    points_spent: int = 0
    coupons: int = 0
    refunds: int = 0
    given_back: int = 0
    topped_up: int = 0
    paid_out: int = 0
    passes_sold: int = 0
    passes_back: int = 0
    visits: int = 0


def today(tx: Tx, reader: Reader, *, manager: bool, after: str | None, now: datetime) -> list[Sold]:
    """Return a page of the store's purchases of today, newest first, those before the purchase ``after``.

    Raises PurchaseUnknown where that one is of another store.
    """
    behind = None if after is None else _of_store(tx, after, reader)
    found = rows.listed(tx, reader.store_id, _span(tx, now), behind=behind, limit=PAGE)
    names = {actor: second_person.called(tx, actor) for actor in {row.actor for row in found}}
    return [_sold(tx, row, names[row.actor], reader, manager=manager, now=now) for row in found]


def handed_out(tx: Tx, reader: Reader, *, manager: bool, now: datetime) -> list[Handed]:
    """Return what was handed out today in the store for coupons alone, the newest first, a page at most."""
    found = rows.handed_out(tx, reader.store_id, _span(tx, now), limit=PAGE)
    offers = {one.id: one.offer for one in coupons.named(tx, {row.coupon_id for row in found})}
    names = {actor: second_person.called(tx, actor) for actor in {row.actor for row in found}}
    return [
        Handed(
            id=row.id,
            at=row.at,
            title=choose(offers[row.coupon_id].title),
            goods=choose(offers[row.coupon_id].goods or offers[row.coupon_id].title),
            member=second_person.masked(tx, row.member_id),
            staff=names[row.actor],
            mine=row.actor == reader.actor,
            undone=row.reversed_at is not None,
            undo_until=None if row.reversed_at is not None else _may_undo(tx, row, reader, manager=manager, now=now),
        )
        for row in found
    ]


def sums(tx: Tx, store_id: str, *, now: datetime) -> dict[str, Sums]:
    """Return what today came to so far in a store, for each person and till by id."""
    span = _span(tx, now)
    found: dict[str, Sums] = {}

    def of(actor: str) -> Sums:
        return found.setdefault(actor, Sums(actor))

    for row in rows.sales(tx, store_id, span):
        _add_sales(of(row.actor), row)
    for row in rows.given_back(tx, store_id, span):
        of(row.actor).refunds, of(row.actor).given_back = row.number, int(row.amount)
    for row in rows.coupons(tx, store_id, span):
        of(row.actor).coupons = row.number
    for row in rows.stored_moved(tx, store_id, span):
        setattr(of(row.actor), "topped_up" if row.kind == "top_up" else "paid_out", int(row.amount))
    if passes.kept(tx):
        _add_passes(tx, store_id, span, of)
    return found


def total(everybody: Iterable[Sums]) -> Sums:
    """Return what a whole store's day came to."""
    whole = Sums("")
    for one in everybody:
        for name in ("number", "sold", "stored", "points_earned", "points_spent", "coupons"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for name in ("refunds", "given_back", "topped_up", "paid_out", "passes_sold", "passes_back", "visits"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for method, amount in one.by_method.items():
            whole.by_method[method] = whole.by_method.get(method, 0) + amount
    return whole


def begin(tx: Tx, *, now: datetime) -> datetime:
    """Return when the shop's day began (UTC)."""
    return _span(tx, now)[0]


def _add_passes(tx: Tx, store_id: str, span: rows.Span, of: Callable[[str], Sums]) -> None:
    where: dict[str, Any] = {"since": span[0], "until": span[1], "store_id": store_id}
    for row in pass_rows.sold(tx, **where):
        of(row.actor).passes_sold = int(row.amount)
    for row in pass_rows.given_back(tx, **where):
        of(row.actor).passes_back = int(row.amount)
    for row in pass_rows.taken(tx, **where):
        of(row.actor).visits = int(row.number)


def _add_sales(one: Sums, row: Any) -> None:
    one.number += row.number
    one.sold += int(row.paid)
    one.stored += int(row.stored)
    one.points_earned += int(row.earned)
    one.points_spent += int(row.spent)
    one.by_method[row.pay_method] = int(row.paid) - int(row.stored)


def _sold(tx: Tx, row: Any, staff_name: Message, reader: Reader, *, manager: bool, now: datetime) -> Sold:
    currency = rules.current(tx).currency
    return Sold(
        id=row.id,
        at=row.at,
        receipt_no=row.receipt_no,
        member=second_person.masked(tx, row.member_id),
        paid=Money(row.paid_minor, currency),
        refunded=Money(row.refunded_minor, currency),
        points_earned=row.points_earned,
        points_spent=row.points_spent,
        staff=staff_name,
        mine=row.actor == reader.actor,
        undone=row.undone_at is not None,
        undo_until=_undo_until(tx, row, reader, manager=manager, now=now),
    )


def _undo_until(tx: Tx, row: Any, reader: Reader, *, manager: bool, now: datetime) -> datetime | None:
    if row.undone_at is not None or row.refunded_minor:
        return None
    return _may_undo(tx, row, reader, manager=manager, now=now)


def _may_undo(tx: Tx, row: Any, reader: Reader, *, manager: bool, now: datetime) -> datetime | None:
    """Return until when this person may take something back: a manager all day, others only their own for minutes."""
    shop = rules.current(tx)
    if not (manager or row.actor == reader.actor):
        return None
    until: datetime = _span(tx, row.at)[1] if manager else row.at + timedelta(minutes=shop.limits.undo_minutes)
    return until if until > now else None


def _of_store(tx: Tx, purchase_id: str, reader: Reader) -> Any:
    row = purchase_rows.find(tx, purchase_id)
    if row is None or row.store_id != reader.store_id:
        raise PurchaseUnknown
    return row


def _span(tx: Tx, now: datetime) -> rows.Span:
    zone = rules.current(tx).zone
    day = days.day_of(now, zone)
    return days.start_of(day, zone), days.end_of(day, zone)
