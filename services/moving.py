"""Points that go from one member's purse to another's: out of their lots into new ones with the same ends."""

from __future__ import annotations

from typing import Any

from membership.moment import Moment
from services import Tx, ledger
from services.ledger import Cause
from storage import moving as rows
from storage import points as accounts

heir = rows.heir


def sweep(
    tx: Tx, giver_id: str, taker_id: str, cause: Cause, *, kind: str, moment: Moment, returned: bool = False
) -> int:
    """Move every point of one member that has not run out to another member; return how many.

    ``returned``: only those that had come from that other member by a merge, as far as they are still there. The
    caller keeps other writers of both waiting.
    """
    giver, taker = accounts.account(tx, giver_id, "points"), accounts.account(tx, taker_id, "points")
    come_from, moved = taker if returned else "", 0
    for place, group in enumerate(rows.groups(tx, giver, moment.now, come_from=come_from)):
        part = cause.part(str(place))
        made = ledger.transfer(tx, kind, int(group.total), part, debit=giver, credit=taker, moment=moment)
        assert ledger.post(tx, made, giver_id, moment=moment), "lots and balance disagree"
        rows.empty(tx, made.id, giver, group, now=moment.now, come_from=come_from)
        open_like(tx, made.id, made.credit, group, moment=moment)
        moved += made.amount
    return moved


def open_like(tx: Tx, transfer_id: str, account: str, group: Any, *, moment: Moment) -> None:
    """Open the lot of the points (``total``) that came over, with the end they had; what was pending stays so."""
    available_at = max(getattr(group, "available_at", moment.now), moment.now)
    ends = {"available_at": available_at, "expires_at": group.expires_at}
    accounts.open_lot(tx, transfer_id, account, int(group.total), **ends)
