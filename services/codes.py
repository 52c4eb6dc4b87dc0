"""The code a member shows and the scan a till makes of it: short-lived, used once, and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership import codes
from membership.codes import Code, CodeKind
from membership.errors import (
    AnswerAwaited,
    CodeRevoked,
    CodeUsed,
    MemberFrozen,
    ScanExpired,
    ScanRequired,
    UnknownCode,
)
from membership.messages import choose
from membership.moment import Moment, id_of
from services import Tx, fraud, guesses, rules
from services.reader import Reader
from storage import codes as rows
from storage import members

SCAN_LIFE = timedelta(minutes=5)
"""How long a till may take from the scan to the purchase."""
_SECOND = timedelta(seconds=1)

ACCEPTED = frozenset({CodeKind.MEMBER, CodeKind.LIVE, CodeKind.COUPON, CodeKind.PAY})
PAY, KEPT = "pay", "kept"
"""What a scan's ``kind`` is where the member showed a pay code on purpose, and while a bill waits for their yes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A fresh code: its QR text, its ten digits, and the moment it runs out (UTC)."""

    text: str
    digits: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that was read: the member (and the coupon) behind it, good for one purchase until it runs out.

    ``kind`` is "pay" where the member showed a pay code, else "".
    """

    id: str
    member_id: str
    coupon_id: str | None
    expires_at: datetime
    kind: str = ""


def show(
    tx: Tx,
    member_id: str,
    *,
    moment: Moment,
    session: str = "",
    coupon_id: str | None = None,
    live: bool = False,
    pay: bool = False,
) -> Shown:
    """Make a fresh code for a member (for one coupon of theirs, or to pay with). Raises MemberFrozen.

    ``session`` is the chat or page it was asked from: asked from another one than the last, it ends every earlier
    code, so that of two phones only the last one shows a code that counts.
    """
    row = members.lock(tx, member_id)
    if row.frozen_at is not None:
        raise MemberFrozen
    kind = CodeKind.COUPON if coupon_id else CodeKind.PAY if pay else CodeKind.LIVE if live else CodeKind.MEMBER
    issued_at = _issued_at(tx, row, session, moment.now)
    code = Code(kind, _audience(tx), bytes(row.handle), issued_at, moment.draw("code", 4))
    text = codes.mint(code, kid=tx.cipher.current_qr_kid, key=tx.cipher.qr_key(tx.cipher.current_qr_kid))
    digits = _free_digits(tx, moment)
    facts = {"digits": digits, "member_id": member_id, "coupon_id": coupon_id, "kind": PAY if pay else ""}
    rows.add(tx, id_of(code.reference), **facts, issued_at=issued_at, expires_at=code.expires_at)
    return Shown(text, digits, code.expires_at)


def scan(tx: Tx, scanned: str, reader: Reader, *, moment: Moment) -> Scan:
    """Read what a scanner saw or a hand typed, and claim the code for this till.

    The same till may read the same code again; any other one is told when and where it was used.
    Raises NotAMemberCode, MistypedCode, UnknownCode, CodeExpired, CodeRevoked, CodeUsed, MemberFrozen, SelfCredit,
    TooManyGuesses.
    """
    return _claim(tx, _genuine(tx, scanned, reader, moment), reader, moment)


def peek(tx: Tx, scanned: str, reader: Reader, *, moment: Moment) -> str:
    """Return the member behind a code that could be read now, without claiming it. Raises as ``scan`` does."""
    found = _genuine(tx, scanned, reader, moment)
    taken = rows.scan_of(tx, found.code_id)
    if taken is not None:
        _check_mine(tx, taken, reader)
    return found.member_id


def use(tx: Tx, scan_id: str, member_id: str, reader: Reader, *, moment: Moment) -> None:
    """Use a scan up for an effect in this transaction. Raises ScanRequired, CodeUsed, ScanExpired, AnswerAwaited.

    A scan whose bill waits for the member's yes is kept for that bill.
    """
    row = rows.find_scan(tx, scan_id)
    if row is None or row.member_id != member_id or row.actor != reader.actor:
        raise ScanRequired
    if row.kind == KEPT and row.used_at is None and row.expires_at > moment.now:
        raise AnswerAwaited(until=row.expires_at)
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
    return Scan(row.id, row.member_id, row.coupon_id, row.expires_at, row.kind)


def keep(tx: Tx, scan_id: str, *, until: datetime) -> None:
    """Keep an open scan for a bill that waits for the member's yes: it lasts as long, and serves nothing else."""
    rows.change_scan(tx, scan_id, kind=KEPT, expires_at=until)


def free(tx: Tx, scan_id: str) -> None:
    """Let a kept scan be used, now that its bill is decided."""
    rows.change_scan(tx, scan_id, kind="")


def spoil(tx: Tx, scan_id: str, *, now: datetime) -> None:
    """End a scan without an effect: its code is never read again."""
    rows.use_scan(tx, scan_id, now)


def revoke(tx: Tx, member_id: str, *, moment: Moment) -> None:
    """Make every code shown so far worthless, and every scan of them that is still open."""
    members.change(tx, member_id, code_not_before=moment.now)
    rows.end_scans(tx, member_id, moment.now)


@dataclass(frozen=True, slots=True)
class _Found:
    code_id: str
    member_id: str
    coupon_id: str | None
    issued_at: datetime
    kind: str
    typed: bool = False


def _issued_at(tx: Tx, row: Any, session: str, now: datetime) -> datetime:
    """Return when a code asked for now is issued, in whole seconds, after whatever ended the codes before it.

    A second later than now where an earlier code of this very second must not count any more.
    """
    second, ended = now.replace(microsecond=0), row.code_not_before
    moved = bool(session) and row.code_session not in ("", session)
    if moved:
        ended = max(second, ended or second) + _SECOND
    if moved or (session and row.code_session == ""):
        members.change(tx, row.id, code_session=session, code_not_before=ended)
    if ended is None or ended <= second:
        return second
    whole: datetime = ended if ended.microsecond == 0 else ended.replace(microsecond=0) + _SECOND
    return min(whole, second + codes.CLOCK_SKEW)


def _genuine(tx: Tx, scanned: str, reader: Reader, moment: Moment) -> _Found:
    """Return what is behind a code that counts and may be read here. Raises what ``scan`` raises before it claims."""
    text = codes.recognise(scanned)
    found = _typed(tx, text, reader, moment) if codes.is_digits(text) else _read(tx, text, moment)
    member = members.get(tx, found.member_id)
    if member.frozen_at is not None:
        raise MemberFrozen
    if member.state == "left" or (member.code_not_before is not None and found.issued_at < member.code_not_before):
        raise CodeRevoked
    fraud.check_self(tx, reader, found.member_id)
    return found


def _read(tx: Tx, text: str, moment: Moment) -> _Found:
    code = codes.read(text, _keys(tx), accept=ACCEPTED, audience=_audience(tx), now=moment.now)
    row = members.by_handle(tx, code.handle)
    if row is None:
        raise CodeRevoked
    code_id = id_of(code.reference)
    kept = rows.find(tx, code_id)
    kind = PAY if code.kind is CodeKind.PAY else ""
    return _Found(code_id, row.id, None if kept is None else kept.coupon_id, code.issued_at, kind)


def _typed(tx: Tx, digits: str, reader: Reader, moment: Moment) -> _Found:
    codes.check_digits(digits)
    guesses.check(tx, reader.actor, reader.store_id, now=moment.now)
    row = rows.by_digits(tx, digits, moment.now)
    if row is None:
        raise UnknownCode
    return _Found(row.id, row.member_id, row.coupon_id, row.issued_at, row.kind, typed=True)


def _claim(tx: Tx, found: _Found, reader: Reader, moment: Moment) -> Scan:
    scan_id, until = id_of(f"scan:{found.code_id}"), moment.now + SCAN_LIFE
    facts = {name: getattr(found, name) for name in ("code_id", "member_id", "coupon_id", "kind", "typed")}
    where = {"actor": reader.actor, "store_id": reader.store_id, "at": moment.now, "expires_at": until}
    if not rows.add_scan(tx, scan_id, **facts, **where):
        row: Any = rows.scan_of(tx, found.code_id)
        _check_mine(tx, row, reader)
        until = row.expires_at if row.kind == KEPT else until
        rows.renew_scan(tx, scan_id, until)
    return Scan(scan_id, found.member_id, found.coupon_id, until, found.kind)


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
