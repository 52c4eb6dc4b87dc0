"""A code read at this door, the same way by a till and by the staff page: whose it is, and which coupons count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from membership.errors import Refusal
from membership.moment import Moment
from services import Tx, counter
from services.counter import Seen
from web import shown
from web.idempotency import Caller, Deed
from web.shown import Shown


def reading(code: str, caller: Caller, whose: Callable[[Tx, Seen, Moment], Shown]) -> Deed:
    """Return the deed of reading a code; ``whose`` shows the member as this caller may see them.

    Typed numbers are tried one at a time, and a wrong one counts although its refusal undoes the rest.
    """

    def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
        caller.check("scan")
        seen = counter.read(tx, code, caller.reader, moment=moment)
        return 200, _scan(tx, seen, whose(tx, seen, moment))

    def hold(tx: Tx, _: Moment) -> None:
        counter.hold(tx, code, caller.reader)

    def note_wrong(tx: Tx, no: Refusal, moment: Moment) -> None:
        counter.note_wrong(tx, code, no, caller.reader, moment=moment)

    return Deed(effect, before=hold, after=note_wrong)


def _scan(tx: Tx, seen: Seen, member: Shown) -> Shown:
    assert seen.scan is not None, "who was read by a code has a scan"
    return {
        "scan_id": seen.scan.id,
        "expires_at": seen.scan.expires_at,
        "coupon_id": seen.scan.coupon_id,
        "kind": seen.scan.kind,
        "member": member,
        "coupons": [shown.coupon(tx, held) for held in seen.coupons],
    }
