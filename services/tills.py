"""What a till may see and take back: purchases of its own store, its own within minutes, the rest for a manager."""

from __future__ import annotations

from datetime import date
from typing import Any

from membership import staff as rights
from membership import taking_back
from membership.errors import ApprovalUnknown, NotAllowed, NotStaff, PurchaseUnknown
from membership.moment import Moment
from services import Tx, approvals, fraud, purchases, refunds, rules, staff
from services.keys import Caller
from services.orders import Recorded
from services.reader import Reader
from services.refunds import Refunded
from services.second_person import Approval
from storage import approvals as approval_rows
from storage import purchases as rows


def purchase(tx: Tx, caller: Caller, purchase_id: str) -> Recorded:
    """Return a purchase of the till's store. Raises PurchaseUnknown."""
    _of_store(tx, caller, purchase_id)
    return purchases.get(tx, purchase_id)


def by_receipt(tx: Tx, caller: Caller, receipt_no: str, on: date) -> list[Recorded]:
    """Return the purchase of the till's store with this receipt number of that day, if there is one."""
    row = rows.by_receipt(tx, caller.store_id, on, receipt_no)
    return [] if row is None else [purchases.get(tx, row.id)]


def approval(tx: Tx, caller: Caller, approval_id: str) -> Approval:
    """Return what waits for a second person in the till's store, as it stands now. Raises ApprovalUnknown."""
    row = approval_rows.find(tx, approval_id)
    if row is None or row.store_id != caller.store_id:
        raise ApprovalUnknown
    return approvals.get(tx, approval_id)


def check_cashier(tx: Tx, caller: Caller, staff_id: str, member_id: str) -> None:
    """Refuse a purchase for a cashier's own member or one linked to them, whom the till names.

    Raises NotStaff for who does not work here, NotAllowed for who does not serve in the till's store, and SelfCredit.
    """
    person = staff.seated(tx, staff_id)
    if person is None:
        raise NotStaff
    rights.check(person.roles, "purchase", store_id=caller.store_id)
    fraud.check_self(tx, Reader(staff_id, caller.store_id, person.member_id), member_id)


def refund(
    tx: Tx, caller: Caller, purchase_id: str, amount_minor: int | None, *, reason: str, reference: str, moment: Moment
) -> Refunded | Approval:
    """Give money back for a purchase of the till's store, all that is left or a part (minor units).

    A till takes back only the whole of what it recorded itself, within the shop's minutes; a manager's key anything,
    over the shop's limit with a second person's yes. Raises PurchaseUnknown, NotAllowed, UndoTooLate, DayOver,
    PointsSpent and what ``approvals.refund`` raises.
    """
    row = _of_store(tx, caller, purchase_id)
    if caller.role != "manager":
        _check_undo(tx, caller, row, amount_minor, moment=moment)
        how = {"reason": reason, "actor": caller.id, "reference": reference}
        return refunds.refund(tx, purchase_id, amount_minor, **how, moment=moment, may_owe=False)
    asked = {"reason": reason, "reference": reference}
    return approvals.refund(tx, purchase_id, amount_minor, caller.reader, **asked, moment=moment)


def _of_store(tx: Tx, caller: Caller, purchase_id: str) -> Any:
    row = rows.find(tx, purchase_id)
    if row is None or row.store_id != caller.store_id:
        raise PurchaseUnknown
    return row


def _check_undo(tx: Tx, caller: Caller, row: Any, amount_minor: int | None, *, moment: Moment) -> None:
    caller.check("undo")
    whole = amount_minor is None or amount_minor == row.paid_minor
    if row.actor != caller.id or not whole:
        raise NotAllowed(action="refund")
    shop = rules.current(tx)
    taking_back.check_time(row.at, moment.now, zone=shop.zone, minutes=shop.limits.undo_minutes)
