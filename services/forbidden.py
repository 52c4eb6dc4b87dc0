"""What somebody of the staff tried without the right to it, or too often: written down outside what the no undoes."""

from __future__ import annotations

from membership.errors import NotAllowed, Refusal, StoreClosed, TooManyLookups
from membership.member import Who
from membership.moment import Moment
from services import Tx, audit, lookups, staff
from services.reader import Reader


def note(tx: Tx, reader: Reader, action: str, *, moment: Moment) -> None:
    """Write down that a person or till tried what its right does not cover."""
    subject = moment.new_id("forbidden")
    audit.note(tx, moment, "staff.not_allowed", subject, actor=reader.actor, store_id=reader.store_id, tried=action)


def note_said(tx: Tx, who: Who, no: Refusal, *, moment: Moment) -> None:
    """Write down what was refused to a colleague in chat, where the owner would want to know of it."""
    if who.staff_id is None or not isinstance(no, NotAllowed | TooManyLookups):
        return
    try:
        reader = Reader(who.staff_id, staff.standing(tx, who), who.member_id)
    except StoreClosed:
        reader = Reader(who.staff_id, "", who.member_id)
    if isinstance(no, NotAllowed):
        note(tx, reader, str(no.facts["action"]), moment=moment)
    else:
        lookups.note_refused(tx, reader, moment=moment)
