"""Points given or taken by hand: by a manager, with a reason, over a limit with a second person's yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from membership import days
from membership.errors import InvalidPoints, NotAMember
from membership.messages import Reply, choose, say
from membership.moment import Moment, id_of
from services import Tx, audit, fraud, members, points, remarks, rules, second_person
from services.outbox import Notice, tell_member
from services.points import Cause
from services.reader import Reader
from services.second_person import Approval, Deed
from storage import fraud as fraud_rows
from storage import members as member_rows
from storage import points as rows

POINTS_MAX = 10**9


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An adjustment that was made: its id, the points with their sign, and the balance and debt afterwards."""

    id: str
    points: int
    balance: int
    debt: int


def adjust(
    tx: Tx, member_id: str, change: int, reader: Reader, *, reason: str, reference: str, moment: Moment
) -> Adjusted | Approval:
    """Give points (or take them, below zero), or ask a second person where it is more than one may alone.

    What one person gave and took of this member today counts towards the limit, so that it cannot be passed in
    parts. The same reference gives the first answer again. Raises InvalidPoints, NotAMember, SelfCredit,
    InsufficientPoints, SecondPersonMissing and IdReused.
    """
    if change == 0 or abs(change) > POINTS_MAX:
        raise InvalidPoints
    members.get(tx, member_id)
    fraud.check_self(tx, reader, member_id)
    member_rows.lock(tx, member_id)  # what is given at this very moment counts towards the limit, too
    if rows.by_reference(tx, _reference(reference)) is None and is_much(tx, member_id, change, reader, now=moment.now):
        deed = Deed("adjust", member_id, {"points": change}, reason)
        return second_person.ask(tx, deed, reader, reference=_reference(reference), moment=moment)
    return apply(tx, member_id, change, reader, reason=reason, reference=_reference(reference), moment=moment)


def made(tx: Tx, reference: str, *, now: datetime) -> Adjusted | Approval | None:
    """Return what ``adjust`` answered under this reference, with the balance of now; None where it never did."""
    row = rows.by_reference(tx, _reference(reference))
    if row is None:
        return second_person.asked(tx, _reference(reference))
    member_id = fraud_rows.owner(tx, row.credit, row.debit)
    given, has = row.credit == rows.account_id(member_id, "points"), points.balance(tx, member_id, now=now)
    return Adjusted(row.id, row.amount if given else -row.amount, has.points, has.debt)


def apply(
    tx: Tx, member_id: str, change: int, reader: Reader, *, reason: str, reference: str, moment: Moment
) -> Adjusted:
    """Move the points, once under this reference, and tell the member.

    Raises NotAMember, InsufficientPoints and IdReused.
    """
    if member_rows.lock(tx, member_id).state == "left":
        raise NotAMember
    why = (say("history.adjust", reason=remarks.in_books(reason)),)
    cause = Cause(reference, reader.actor, why, store_id=reader.store_id)
    is_new = rows.by_reference(tx, reference) is None
    if change > 0:
        points.earn(tx, member_id, change, cause, moment=moment, kind="adjust")
    else:
        points.spend(tx, member_id, -change, cause, moment=moment, kind="adjust")
    adjustment_id, has = id_of(f"transfer:{reference}"), points.balance(tx, member_id, now=moment.now)
    if is_new:
        kept = remarks.keep(tx, adjustment_id, member_id, reason, moment=moment)
        facts = {"points": change, "reason": kept}
        audit.note(tx, moment, "points.adjust", adjustment_id, actor=reader.actor, store_id=reader.store_id, **facts)
        where = {"store": choose(rules.store_name(tx, reader.store_id)), "at": moment.now}
        words = say("history.adjust", reason=remarks.shown(reason))
        text = say("receipt.adjust", change=change, why=words, points=has.points, **where)
        told = Reply((text, say("points.debt", points=has.debt)) if has.debt else (text,))
        tell_member(tx, member_id, Notice("adjust", "receipt", adjustment_id, told), moment=moment)
    return Adjusted(adjustment_id, change, has.points, has.debt)


def is_much(tx: Tx, member_id: str, change: int, reader: Reader, *, now: datetime) -> bool:
    """Tell whether a second person is needed: what one person gave and took of this member today counts, too."""
    zone = rules.current(tx).zone
    since = days.start_of(days.day_of(now, zone), zone)
    account = rows.account_id(member_id, "points")
    before = fraud_rows.adjusted(tx, account, reader.actor, since=since)
    return second_person.needed(tx, "adjust", abs(change) + before)


def _reference(reference: str) -> str:
    return f"adjust:{reference}"
