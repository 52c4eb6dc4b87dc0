"""Visits taken off a counted pass: each with a fresh code of the member, once, and taken back while it is fresh."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from membership import confirming, taking_back
from membership import passes as rule
from membership.confirming import Taking
from membership.errors import IdReused, PassOver, PassUnknown, PassUsedUp, ScanRequired, YesRequired
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from membership.webhooks import Event
from services import Tx, audit, codes, fraud, holders, passes, ratings, remarks, reminders, rules, webhooks
from services.orders import WITHOUT_SCAN
from services.outbox import Notice, tell_member
from services.passes import Pass
from services.reader import Reader
from storage import passes as rows

LOW: Final = "pass_low"
ASKED, REFUSED = "asked", "refused"
"""What a visit's yes is while the member is asked for it, and where they said no; neither was ever taken."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit: of which pass (as it stands after it), how many at once, where, when, and whether it was undone."""

    id: str
    of: Pass
    count: int
    store: Message
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a member's visits: when, where, of which pass, how many, and whether it was undone."""

    at: datetime
    title: Message
    count: int
    store: Message
    undone: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken: so many visits of a pass, with the scan of a fresh code.

    ``yes`` is how the member agreed where they were asked (pin, chat, card), or "manager" with a ``reason``.
    """

    pass_id: str
    scan_id: str | None
    count: int = 1
    yes: str = ""
    reason: str = ""


def use(tx: Tx, wanted: Wanted, reader: Reader, *, reference: str, moment: Moment) -> Visit:
    """Take visits off a pass, and tell the member what is left.

    The same reference gives the first answer again. Raises PassUnknown, NotAMember, MemberFrozen, SelfCredit,
    ScanRequired, CodeUsed, ScanExpired, YesRequired (visits worth more than a scan may spend), StoreClosed, PassOver,
    PassExpired, PassUsedUp, PassNotHere, and IdReused for the same reference with another content.
    """
    visit_id = id_of(f"visit:{reference}")
    before = _made(tx, visit_id, wanted, moment.now)
    if before is not None:
        return before
    row = rows.find(tx, wanted.pass_id)
    if row is None:
        raise PassUnknown
    fraud.check_self(tx, reader, row.member_id)
    passes.check_member(tx, row.member_id)
    before = _made(tx, visit_id, wanted, moment.now)
    if before is not None:
        return before  # while this one waited, somebody was faster with this very reference
    _check(tx, wanted, reader, now=moment.now)
    how = _agreed(tx, wanted, row.member_id, reader, now=moment.now)
    write(tx, visit_id, replace(wanted, yes=how), reader, reference=reference, moment=moment)
    return take(tx, visit_id, replace(wanted, yes=how), reader, moment=moment)


def write(tx: Tx, visit_id: str, wanted: Wanted, reader: Reader, *, reference: str, moment: Moment) -> None:
    """Write a visit down; until it is taken, what it says of the pass is not true yet."""
    row = rows.find(tx, wanted.pass_id)
    assert row is not None, "no pass is ever deleted"
    who = {"pass_id": row.id, "member_id": row.member_id, "store_id": reader.store_id, "actor": reader.actor}
    what = {"count": wanted.count, "scan_id": wanted.scan_id, "yes": wanted.yes}
    undone_at = moment.now if wanted.yes == ASKED else None
    rows.add_visit(tx, visit_id, reference=reference, **who, **what, at=moment.now, undone_at=undone_at)


def take(tx: Tx, visit_id: str, wanted: Wanted, reader: Reader, *, moment: Moment) -> Visit:
    """Take a visit that was written down off its pass, with its scan, and tell the member what is left.

    Raises CodeUsed, ScanExpired and what stands in the way of the pass.
    """
    _check(tx, wanted, reader, now=moment.now)
    row = rows.find(tx, wanted.pass_id)
    assert row is not None, "no pass is ever deleted"
    if wanted.scan_id is not None:
        codes.use(tx, wanted.scan_id, row.member_id, reader, moment=moment)
    if not rows.take(tx, wanted.pass_id, wanted.count, moment.now):
        raise PassUsedUp(left=passes.get(tx, wanted.pass_id, now=moment.now).remaining)
    reason = remarks.keep(tx, visit_id, row.member_id, wanted.reason, moment=moment)
    facts = {"pass": row.id, "member": row.member_id, "count": wanted.count, "yes": wanted.yes, "reason": reason}
    audit.note(tx, moment, "pass.visit", visit_id, actor=reader.actor, store_id=reader.store_id, **facts)
    minor = passes.plan_of(tx, row).single_minor * wanted.count
    ratings.note(tx, row.member_id, reader.store_id, minor, visit_id=visit_id, at=moment.now)
    done = get(tx, visit_id, now=moment.now)
    _tell_hooks(tx, "pass.used", done, reader, moment=moment)
    _tell(tx, done, moment=moment)
    return done


def undo(tx: Tx, visit_id: str, reader: Reader, *, manager: bool, moment: Moment) -> Visit:
    """Put visits back that were taken by mistake: on the same day in the same store, while the pass is live.

    Without ``manager`` only one's own, within the shop's minutes. Undone before, the same answer comes again. Raises
    PassUnknown, SelfCredit, UndoTooLate, DayOver and PassOver.
    """
    row, shop = rows.find_visit(tx, visit_id), rules.current(tx)
    if row is None or row.store_id != reader.store_id or not (manager or row.actor == reader.actor):
        raise PassUnknown
    if row.yes in (ASKED, REFUSED):
        raise PassUnknown
    if row.undone_at is not None:
        return get(tx, visit_id, now=moment.now)
    fraud.check_self(tx, reader, row.member_id)
    minutes = None if manager else shop.limits.undo_minutes
    taking_back.check_time(row.at, moment.now, zone=shop.zone, minutes=minutes)
    row = holders.hold(tx, row, lambda: rows.find_visit(tx, visit_id))
    if not rows.undo_visit(tx, visit_id, moment.now):
        return get(tx, visit_id, now=moment.now)
    if not rows.give(tx, row.pass_id, row.number):
        raise PassOver
    facts = {"pass": row.pass_id, "member": row.member_id, "count": row.number}
    audit.note(tx, moment, "pass.visit_undo", visit_id, actor=reader.actor, store_id=reader.store_id, **facts)
    ratings.drop(tx, visit_id)
    undone = get(tx, visit_id, now=moment.now)
    _tell_hooks(tx, "pass.restored", undone, reader, moment=moment)
    passes.tell(tx, undone.of, "visit_undone", visit_id, moment=moment)
    return undone


def get(tx: Tx, visit_id: str, *, now: datetime) -> Visit:
    """Return a visit. Raises PassUnknown."""
    row = rows.find_visit(tx, visit_id)
    if row is None:
        raise PassUnknown
    return Visit(
        id=row.id,
        of=passes.get(tx, row.pass_id, now=now),
        count=row.number,
        store=choose(rules.store_name(tx, row.store_id)),
        at=row.at,
        undone=row.undone_at is not None,
    )


def made(tx: Tx, reference: str, *, now: datetime) -> Visit | None:
    """Return the visit taken under this reference, or None."""
    visit_id = id_of(f"visit:{reference}")
    return None if rows.find_visit(tx, visit_id) is None else get(tx, visit_id, now=now)


def history(tx: Tx, member_id: str, *, behind: int = 0, limit: int = 10) -> list[Line]:
    """Return the member's visits, newest first, after so many newer ones."""
    found = rows.history(tx, member_id, behind=behind, limit=limit)
    return [
        Line(
            at=row.at,
            title=choose(passes.plan_of(tx, row).name),
            count=row.number,
            store=choose(rules.store_name(tx, row.store_id)),
            undone=row.undone_at is not None,
        )
        for row in found
    ]


def _check(tx: Tx, wanted: Wanted, reader: Reader, *, now: datetime) -> None:
    row, zone = rows.find(tx, wanted.pass_id), rules.current(tx).zone
    assert row is not None, "no pass is ever deleted"
    store = rules.open_store(tx, reader.store_id)
    rule.check_use(
        passes.plan_of(tx, row), passes.standing(row), wanted.count, store=store, now=now, zone=zone
    )  # fmt: skip


def _agreed(tx: Tx, wanted: Wanted, member_id: str, reader: Reader, *, now: datetime) -> str:
    """Return how the member agreed: a scan says enough up to the shop's limit, a pay code up to its own.

    Raises ScanRequired and YesRequired.
    """
    if wanted.yes in WITHOUT_SCAN:
        return wanted.yes
    if wanted.scan_id is None:
        raise ScanRequired
    scan = codes.find_scan(tx, wanted.scan_id, reader, now=now)
    if scan.member_id != member_id:
        raise ScanRequired
    if wanted.yes:
        return wanted.yes
    limits, minor = rules.current(tx).counter, worth(tx, wanted.pass_id, wanted.count).minor
    taking = Taking(minor, 0)
    if not confirming.is_needed(limits, taking):
        return ""
    said = confirming.is_said(limits, taking, yes="", pay_code=scan.kind == codes.PAY)
    if not said:
        raise YesRequired
    return said


def worth(tx: Tx, pass_id: str, count: int = 1) -> Money:
    """Return what so many visits cost without a pass. Raises PassUnknown."""
    row = rows.find(tx, pass_id)
    if row is None:
        raise PassUnknown
    return Money(passes.plan_of(tx, row).single_minor * count, rules.current(tx).currency)


def _made(tx: Tx, visit_id: str, wanted: Wanted, now: datetime) -> Visit | None:
    row = rows.find_visit(tx, visit_id)
    if row is not None and (row.pass_id, row.number) != (wanted.pass_id, wanted.count):
        raise IdReused
    return None if row is None else get(tx, visit_id, now=now)


def _tell_hooks(tx: Tx, event: Event, done: Visit, reader: Reader, *, moment: Moment) -> None:
    """Tell other systems of visits taken off a pass, or put back on it."""
    told = {"visit_id": done.id, "pass_id": done.of.id, "member_id": done.of.member_id, "count": done.count}
    told |= {"remaining": done.of.remaining, "store_id": reader.store_id, "at": moment.now}
    webhooks.emit(tx, event, done.id, told, moment=moment)


def _tell(tx: Tx, done: Visit, *, moment: Moment) -> None:
    """Write the member a receipt, and where few visits are left a reminder, once a pass."""
    facts: dict[str, Any] = {"title": done.of.title, "count": done.count, "left": done.of.remaining}
    facts |= {"store": done.store, "at": done.at, "ends": passes.until(done.of.ends_on)}
    told = Reply((say("receipt.pass_visit", **facts),), buttons=((Button(say("button.passes"), word="passes"),),))
    tell_member(tx, done.of.member_id, Notice("pass_visit", "receipt", done.id, told), moment=moment)
    if done.of.remaining <= done.of.plan.warn_left:
        low = reminders.pass_low(done.of.title, done.of.remaining, done.of.ends_on)
        tell_member(tx, done.of.member_id, Notice(LOW, "reminder", done.of.id, low), moment=moment)
