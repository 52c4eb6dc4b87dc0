"""Signing a browser in: by a one-time link from the chat or by the chat app's own word, for twelve hours at most."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from membership import staff as rights
from membership.errors import NotAMember, NotStaff, SignInExpired, StoreClosed
from membership.member import Identity, Role, Who
from membership.moment import Moment, id_of
from services import Tx, audit, people, staff
from services.reader import Reader
from services.staff import Seated
from storage import sessions as rows
from storage import staff as staff_rows
from storage import tickets

Door = Literal["staff", "card"]

LIFE: Final = timedelta(hours=12)
"""How long a browser stays signed in at most; it ends earlier with the right or the membership."""
TICKET_LIFE: Final = timedelta(minutes=5)
"""How long a one-time link from the chat may lie there unused."""
PROOF_KEPT: Final = timedelta(hours=2)
"""How long a platform's note is remembered as used: longer than it is good for."""
DEVICE_LIFE: Final = timedelta(days=30)
"""How long a device remembers who signed in on it, for the quick change of staff."""
SECRET_BYTES: Final = 32
TICKET_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits before a signed-in page, as the database knows them at this moment.

    ``device`` is a random name the browser keeps. At the staff page ``staff_id`` is set, at the card ``member_id``;
    a member of staff may be a member too. ``store_id`` is where the person stands ("" at the card). ``expires_at``
    (UTC) is when they must sign in again.
    """

    session_id: str
    device: str
    staff_id: str | None
    identity_id: str
    member_id: str | None
    roles: tuple[Role, ...]
    store_id: str
    language: str
    name: str
    expires_at: datetime

    @property
    def reader(self) -> Reader:
        """The person as the reader of codes and recorder of purchases they are. Raises NotStaff."""
        if self.staff_id is None:
            raise NotStaff
        return Reader(self.staff_id, self.store_id, self.member_id, self.device)

    def check(self, action: str, *, store_id: str | None = None) -> None:
        """Refuse what no right of theirs covers in this store (else where they stand).

        Raises NotStaff, NotAllowed, and StoreClosed where every store of theirs is closed.
        """
        if self.staff_id is not None and not self.store_id:
            raise StoreClosed
        rights.check(self.roles, action, store_id=store_id or self.store_id)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who signed in on this device before and still works here."""

    staff_id: str
    name: str
    role: str


def link(tx: Tx, who: Who, door: Door, *, moment: Moment) -> str:
    """Return the path of a page with a one-time ticket behind the #, good for five minutes.

    Browsers never send what stands behind the #, so that it is in no log. Raises NotStaff and NotAMember.
    """
    _check(who, door)
    ticket = _secret(moment, "ticket", TICKET_BYTES)
    facts = {"identity_id": who.identity_id, "facts": {}, "at": moment.now, "expires_at": moment.now + TICKET_LIFE}
    tickets.add(tx, moment.new_id("ticket-id"), tickets.digest(ticket), door=door, **facts)
    return f"/{door}#{ticket}"


def open_link(tx: Tx, ticket: str, *, door: Door, device: str, moment: Moment) -> tuple[str, Seat]:
    """Sign in with a one-time link; return the browser's secret and the seat.

    An answer can be lost on a bad line: the same browser may use the same ticket again while it is fresh, which ends
    the session it got before. Raises SignInExpired (used, old or unknown alike), NotStaff and NotAMember.
    """
    row = tickets.find(tx, tickets.digest(ticket), door)
    if row is None or row.identity_id is None or row.expires_at <= moment.now:
        raise SignInExpired
    opened = _open(tx, people.who(tx, row.identity_id), door, device=device, moment=moment)
    facts = {"device": device, "session": opened[1].session_id}
    if not tickets.use(tx, row.id, facts, moment.now):
        _use_again(tx, row.id, door, facts, moment=moment)
    return opened


def open_for(
    tx: Tx, identity: Identity, door: Door, *, device: str, moment: Moment, proof: str = "", before: str = ""
) -> tuple[str, Seat]:
    """Sign in somebody whose account the platform vouched for; return the browser's secret and the seat.

    ``proof`` is what the platform signed, where it could be shown twice: it opens one session, as a ticket does.
    ``before`` is the secret the browser has from before: where it is the same account's, nothing changes.
    Raises SignInExpired, NotStaff and NotAMember.
    """
    person = people.find(tx, identity)
    if person is None:
        raise NotStaff if door == "staff" else NotAMember
    there = find(tx, before, door, now=moment.now)
    if there is not None and there.identity_id == person.identity_id:
        return before, there
    opened = _open(tx, person, door, device=device, moment=moment)
    if proof:
        _use_proof(tx, proof, door, {"device": device, "session": opened[1].session_id}, moment=moment)
    return opened


def find(tx: Tx, token: str, door: Door, *, now: datetime) -> Seat | None:
    """Return who sits behind this secret of a browser, or None where nobody does any more.

    Rights are read anew: whoever was removed, or left, is gone with the next call.
    """
    row = rows.find(tx, token) if token else None
    if row is None or row.door != door or row.ended_at is not None or row.expires_at <= now:
        return None
    return _seated(tx, row) if door == "staff" else _carded(tx, row)


def change_staff(tx: Tx, seat: Seat, staff_id: str, *, moment: Moment) -> tuple[str, Seat]:
    """Seat another member of staff at the same device; return the new secret and seat.

    The caller has checked their PIN. The twelve hours go on from the sign-in they began with. Raises NotStaff.
    """
    person = staff.seated(tx, staff_id)
    if person is None:
        raise NotStaff
    rows.end(tx, seat.session_id, moment.now)
    return _open(
        tx, people.who(tx, person.identity_id), "staff", device=seat.device, moment=moment, until=seat.expires_at
    )


def colleagues(tx: Tx, device: str) -> list[Colleague]:
    """Return who signed in on this device within thirty days and still works here."""
    found = rows.staff_of_device(tx, device) if device else []
    return [Colleague(row.id, staff_rows.name(tx, row), row.role) for row in found]


def end(tx: Tx, session_id: str, *, moment: Moment) -> None:
    """Sign a browser out."""
    rows.end(tx, session_id, moment.now)


def forget(tx: Tx, moment: Moment) -> int:
    """Drop one-time secrets and sessions that are over; devices remember their people for thirty days."""
    return tickets.forget(tx, moment.now) + rows.forget(tx, now=moment.now, devices_before=moment.now - DEVICE_LIFE)


def _check(who: Who, door: Door) -> None:
    if door == "staff" and who.staff_id is None:
        raise NotStaff
    if door == "card" and who.member_id is None:
        raise NotAMember


def _open(
    tx: Tx, who: Who, door: Door, *, device: str, moment: Moment, until: datetime | None = None
) -> tuple[str, Seat]:
    _check(who, door)
    session_id, token = moment.new_id("session"), _secret(moment, "session", SECRET_BYTES)
    whose = {"identity_id": who.identity_id, "staff_id": who.staff_id if door == "staff" else None}
    whose["member_id"] = who.member_id if door == "card" else None
    when = {"at": moment.now, "expires_at": until or moment.now + LIFE}
    rows.add(tx, session_id, token, door=door, device=device, **whose, **when)
    if door == "staff":
        audit.note(tx, moment, "session.open", session_id, actor=who.staff_id or "", device=device)
    seat = find(tx, token, door, now=moment.now)
    assert seat is not None, "the session was made a line ago, for somebody who was looked at"
    return token, seat


def _use_again(tx: Tx, ticket_id: str, door: Door, facts: dict[str, str], *, moment: Moment) -> None:
    """Let a browser whose answer was lost in with the same secret, in place of the session it never heard of."""
    before = tickets.by_id(tx, ticket_id, door)
    if before is None or not facts["device"] or before.facts.get("device") != facts["device"]:
        raise SignInExpired
    rows.end(tx, str(before.facts["session"]), moment.now)
    tickets.note(tx, ticket_id, facts)


def _use_proof(tx: Tx, proof: str, door: Door, facts: dict[str, str], *, moment: Moment) -> None:
    ticket_id = id_of(f"proof:{door}:{proof}")
    when = {"at": moment.now, "used_at": moment.now, "expires_at": moment.now + PROOF_KEPT}
    if not tickets.add(tx, ticket_id, tickets.digest(f"{door}:{proof}"), door=door, facts=facts, **when):
        _use_again(tx, ticket_id, door, facts, moment=moment)


def _seated(tx: Tx, row: Any) -> Seat | None:
    person = staff.seated(tx, row.staff_id)
    if person is None:
        return None
    return _seat(row, person, staff_id=person.staff_id, roles=person.roles, store_id=person.store_id)


def _carded(tx: Tx, row: Any) -> Seat | None:
    try:
        person = people.who(tx, row.identity_id)
    except LookupError:
        return None
    return _seat(row, person) if person.member_id is not None and person.member_id == row.member_id else None


def _seat(
    row: Any, person: Who | Seated, *, staff_id: str | None = None, roles: tuple[Role, ...] = (), store_id: str = ""
) -> Seat:
    return Seat(
        session_id=row.id,
        device=row.device,
        staff_id=staff_id,
        identity_id=person.identity_id,
        member_id=person.member_id,
        roles=roles,
        store_id=store_id,
        language=person.language,
        name=person.name,
        expires_at=row.expires_at,
    )


def _secret(moment: Moment, label: str, size: int) -> str:
    return base64.urlsafe_b64encode(moment.draw(label, size)).decode().rstrip("=")
