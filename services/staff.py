"""Who works here: checked on every act, standing in one store at a time, told when something needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from membership import staff as rights
from membership.errors import ColleagueUnknown, NotAllowed, NotStaff, StoreClosed, StoreUnknown, TooManyLookups
from membership.member import Role, Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from services import Tx, audit, people, rules
from services.outbox import Notice, tell_account
from services.reader import Reader
from storage import rules as rule_rows
from storage import staff as rows

LOOKUPS_MINUTE = 10
CHECK_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person on the staff: id, name, role and the codes of the open stores it holds in, unless ``everywhere``.

    ``number`` is what the inviter was shown in place of a name that the app does not tell.
    """

    id: str
    name: str
    role: str
    stores: tuple[str, ...]
    everywhere: bool
    number: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Seated:
    """Somebody who works here now, as the database knows them: what a session of theirs may do is read from this.

    ``store_id`` is where they stand; "" where every store of theirs is closed (``roles`` is empty then).
    """

    staff_id: str
    identity_id: str
    roles: tuple[Role, ...]
    member_id: str | None
    language: str
    name: str
    store_id: str
    at_store_id: str = ""


class Standing(Protocol):
    """Whoever stands in a store: a ``Who`` who works here, or a ``Seated``."""

    @property
    def staff_id(self) -> str | None: ...
    @property
    def roles(self) -> tuple[Role, ...]: ...
    @property
    def at_store_id(self) -> str: ...


def check(tx: Tx, who: Who, action: str, *, store_id: str | None = None) -> Reader:
    """Return the person as the reader of codes they are, if they may do this (in this store, else where they stand).

    Raises NotStaff, NotAllowed, and StoreClosed where every store of theirs is closed.
    """
    if who.staff_id is None:
        raise NotStaff
    if not who.roles:
        raise StoreClosed
    rights.check(who.roles, action, store_id=store_id)
    return Reader(actor=who.staff_id, store_id=store_id or standing(tx, who), member_id=who.member_id)


def seated(tx: Tx, staff_id: str) -> Seated | None:
    """Return somebody who works here as they are now, or None once they were removed (or never were)."""
    row = rows.find(tx, staff_id)
    if row is None or row.removed_at is not None:
        return None
    who = people.who(tx, row.identity_id)
    return Seated(
        staff_id=staff_id,
        identity_id=row.identity_id,
        roles=who.roles,
        member_id=who.member_id,
        language=who.language,
        name=who.name or rows.name(tx, row),
        store_id=standing(tx, who) if who.roles else "",
        at_store_id=who.at_store_id,
    )


def is_gone(tx: Tx, actor: str) -> bool:
    """Tell whether this actor worked here and was removed: what they began and nobody confirmed is dead."""
    row = rows.find(tx, actor)
    return row is not None and row.removed_at is not None


def standing(tx: Tx, person: Standing) -> str:
    """Return the id of the store a person stands in: the one they said, else their first, else the shop's first."""
    mine = stores(tx, person)
    return person.at_store_id if person.at_store_id in mine else mine[0]


def stores(tx: Tx, person: Standing) -> tuple[str, ...]:
    """Return the ids of the open stores a person's right holds in, the usual one first. Raises StoreClosed for none."""
    held = tuple(role.store_id for role in person.roles if role.store_id is not None)
    if not held and person.roles:
        first = rules.store_id(rules.current(tx).stores[0].code)
        held = tuple(row.id for row in rule_rows.all_stores(tx) if row.closed_at is None)
        held = tuple(sorted(held, key=lambda store_id: store_id != first))
    if not held:
        raise StoreClosed
    return held


def stand_in(tx: Tx, person: Standing, code: str) -> str:
    """Let a person stand in the store with this code from now on, and return its id.

    Raises NotStaff, StoreUnknown (also for a store of others), and StoreClosed.
    """
    if person.staff_id is None:
        raise NotStaff
    row = rule_rows.store(tx, rules.store_id(code))
    if row is None or not any(role.store_id in (None, row.id) for role in person.roles):
        raise StoreUnknown
    if row.closed_at is not None:
        raise StoreClosed
    rows.change(tx, person.staff_id, at_store_id=row.id)
    return str(row.id)


def working(tx: Tx) -> list[Colleague]:
    """Return who works here now, longest first."""
    return [_colleague(tx, row) for row in rows.working(tx)]


def seen_by(tx: Tx, who: Who) -> list[Colleague]:
    """Return the colleagues a person may see: those whose right holds in one of the person's own stores."""
    own = {role.store_id for role in who.roles}
    mine = {None, *own}
    found = ((row, people.roles(tx, _right(row))) for row in rows.working(tx))
    return [_colleague(tx, row) for row, held in found if None in own or any(one.store_id in mine for one in held)]


def may_change(who: Who, colleague: Colleague) -> bool:
    """Tell whether a person may take this colleague's right away, or change it."""
    return all(rights.may_grant(who.roles, right) for right in roles_of(colleague))


def roles_of(colleague: Colleague) -> tuple[Role, ...]:
    """Return a colleague's right store by store."""
    if colleague.everywhere:
        return (Role(colleague.role),)
    return tuple(Role(colleague.role, rules.store_id(code)) for code in colleague.stores)


def where(tx: Tx, store_ids: Sequence[str | None]) -> Message:
    """Return the stores a right holds in, in words."""
    if None in store_ids:
        return say("staff.everywhere")
    return say("staff.places", stores=tuple(choose(rules.store_name(tx, one)) for one in store_ids if one))


def held_by_account(tx: Tx, *, since: datetime) -> dict[str, str]:
    """Return the role of every account that has one; "" for those whose right ended since this moment."""
    return rows.held_by_account(tx, since)


def dismiss(tx: Tx, staff_id: str, *, by: Who | None, moment: Moment) -> Colleague:
    """Take a person's right away, at once everywhere; ``by`` None is the command line.

    Raises ColleagueUnknown, NotAllowed and LastOwner.
    """
    row = _changeable(tx, staff_id, by, stays=None)
    gone = _colleague(tx, row)
    rows.remove(tx, staff_id, moment.now)
    audit.note(tx, moment, "staff.remove", staff_id, actor=_actor(by), role=row.role)
    told = Reply((say("staff.ended", shop=choose(rules.current(tx).name)),), buttons=((_tap("home", "start"),),))
    tell_account(tx, row.identity_id, Notice("staff", "staff", f"ended:{staff_id}", told), moment=moment)
    return gone


def change(tx: Tx, staff_id: str, role: str, *, store_ids: Sequence[str], by: Who | None, moment: Moment) -> None:
    """Give somebody who works here another role or other stores (none: all of them), at once everywhere.

    Raises ColleagueUnknown, NotAllowed, LastOwner and StoreUnknown.
    """
    new = rights.spread(role, store_ids)
    row = _changeable(tx, staff_id, by, stays=new)
    if any(not rights.may_grant(by.roles, right) for right in new if by is not None):
        raise NotAllowed(action="invite")
    seat(tx, staff_id, new, by=None if by is None else by.staff_id, moment=moment)
    facts = {"was": row.role, "role": role, "stores": [rules.store_code(tx, one) for one in store_ids]}
    change_id = moment.new_id("staff-change")
    audit.note(tx, moment, "staff.change", change_id, actor=_actor(by), of=staff_id, **facts)
    text = say("staff.changed", role=say(f"role.{role}"), where=where(tx, [right.store_id for right in new]))
    told = Reply((text,), buttons=((_tap("help", "help"),),))
    tell_account(tx, row.identity_id, Notice("staff", "staff", f"changed:{change_id}", told), moment=moment)


def seat(tx: Tx, staff_id: str, held: Sequence[Role], *, by: str | None, moment: Moment) -> None:
    """Write down in which stores somebody's right holds. Raises StoreUnknown."""
    for right in held:
        if right.store_id is not None and rule_rows.store(tx, right.store_id) is None:
            raise StoreUnknown
    first, *more = held
    rows.change(tx, staff_id, role=first.name, store_id=first.store_id)
    further = [(moment.new_id(f"post:{one.store_id}"), str(one.store_id)) for one in more]
    rows.post(tx, staff_id, further, granted_by=by, now=moment.now)


def alert(tx: Tx, notice: Notice, *, action: str, moment: Moment, store_id: str | None = None) -> int:
    """Tell everybody who may do something about it (in this store); return how many were told."""
    told = 0
    for row in rows.working(tx):
        if rights.may(people.roles(tx, _right(row)), action, store_id=store_id):
            told += tell_account(tx, row.identity_id, notice, moment=moment) is not None
    return told


def count_lookup(tx: Tx, reader: Reader, *, now: datetime) -> None:
    """Count one look-up of a member by phone. Raises TooManyLookups after ten in a minute."""
    since = now - timedelta(minutes=1)
    if rows.guessed(tx, kind="phone", since=since, actor=reader.actor) >= LOOKUPS_MINUTE:
        raise TooManyLookups(until=now + timedelta(minutes=1))
    rows.guess(tx, reader.actor, store_id=reader.store_id, kind="phone", now=now)


def _changeable(tx: Tx, staff_id: str, by: Who | None, *, stays: Sequence[Role] | None) -> Any:
    """Return somebody's row, if this person may take that right away and an owner is left afterwards."""
    owners = rows.owners_locked(tx)
    row = rows.find(tx, staff_id)
    if row is None or row.removed_at is not None:
        raise ColleagueUnknown
    home = Role(row.role, row.store_id)
    if any(not rights.may_grant(by.roles, right) for right in (home, *people.roles(tx, _right(row))) if by is not None):
        raise NotAllowed(action="remove_staff")
    if stays is None or home not in stays:
        rights.check_removal(home, owners=owners)
    return row


def _actor(by: Who | None) -> str:
    return "command" if by is None or by.staff_id is None else by.staff_id


def _colleague(tx: Tx, row: Any) -> Colleague:
    held = people.roles(tx, _right(row))
    codes = tuple(rules.store_code(tx, right.store_id) for right in held if right.store_id is not None)
    name, number = rows.name(tx, row), number_of(row.identity_id)
    return Colleague(row.id, name, row.role, codes, everywhere=row.store_id is None, number=number)


def number_of(identity_id: str) -> str:
    """Return four digits that both sides see; they prove nothing, they tell two who met by mistake apart."""
    return f"{int(identity_id.replace('-', ''), 16) % 10**CHECK_DIGITS:0{CHECK_DIGITS}}"


def _tap(key: str, word: str) -> Button:
    return Button(say(f"button.{key}"), word=word)


def _right(row: Any) -> people.Right:
    return people.Right(row.id, row.role, row.store_id, row.at_store_id)
