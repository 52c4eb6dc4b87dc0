"""One-time codes by which two accounts find each other: shown in one, typed in the other, and never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from membership import linking
from membership.errors import LinkLocked, LinkOwn, LinkUnknown, MemberFrozen
from membership.linking import Door
from membership.member import Who
from membership.moment import Moment
from services import Tx, channels, members
from storage import guesses, merges, tickets

KIND = "pairing"


@dataclass(frozen=True, slots=True)
class Shown:
    """A fresh code, the link that types it at Telegram ("": none), and the moment it runs out (UTC)."""

    code: str
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A code that counts: its ticket, the account that showed it, and the member behind that account."""

    ticket_id: str
    identity_id: str
    member_id: str


def show(tx: Tx, who: Who, door: Door, *, moment: Moment) -> Shown:
    """Make a code for this account; earlier ones of the same door end. Raises NotAMember and MemberFrozen."""
    member_id = members.required(who)
    if members.get(tx, member_id).frozen:
        raise MemberFrozen
    tickets.end_open(tx, who.identity_id, door, moment.now)
    expires_at, tried = moment.now + linking.LIFE, 0
    while True:  # of a million million codes one may be somebody else's
        code = linking.code_of(moment.draw(f"{door} code {tried}", 5), door)
        ticket = {"door": door, "identity_id": who.identity_id, "at": moment.now, "expires_at": expires_at}
        facts = {"facts": {"member": member_id}}
        if tickets.add(tx, moment.new_id(f"{door} ticket {tried}"), tickets.index(tx, code), **ticket, **facts):
            link = channels.telegram_link(tx, code.replace("-", "_").lower())
            return Shown(code, link, expires_at)
        tried += 1


def look(tx: Tx, who: Who, typed: str, door: Door, *, now: datetime) -> Found:
    """Return what a typed code opens. Raises LinkLocked, LinkUnknown and LinkOwn (the very same member's).

    Whoever catches LinkUnknown calls ``note_wrong``: the count must stay where the refusal is undone.
    """
    check_tries(tx, who, now=now)
    row = tickets.find(tx, tickets.index(tx, typed), door)
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise LinkUnknown
    return _found(tx, row, who)


def check_tries(tx: Tx, who: Who, *, now: datetime) -> None:
    """Refuse an account that has typed too many wrong codes of late. Raises LinkLocked."""
    tried = guesses.tries(tx, who.identity_id, kind=KIND, since=now - linking.TRIES_IN, most=linking.TRIES)
    if len(tried) >= linking.TRIES:
        raise LinkLocked(until=tried[-1] + linking.TRIES_IN)


def note_wrong(tx: Tx, who: Who, *, now: datetime) -> None:
    """Count one wrong code of this account."""
    guesses.add(tx, who.identity_id, store_id="", kind=KIND, now=now)


def take(tx: Tx, who: Who, ticket_id: str, door: Door, *, moment: Moment) -> tuple[Found, bool]:
    """Use a code up; tell whether it was now (False: this same account did before).

    Raises LinkUnknown (somebody else did, or its time is over) and LinkOwn.
    """
    row = tickets.by_id(tx, ticket_id, door)
    if row is None:
        raise LinkUnknown
    if row.used_at is not None and row.facts.get("by") == who.identity_id:
        return Found(row.id, row.identity_id, merges.now_one(tx, row.facts["member"])), False
    found = _found(tx, row, who)
    if not tickets.use(tx, ticket_id, {**row.facts, "by": who.identity_id}, moment.now):
        raise LinkUnknown
    return found, True


def _found(tx: Tx, row: Any, who: Who) -> Found:
    member_id = merges.now_one(tx, row.facts["member"])  # who showed it may have become one with somebody since
    if row.identity_id == who.identity_id or member_id == who.member_id:
        raise LinkOwn
    if members.find(tx, member_id) is None:
        raise LinkUnknown  # who showed it has left since
    return Found(row.id, row.identity_id, member_id)
