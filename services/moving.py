"""Points that go from one member's purse to another's with the ends they have, and back into their own lots."""

from __future__ import annotations

from typing import Any

from membership.moment import Moment
from services import Tx, ledger
from services.ledger import Cause
from storage import merges
from storage import moving as rows
from storage import points as accounts

heir = rows.heir


def sweep(tx: Tx, giver_id: str, taker_id: str, cause: Cause, *, moment: Moment) -> int:
    """Move every point of one member that has not run out to another member; return how many.

    What ends at the same moment becomes one lot there, with that end; what is pending stays so. The caller keeps
    other writers of both waiting.
    """
    giver, taker = accounts.account(tx, giver_id, "points"), accounts.account(tx, taker_id, "points")
    moved = 0
    for place, group in enumerate(rows.groups(tx, giver, moment.now)):
        part = cause.part(str(place))
        made = ledger.transfer(tx, "merge", int(group.total), part, debit=giver, credit=taker, moment=moment)
        assert ledger.post(tx, made, giver_id, moment=moment), "lots and balance disagree"
        rows.empty(tx, made.id, giver, group, now=moment.now)
        open_like(tx, made.id, taker, group, moment=moment)
        moved += made.amount
    return moved


def follow(tx: Tx, giver_id: str, taker_id: str, cause: Cause, *, moment: Moment) -> None:
    """Move a member's points to whom they are one with by now, merge by merge, so that they can part as they came."""
    while giver_id != taker_id:
        heir_id = merges.taken_into(tx, giver_id) or taker_id
        sweep(tx, giver_id, heir_id, cause.part(giver_id), moment=moment)
        giver_id = heir_id


def give_back(tx: Tx, holder_id: str, owner_id: str, cause: Cause, *, moment: Moment) -> int:
    """Move what is left of the points that had come from a member by a merge back into the lots they came from.

    Return how many. What was spent meanwhile stays spent; within one lot, what had been earned first is what is gone.
    """
    holder, owner = accounts.account(tx, holder_id, "points"), accounts.account(tx, owner_id, "points")
    moved = 0
    for lot in rows.come_from(tx, owner, holder, moment.now):
        part, left = cause.part(lot.id), int(lot.remaining)
        made = ledger.transfer(tx, "unmerge", left, part, debit=holder, credit=owner, moment=moment)
        assert ledger.post(tx, made, holder_id, moment=moment), "lots and balance disagree"
        assert accounts.take(tx, made.id, lot.id, left), "a lot changed under its account's lock"
        _refill(tx, made.id, lot, left)
        moved += left
    return moved


def open_like(tx: Tx, transfer_id: str, account: str, group: Any, *, moment: Moment) -> None:
    """Open the lot of the points (``total``) that came over, with the end they had."""
    available_at = max(getattr(group, "available_at", moment.now), moment.now)
    ends = {"available_at": available_at, "expires_at": group.expires_at}
    accounts.open_lot(tx, transfer_id, account, int(group.total), **ends)


def _refill(tx: Tx, transfer_id: str, lot: Any, points: int) -> None:
    """Put points back into the lots this one was filled from; a later end it was given meanwhile goes with them."""
    sources = rows.sources(tx, lot.id)
    if points == lot.earned and all(source.expires_at == lot.expires_at for source in sources):
        rows.refill(tx, transfer_id, lot.id)
        return
    for source in sources:
        amount = min(int(source.amount), points)
        if not amount:
            return
        later = lot.expires_at if lot.expires_at > source.expires_at else None
        assert accounts.take(tx, transfer_id, source.id, -amount, expires_at=later), "a lot cannot hold its own points"
        points -= amount
