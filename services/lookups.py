"""Finding a member who has no code at hand: by phone, or by its last digits where the shop allows it; all counted."""

from __future__ import annotations

import re
from typing import Final

from membership import days, phones
from membership.errors import InvalidPhone, TailSearchOff
from membership.moment import Moment
from services import Tx, audit, members, rules, staff
from services.members import Member
from services.reader import Reader
from storage import fraud as flags
from storage import lookups as rows
from storage import members as member_rows

SHOWN: Final = 10
"""So many members with the same last digits are shown at most; more are told apart by the whole number."""
BATCH: Final = 200
_TAIL: Final = re.compile(r"[0-9]{4}")


def count(tx: Tx, reader: Reader, *, moment: Moment) -> None:
    """Count one look-up, one at a time. Raises TooManyLookups after ten of a person in a minute."""
    rows.hold(tx, reader.actor)
    staff.count_lookup(tx, reader, now=moment.now)


def note_refused(tx: Tx, reader: Reader, *, moment: Moment) -> None:
    """Write down that somebody looked too many members up, once a minute, and flag it for the owner once a day."""
    minute = moment.now.replace(second=0, microsecond=0).isoformat()
    audit.note(tx, moment, "lookup.refused", f"{reader.actor}:{minute}", actor=reader.actor, store_id=reader.store_id)
    day = days.day_of(moment.now, rules.current(tx).zone)
    facts = {"actor": reader.actor, "store_id": reader.store_id, "facts": {}, "day": day, "at": moment.now}
    flags.flag(tx, f"lookups:{reader.actor}:{day.isoformat()}", rule="lookup_limit", **facts)


def by_phone(tx: Tx, phone: str) -> list[Member]:
    """Return the member with this phone, none or one. Raises InvalidPhone."""
    found = members.find_by_phone(tx, phone)
    return [] if found is None else [members.get(tx, found)]


def by_tail(tx: Tx, digits: str) -> list[Member]:
    """Return members whose phone ends in these four digits, the newest first. Raises TailSearchOff, InvalidPhone."""
    if not rules.current(tx).counter.tail_search:
        raise TailSearchOff
    if not _TAIL.fullmatch(digits):
        raise InvalidPhone
    return [members.get(tx, row.id) for row in rows.by_tail(tx, digits, limit=SHOWN)]


def index_tails(tx: Tx, _: Moment) -> int:
    """Keep the index of last digits as the shop's rule says, some rows at a time: filled, or empty."""
    if not rules.current(tx).counter.tail_search:
        return rows.forget_tails(tx, limit=BATCH)
    missing = rows.without_tail(tx, limit=BATCH)
    for row in missing:
        rows.set_tail(tx, row.id, phones.last4(member_rows.opened(tx, row, "phone")))
    return len(missing)
