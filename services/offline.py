"""Purchases made while a device had no line: only earning, only genuine codes alive at that moment, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from membership import codes as written
from membership import days
from membership.codes import CLOCK_SKEW
from membership.errors import (
    CodeRevoked,
    CodeUsed,
    IdReused,
    LimitReached,
    MemberFrozen,
    NotAMemberCode,
    OfflineTooLate,
)
from membership.messages import choose
from membership.moment import Moment, id_of
from membership.money import Money, checked
from services import Tx, fraud, purchases, rules
from services.codes import ACCEPTED, SCAN_LIFE
from services.orders import Order, Recorded
from services.reader import Reader
from storage import codes as code_rows
from storage import members as member_rows
from storage import merges
from storage import offline as rows
from storage import purchases as purchase_rows

AGE_MAX: Final = timedelta(hours=24)
"""How long a purchase may wait on a device for the line to come back."""
CHANNEL: Final = "offline"


@dataclass(frozen=True, slots=True)
class Earn:
    """One purchase as the device kept it.

    ``id`` is the device's own name of it, ``code`` the QR text it read ``at`` that moment (UTC, by its clock).
    """

    id: str
    code: str
    amount_minor: int
    at: datetime
    receipt_no: str = ""


def record(tx: Tx, earn: Earn, reader: Reader, *, moment: Moment) -> Recorded:
    """Record one purchase that was made without a line; the same name of the same device is one purchase.

    It costs what was taken for it, and earns by the rules, campaigns and tier of the moment it was made.

    Raises NotAMemberCode (also for digits, which prove nothing by themselves), UnknownCode, CodeExpired (not alive at
    that moment), CodeRevoked, CodeUsed, OfflineTooLate, LimitReached (the device's share of the day), SelfCredit,
    MemberFrozen, IdReused (the name stands for another purchase) and what ``purchases.record`` raises.
    """
    rows.hold(tx, reader.device, reader.actor)
    reference = f"{CHANNEL}:{reader.device}:{earn.id}"
    before = purchase_rows.find(tx, id_of(f"purchase:{reference}"))
    if before is not None:
        _check_same(earn, before)
        return purchases.get(tx, before.id)
    if not moment.now - AGE_MAX <= earn.at <= moment.now + CLOCK_SKEW:
        raise OfflineTooLate
    member_id, code_id = _member_of(tx, earn, reader)
    _check_share(tx, earn, reader, moment.now)
    order = Order(
        member_id,
        earn.amount_minor,
        scan_id=_claim(tx, code_id, member_id, reader, moment=moment),
        receipt_no=earn.receipt_no,
        made_at=earn.at,
    )
    return purchases.record(tx, order, reader, reference=reference, channel=CHANNEL, moment=moment)


def _check_same(earn: Earn, before: Any) -> None:
    """Refuse another purchase under a name that was used. Its code may be too old to be read by now."""
    if before.amount_minor != earn.amount_minor or earn.receipt_no not in ("", before.receipt_no):
        raise IdReused


def _member_of(tx: Tx, earn: Earn, reader: Reader) -> tuple[str, str]:
    """Return the member behind a code that was genuine and alive when it was read, and the code's id."""
    text = written.recognise(earn.code)
    if written.is_digits(text):
        raise NotAMemberCode
    audience = written.audience_of(rules.current(tx).code)
    code = written.read(text, tx.cipher.qr_keys, accept=ACCEPTED, audience=audience, now=earn.at)
    shown = member_rows.by_handle(tx, code.handle)
    if shown is None or _was_revoked(shown.code_not_before, code.issued_at, earn.at):
        raise CodeRevoked
    row = member_rows.get(tx, merges.now_one(tx, shown.id))  # who showed it may have become one with somebody since
    if row.state == "left":
        raise CodeRevoked
    if row.frozen_at is not None:
        raise MemberFrozen
    fraud.check_self(tx, reader, row.id)
    return row.id, id_of(code.reference)


def _was_revoked(not_before: datetime | None, issued_at: datetime, at: datetime) -> bool:
    """Tell whether a code had been withdrawn at that moment; what was withdrawn since did not stop the sale."""
    return not_before is not None and issued_at < not_before <= at


def _check_share(tx: Tx, earn: Earn, reader: Reader, now: datetime) -> None:
    """Refuse what would go beyond the share of the day that a device has, and a person on whatever devices.

    Forgetting the device's name gives nobody a new share. Raises LimitReached and what is no amount.
    """
    shop = rules.current(tx)
    amount = checked(earn.amount_minor, shop.currency, limit_minor=shop.limits.amount_max_minor)
    day = days.day_of(now, shop.zone)
    since = days.start_of(day, shop.zone)
    for number, minor in rows.recorded(tx, CHANNEL, reader.device, reader.actor, day=day, since=since):
        if number >= shop.counter.offline_scans:
            raise LimitReached(limit=shop.counter.offline_scans, scope="device")
        if minor + amount.minor > shop.counter.offline_minor:
            raise LimitReached(limit=Money(shop.counter.offline_minor, shop.currency), scope="device")


def _claim(tx: Tx, code_id: str, member_id: str, reader: Reader, *, moment: Moment) -> str:
    """Claim the code as a till does that has a line: once, whoever was first. Raises CodeUsed."""
    scan_id, until = id_of(f"scan:{code_id}"), moment.now + SCAN_LIFE
    facts = {"code_id": code_id, "member_id": member_id, "actor": reader.actor, "store_id": reader.store_id}
    if not code_rows.add_scan(tx, scan_id, **facts, at=moment.now, expires_at=until):
        row = code_rows.scan_of(tx, code_id)
        assert row is not None, "what stands in the way is there"
        if row.actor != reader.actor or row.used_at is not None:
            raise CodeUsed(at=row.used_at or row.at, store=choose(rules.store_name(tx, row.store_id)))
        code_rows.renew_scan(tx, scan_id, until)
    return scan_id
