"""Two members with one phone who may be one person: noticed, asked in the other chat, or decided by a manager."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment, id_of
from services import Tx, asking, audit, fraud, linking, members, merges, rules, staff
from services.merges import Merged
from services.outbox import Notice, tell_account
from services.reader import Reader
from storage import doubles as rows
from storage import identities

SHOWN = 5
PAIRS_MAX = 5
"""So many pairs one member may be part of: whoever types one phone after another asks nobody any more."""


@dataclass(frozen=True, slots=True)
class Double:
    """Two members who may be one person: ``typed`` gave a phone that ``held`` had given before.

    ``proved``: the app itself vouched that the phone is the typist's own.
    """

    id: str
    typed_id: str
    held_id: str
    proved: bool
    at: datetime


def note(tx: Tx, who: Who, phone: str, *, proved: bool, moment: Moment) -> Double | None:
    """Note that a member gave a phone another one has, and ask the other one in their chat; None where it is decided.

    ``proved``: the platform vouched for the phone. Where the other one has no chat, the managers are told. None, too,
    for somebody who has typed the phones of too many others.
    """
    typed_id, held_id = members.required(who), members.find_by_phone(tx, phone)
    if held_id is None or held_id == typed_id:
        return None
    if rows.between(tx, typed_id, held_id) is None and rows.number_of(tx, typed_id) >= PAIRS_MAX:
        return None
    first = min(typed_id, held_id) == typed_id
    reason = f"{'own' if proved else 'phone'}:{'one' if first else 'other'}"
    fresh = rows.add(tx, typed_id, held_id, reason=reason, at=moment.now)
    row = rows.between(tx, typed_id, held_id)
    assert row is not None, "it was just written"
    found = _double(row)
    if row.state != "found":
        return None
    if fresh:
        audit.note(tx, moment, "member.double", row.id, actor=typed_id, other=held_id)
        _ask(tx, found, who, moment=moment)
    return found


def has_chat(tx: Tx, member_id: str) -> bool:
    """Tell whether a member can be asked in an app."""
    return bool(identities.of_member(tx, member_id))


def get(tx: Tx, double_id: str) -> Double:
    """Return a pair nobody has decided. Raises Expired, also for one that is decided."""
    row = rows.find(tx, double_id)
    if row is None or row.state != "found":
        raise Expired
    return _double(row)


def answer(tx: Tx, who: Who, double_id: str, *, yes: bool, moment: Moment) -> Merged | None:
    """Take the word of the one who can know: who held the phone, or whoever proved it where nobody can be asked.

    Yes makes one member of two; pressed again, the first answer comes again. Raises Expired for anybody else, and what
    ``merges.merge`` raises.
    """
    member_id, before = members.required(who), _made(tx, double_id)
    if before is not None and before.kept_id == member_id and yes:
        return before
    found = get(tx, double_id)
    proved_alone = found.proved and member_id == found.typed_id and not has_chat(tx, found.held_id)
    if member_id != found.held_id and not proved_alone:
        raise Expired
    if not yes:
        _decide(tx, double_id, "apart", actor=member_id, moment=moment)
        return None
    reference = f"double:{double_id}"
    _decide(tx, double_id, "merged", actor=member_id, moment=moment)
    return linking.join(tx, found.typed_id, found.held_id, reference=reference, who=who, moment=moment)


def open_ones(tx: Tx, *, limit: int = SHOWN) -> list[Double]:
    """Return the pairs nobody has decided, oldest first."""
    return [_double(row) for row in rows.open_ones(tx, limit=limit)]


def merge(tx: Tx, double_id: str, reader: Reader, *, moment: Moment) -> Merged:
    """Make one of a pair at a manager's word; both are told. Raises SelfCredit, and as ``answer`` does."""
    before = _made(tx, double_id)
    if before is not None:
        return before
    found = get(tx, double_id)
    for member_id in (found.typed_id, found.held_id):
        fraud.check_self(tx, reader, member_id)
    how = {"reference": f"double:{double_id}", "actor": reader.actor}
    done = merges.merge(tx, found.typed_id, found.held_id, **how, moment=moment)
    _decide(tx, double_id, "merged", actor=reader.actor, moment=moment)
    merges.tell(tx, done, "link.told_shop", [done.kept_id], but="", moment=moment)
    return done


def set_apart(tx: Tx, double_id: str, reader: Reader, *, moment: Moment) -> None:
    """Note at a manager's word that two are two. Raises Expired."""
    get(tx, double_id)
    _decide(tx, double_id, "apart", actor=reader.actor, moment=moment)


def part(tx: Tx, merge_id: str, reader: Reader, *, moment: Moment) -> Merged:
    """Part two that had become one, at a manager's word. Raises SelfCredit, and what ``merges.undo`` raises."""
    fraud.check_self(tx, reader, merges.get(tx, merge_id).kept_id)
    done = merges.undo(tx, merge_id, actor=reader.actor, moment=moment)
    return linking.parted(tx, done, but="", moment=moment)


def _made(tx: Tx, double_id: str) -> Merged | None:
    """Return what came of a pair, as long as it stands."""
    found = merges.find(tx, id_of(f"merge:double:{double_id}"))
    return None if found is None or found.parted else found


def _decide(tx: Tx, double_id: str, state: str, *, actor: str, moment: Moment) -> None:
    if not rows.decide(tx, double_id, state, by=actor):
        raise Expired  # somebody was faster
    audit.note(tx, moment, f"member.{state}", double_id, actor=actor)


def _ask(tx: Tx, found: Double, who: Who, *, moment: Moment) -> None:
    """Ask whoever held the phone in every chat of theirs; where there is none, tell the managers."""
    asked = asking.chats(tx, found.held_id)
    shop = choose(rules.current(tx).name)
    yes = Button(say("button.double_yes"), word=f"link yes {found.id}")
    no = Button(say("button.double_no"), word=f"link no {found.id}")
    told = Reply((say("double.asked", app=say(f"app.{who.identity.channel}"), shop=shop),), buttons=((yes,), (no,)))
    for row in asked:
        notice = Notice("double", "receipt", found.id, told)
        tell_account(tx, row.id, notice, moment=moment, member_id=found.held_id)
    if not asked and not found.proved:
        look = Button(say("button.doubles"), word="doubles")
        alarm = Reply((say("double.alarm"),), buttons=((look,),))
        staff.alert(tx, Notice("double", "staff", found.id, alarm), action="merge_members", moment=moment)


def _double(row: Any) -> Double:
    kind, _, side = row.reason.partition(":")
    typed, held = (row.one_id, row.other_id) if side == "one" else (row.other_id, row.one_id)
    return Double(row.id, typed, held, kind == "own", row.at)
