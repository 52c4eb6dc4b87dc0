"""Groups of members: those of shop.toml and those made in chat, counted as they are, frozen when written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from membership import names
from membership import segments as rule
from membership.errors import LimitReached, SegmentEmpty, SegmentUnknown
from membership.member import Who
from membership.moment import Moment
from membership.segments import Conditions, Segment
from services import Tx, audit, habits, rules, staff, tags
from storage import activities as activity_rows
from storage import segments as rows
from storage.segments import When

MADE_MAX: Final = 30
"""Groups made in chat at most: a list that long is not read any more."""
OPTIONS_MAX: Final = 20
AT_ONCE: Final = 1000
"""So many members are looked at in one transaction when a group is frozen: others wait for it."""

Found = Sequence[Any]
"""What must hold of a member, as the database is asked: handed on, never looked into."""


def listed(tx: Tx) -> list[Segment]:
    """Return every group: those of shop.toml first, then those made in chat, oldest first."""
    return [*rules.current(tx).segments, *(_made(tx, row) for row in rows.made(tx))]


def get(tx: Tx, code: str) -> Segment:
    """Return a group. Raises SegmentUnknown for one that is not there (any more)."""
    written = next((one for one in rules.current(tx).segments if one.code == code), None)
    if written is not None:
        return written
    row = rows.find(tx, code)
    if row is None or row.removed_at is not None:
        raise SegmentUnknown
    return _made(tx, row)


def find(tx: Tx, code: str) -> Segment | None:
    """Return a group, or None where it is not there (any more)."""
    try:
        return get(tx, code)
    except SegmentUnknown:
        return None


def read(tx: Tx, told: Mapping[str, Any]) -> Conditions:
    """Return conditions that were tapped together, in the shape of shop.toml."""
    return rule.opened(told, rules.current(tx).currency)


def found(tx: Tx, conditions: Conditions, *, now: datetime) -> Found:
    """Return what must hold of a member to be in a group at this moment."""
    return rows.clauses(conditions, When(now, rules.current(tx).zone, habits.last_night(tx)))


def freeze(tx: Tx, code: str, broadcast_id: str, *, version: int, behind: str, now: datetime) -> str:
    """Write down, for a broadcast, who of the next AT_ONCE members behind one is in a group as it was at ``version``.

    Return the last that was looked at, "" when that was everybody.
    """
    part = rows.next_part(tx, behind, size=AT_ONCE)
    when = When(now, rules.at_version(tx, version).zone, habits.last_night(tx))
    rows.freeze(tx, broadcast_id, rows.clauses(_as_of(tx, code, version), when, part))
    return part.last


def add(tx: Tx, who: Who, name: str, told: Mapping[str, Any], *, key: str, moment: Moment) -> Segment:
    """Keep a group that was tapped together; the same key keeps it once.

    Raises NotStaff, NotAllowed, InvalidName, SegmentEmpty, and LimitReached where there are too many.
    """
    actor = staff.check(tx, who, "segments").actor
    cleaned = names.parse(name)
    if not read(tx, told).asked:
        raise SegmentEmpty
    code = f"made-{key.replace('-', '')[:12]}"
    if rows.find(tx, code) is None and len(rows.made(tx)) >= MADE_MAX:
        raise LimitReached(limit=MADE_MAX, scope="shop")
    if rows.add(tx, key, code=code, name=cleaned, conditions=told, by=actor, at=moment.now):
        audit.note(tx, moment, "segment.add", code, actor=actor, conditions=list(read(tx, told).asked))
    return get(tx, code)


def remove(tx: Tx, who: Who, code: str, *, moment: Moment) -> bool:
    """Take a group made in chat away; False where that was done before, or where it stands in shop.toml."""
    actor = staff.check(tx, who, "segments").actor
    if not rows.remove(tx, code, moment.now):
        return False
    audit.note(tx, moment, "segment.remove", code, actor=actor)
    return True


def in_use(tx: Tx, kind: str) -> list[str]:
    """Return the tags, or the places members came from, that a group can ask for, the most frequent first."""
    return list(tags.known(tx, limit=OPTIONS_MAX)) if kind == "tags" else rows.sources(tx, limit=OPTIONS_MAX)


def open_activities(tx: Tx) -> dict[str, str]:
    """Return the titles of activities people can sign up for, by their ids, the next one first."""
    return rows.open_activities(tx, limit=OPTIONS_MAX)


def activity_title(tx: Tx, activity_id: str) -> str:
    """Return the title of an activity a group asks for, be it over or not; its id where there never was one."""
    row = activity_rows.find(tx, activity_id)
    return activity_id if row is None else str(row.title)


def _as_of(tx: Tx, code: str, version: int) -> Conditions:
    """Return what a group asked when it was written to, wherever it is now: what was made in chat never changes."""
    written = next((one for one in rules.at_version(tx, version).segments if one.code == code), None)
    if written is not None:
        return written.conditions
    row = rows.find(tx, code)
    return read(tx, {} if row is None else row.conditions)


def _made(tx: Tx, row: Any) -> Segment:
    name = dict.fromkeys(rules.current(tx).languages, row.name)
    return Segment(row.code, name, read(tx, row.conditions), made_here=True)
