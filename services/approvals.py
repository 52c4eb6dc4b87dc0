"""What a second person decides: asked for a day, done in the same moment as the yes, told to both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from membership import days, taking_back
from membership import staff as rights
from membership.errors import (
    ApprovalExpired,
    ApprovalOver,
    ApprovalUnknown,
    NotStaff,
    PurchaseUnknown,
    QuoteExpired,
    Refusal,
    SamePerson,
)
from membership.messages import Message, Reply, say
from membership.moment import Moment
from services import (
    Tx,
    adjustments,
    audit,
    fraud,
    members,
    passes,
    refunds,
    remarks,
    rules,
    second_person,
    staff,
    stored_value,
)
from services.outbox import Notice, tell_account
from services.passes import Pass
from services.reader import Reader
from services.refunds import Refunded
from services.second_person import RIGHT, Approval, Deed, needed
from services.stored_value import ToppedUp
from storage import approvals as rows
from storage import members as member_rows
from storage import purchases as purchase_rows
from storage import staff as staff_rows
from storage import stored_value as stored_rows

__all__ = [
    "Approval",
    "Decided",
    "cash_out",
    "decide",
    "expire_due",
    "get",
    "is_much",
    "listed",
    "moved",
    "needed",
    "pass_refund_asked",
    "preview",
    "refund",
    "refund_pass",
    "refunded",
    "top_up",
    "undo",
    "undo_top_up",
]


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision: the approval as it stands, and the refusal in words where the deed ran into one."""

    approval: Approval
    refusal: Message | None = None


def refund(
    tx: Tx,
    purchase_id: str,
    amount_minor: int | None,
    reader: Reader,
    *,
    reason: str,
    reference: str,
    moment: Moment,
) -> Refunded | Approval:
    """Give money back for a purchase of the reader's store, or ask a second person where it is more than one may alone.

    Parts given back before count towards the limit. ``amount_minor`` None is all that is left. The caller has checked
    the right to refund. Raises PurchaseUnknown, SelfCredit, SecondPersonMissing and what
    ``refunds.refund`` raises.
    """
    row = purchase_rows.find(tx, purchase_id)
    if row is None or row.store_id != reader.store_id:
        raise PurchaseUnknown
    fraud.check_self(tx, reader, row.member_id)
    member_rows.lock(tx, row.member_id)
    row = purchase_rows.find(tx, purchase_id)  # parts given back at this very moment count towards the limit, too
    assert row is not None, "no purchase is ever deleted"
    key = f"refund:{reference}"
    amount = row.paid_minor - row.refunded_minor if amount_minor is None else amount_minor
    if purchase_rows.find_refund(tx, key) is None and needed(tx, "refund", amount + row.refunded_minor):
        preview(tx, purchase_id, amount, reader, moment=moment)  # what cannot be done is not asked for
        deed = Deed("refund", purchase_id, {"amount_minor": amount}, reason)
        return second_person.ask(tx, deed, reader, reference=key, moment=moment)
    how: dict[str, Any] = {"reason": reason, "actor": reader.actor, "reference": key}
    return refunds.refund(tx, purchase_id, amount_minor, **how, moment=moment)


def undo(tx: Tx, purchase_id: str, reader: Reader, *, manager: bool, moment: Moment) -> Refunded | Approval:
    """Take back a purchase recorded by mistake in the store where the reader stands.

    One's own within the shop's minutes, as ``refunds.undo`` does it; with ``manager`` anybody's on the same day, which
    is a refund: over the limit a second person is asked. Raises what ``refunds.undo`` and ``refund`` raise.
    """
    row, shop = purchase_rows.find(tx, purchase_id), rules.current(tx)
    fresh = row is not None and moment.now <= row.at + timedelta(minutes=shop.limits.undo_minutes)
    if row is None or not manager or (row.actor == reader.actor and fresh):
        return refunds.undo(tx, purchase_id, reader, moment=moment)
    if row.store_id != reader.store_id:
        raise PurchaseUnknown
    taking_back.check_time(row.at, moment.now, zone=shop.zone, minutes=None)
    return refund(tx, purchase_id, None, reader, reason="undo", reference=f"undo:{purchase_id}", moment=moment)


def refunded(tx: Tx, reference: str) -> Refunded | Approval | None:
    """Return what ``refund`` answered under this reference, or None where it was never asked."""
    made = purchase_rows.find_refund(tx, f"refund:{reference}")
    if made is not None:
        how: dict[str, Any] = {"reason": made.reason, "actor": made.actor, "reference": made.reference}
        return refunds.refund(tx, made.purchase_id, made.amount_minor, **how, moment=Moment(made.at, b""))
    return second_person.asked(tx, f"refund:{reference}")


def moved(tx: Tx, action: str, reference: str) -> ToppedUp | Approval | None:
    """Return what ``top_up`` or ``cash_out`` (the action) answered under this reference, or None where it never did."""
    return stored_value.made(tx, reference) or second_person.asked(tx, f"{action}:{reference}")


def top_up(
    tx: Tx, member_id: str, amount_minor: int, reader: Reader, *, reference: str, moment: Moment
) -> ToppedUp | Approval:
    """Take money for stored value, or ask a second person. Raises what ``stored_value.top_up`` raises."""
    return _stored(tx, Deed("top_up", member_id, {"amount_minor": amount_minor}, ""), reader, reference, moment=moment)


def cash_out(
    tx: Tx, member_id: str, amount_minor: int, reader: Reader, *, reference: str, moment: Moment
) -> ToppedUp | Approval:
    """Pay stored value back, or ask a second person over the limit. Raises what ``stored_value.cash_out`` raises."""
    deed = Deed("cash_out", member_id, {"amount_minor": amount_minor}, "")
    return _stored(tx, deed, reader, reference, moment=moment)


def undo_top_up(tx: Tx, top_up_id: str, reader: Reader, *, manager: bool, moment: Moment) -> ToppedUp | Approval:
    """Take a top-up back as a slip: one's own within the shop's minutes, for a ``manager`` anybody's within the day.

    A manager asks a second person where it is more than one may pay out alone. Raises SecondPersonMissing and what
    ``stored_value.undo`` raises.
    """
    row, undo_it = stored_rows.find(tx, top_up_id), partial(stored_value.undo, tx, top_up_id, reader, moment=moment)
    if row is None or row.undone_at is not None or not needed(tx, "undo_top_up", row.principal_minor):
        return undo_it(manager=manager)
    fresh = moment.now <= row.at + timedelta(minutes=rules.current(tx).limits.undo_minutes)
    if not manager or (row.actor == reader.actor and fresh):
        return undo_it(manager=manager)
    tx.rehearse(partial(undo_it, manager=True))  # what cannot be done is not asked for
    deed = Deed("undo_top_up", top_up_id, {"amount_minor": row.principal_minor}, "")
    return second_person.ask(tx, deed, reader, reference=f"undo_top_up:{top_up_id}", moment=moment)


def _stored(tx: Tx, deed: Deed, reader: Reader, reference: str, *, moment: Moment) -> ToppedUp | Approval:
    fraud.check_self(tx, reader, deed.subject)
    minor = deed.content["amount_minor"]
    move = partial(MOVES[deed.action], tx, deed.subject, minor, reader, reference=reference, moment=moment)
    if stored_value.made(tx, reference) is None and _is_new_and_much(tx, deed, reader, reference, moment=moment):
        tx.rehearse(move)  # what cannot be done is not asked for
        return second_person.ask(tx, deed, reader, reference=f"{deed.action}:{reference}", moment=moment)
    return move()


def is_much(tx: Tx, deed: Deed, reader: Reader, *, now: datetime) -> bool:
    """Tell whether a second person is needed: what one person moved for this member today counts, too."""
    zone = rules.current(tx).zone
    today = days.start_of(days.day_of(now, zone), zone)
    before = stored_rows.moved_by(tx, reader.actor, deed.action, member_id=deed.subject, since=today)
    return needed(tx, deed.action, deed.content["amount_minor"] + before)


def _is_new_and_much(tx: Tx, deed: Deed, reader: Reader, reference: str, *, moment: Moment) -> bool:
    members.get(tx, deed.subject)
    member_rows.lock(tx, deed.subject)  # and so does what is moved at this very moment
    if stored_value.made(tx, reference) is not None:
        return False
    return is_much(tx, deed, reader, now=moment.now)


def refund_pass(
    tx: Tx, pass_id: str, reader: Reader, *, reason: str, reference: str, moment: Moment
) -> Pass | Approval:
    """Give back what the visits left on a pass are worth, or ask a second person over the limit of refunds.

    The caller has checked the right to refund. Raises what ``passes.refund`` raises.
    """
    found = passes.to_give_back(tx, pass_id, reader, now=moment.now)
    fraud.check_self(tx, reader, found.member_id)
    member_rows.lock(tx, found.member_id)
    if passes.get(tx, pass_id, now=moment.now).state != passes.REFUNDED:
        minor = passes.worth(tx, pass_id, now=moment.now).minor
        if needed(tx, "pass_refund", minor):
            deed = Deed("pass_refund", pass_id, {"amount_minor": minor}, reason)
            return second_person.ask(tx, deed, reader, reference=f"pass_refund:{reference}", moment=moment)
    return passes.refund(tx, pass_id, reader, reason=reason, moment=moment)


def pass_refund_asked(tx: Tx, pass_id: str, *, now: datetime) -> Approval | None:
    """Return what waits for a second person about giving this pass back, or None."""
    found = rows.pending(tx, now=now, store_ids=None)
    row = next((one for one in found if (one.action, one.subject) == ("pass_refund", pass_id)), None)
    return None if row is None else second_person.shown(tx, row)


def preview(tx: Tx, purchase_id: str, amount_minor: int | None, reader: Reader, *, moment: Moment) -> Refunded:
    """Return what a refund would do, having done and undone it. Raises what ``refunds.refund`` raises."""
    how: dict[str, Any] = {"reason": "", "actor": reader.actor, "reference": f"preview:{purchase_id}"}
    return tx.rehearse(partial(refunds.refund, tx, purchase_id, amount_minor, **how, moment=moment))


def listed(tx: Tx, reader: Reader, *, now: datetime) -> tuple[Approval, ...]:
    """Return what waits for a yes where this person may decide; ``mine`` marks what they asked themselves."""
    person = staff.seated(tx, reader.actor)
    if person is None:
        return ()
    found = rows.pending(tx, now=now, store_ids=None)
    may = [one for one in found if rights.may(person.roles, RIGHT[one.action], store_id=one.store_id)]
    return tuple(second_person.shown(tx, one, seen_by=person) for one in may if not staff.is_gone(tx, one.asked_by))


def get(tx: Tx, approval_id: str) -> Approval:
    """Return what was asked as it stands now. Raises ApprovalUnknown."""
    row = rows.find(tx, approval_id)
    if row is None:
        raise ApprovalUnknown
    return second_person.shown(tx, row)


def decide(tx: Tx, approval_id: str, reader: Reader, *, yes: bool, moment: Moment) -> Decided:
    """Say yes or no, once; with the yes the deed is done at once, under the rules of this moment, and both are told.

    Where the deed is refused, the decision counts as a no and tells why. Raises ApprovalUnknown, NotStaff, NotAllowed,
    SamePerson, ApprovalOver, ApprovalExpired and SelfCredit.
    """
    row = rows.lock(tx, approval_id)
    if row is None:
        raise ApprovalUnknown
    _check_second(tx, row, reader)
    if row.state != "pending":
        return _again(tx, row, reader, yes=yes)
    if moment.now >= row.expires_at or staff.is_gone(tx, row.asked_by):
        raise ApprovalExpired
    said = {"decided_by": reader.actor, "decided_at": moment.now}
    if not rows.settle(tx, approval_id, "approved" if yes else "refused", **said):
        raise ApprovalOver
    no = _do(tx, row, moment) if yes else None
    decided = Decided(get(tx, approval_id), None if no is None else refusal_of(no))
    facts = {"yes": yes, "of": row.action, "asked_by": row.asked_by}
    audit.note(tx, moment, "approval.decide", approval_id, actor=reader.actor, store_id=row.store_id, **facts)
    _tell_asker(tx, row, decided, moment=moment)
    return decided


def expire_due(tx: Tx, moment: Moment) -> int:
    """End what nobody decided in time and tell whoever asked; return how many."""
    due = rows.due(tx, moment.now)
    for row in due:
        if rows.settle(tx, row.id, "expired", decided_at=moment.now):
            audit.note(tx, moment, "approval.expire", row.id, actor="clock", store_id=row.store_id)
            _tell_asker(tx, row, Decided(get(tx, row.id)), moment=moment)
    return len(due)


def refusal_of(no: Refusal) -> Message:
    """Return a refusal in words."""
    facts = {name: value for name, value in no.facts.items() if value is not None}
    return say(f"refusal.{no.key}{'' if len(facts) == len(no.facts) else '.plain'}", **facts)


def _check_second(tx: Tx, row: Any, reader: Reader) -> None:
    second = staff.seated(tx, reader.actor)
    if second is None:
        raise NotStaff
    rights.check(second.roles, RIGHT[row.action], store_id=row.store_id)
    if second_person.is_same(tx, row.asked_by, second):
        raise SamePerson
    fraud.check_self(tx, reader, second_person.member_of(tx, row))


def _again(tx: Tx, row: Any, reader: Reader, *, yes: bool) -> Decided:
    """Give the first answer to whoever decided it the same way before; everybody else is too late."""
    if row.state == "expired":
        raise ApprovalExpired
    said = row.state == "approved" or bool(row.result)  # a yes that ran into a refusal keeps its key
    if row.decided_by != reader.actor or yes != said:
        raise ApprovalOver
    return Decided(second_person.shown(tx, row))


def _do(tx: Tx, row: Any, moment: Moment) -> Refusal | None:
    """Do what was asked, exactly; return the refusal it ran into, which then is the answer."""
    try:
        with tx.savepoint():
            result = DEEDS[row.action](tx, row, moment)
    except Refusal as no:
        rows.conclude(tx, row.id, state="refused", result=no.key)
        return no
    rows.conclude(tx, row.id, result=result)
    return None


def _refund(tx: Tx, row: Any, moment: Moment) -> str:
    how: dict[str, Any] = {"reason": _reason(tx, row), "actor": row.asked_by, "reference": f"approval:{row.id}"}
    return refunds.refund(tx, row.subject, row.content["amount_minor"], **how, moment=moment).id


def _adjust(tx: Tx, row: Any, moment: Moment) -> str:
    reader = Reader(row.asked_by, row.store_id)
    how = {"reason": _reason(tx, row), "reference": f"approval:{row.id}"}
    return adjustments.apply(
        tx, second_person.member_of(tx, row), row.content["points"], reader, **how, moment=moment
    ).id


def _reason(tx: Tx, row: Any) -> str:
    return remarks.of(tx, row.id, row.reason)


def _move_stored(tx: Tx, row: Any, moment: Moment) -> str:
    reader, minor = Reader(row.asked_by, row.store_id), row.content["amount_minor"]
    how: dict[str, Any] = {"reference": f"approval:{row.id}", "moment": moment}
    return MOVES[row.action](tx, second_person.member_of(tx, row), minor, reader, **how).id


def _undo_top_up(tx: Tx, row: Any, moment: Moment) -> str:
    reader = Reader(row.asked_by, row.store_id)
    return stored_value.undo(tx, row.subject, reader, manager=True, moment=moment).id


def _refund_pass(tx: Tx, row: Any, moment: Moment) -> str:
    reader = Reader(row.asked_by, row.store_id)
    if passes.worth(tx, row.subject, now=moment.now).minor != row.content["amount_minor"]:
        raise QuoteExpired  # a visit was taken meanwhile
    return passes.refund(tx, row.subject, reader, reason=_reason(tx, row), moment=moment).id


MOVES: Final[Mapping[str, Callable[..., ToppedUp]]] = {
    "top_up": stored_value.top_up,
    "cash_out": stored_value.cash_out,
}
DEEDS: Final[Mapping[str, Callable[[Tx, Any, Moment], str]]] = {
    "refund": _refund,
    "adjust": _adjust,
    "top_up": _move_stored,
    "cash_out": _move_stored,
    "undo_top_up": _undo_top_up,
    "pass_refund": _refund_pass,
}
"""What each action does once somebody has said yes; it returns the id of what came of it."""


def _tell_asker(tx: Tx, row: Any, decided: Decided, *, moment: Moment) -> None:
    asker = staff_rows.find(tx, row.asked_by)
    if asker is None or asker.removed_at is not None:
        return
    state = decided.approval.state
    text = say(f"approval.{state}", what=decided.approval.what)
    told = Reply((text,) if decided.refusal is None else (text, decided.refusal))
    tell_account(tx, asker.identity_id, Notice("approval", "staff", f"{row.id}:{state}", told), moment=moment)
