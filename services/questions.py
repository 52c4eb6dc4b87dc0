"""Questions for a person: kept, put to everybody who serves, and answered once, by whoever answers first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from membership import names
from membership import staff as rights
from membership.days import Hours
from membership.errors import QuestionAnswered, QuestionUnknown
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from services import Tx, audit, members, outbox, rules, staff
from services.outbox import Notice
from storage import questions as rows
from storage import staff as staff_rows

LENGTH_MAX = 500
OPEN_DAYS = 14
"""How long a question nobody answered stays on the list."""
LISTED = 50


@dataclass(frozen=True, slots=True)
class Question:
    """A question somebody asked: who (masked, or a stranger), what in their own words, and when (UTC)."""

    id: str
    name: Message
    text: str
    at: datetime


def ask(tx: Tx, who: Who, text: str, *, event: str, moment: Moment) -> int:
    """Keep a question and put it to everybody who serves at the counter; return how many were told."""
    question_id, asked = id_of(f"question:{event}"), text[:LENGTH_MAX]
    rows.add(tx, question_id, asked, identity_id=who.identity_id, member_id=who.member_id, at=moment.now)
    told = Reply(
        (say("human.asked", name=_asker(tx, who.member_id), text=asked),),
        buttons=((Button(say("button.answer"), word=f"answer {question_id}"),),),
    )
    return staff.alert(tx, Notice("human", "staff", question_id, told), action="scan", moment=moment)


def opens_at(tx: Tx, *, now: datetime) -> datetime | None:
    """Return when the first store opens next (UTC), or None while one is open, or where one tells no hours."""
    shop = rules.current(tx)
    told = [store.hours for store in shop.stores]
    opening = [now if hours is None else _opens(hours, now, shop.zone) for hours in told]
    return None if now in opening else min(opening)


def still_open(tx: Tx, *, now: datetime) -> list[Question]:
    """Return what nobody answered yet, what waits longest first."""
    found = rows.still_open(tx, since=now - timedelta(days=OPEN_DAYS), limit=LISTED)
    return [Question(row.id, _asker(tx, row.member_id), rows.opened(tx, row), row.at) for row in found]


def check_open(tx: Tx, question_id: str) -> None:
    """Refuse a question that cannot be answered any more. Raises QuestionUnknown and QuestionAnswered."""
    row = rows.find(tx, question_id)
    if row is None:
        raise QuestionUnknown
    if row.answered_at is not None:
        raise QuestionAnswered(name=_name(tx, row.answered_by), at=row.answered_at)


def answer(tx: Tx, question_id: str, text: str, *, by: str, moment: Moment) -> None:
    """Bring the first answer to the chat it was asked in, and tell the others who serve that it is answered.

    ``by`` is the member of staff. Raises QuestionUnknown and QuestionAnswered.
    """
    check_open(tx, question_id)
    row = rows.find(tx, question_id)
    assert row is not None
    if not rows.answer(tx, question_id, text[:LENGTH_MAX], by=by, now=moment.now):
        check_open(tx, question_id)  # somebody else was faster
    shop = choose(rules.current(tx).name)
    told = Reply(
        (say("human.answer", shop=shop, text=text[:LENGTH_MAX]),),
        buttons=((Button(say("button.human"), word="human"),),),
    )
    outbox.tell_account(tx, row.identity_id, Notice("answer", "receipt", question_id, told), moment=moment)
    _tell_others(tx, question_id, row.member_id, by=by, moment=moment)
    audit.note(tx, moment, "question.answer", question_id, actor=by)


def _tell_others(tx: Tx, question_id: str, member_id: str | None, *, by: str, moment: Moment) -> None:
    line = say("human.answered_by", asker=_asker(tx, member_id), name=_name(tx, by))
    notice = Notice("human_answered", "staff", question_id, Reply((line,)))
    for colleague in staff.working(tx):
        seated = staff.seated(tx, colleague.id)
        if seated is not None and seated.staff_id != by and rights.may(seated.roles, "scan"):
            outbox.tell_account(tx, seated.identity_id, notice, moment=moment)


def _asker(tx: Tx, member_id: str | None) -> Message:
    """Return who asked as everybody who serves may see it: a first character, or a number's tail."""
    member = None if member_id is None else members.find(tx, member_id)
    if member is None:
        return say("human.stranger")
    return say("member.name", name=names.masked(member.name)) if member.name else members.shown_name(member)


def _name(tx: Tx, staff_id: str) -> str:
    row = staff_rows.find(tx, staff_id)
    return "" if row is None else staff_rows.name(tx, row)


def _opens(hours: Hours, now: datetime, zone: ZoneInfo) -> datetime:
    """Return ``now`` while the store is open, else when it opens (UTC)."""
    if hours.start == hours.end:
        return now
    return Hours(hours.end, hours.start).over_at(now, zone)
