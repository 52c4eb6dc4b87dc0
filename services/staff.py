"""Who works here: invited once, checked on every act, told when something needs them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from membership import staff as rights
from membership.errors import (
    AlreadyStaff,
    InviteExpired,
    InviteUnknown,
    InviteUsed,
    NotStaff,
    StoreUnknown,
    TooManyLookups,
)
from membership.member import Role, Who
from membership.moment import Moment
from services import Tx, audit, rules
from services.codes import Reader
from services.outbox import Notice, tell_account
from storage import rules as rule_rows
from storage import staff as rows

INVITE_LIFE = timedelta(hours=24)
LOOKUPS_MINUTE = 10


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person on the staff: id, name, role and the code of the one store it holds in (empty: all)."""

    id: str
    name: str
    role: str
    store: str


def check(tx: Tx, who: Who, action: str, *, store_id: str | None = None) -> Reader:
    """Return the person as the reader of codes they are, if they may do this. Raises NotStaff and NotAllowed."""
    rights.check(who.roles, action, store_id=store_id)
    if who.staff_id is None:
        raise NotStaff
    return Reader(actor=who.staff_id, store_id=store_id or _home(tx, who), member_id=who.member_id)


def invite(tx: Tx, role: str, *, store: str, by: str | None, moment: Moment) -> str:
    """Return a one-time code that gives this role (in one store, or in all: ""). Raises StoreUnknown."""
    store_id = rules.store_id(store) if store else None
    if store_id is not None and rule_rows.store(tx, store_id) is None:
        raise StoreUnknown
    token = "INV-" + base64.b32encode(moment.draw("invite", 16)).decode().rstrip("=")
    invite_id = moment.new_id("invite")
    when = {"created_at": moment.now, "expires_at": moment.now + INVITE_LIFE}
    rows.invite(tx, invite_id, token, role=role, store_id=store_id, created_by=by, **when)
    audit.note(tx, moment, "staff.invite", invite_id, actor=by or "command", role=role)
    return token


def accept(tx: Tx, who: Who, token: str, *, moment: Moment) -> str:
    """Give this account the role of the invitation and return it.

    Raises InviteUnknown, InviteExpired, AlreadyStaff and InviteUsed.
    """
    row = rows.invited(tx, token)
    if row is None:
        raise InviteUnknown
    if row.used_at is not None:
        raise InviteUsed
    if moment.now > row.expires_at:
        raise InviteExpired
    if who.staff_id is not None:
        raise AlreadyStaff
    if not rows.use_invite(tx, row.id, who.identity_id, moment.now):
        raise InviteUsed
    staff_id = moment.new_id("staff")
    facts = {"identity_id": who.identity_id, "role": row.role, "store_id": row.store_id, "invited_by": row.created_by}
    if not rows.add(tx, staff_id, name=who.name, created_at=moment.now, **facts):
        raise AlreadyStaff
    audit.note(tx, moment, "staff.accept", staff_id, actor=staff_id, role=row.role)
    return str(row.role)


def remove(tx: Tx, staff_id: str, *, actor: str, moment: Moment) -> None:
    """Take a person's right away, at once everywhere. Raises NotStaff and LastOwner."""
    row = rows.find(tx, staff_id)
    if row is None or row.removed_at is not None:
        raise NotStaff
    rights.check_removal(Role(row.role, row.store_id), owners=len(rows.working(tx, role="owner")))
    rows.remove(tx, staff_id, moment.now)
    audit.note(tx, moment, "staff.remove", staff_id, actor=actor)


def working(tx: Tx) -> list[Colleague]:
    """Return who works here now, longest first."""
    return [
        Colleague(row.id, rows.name(tx, row), row.role, rules.store_code(tx, row.store_id)) for row in rows.working(tx)
    ]


def alert(tx: Tx, notice: Notice, *, action: str, moment: Moment) -> int:
    """Tell everybody who may do something about it; return how many were told."""
    told = 0
    for row in rows.working(tx):
        if rights.may([Role(row.role, row.store_id)], action):
            told += tell_account(tx, row.identity_id, notice, moment=moment) is not None
    return told


def count_lookup(tx: Tx, reader: Reader, *, now: datetime) -> None:
    """Count one look-up of a member by phone. Raises TooManyLookups after ten in a minute."""
    since = now - timedelta(minutes=1)
    if rows.guessed(tx, kind="phone", since=since, actor=reader.actor) >= LOOKUPS_MINUTE:
        raise TooManyLookups(until=now + timedelta(minutes=1))
    rows.guess(tx, reader.actor, store_id=reader.store_id, kind="phone", now=now)


def _home(tx: Tx, who: Who) -> str:
    """Return the store a person stands in: the one their right holds in, else the shop's first."""
    own = next((role.store_id for role in who.roles if role.store_id), None)
    if own is not None:
        return own
    open_stores = [row.id for row in rule_rows.all_stores(tx) if row.closed_at is None]
    first = rules.store_id(rules.current(tx).stores[0].code)
    return first if first in open_stores else str(open_stores[0])
