"""A second person's yes: from which amount it is needed, who is asked, and who may give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from membership import names
from membership import staff as rights
from membership.errors import IdReused, NotAMember, SecondPersonMissing
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from services import Tx, audit, members, remarks, rules, staff
from services.outbox import Notice, tell_account
from services.reader import Reader
from services.staff import Seated
from storage import approvals as rows
from storage import fraud as fraud_rows
from storage import keys as key_rows
from storage import merges
from storage import passes as pass_rows
from storage import purchases as purchase_rows
from storage import staff as staff_rows
from storage import stored_value as stored_rows

LIFE: Final = timedelta(hours=24)
"""How long a yes may take; afterwards it is asked for anew."""

ONE_PERSON: Final = ("own", "device")
"""Links that make two accounts one person here; who invited whom does not, for managers do invite colleagues."""

RIGHT: Final[Mapping[str, str]] = {
    "refund": "refund",
    "adjust": "adjust",
    "top_up": "top_up",
    "cash_out": "top_up",
    "undo_top_up": "top_up",
    "pass_refund": "refund",
}
"""Which right covers a deed, for whoever asks and for whoever says yes."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a yes is asked for, exactly: the action, what it is about (a purchase, a member), amounts and ids."""

    action: str
    subject: str
    content: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A deed that waits for a second person, or did: ``what`` tells it in words, ``asked_by`` who asked.

    ``state`` is pending, approved, refused or expired; ``result`` the id of what came of it, or the key of the
    refusal it ran into. ``mine`` is set where the person it was listed for cannot say yes to it.
    """

    id: str
    action: str
    what: Message
    asked_by: Message
    store: Message
    reason: Message
    state: str
    at: datetime
    expires_at: datetime
    result: str = ""
    mine: bool = False


def needed(tx: Tx, action: str, amount: int) -> bool:
    """Tell whether this much (minor units, or points with either sign) needs a second person's yes."""
    counter = rules.current(tx).counter
    alone = {
        "refund": counter.refund_alone_up_to_minor,
        "adjust": counter.adjust_alone_up_to,
        "top_up": counter.top_up_alone_up_to_minor,
        "cash_out": counter.top_up_alone_up_to_minor,
        "undo_top_up": counter.top_up_alone_up_to_minor,
        "pass_refund": counter.refund_alone_up_to_minor,
    }
    return abs(amount) > alone[action]


def ask(tx: Tx, deed: Deed, reader: Reader, *, reference: str, moment: Moment) -> Approval:
    """Ask everybody else who may say yes in this store; the same reference asks once.

    Raises IdReused where the reference stands for another deed, and SecondPersonMissing.
    """
    approval_id = id_of(f"approval:{reference}")
    before = rows.find(tx, approval_id)
    if before is not None:
        if (before.action, before.subject, before.content) != (deed.action, deed.subject, dict(deed.content)):
            raise IdReused
        return shown(tx, before)
    others = [one for one in _entitled(tx, deed.action, reader.store_id) if not is_same(tx, reader.actor, one)]
    if not others:
        raise SecondPersonMissing
    reason = remarks.keep(tx, approval_id, member_of(tx, deed), deed.reason, moment=moment)
    asked = {"action": deed.action, "subject": deed.subject, "content": dict(deed.content), "reason": reason}
    where = {"store_id": reader.store_id, "asked_by": reader.actor}
    when = {"at": moment.now, "expires_at": moment.now + LIFE}
    rows.add(tx, approval_id, reference=reference, **asked, **where, **when)
    audit.note(tx, moment, "approval.ask", approval_id, actor=reader.actor, store_id=reader.store_id, of=deed.action)
    row = rows.find(tx, approval_id)
    notice = Notice("approval", "staff", approval_id, _question(shown(tx, row)), expires_at=moment.now + LIFE)
    for other in others:
        tell_account(tx, other.identity_id, notice, moment=moment)
    return shown(tx, row)


def asked(tx: Tx, reference: str) -> Approval | None:
    """Return what was asked under this reference as it stands now, or None."""
    row = rows.find(tx, id_of(f"approval:{reference}"))
    return None if row is None else shown(tx, row)


def is_same(tx: Tx, asker: str, other: Seated) -> bool:
    """Tell whether somebody is, under whatever account, the person who asked."""
    first = staff_rows.find(tx, asker)
    if asker == other.staff_id or (first is not None and first.identity_id == other.identity_id):
        return True
    if other.member_id is not None and fraud_rows.link(tx, asker, other.member_id) in ONE_PERSON:
        return True
    mine = None if first is None else staff.seated(tx, asker)
    if mine is None or mine.member_id is None:
        return False
    return fraud_rows.link(tx, other.staff_id, mine.member_id) in ONE_PERSON


def shown(tx: Tx, row: Any, *, seen_by: Seated | None = None) -> Approval:
    """Return what was asked, in words."""
    return Approval(
        id=row.id,
        action=row.action,
        what=_what(tx, row),
        asked_by=called(tx, row.asked_by),
        store=choose(rules.store_name(tx, row.store_id)),
        reason=remarks.shown(remarks.of(tx, row.id, row.reason)),
        state=row.state,
        at=row.at,
        expires_at=row.expires_at,
        result=row.result,
        mine=seen_by is not None and is_same(tx, row.asked_by, seen_by),
    )


def member_of(tx: Tx, deed: Any) -> str:
    """Return the member whom a deed concerns, who may have become part of another one since."""
    finders = {"refund": purchase_rows.find, "pass_refund": pass_rows.find, "undo_top_up": stored_rows.find}
    about = finders[deed.action](tx, deed.subject) if deed.action in finders else None
    return merges.now_one(tx, deed.subject) if about is None else str(about.member_id)


def called(tx: Tx, actor: str) -> Message:
    """Return how somebody on the staff (or a till) is called by colleagues."""
    row = staff_rows.find(tx, actor)
    if row is not None:
        return say("staff.name", name=staff_rows.name(tx, row) or actor[:6])
    key = key_rows.find(tx, actor)
    return say("staff.till", name=actor[:6] if key is None else key.name)


def _entitled(tx: Tx, action: str, store_id: str) -> list[Seated]:
    found = [staff.seated(tx, one.id) for one in staff_rows.working(tx)]
    return [one for one in found if one and rights.may(one.roles, RIGHT[action], store_id=store_id)]


def _question(asked: Approval) -> Reply:
    text = say(
        "approval.asked",
        who=asked.asked_by,
        what=asked.what,
        reason=asked.reason,
        store=asked.store,
        until=asked.expires_at,
    )
    yes = Button(say("button.approve"), word=f"approve {asked.id}")
    no = Button(say("button.disapprove"), word=f"approve {asked.id} no")
    return Reply((text,), buttons=((yes, no),))


def _what(tx: Tx, row: Any) -> Message:
    content, currency = row.content, rules.current(tx).currency
    if row.action == "refund":
        purchase = purchase_rows.find(tx, row.subject)
        number, member_id = ("", "") if purchase is None else (purchase.receipt_no, purchase.member_id)
        amount = Money(content["amount_minor"], currency)
        return say("approval.refund", amount=amount, number=number, name=masked(tx, member_id))
    if row.action == "adjust":
        return say("approval.adjust", points=content["points"], name=masked(tx, member_of(tx, row)))
    amount = Money(content["amount_minor"], currency)
    return say(f"approval.{row.action}", amount=amount, name=masked(tx, member_of(tx, row)))


def masked(tx: Tx, member_id: str) -> Message:
    """Return a member's name as staff see it: its first character, or the number of a nameless one."""
    try:
        member = members.get(tx, member_id)
    except NotAMember:
        return say("member.gone")
    return say("member.name", name=names.masked(member.name)) if member.name else members.shown_name(member)
