"""The member's yes to a visit worth more than a scan may spend: asked in their chat, answered once, for two minutes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from membership.confirming import CHAT, LIFE, PIN
from membership.errors import AlreadyDecided, AnswerTooLate, Expired, IdReused, PassUnknown, YesRequired
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from services import Tx, asking, audit, codes, passes, pins, rules, staff, visits
from services.outbox import Notice, tell_account
from services.passes import Pass
from services.reader import Reader
from services.visits import ASKED, REFUSED, Visit, Wanted
from storage import passes as rows
from storage import staff as staff_rows

TAKEN, EXPIRED, UNDONE = "taken", "expired", "undone"


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit the member is asked about, or was: ``state`` is asked, taken, refused, expired or undone."""

    id: str
    of: Pass
    count: int
    state: str
    store: Message
    expires_at: datetime


def settle(tx: Tx, wanted: Wanted, reader: Reader, *, reference: str, moment: Moment) -> Visit | Asked:
    """Take visits at once, or ask the member first where they are worth more than a scan may spend.

    The same reference gives the first answer again, as it stands now. Raises what ``visits.use`` raises but
    YesRequired, and IdReused for the same reference with another content.
    """
    visit_id = id_of(f"visit:{reference}")
    row = rows.find_visit(tx, visit_id)
    if row is not None and row.yes in (ASKED, REFUSED):
        if (row.pass_id, row.number) != (wanted.pass_id, wanted.count):
            raise IdReused
        return find(tx, visit_id, reader, now=moment.now)
    try:
        with tx.savepoint():
            return visits.use(tx, wanted, reader, reference=reference, moment=moment)
    except YesRequired:
        agreed = replace(wanted, yes=CHAT)
        use = partial(visits.use, tx, agreed, reader, reference=reference, moment=moment)
        tx.rehearse(use)  # what cannot be done is not asked for
    return _ask(tx, visit_id, wanted, reader, reference=reference, moment=moment)


def under(tx: Tx, reference: str, reader: Reader, *, now: datetime) -> Asked | None:
    """Return the visit the member was asked about under this reference and that was not taken, or None."""
    row = rows.find_visit(tx, id_of(f"visit:{reference}"))
    return None if row is None or row.yes not in (ASKED, REFUSED) else find(tx, row.id, reader, now=now)


def find(tx: Tx, visit_id: str, reader: Reader, *, now: datetime) -> Asked:
    """Return a visit of this reader's store as it stands. Raises PassUnknown."""
    row = rows.find_visit(tx, visit_id)
    if row is None or row.store_id != reader.store_id:
        raise PassUnknown
    return _shown(tx, row, now)


def agree(tx: Tx, visit_id: str, member_id: str, *, moment: Moment) -> Visit:
    """Take a visit the member says yes to. Said twice, the first answer comes again.

    Raises PassUnknown, AlreadyDecided, AnswerTooLate, Expired (whoever asked works here no more), NotAMember,
    MemberFrozen, and what stands in the way of the pass.
    """
    row = _of_member(tx, visit_id, member_id)
    if row.yes not in (ASKED, REFUSED):
        return visits.get(tx, visit_id, now=moment.now)
    done = _agreed(tx, row, CHAT, moment=moment)
    told = say("visit.agreed", title=done.of.title, count=done.count, left=done.of.remaining)
    undo = Button(say("button.undo"), word=f"visit undo {visit_id}")
    _tell_asker(tx, row, Reply((told,), buttons=((undo,),)), moment=moment)
    return done


def agree_by_pin(tx: Tx, visit_id: str, reader: Reader, *, moment: Moment) -> Visit:
    """Take a visit the member agrees to at the counter with their PIN, which the caller has compared.

    Said twice, the first answer comes again. Raises PassUnknown (also for a visit somebody else asked about),
    PinDayLimit and what ``agree`` raises.
    """
    asked = find(tx, visit_id, reader, now=moment.now)
    row = _of_member(tx, visit_id, asked.of.member_id)
    if row.actor != reader.actor:
        raise PassUnknown
    if row.yes not in (ASKED, REFUSED):
        return visits.get(tx, visit_id, now=moment.now)
    pins.check_share(tx, row.member_id, visits.worth(tx, row.pass_id, row.number).minor, now=moment.now)
    return _agreed(tx, row, PIN, moment=moment)


def refuse(tx: Tx, visit_id: str, member_id: str, *, moment: Moment) -> Asked:
    """End a visit the member says no to: nothing is taken, every code shown so far is dead, the managers are told.

    Said twice, the first answer comes again. Raises PassUnknown, AlreadyDecided and AnswerTooLate.
    """
    row = _of_member(tx, visit_id, member_id)
    if row.yes != REFUSED:
        _check_open(row, moment.now)
        if rows.decide(tx, visit_id, REFUSED, moment.now, taken=False):
            codes.revoke(tx, member_id, moment=moment)
            _withdraw(tx, row, moment=moment)
            audit.note(tx, moment, "pass.refuse", visit_id, actor=member_id, store_id=row.store_id)
            title = passes.get(tx, row.pass_id, now=moment.now).title
            told = Reply((say("visit.refused", title=title, count=row.number),))
            _tell_asker(tx, row, told, moment=moment)
            notice = Notice("alarm", "staff", f"refused:{visit_id}", told)
            staff.alert(tx, notice, action="release_member", store_id=row.store_id, moment=moment)
    return _shown(tx, _of_member(tx, visit_id, member_id), moment.now)


def _ask(tx: Tx, visit_id: str, wanted: Wanted, reader: Reader, *, reference: str, moment: Moment) -> Asked:
    """Keep the scan for this visit, and put the question to the member."""
    assert wanted.scan_id is not None, "without a scan the visit was refused before"
    visits.write(tx, visit_id, replace(wanted, yes=ASKED), reader, reference=reference, moment=moment)
    until = moment.now + LIFE
    codes.keep(tx, wanted.scan_id, until=until)
    asked = find(tx, visit_id, reader, now=moment.now)
    facts = {"title": asked.of.title, "count": asked.count, "store": asked.store, "until": until}
    text = say("visit.question", **facts, amount=visits.worth(tx, wanted.pass_id, wanted.count))
    taps = (
        Button(say("button.agree"), word=f"passes yes {visit_id}"),
        Button(say("button.disagree"), word=f"passes no {visit_id}"),
    )
    told = Reply((text,), buttons=(taps,))
    notice = Notice(asking.ASK, "receipt", visit_id, told, expires_at=until)
    for chat in asking.chats(tx, asked.of.member_id):
        tell_account(tx, chat.id, notice, moment=moment, member_id=asked.of.member_id)
    audit.note(tx, moment, "pass.ask", visit_id, actor=reader.actor, store_id=reader.store_id)
    return asked


def _agreed(tx: Tx, row: Any, how: str, *, moment: Moment) -> Visit:
    """Take a visit that was asked about, with the member's yes."""
    _check_open(row, moment.now)
    if staff.is_gone(tx, row.actor):
        raise Expired
    decided = rows.decide(tx, row.id, how, moment.now, taken=True)
    assert decided, "a visit was decided under its member's lock"
    _withdraw(tx, row, moment=moment)
    codes.free(tx, row.scan_id)
    wanted, reader = Wanted(row.pass_id, row.scan_id, row.number, yes=how), Reader(row.actor, row.store_id)
    return visits.take(tx, row.id, wanted, reader, moment=moment)


def _withdraw(tx: Tx, row: Any, *, moment: Moment) -> None:
    """Ask in no further chat what was decided in one of them, or at the counter."""
    for chat in asking.chats(tx, row.member_id):
        asking.withdraw(tx, chat.id, row.id, moment=moment)


def _check_open(row: Any, now: datetime) -> None:
    if row.yes != ASKED:
        raise AlreadyDecided(state=say("asked.refused" if row.yes == REFUSED else "asked.posted"))
    if now >= row.at + LIFE:
        raise AnswerTooLate


def _of_member(tx: Tx, visit_id: str, member_id: str) -> Any:
    """Return the visit, and let others wait who would decide it. Raises PassUnknown, NotAMember, MemberFrozen."""
    row = rows.find_visit(tx, visit_id)
    if row is None or row.member_id != member_id:
        raise PassUnknown
    passes.check_member(tx, member_id)
    return rows.find_visit(tx, visit_id)


def _shown(tx: Tx, row: Any, now: datetime) -> Asked:
    state = UNDONE if row.undone_at is not None else TAKEN
    if row.yes in (ASKED, REFUSED):
        state = EXPIRED if row.yes == ASKED and now >= row.at + LIFE else row.yes
    return Asked(
        id=row.id,
        of=passes.get(tx, row.pass_id, now=now),
        count=row.number,
        state=state,
        store=choose(rules.store_name(tx, row.store_id)),
        expires_at=row.at + LIFE,
    )


def _tell_asker(tx: Tx, row: Any, told: Reply, *, moment: Moment) -> None:
    """Tell the colleague who asked in their chat; a till looks for itself."""
    asker = staff_rows.find(tx, row.actor)
    if asker is not None:
        tell_account(tx, asker.identity_id, Notice("asked", "staff", row.id, told), moment=moment)
