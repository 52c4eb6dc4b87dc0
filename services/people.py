"""Who is speaking: the account, the member and the staff right behind it, locked for the length of a turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from membership import languages, names
from membership.member import Identity, Role, Who
from services import Tx, rules
from storage import identities, meeting, members, staff

_WINDOWS = {"long": ("said_at", "said_used"), "short": ("clicked_at", "clicked_used")}


class Spoken(Protocol):
    """What is known of a person from the thing said."""

    @property
    def identity(self) -> Identity: ...
    @property
    def window(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Right:
    """The row of somebody who works here: role, first store (None: all), and where they said they stand."""

    staff_id: str
    role: str
    store_id: str | None
    at_store_id: str


def lock(tx: Tx, said: Spoken, now: datetime) -> Who:
    """Return who is speaking, met now or before; other turns of the same person wait until this one commits."""
    row_id, told = identities.id_for(tx, said.identity), _told(said, now)
    if not identities.begin_turn(tx, row_id, **told):
        identities.meet(tx, said.identity, now)
        identities.begin_turn(tx, row_id, **told)
    row = meeting.look(tx, row_id)
    right = Right(row.staff_id, row.staff_role, row.staff_store_id, row.staff_at_store_id) if row.staff_id else None
    return _who(tx, identities.get(tx, row_id), row if row.id else None, right)


def after_answer(tx: Tx, before: Who) -> Who:
    """Return the person as they are now; looked at again only where this transaction has changed somebody."""
    return who(tx, before.identity_id) if identities.changed_since(tx) else before


def who(tx: Tx, identity_id: str) -> Who:
    """Return what is known about the person behind this account."""
    row = identities.get(tx, identity_id)
    right = staff.of_identity(tx, identity_id)
    member = members.find(tx, row.member_id) if row.member_id else None
    if right is None:
        return _who(tx, row, member, None)
    return _who(tx, row, member, Right(right.id, right.role, right.store_id, right.at_store_id))


def find(tx: Tx, identity: Identity) -> Who | None:
    """Return who is behind an account, or None where the shop never met them."""
    row_id = identities.id_for(tx, identity)
    try:
        return who(tx, row_id)
    except LookupError:
        return None


def spoken(tx: Tx, identity_row: Any, member_row: Any) -> str:
    """Return the language to speak with this account."""
    choice = identity_row.language or (member_row.language if member_row is not None else "")
    shop = rules.current(tx)
    return languages.chosen(
        choice=choice, hint=identity_row.language_hint, offered=shop.languages, default=shop.languages[0]
    )


def choose_language(tx: Tx, person: Who, language: str) -> None:
    """Speak this language with the person from now on, in every app of theirs."""
    identities.change(tx, person.identity_id, language=language)
    if person.member_id:
        members.change(tx, person.member_id, language=language)


def unreachable(tx: Tx, identity_id: str, reason: str) -> None:
    """Note that nothing can be sent to this account until the person comes back."""
    identities.change(tx, identity_id, unreachable=reason)


def roles(tx: Tx, right: Right) -> tuple[Role, ...]:
    """Return a right store by store: only open stores count, and all of them are one right without a store."""
    return tuple(Role(right.role, store_id) for store_id in staff.stores_of(tx, right.staff_id, right.store_id))


def _who(tx: Tx, row: Any, member: Any, right: Right | None) -> Who:
    return Who(
        identity_id=row.id,
        identity=identities.opened(tx, row),
        language=spoken(tx, row, member),
        name=identities.name(tx, row),
        member_id=row.member_id,
        staff_id=None if right is None else right.staff_id,
        roles=() if right is None else roles(tx, right),
        at_store_id="" if right is None else right.at_store_id,
    )


def _told(said: Spoken, now: datetime) -> dict[str, Any]:
    """Return what the event itself tells about the account."""
    gone = said.kind == "leave"
    told: dict[str, Any] = {}
    if said.kind != "note":
        told = {"following": not gone, "unreachable": "left" if gone else ""}
    if said.window:
        at, used = _WINDOWS[said.window]
        told |= {at: now, used: 0}
    if said.language:
        told["language_hint"] = said.language[:35]
    if name := names.clean(said.name):
        told["name"] = name
    return told
