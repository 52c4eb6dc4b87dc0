"""The code a member shows and the scan a till makes of it: short-lived, used once, and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership import codes
from membership.codes import Code, CodeKind
from membership.errors import (
    CodeRevoked,
    CodeUsed,
    MemberFrozen,
    ScanExpired,
    ScanRequired,
    SelfCredit,
    TooManyGuesses,
    UnknownCode,
)
from membership.messages import choose
from membership.moment import Moment, id_of
from services import Tx, audit, rules
from storage import codes as rows
from storage import members, staff

SCAN_LIFE = timedelta(minutes=5)
"""How long a till may take from the scan to the purchase."""
GUESSES_SHORT, GUESSES_DAY, GUESSES_STORE = 5, 20, 100
"""Wrong codes a person may type in ten minutes and a day, and all of one store in a day."""

ACCEPTED = frozenset({CodeKind.MEMBER, CodeKind.LIVE, CodeKind.COUPON})


@dataclass(frozen=True, slots=True)
class Shown:
    """A fresh code: its QR text, its ten digits, and the moment it runs out (UTC)."""

    text: str
    digits: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a code: the person or till, their own member (if any), and the store they stand in."""

    actor: str
    store_id: str
    member_id: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that was read: the member (and the coupon) behind it, good for one purchase until it runs out."""

    id: str
    member_id: str
    coupon_id: str | None
    expires_at: datetime


def show(tx: Tx, member_id: str, *, moment: Moment, coupon_id: str | None = None, live: bool = False) -> Shown:
    """Make a fresh code for a member (for one coupon of theirs). Raises MemberFrozen."""
    row = members.get(tx, member_id)
    if row.frozen_at is not None:
        raise MemberFrozen
    kind = CodeKind.COUPON if coupon_id else CodeKind.LIVE if live else CodeKind.MEMBER
    issued_at = moment.now.replace(microsecond=0)
    code = Code(kind, _audience(tx), bytes(row.handle), issued_at, moment.draw("code", 4))
    text = codes.mint(code, kid=tx.cipher.current_qr_kid, key=tx.cipher.qr_key(tx.cipher.current_qr_kid))
    digits = _free_digits(tx, moment)
    facts = {"digits": digits, "member_id": member_id, "coupon_id": coupon_id}
    rows.add(tx, id_of(code.reference), **facts, issued_at=issued_at, expires_at=code.expires_at)
    return Shown(text, digits, code.expires_at)


def scan(tx: Tx, scanned: str, reader: Reader, *, moment: Moment) -> Scan:
    """Read what a scanner saw or a hand typed, and claim the code for this till.

    The same till may read the same code again; any other one is told when and where it was used.
    Raises NotAMemberCode, MistypedCode, UnknownCode, CodeExpired, CodeRevoked, CodeUsed, MemberFrozen, SelfCredit,
    TooManyGuesses.
    """
    text = codes.recognise(scanned)
    found = _typed(tx, text, reader, moment) if codes.is_digits(text) else _read(tx, text, moment)
    member = members.get(tx, found.member_id)
    if member.frozen_at is not None:
        raise MemberFrozen
    if member.state == "left" or (member.code_not_before is not None and found.issued_at < member.code_not_before):
        raise CodeRevoked
    if found.member_id == reader.member_id:
        raise SelfCredit
    return _claim(tx, found, reader, moment)


def use(tx: Tx, scan_id: str, member_id: str, reader: Reader, *, moment: Moment) -> None:
    """Use a scan up for an effect in this transaction. Raises ScanRequired, CodeUsed and ScanExpired."""
    row = rows.find_scan(tx, scan_id)
    if row is None or row.member_id != member_id or row.actor != reader.actor:
        raise ScanRequired
    if rows.use_scan(tx, scan_id, moment.now):
        return
    if row.used_at is not None:
        raise CodeUsed(at=row.used_at, store=choose(rules.store_name(tx, row.store_id)))
    raise ScanExpired


def find_scan(tx: Tx, scan_id: str, reader: Reader, *, now: datetime) -> Scan:
    """Return an open scan of this till. Raises ScanRequired, CodeUsed and ScanExpired."""
    row = rows.find_scan(tx, scan_id)
    if row is None or row.actor != reader.actor:
        raise ScanRequired
    if row.used_at is not None:
        raise CodeUsed(at=row.used_at, store=choose(rules.store_name(tx, row.store_id)))
    if row.expires_at <= now:
        raise ScanExpired
    return Scan(row.id, row.member_id, row.coupon_id, row.expires_at)


def revoke(tx: Tx, member_id: str, *, moment: Moment) -> None:
    """Make every code shown so far worthless."""
    members.change(tx, member_id, code_not_before=moment.now)


@dataclass(frozen=True, slots=True)
class _Found:
    code_id: str
    member_id: str
    coupon_id: str | None
    issued_at: datetime


def _read(tx: Tx, text: str, moment: Moment) -> _Found:
    code = codes.read(text, _keys(tx), accept=ACCEPTED, audience=_audience(tx), now=moment.now)
    row = members.by_handle(tx, code.handle)
    if row is None:
        raise CodeRevoked
    code_id = id_of(code.reference)
    kept = rows.find(tx, code_id)
    return _Found(code_id, row.id, None if kept is None else kept.coupon_id, code.issued_at)


def _typed(tx: Tx, digits: str, reader: Reader, moment: Moment) -> _Found:
    codes.check_digits(digits)
    _check_guesses(tx, reader, moment.now)
    row = rows.by_digits(tx, digits, moment.now)
    if row is None:
        raise UnknownCode
    return _Found(row.id, row.member_id, row.coupon_id, row.issued_at)


def wrong_guess(tx: Tx, reader: Reader, *, now: datetime) -> bool:
    """Count one wrong typed code, outside the refused part of the transaction; True where it was the day's last."""
    staff.guess(tx, reader.actor, store_id=reader.store_id, kind="digits", now=now)
    return staff.guessed(tx, kind="digits", since=now - timedelta(days=1), actor=reader.actor) >= GUESSES_DAY


def forgive(tx: Tx, actor: str, *, by: str, moment: Moment) -> None:
    """Let a person type codes again: their wrong ones of today no longer count."""
    staff.forgive(tx, actor, kind="digits")
    audit.note(tx, moment, "codes.unlock", f"{actor}:{moment.now.isoformat()}", actor=by)


def _check_guesses(tx: Tx, reader: Reader, now: datetime) -> None:
    short, day = now - timedelta(minutes=10), now - timedelta(days=1)
    if staff.guessed(tx, kind="digits", since=short, actor=reader.actor) >= GUESSES_SHORT:
        raise TooManyGuesses(until=now + timedelta(minutes=10))
    mine = staff.guessed(tx, kind="digits", since=day, actor=reader.actor)
    if mine >= GUESSES_DAY or staff.guessed(tx, kind="digits", since=day, store_id=reader.store_id) >= GUESSES_STORE:
        raise TooManyGuesses(until=None)


def _claim(tx: Tx, found: _Found, reader: Reader, moment: Moment) -> Scan:
    scan_id, until = id_of(f"scan:{found.code_id}"), moment.now + SCAN_LIFE
    facts = {"code_id": found.code_id, "member_id": found.member_id, "coupon_id": found.coupon_id}
    where = {"actor": reader.actor, "store_id": reader.store_id, "at": moment.now, "expires_at": until}
    if not rows.add_scan(tx, scan_id, **facts, **where):
        _check_mine(tx, rows.scan_of(tx, found.code_id), reader)
        rows.renew_scan(tx, scan_id, until)
    return Scan(scan_id, found.member_id, found.coupon_id, until)


def _check_mine(tx: Tx, row: Any, reader: Reader) -> None:
    if row.actor != reader.actor or row.used_at is not None:
        raise CodeUsed(at=row.used_at or row.at, store=choose(rules.store_name(tx, row.store_id)))


def _keys(tx: Tx) -> Mapping[int, bytes]:
    return tx.cipher.qr_keys


def _audience(tx: Tx) -> int:
    return codes.audience_of(rules.current(tx).code)


def _free_digits(tx: Tx, moment: Moment) -> str:
    """Draw ten digits no living code has; 50 living codes in 10**9 make a third draw all but impossible."""
    for attempt in range(8):
        digits = codes.digits(moment.below(f"digits:{attempt}", 10**9))
        if not rows.digits_taken(tx, digits, moment.now):
            return digits
    raise AssertionError("eight draws of ten digits were all taken")
