"""Which member is meant: a code that is scanned, photographed or typed, or a phone number."""

from __future__ import annotations

from handlers.reply import reply_for, screen, tap
from handlers.said import Said
from membership import codes as written
from membership.errors import NotAMember, NotAMemberCode, UnknownCode
from membership.messages import Reply, say
from membership.moment import Moment
from services import Tx, codes, counter, lookups, members
from services.reader import Reader


def is_code(text: str) -> bool:
    """Tell whether this is written like a member code: its text, a link with it, or ten digits."""
    try:
        written.recognise(text)
    except NotAMemberCode:
        return False
    return True


def member(tx: Tx, said: Said, reader: Reader, *, moment: Moment) -> str | Reply:
    """Return the member who is meant, or what to answer where that is not clear.

    Raises what reading a code raises, TooManyLookups and InvalidPhone.
    """
    if said.refused:
        return screen(say(f"photo.{said.refused}"), buttons=[[tap("cancel", "cancel")]], question=said.open)
    if said.kind in ("scan", "photo"):
        ours = tuple(dict.fromkeys(code for code in said.codes if is_code(code))) or said.codes[:1]
        if len(ours) != 1:
            key = "photo.several" if ours else "photo.no_code"
            return screen(say(key), buttons=[[tap("cancel", "cancel")]], question=said.open)
        return _read(tx, ours[0], reader, said, moment=moment)
    if is_code(said.text):
        return _read(tx, said.text, reader, said, moment=moment)
    lookups.count(tx, reader, moment=moment)
    found = members.find_by_phone(tx, said.phone or said.text)
    return reply_for(NotAMember(), said.open) if found is None else found  # raised, it would undo the count


def _read(tx: Tx, scanned: str, reader: Reader, said: Said, *, moment: Moment) -> str | Reply:
    """Read a code; a wrong number is counted against guessing, which is why its refusal does not undo this turn."""
    counter.hold(tx, scanned, reader)
    try:
        with tx.savepoint():
            return codes.scan(tx, scanned, reader, moment=moment).member_id
    except UnknownCode as no:
        counter.note_wrong(tx, scanned, no, reader, moment=moment)
        return reply_for(no, said.open)
