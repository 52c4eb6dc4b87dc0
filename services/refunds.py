"""A purchase taken back: undone by whoever recorded it, or refunded, whole or in parts, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from membership import earning, taking_back
from membership.errors import AlreadyRefunded, PointsSpent, PurchaseUnknown, RefundTooLarge
from membership.messages import Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money, checked
from membership.stored_value import Parts, returned
from services import Tx, audit, coupons, follow, holders, points, remarks, rules, stored_value, webhooks
from services.outbox import Notice, tell_member
from services.points import Cause
from services.reader import Reader
from storage import purchases as rows


@dataclass(frozen=True, slots=True)
class Refunded:
    """What a refund did: points taken back, points given back, what became debt, and the balance now.

    ``amount`` is all that goes back; ``stored`` of it returns to stored value, the rest is paid out at the till.
    """

    id: str
    amount: Money
    points_clawed_back: int
    points_restored: int
    debt: int
    balance: int
    stored: Money

    @property
    def to_pay_out(self) -> Money:
        return Money(self.amount.minor - self.stored.minor, self.amount.currency)


def undo(tx: Tx, purchase_id: str, reader: Reader, *, moment: Moment, manager: bool = False) -> Refunded:
    """Take back a purchase recorded by mistake: on the same day, in the store where ``reader`` stands.

    Without ``manager`` only one's own, within the shop's minutes, and while the points it earned are there.
    Raises PurchaseUnknown, UndoTooLate, DayOver, PointsSpent and what ``refund`` raises.
    """
    row, shop = rows.find(tx, purchase_id), rules.current(tx)
    if row is None or row.store_id != reader.store_id or not (manager or row.actor == reader.actor):
        raise PurchaseUnknown
    minutes = None if manager else shop.limits.undo_minutes
    taking_back.check_time(row.at, moment.now, zone=shop.zone, minutes=minutes)
    how = {"reason": "undo", "actor": reader.actor, "reference": f"undo:{purchase_id}"}
    return refund(tx, purchase_id, None, **how, moment=moment, may_owe=manager)


def refund(
    tx: Tx,
    purchase_id: str,
    amount_minor: int | None,
    *,
    reason: str,
    actor: str,
    reference: str,
    moment: Moment,
    may_owe: bool = True,
) -> Refunded:
    """Give money back, all that is left or a part: earned points are clawed back, on a whole refund all is returned.

    What was paid from stored value returns there, in the same split (membership/stored_value.py); the rest is cash.
    Points that are spent already become debt, unless ``may_owe`` is False. The same reference gives the first answer
    again. Raises PurchaseUnknown, AlreadyRefunded, RefundTooLarge, PointsSpent.
    """
    row, shop = rows.find(tx, purchase_id), rules.current(tx)
    if row is None:
        raise PurchaseUnknown
    again = rows.find_refund(tx, reference)
    if again is not None:
        return _refunded(tx, again, row, moment.now)
    row = holders.hold(tx, row, lambda: rows.find(tx, purchase_id))
    again = rows.find_refund(tx, reference)
    if again is not None:
        return _refunded(tx, again, row, moment.now)  # while this one waited, somebody was faster
    left = row.paid_minor - row.refunded_minor
    amount = left if amount_minor is None else checked(amount_minor, shop.currency).minor
    _check_refund(row, amount, left, currency=shop.currency)
    done = _refund(tx, row, amount, reason=reason, actor=actor, reference=reference, moment=moment)
    if done.debt and not may_owe:
        raise PointsSpent  # the door undoes what was done so far, as with every refusal
    return done


def _check_refund(row: Any, amount: int, left: int, *, currency: str) -> None:
    if row.undone_at is not None or (left == 0 and row.paid_minor > 0):
        raise AlreadyRefunded
    if amount > left:
        raise RefundTooLarge(left=Money(left, currency))


@dataclass(frozen=True, slots=True)
class _Shares:
    """What a refund of so much moves: points that were earned, and parts of stored value."""

    claw: int
    stored: Parts


def _shares(row: Any, amount: int, currency: str) -> _Shares:
    """Return what a refund of this amount takes back and returns, after what was refunded before."""
    stored = Parts(row.stored_principal_minor, row.stored_bonus_minor)
    before = returned(row.paid_minor, stored, row.refunded_minor)
    back = returned(row.paid_minor, stored, row.refunded_minor + amount).less(before)
    base = Money(row.paid_minor - stored.bonus, currency)  # bonus has earned nothing
    refunded, refund_minor = row.refunded_minor - before.bonus, amount - back.bonus
    terms = earning.unpack(row.terms)
    return _Shares(earning.clawback(terms, base, refunded_minor=refunded, refund_minor=refund_minor), back)


def _refund(tx: Tx, row: Any, amount: int, *, reason: str, actor: str, reference: str, moment: Moment) -> Refunded:
    shop = rules.current(tx)
    shares = _shares(row, amount, shop.currency)
    if not rows.refund(tx, row.id, amount):
        raise RefundTooLarge(left=Money(row.paid_minor - row.refunded_minor, shop.currency))
    cause = Cause(reference, actor, (say("history.refund", receipt=row.receipt_no),), row.store_id, row.id)
    if shares.stored.total:
        spent = f"{row.reference}:stored"
        stored_value.give_back(tx, row.member_id, shares.stored, cause.part("stored"), spent=spent, moment=moment)
    whole = row.refunded_minor + amount == row.paid_minor
    restored = _return_all(tx, row, cause, moment=moment) if whole else 0
    debt = 0
    if shares.claw:
        earned = f"{row.reference}:earn"
        debt = points.claw_back(tx, row.member_id, shares.claw, cause.part("claw"), earned=earned, moment=moment)
    if restored:  # had they been there before, its earlier parts would have taken them instead of leaving a debt
        points.repay_owed(tx, row.member_id, rows.owed(tx, row.id), cause.part("owed"), moment=moment)
    more = follow.after_refund(tx, row, whole=whole, cause=cause, moment=moment)
    refund_id = id_of(f"refund:{reference}")
    moved = {"points_clawed_back": shares.claw, "points_restored": restored, "debt": debt}
    stored = {"stored_principal_minor": shares.stored.principal, "stored_bonus_minor": shares.stored.bonus}
    what = {"purchase_id": row.id, "amount_minor": amount, **moved, **stored}
    kept = remarks.keep(tx, refund_id, row.member_id, reason, moment=moment)
    rows.add_refund(tx, refund_id, reference=reference, reason=kept, actor=actor, at=moment.now, **what)
    audit.note(tx, moment, "refund", refund_id, actor=actor, store_id=row.store_id, reason=kept)
    done = _refunded(tx, rows.find_refund(tx, reference), row, moment.now)
    _tell_refund(tx, row, done, more, moment=moment)
    about = {"refund_id": refund_id, "purchase_id": row.id, "member_id": row.member_id, "store_id": row.store_id}
    told = {**about, "receipt_no": row.receipt_no, "amount": amount, "stored": done.stored, **moved, "at": moment.now}
    webhooks.emit(tx, "purchase.refunded", refund_id, told, moment=moment)
    return done


def _return_all(tx: Tx, row: Any, cause: Cause, *, moment: Moment) -> int:
    """Return what else a purchase used, now that all of it goes back: points and coupons; tell how many points."""
    spent = f"{row.reference}:spend"
    restored = points.give_back(tx, row.member_id, cause.part("back"), spent=spent, moment=moment)
    coupons.return_used(tx, row.id, actor=cause.actor, moment=moment)
    rows.undo(tx, row.id, moment.now)
    return restored


def _refunded(tx: Tx, refund_row: Any, row: Any, now: datetime) -> Refunded:
    currency = rules.current(tx).currency
    return Refunded(
        id=refund_row.id,
        amount=Money(refund_row.amount_minor, currency),
        points_clawed_back=refund_row.points_clawed_back,
        points_restored=refund_row.points_restored,
        debt=refund_row.debt,
        balance=points.balance(tx, row.member_id, now=now).points,
        stored=Money(refund_row.stored_principal_minor + refund_row.stored_bonus_minor, currency),
    )


def _tell_refund(tx: Tx, row: Any, done: Refunded, more: tuple[Message, ...], *, moment: Moment) -> None:
    where = {"store": choose(rules.store_name(tx, row.store_id)), "at": moment.now}  # for WeChat's templates
    texts = [say("receipt.refund", amount=done.amount, number=row.receipt_no, points=done.balance, **where)]
    if done.stored.minor:
        left = stored_value.balance(tx, row.member_id).total
        texts.append(say("receipt.refund_stored", amount=done.stored, left=left))
    if done.debt:
        texts.append(say("points.debt", points=points.balance(tx, row.member_id, now=moment.now).debt))
    texts.extend(more)
    tell_member(tx, row.member_id, Notice("refund", "receipt", done.id, Reply(tuple(texts))), moment=moment)
