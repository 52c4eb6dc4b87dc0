"""Codes that members show and the scans that staff make of them, each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, delete, select, update

from storage.database import Tx
from storage.tables import codes, scans

# Statements of every scan are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("now", type_=codes.c.expires_at.type)
_FIND: Final = select(codes).where(codes.c.id == _OF)
_BY_DIGITS: Final = (
    select(codes).where(codes.c.digits == _OF, codes.c.expires_at > _NOW).order_by(codes.c.issued_at.desc()).limit(1)
)
_SCAN_OF: Final = select(scans).where(scans.c.code_id == _OF)
_FIND_SCAN: Final = select(scans).where(scans.c.id == _OF)
_UNUSED: Final = update(scans).where(scans.c.id == _OF, scans.c.used_at.is_(None))
_USE_SCAN: Final = _UNUSED.where(scans.c.expires_at > _NOW)
_END_SCANS: Final = update(scans).where(scans.c.member_id == _OF, scans.c.used_at.is_(None), scans.c.expires_at > _NOW)

_END_OTHERS: Final = _END_SCANS.where(scans.c.kind != bindparam("but"))


def add(tx: Tx, code_id: str, **values: Any) -> None:
    """Keep a code that was just shown, so that its ten digits can be found."""
    tx.insert_once(codes, {"id": code_id, **values})


def by_digits(tx: Tx, digits: str, now: datetime) -> Row[Any] | None:
    """Return the living code with these digits, the newest if two share them, or None."""
    return tx.one(_BY_DIGITS, {"of": digits, "now": now})


def digits_taken(tx: Tx, digits: str, now: datetime) -> bool:
    """Tell whether a living code has these digits."""
    return by_digits(tx, digits, now) is not None


def forget(tx: Tx, *, before: datetime) -> int:
    """Drop codes that ran out before this moment; return how many."""
    return tx.execute(delete(codes).where(codes.c.expires_at < before)).rowcount


def add_scan(tx: Tx, scan_id: str, **values: Any) -> bool:
    """Write down that a code was read; False if it was read before."""
    return tx.insert_once(scans, {"id": scan_id, **values})


def scan_of(tx: Tx, code_id: str) -> Row[Any] | None:
    """Return the scan that used this code, or None."""
    return tx.one(_SCAN_OF, {"of": code_id})


def find_scan(tx: Tx, scan_id: str) -> Row[Any] | None:
    """Return a scan by its id, or None."""
    return tx.one(_FIND_SCAN, {"of": scan_id})


def use_scan(tx: Tx, scan_id: str, now: datetime) -> bool:
    """Use a scan up; False if it was used or ran out before."""
    return tx.execute(_USE_SCAN, {"of": scan_id, "now": now, "used_at": now}).rowcount == 1


def renew_scan(tx: Tx, scan_id: str, expires_at: datetime) -> None:
    """Give the same till more time with the same scan."""
    change_scan(tx, scan_id, expires_at=expires_at)


def change_scan(tx: Tx, scan_id: str, **values: Any) -> None:
    """Change a scan that is still open, such as until when it counts."""
    tx.execute(_UNUSED, {"of": scan_id, **values})


def end_scans(tx: Tx, member_id: str, now: datetime, *, but: str = "") -> None:
    """Let the member's open scans run out at this moment, but those of this kind ("": all of them)."""
    ended = {"of": member_id, "now": now, "expires_at": now}
    if but:
        tx.execute(_END_OTHERS, {**ended, "but": but})
    else:
        tx.execute(_END_SCANS, ended)


def find(tx: Tx, code_id: str) -> Row[Any] | None:
    """Return a code that was shown, or None where it was never kept or is forgotten."""
    return tx.one(_FIND, {"of": code_id})
