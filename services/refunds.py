"""A purchase taken back: undone by whoever recorded it, or refunded, whole or in parts, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership import earning
from membership.errors import AlreadyRefunded, PurchaseUnknown, RefundTooLarge, UndoTooLate
from membership.messages import Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money, checked
from services import Tx, audit, coupons, points, rules, webhooks
from services.codes import Reader
from services.outbox import Notice, tell_member
from services.points import Cause
from storage import members as member_rows
from storage import purchases as rows


@dataclass(frozen=True, slots=True)
class Refunded:
    """What a refund did: points taken back, points given back, what became debt, and the balance now."""

    id: str
    amount: Money
    points_clawed_back: int
    points_restored: int
    debt: int
    balance: int


def undo(tx: Tx, purchase_id: str, reader: Reader, *, moment: Moment) -> Refunded:
    """Take back a purchase recorded by mistake, by the person who recorded it, within the shop's minutes."""
    row, shop = rows.find(tx, purchase_id), rules.current(tx)
    if row is None or row.actor != reader.actor:
        raise PurchaseUnknown
    if moment.now > row.at + timedelta(minutes=shop.limits.undo_minutes):
        raise UndoTooLate(minutes=shop.limits.undo_minutes)
    return refund(
        tx, purchase_id, None, reason="undo", actor=reader.actor, reference=f"undo:{purchase_id}", moment=moment
    )


def refund(
    tx: Tx, purchase_id: str, amount_minor: int | None, *, reason: str, actor: str, reference: str, moment: Moment
) -> Refunded:
    """Give money back, all that is left or a part: earned points are clawed back, on a whole refund all is returned.

    The same reference gives the first answer again. Raises PurchaseUnknown, AlreadyRefunded, RefundTooLarge.
    """
    row, shop = rows.find(tx, purchase_id), rules.current(tx)
    if row is None:
        raise PurchaseUnknown
    again = rows.find_refund(tx, reference)
    if again is not None:
        return _refunded(tx, again, row, moment.now)
    member_rows.lock(tx, row.member_id)
    row = rows.find(tx, purchase_id)
    assert row is not None
    left = row.paid_minor - row.refunded_minor
    amount = left if amount_minor is None else checked(amount_minor, shop.currency).minor
    _check_refund(row, amount, left, currency=shop.currency)
    return _refund(tx, row, amount, reason=reason, actor=actor, reference=reference, moment=moment)


def _check_refund(row: Any, amount: int, left: int, *, currency: str) -> None:
    if row.undone_at is not None or (left == 0 and row.paid_minor > 0):
        raise AlreadyRefunded
    if amount > left:
        raise RefundTooLarge(left=Money(left, currency))


def _refund(tx: Tx, row: Any, amount: int, *, reason: str, actor: str, reference: str, moment: Moment) -> Refunded:
    shop = rules.current(tx)
    whole = row.refunded_minor + amount == row.paid_minor
    base = Money(row.paid_minor, shop.currency)
    terms = earning.unpack(row.terms)
    claw = earning.clawback(terms, base, refunded_minor=row.refunded_minor, refund_minor=amount)
    if not rows.refund(tx, row.id, amount):
        raise RefundTooLarge(left=Money(row.paid_minor - row.refunded_minor, shop.currency))
    debt = restored = 0
    why = (say("history.refund", receipt=row.receipt_no),)
    cause = Cause(f"{reference}:claw", actor, why, row.store_id, row.id)
    if whole:
        restored = points.give_back(
            tx, row.member_id, Cause(f"{reference}:back", actor, why, row.store_id, row.id),
            spent=f"{row.reference}:spend", moment=moment,
        )  # fmt: skip
        coupons.return_used(tx, row.id, actor=actor, moment=moment)
        rows.undo(tx, row.id, moment.now)
    if claw:
        debt = points.claw_back(tx, row.member_id, claw, cause, earned=f"{row.reference}:earn", moment=moment)
    refund_id = id_of(f"refund:{reference}")
    done = {"points_clawed_back": claw, "points_restored": restored, "debt": debt, "reason": reason, "actor": actor}
    rows.add_refund(tx, refund_id, reference=reference, purchase_id=row.id, amount_minor=amount, at=moment.now, **done)
    audit.note(tx, moment, "refund", refund_id, actor=actor, store_id=row.store_id, reason=reason)
    _tell_refund(tx, row, Money(amount, shop.currency), refund_id, moment=moment)
    about = {"refund_id": refund_id, "purchase_id": row.id, "member_id": row.member_id, "store_id": row.store_id}
    moved = {"points_clawed_back": claw, "points_restored": restored, "debt": debt}
    told = {**about, "receipt_no": row.receipt_no, "amount": amount, **moved, "at": moment.now}
    webhooks.emit(tx, "purchase.refunded", refund_id, told, moment=moment)
    refunded = rows.find_refund(tx, reference)
    return _refunded(tx, refunded, row, moment.now)


def _refunded(tx: Tx, refund_row: Any, row: Any, now: datetime) -> Refunded:
    return Refunded(
        id=refund_row.id,
        amount=Money(refund_row.amount_minor, rules.current(tx).currency),
        points_clawed_back=refund_row.points_clawed_back,
        points_restored=refund_row.points_restored,
        debt=refund_row.debt,
        balance=points.balance(tx, row.member_id, now=now).points,
    )


def _tell_refund(tx: Tx, row: Any, amount: Money, refund_id: str, *, moment: Moment) -> None:
    balance = points.balance(tx, row.member_id, now=moment.now).points
    where = {"store": choose(rules.store_name(tx, row.store_id)), "at": moment.now}  # for WeChat's templates
    text = say("receipt.refund", amount=amount, number=row.receipt_no, points=balance, **where)
    tell_member(tx, row.member_id, Notice("refund", "receipt", refund_id, Reply((text,))), moment=moment)
