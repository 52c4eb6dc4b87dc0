"""Invitations to work here: made by one who may, accepted once, and good when the inviter has said who it is."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from membership import staff as rights
from membership.errors import AlreadyStaff, InviteExpired, InviteUnknown, InviteUsed, NotAllowed, NotStaff, StoreUnknown
from membership.member import Role, Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, audit, members, people, rules, staff
from services.outbox import Notice, tell_account
from storage import invites as rows
from storage import rules as rule_rows
from storage import staff as staff_rows

LIFE: Final = timedelta(hours=24)
OFFICE: Final = (("report", "report"), ("broadcast", "broadcast"), ("manage", "report"))
"""Words of those who lead, and the action each needs."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An invitation that was accepted: the role, and whether the inviter must still say yes.

    ``number`` is shown to both sides, so that the inviter can ask for it: WeChat tells nobody's name.
    """

    id: str
    role: str
    waiting: bool
    number: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted invitation that waits for a yes: who it is as far as the platform tells, and what they will be."""

    id: str
    name: str
    channel: str
    number: str
    role: str
    where: Message


def invite(tx: Tx, role: str, *, stores: Sequence[str] = (), by: Who | None, moment: Moment) -> str:
    """Return a one-time code that gives this role in these stores (their codes; none: all).

    ``by`` None is the command line. Raises NotStaff, NotAllowed and StoreUnknown.
    """
    held = rights.spread(role, [rules.store_id(code) for code in stores])
    if by is not None:
        _check_granting(by, held)
    for right in held:
        if right.store_id is not None and rule_rows.store(tx, right.store_id) is None:
            raise StoreUnknown
    code = "INV-" + base64.b32encode(moment.draw("invite", 16)).decode().rstrip("=")
    invite_id, actor = moment.new_id("invite"), None if by is None else by.staff_id
    where = {"store_id": held[0].store_id, "more_store_ids": [right.store_id for right in held[1:]]}
    when = {"created_at": moment.now, "expires_at": moment.now + LIFE}
    rows.add(tx, invite_id, code, role=role, created_by=actor, **where, **when)
    audit.note(tx, moment, "staff.invite", invite_id, actor=actor or "command", role=role, stores=list(stores))
    return code


def accept(tx: Tx, who: Who, code: str, *, moment: Moment) -> Accepted:
    """Take an invitation; the right itself comes with the inviter's yes, or at once where nobody could say it.

    Raises InviteUnknown, InviteUsed, InviteExpired (also where the inviter left) and AlreadyStaff.
    """
    row = rows.by_code(tx, code)
    if row is None:
        raise InviteUnknown
    if row.state != "open":
        raise InviteUsed
    if moment.now > row.expires_at or (row.created_by and staff.is_gone(tx, row.created_by)):
        raise InviteExpired
    if who.staff_id is not None:
        raise AlreadyStaff
    if not rows.accept(tx, row.id, who.identity_id, moment.now):
        raise InviteUsed
    audit.note(tx, moment, "staff.accept", row.id, actor=who.identity_id, role=row.role)
    accepted = Accepted(row.id, row.role, waiting=_someone_confirms(tx, row), number=staff.number_of(who.identity_id))
    if accepted.waiting:
        _ask(tx, row.id, moment)
    else:
        _employ(tx, rows.find(tx, row.id), None, moment)
    return accepted


def confirm(tx: Tx, invite_id: str, by: Who | None, *, moment: Moment) -> Waiting:
    """Say that whoever accepted is the right person: they work here from now on and are told so.

    ``by`` None is the command line. Raises InviteUnknown, InviteUsed, InviteExpired, AlreadyStaff, NotAllowed.
    """
    row = _decidable(tx, invite_id, by, moment)
    one = _employ(tx, row, by, moment)
    tell_account(tx, row.used_by, Notice("staff", "staff", f"hired:{row.id}", welcome(row.role)), moment=moment)
    return one


def refuse(tx: Tx, invite_id: str, by: Who | None, *, moment: Moment) -> Waiting:
    """Say that whoever accepted is the wrong person: nothing comes of it. Raises as ``confirm`` does."""
    row, waiting = _decidable(tx, invite_id, by, moment), described(tx, invite_id)
    if not rows.decide(tx, row.id, "refused", by=_actor(by), now=moment.now):
        raise InviteUsed
    audit.note(tx, moment, "staff.refuse", row.id, actor=_actor(by), role=row.role)
    return waiting


def waiting(tx: Tx, by: Who | None, *, moment: Moment) -> list[Waiting]:
    """Return the accepted invitations this person is asked about (``by`` None: all of them), oldest first."""
    return [described(tx, row.id) for row in rows.waiting(tx, moment.now) if by is None or _is_asked(row, by)]


def described(tx: Tx, invite_id: str) -> Waiting:
    """Return an accepted invitation as its inviter sees it. Raises InviteUnknown."""
    row = rows.find(tx, invite_id)
    if row is None or row.used_by is None:
        raise InviteUnknown
    person = people.who(tx, row.used_by)
    name = person.name or (members.get(tx, person.member_id).name if person.member_id else "")
    where = staff.where(tx, [right.store_id for right in _held(row)])
    return Waiting(row.id, name, person.identity.channel, staff.number_of(row.used_by), row.role, where)


def welcome(role: str) -> Reply:
    """Return what a new colleague is told, with the buttons of the role."""
    desk = [_tap("counter"), _tap("scan"), _tap("help")] if rights.may([Role(role)], "scan") else [_tap("help")]
    office = [_tap(word) for word, needed in OFFICE if rights.may([Role(role)], needed)]
    buttons = tuple(tuple(row) for row in (desk, office) if row)
    hint = (say("staff.pin_hint"),) if rights.may([Role(role)], "scan") else ()
    return Reply((say("staff.welcome", role=say(f"role.{role}")), *hint), buttons=buttons)


def _ask(tx: Tx, invite_id: str, moment: Moment) -> None:
    """Ask the inviter (of the command line's invitations: every owner) whether this is the right person."""
    row, one = rows.find(tx, invite_id), described(tx, invite_id)
    told = Notice("staff", "staff", f"invite:{invite_id}", question(one), expires_at=row.expires_at if row else None)
    for colleague in staff_rows.working(tx):
        asked = colleague.id == row.created_by if row and row.created_by else _is_owner(colleague)
        if asked:
            tell_account(tx, colleague.identity_id, told, moment=moment)


def named(one: Waiting) -> str | Message:
    """Return who accepted, by name, or by the number both sides see where the platform tells no name."""
    return one.name or say("staff.nameless", number=one.number)


def question(one: Waiting) -> Reply:
    """Return the question whether this is the right person, with its two answers."""
    facts = {"role": say(f"role.{one.role}"), "number": one.number, "app": say(f"app.{one.channel}")}
    name = named(one)
    yes = Button(say("button.staff_yes"), word=f"staff yes {one.id}")
    no = Button(say("button.staff_no"), word=f"staff no {one.id}")
    return Reply((say("staff.confirm", name=name, where=one.where, **facts),), buttons=((yes, no),))


def _employ(tx: Tx, row: Any, by: Who | None, moment: Moment) -> Waiting:
    """Give whoever accepted the right of the invitation."""
    one = described(tx, row.id)
    if not rows.decide(tx, row.id, "confirmed", by=_actor(by), now=moment.now):
        raise InviteUsed
    staff_id, held = moment.new_id("staff"), _held(row)
    facts = {"identity_id": row.used_by, "role": row.role, "store_id": row.store_id, "invited_by": row.created_by}
    if not staff_rows.add(tx, staff_id, name=one.name, created_at=moment.now, **facts):
        raise AlreadyStaff
    staff.seat(tx, staff_id, held, by=row.created_by, moment=moment)
    audit.note(tx, moment, "staff.confirm", row.id, actor=_actor(by), of=staff_id, role=row.role)
    return one


def _decidable(tx: Tx, invite_id: str, by: Who | None, moment: Moment) -> Any:
    row = rows.find(tx, invite_id)
    if row is None or row.state == "open" or (by is not None and not _is_asked(row, by)):
        raise InviteUnknown
    if row.state != "accepted":
        raise InviteUsed
    if moment.now > row.expires_at:
        raise InviteExpired
    if by is not None:
        _check_granting(by, _held(row))
    return row


def _check_granting(by: Who, held: Sequence[Role]) -> None:
    if by.staff_id is None:
        raise NotStaff
    if not all(rights.may_grant(by.roles, right) for right in held):
        raise NotAllowed(action="invite")


def _is_asked(row: Any, by: Who) -> bool:
    """Tell whether this person decides: who invited, or for the command line's invitations an owner of the shop."""
    return bool(row.created_by == by.staff_id if row.created_by else Role(rights.OWNER) in by.roles)


def _someone_confirms(tx: Tx, row: Any) -> bool:
    return bool(row.created_by) or any(_is_owner(colleague) for colleague in staff_rows.working(tx))


def _is_owner(row: Any) -> bool:
    return bool(row.role == rights.OWNER and row.store_id is None)


def _held(row: Any) -> tuple[Role, ...]:
    first = [] if row.store_id is None else [row.store_id]
    return rights.spread(row.role, [*first, *(row.more_store_ids or ())])


def _actor(by: Who | None) -> str:
    return "command" if by is None or by.staff_id is None else by.staff_id


def _tap(word: str) -> Button:
    return Button(say(f"button.{word}"), word=word)
