"""Mass messages: one call to WeChat for the members of a broadcast whom no open window reaches.

They wait, like everything without a road, for their next contact; once every message of the broadcast has found its
road, those that wait for a mass message are gathered by language, at most 500 a call. A call has an id of its own, and
the platform takes the same id once: an answer that was lost is asked for again under that id and never under another.
The platform looks back 24 hours for the id, so after 23 the messages are left as uncertain.

A mass message says the text alone, with the line that tells how to stop. It has no place for a name, and a picture
would be a second of the four a month (and without that line): members see the picture when they are written to
personally.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from membership import languages
from membership.messages import say
from membership.moment import Moment
from membership.routing import AccountKind
from services import Tx, broadcasts, quota, rules
from services.broadcasts import Broadcast
from services.outgoing import MassOutgoing
from services.quota import Room
from storage import identities
from storage import mass as rows
from storage.broadcasts import NEXT
from storage.outbox import LEASE

PEOPLE_MIN = 2
"""WeChat takes a list of at least two people."""

LOOKED_AT = 10_000
ASK_AGAIN_UNTIL = timedelta(hours=23)
DOUBT = "uncertain: no_answer"


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken: a mass message to send now, if any, and how many rows were looked at."""

    letter: MassOutgoing | None = None
    seen: int = 0


def take(tx: Tx, kind: AccountKind, moment: Moment) -> Taken:
    """Mark the people of the next mass message as on their way and return it; ``kind`` is the account's.

    One whose answer was lost comes first, under its own id. Nothing leaves in the shop's quiet hours.
    """
    rows.note_kind(tx, kind)
    shop, now = rules.current(tx), moment.now
    if shop.quiet.over_at(now, shop.zone) > now:
        return Taken()
    lost = None if kind == "unverified" else rows.in_doubt(tx, now=now)
    if lost is not None:
        return _ask_again(tx, lost, now=now)
    ready = rows.ready(tx, now=now)
    return Taken() if ready is None else _gather(tx, ready, quota.room(tx, kind, now=now), moment)


def sent(tx: Tx, letter: MassOutgoing, platform_id: str, *, now: datetime) -> int:
    """Settle a mass message the platform took; return how many rows that were."""
    return rows.settle(tx, letter.id, until=letter.until, state="sent", platform_id=platform_id, settled_at=now)


def put_off(tx: Tx, letter: MassOutgoing, reason: str, *, until: datetime) -> int:
    """Settle a mass message that did not leave this time: its people wait again, and may read it at a contact.

    One that may have left earlier stays as it is until it is asked for again.
    """
    if letter.again:
        return doubt(tx, letter, until=until)
    free = {"state": "waiting", "reason": NEXT, "not_before": until, "lease_owner": ""}
    return rows.settle(tx, letter.id, until=letter.until, last_error=reason[:200], **free)


def doubt(tx: Tx, letter: MassOutgoing, *, until: datetime) -> int:
    """Keep a mass message whose answer was lost, to be asked for again under the same id at ``until``."""
    return rows.settle(tx, letter.id, until=letter.until, lease_until=until, last_error=DOUBT)


def refused(tx: Tx, letter: MassOutgoing, reason: str, *, now: datetime) -> int:
    """Settle a mass message the platform refused: its people wait for their next contact.

    Where it had been asked for before, an earlier call may have gone through and used up what is refused now: then
    nobody is told twice, and the rows are uncertain.
    """
    change: dict[str, Any] = {"state": "waiting", "reason": "mass_quota" if reason == "mass_quota" else "no_window"}
    if letter.again:
        change = {"state": "uncertain", "settled_at": now}
    return rows.settle(tx, letter.id, until=letter.until, last_error=reason[:200], **change)


def give_up(tx: Tx, *, now: datetime) -> int:
    """Leave as uncertain what the platform would not know any more by its id; return how many rows."""
    return rows.give_up(tx, before=now - ASK_AGAIN_UNTIL, now=now, reason=DOUBT)


def _ask_again(tx: Tx, lost: Any, *, now: datetime) -> Taken:
    """Take a mass message over under its own id; whoever does not want it any more stays in doubt."""
    found, until = rows.of_batch(tx, lost.batch, since=now), now + LEASE
    people = _once_each(row for row in found if row.willing and row.id is not None)
    people = people if len(people) >= PEOPLE_MIN else []
    left = _ids(found) - _ids(people)
    rows.change(tx, left, was="sending", state="uncertain", settled_at=now, last_error=DOUBT)
    if not people:
        return Taken(seen=len(left))
    rows.change(tx, _ids(people), was="sending", lease_until=until)
    spoken = Counter(_spoken(tx, row) for row in people).most_common(1)[0][0]
    draft = broadcasts.get(tx, lost.broadcast_id)
    letter = _letter(tx, draft, people, batch=lost.batch, language=spoken, until=until, again=True)
    return Taken(letter, len(people))


def _gather(tx: Tx, broadcast: Any, room: Room | None, moment: Moment) -> Taken:
    """Begin the largest group's mass message; who cannot be in one waits for a contact, who wants none is let go."""
    now = moment.now
    found = rows.waiting(tx, broadcast.id, since=now if room is None else room.since, now=now, limit=LOOKED_AT)
    unwanted = [row for row in found if not row.willing]
    rows.change(tx, _ids(unwanted), was="waiting", state="cancelled", reason="unwanted", settled_at=now)
    draft = broadcasts.get(tx, broadcast.id)
    if room is None or not quota.fits(draft.text):
        _wait(tx, found, "mass_quota" if room is None else "no_window")
        return Taken(seen=len(found))
    _wait(tx, [row for row in found if row.had >= room.each], "mass_quota")
    _wait(tx, [row for row in found if row.id is None], "no_window")
    able = [row for row in found if row.willing and row.id is not None and row.had < room.each]
    language, group = _largest(tx, _once_each(able), room)
    if len(group) < PEOPLE_MIN:
        _wait(tx, group, "no_window")
        return Taken(seen=len(found))
    until, batch = now + LEASE, moment.new_id(f"mass {group[0].row_id}")
    rows.begin(tx, _ids(group), batch, until=until, now=now)
    return Taken(_letter(tx, draft, group, batch=batch, language=language, until=until), len(group))


def _largest(tx: Tx, people: Sequence[Any], room: Room) -> tuple[str, list[Any]]:
    """Return the largest group of one language, at most what one call takes; nobody is left behind alone."""
    default = rules.current(tx).languages[0]
    groups = {default: list(people)} if room.one_call else _by_language(tx, people, default)
    language = max(groups, key=lambda name: len(groups[name]), default=default)
    group = groups.get(language, [])
    size = min(len(group), room.batch)
    return language, group[: size - (len(group) - size == 1)]


def _by_language(tx: Tx, people: Sequence[Any], default: str) -> dict[str, list[Any]]:
    """Return people by their language; one alone with theirs joins the shop's language, or the largest group."""
    groups: dict[str, list[Any]] = {}
    for one in people:
        groups.setdefault(_spoken(tx, one), []).append(one)
    alone = [name for name, group in groups.items() if len(group) < PEOPLE_MIN]
    strays = [one for name in alone for one in groups.pop(name)]
    if strays:
        home = default if default in groups or not groups else max(groups, key=lambda name: len(groups[name]))
        groups.setdefault(home, []).extend(strays)
    return groups


def _spoken(tx: Tx, row: Any) -> str:
    offered = rules.current(tx).languages
    choice = row.language or row.member_language
    return languages.chosen(choice=choice, hint=row.language_hint, offered=offered, default=offered[0])


def _once_each(found: Iterable[Any]) -> list[Any]:
    """Return each row once: a member with two accounts gets it on one of them."""
    return list({row.row_id: row for row in found}.values())


def _wait(tx: Tx, found: Iterable[Any], reason: str) -> None:
    """Let rows wait for their person's next contact, without a mass message any more."""
    rows.change(tx, _ids(found), was="waiting", reason=reason)


def _ids(found: Iterable[Any]) -> set[str]:
    return {row.row_id for row in found}


def _letter(
    tx: Tx, draft: Broadcast, people: Sequence[Any], *, batch: str, language: str, until: datetime, again: bool = False
) -> MassOutgoing:
    text = replace(broadcasts.letter(draft, say("broadcast.everybody")), picture=None, buttons=())
    to = tuple(identities.opened(tx, row) for row in people)
    return MassOutgoing(id=batch, language=language, reply=text, people=to, until=until, again=again)
