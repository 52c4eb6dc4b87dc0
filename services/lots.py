"""Points that go from one member's purse to another's with the ends they have, and back into their own lots."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from membership.moment import Moment
from services import Tx, ledger
from services.ledger import Cause
from storage import lots as rows
from storage import merges
from storage import points as accounts


def sweep(tx: Tx, giver_id: str, taker_id: str, cause: Cause, *, moment: Moment) -> int:
    """Move every point of one member that has not run out to another member; return how many.

    What ends at the same moment becomes one lot there, with that end; what is pending stays so. The caller keeps
    other writers of both waiting.
    """
    giver, taker = accounts.account(tx, giver_id, "points"), accounts.account(tx, taker_id, "points")
    groups = rows.groups(tx, giver, moment.now)
    if not groups:
        return 0
    between: dict[str, Any] = {"debit": giver, "credit": taker, "moment": moment}
    made = [
        ledger.transfer(tx, "merge", int(group.total), cause.part(str(place)), **between)
        for place, group in enumerate(groups)
    ]
    run = ledger.post_all(tx, made, giver_id, moment=moment)
    assert run is not None, "lots and balance disagree"
    rows.open_lots(tx, [_like(one.id, taker, group, now=moment.now) for one, group in zip(made, groups, strict=True)])
    rows.pour(tx, run, taker, now=moment.now)
    return sum(one.amount for one in made)


def follow(tx: Tx, giver_id: str, taker_id: str, cause: Cause, *, moment: Moment) -> None:
    """Move a member's points to whom they are one with by now, merge by merge, so that they can part as they came."""
    while giver_id != taker_id:
        heir_id = merges.taken_into(tx, giver_id) or taker_id
        sweep(tx, giver_id, heir_id, cause.part(giver_id), moment=moment)
        giver_id = heir_id


def give_back(tx: Tx, holder_id: str, owner_id: str, cause: Cause, *, after: int, moment: Moment) -> int:
    """Move what is left of the points that came from a member since they merged back into the lots they came from.

    ``after`` is the number of the owner's last movement before they merged. Return how many. What was spent meanwhile
    stays spent; within one lot, what had been earned first is what is gone.
    """
    holder, owner = accounts.account(tx, holder_id, "points"), accounts.account(tx, owner_id, "points")
    came = rows.come_from(tx, owner, holder, after=after, now=moment.now)
    if not came:
        return 0
    between: dict[str, Any] = {"debit": holder, "credit": owner, "moment": moment}
    made = [ledger.transfer(tx, "unmerge", int(lot.remaining), cause.part(lot.id), **between) for lot in came]
    run = ledger.post_all(tx, made, holder_id, moment=moment)
    assert run is not None, "lots and balance disagree"
    pairs = list(zip(made, came, strict=True))
    rows.slice_all(tx, [(one.id, lot.id, one.amount) for one, lot in pairs])
    whole = sum(lot.whole for lot in came)
    if whole:
        rows.refill(tx, replace(run, last=run.first + whole - 1))
    for one, lot in pairs[whole:]:
        _refill(tx, one.id, lot, one.amount)
    rows.settle(tx, run)
    return sum(one.amount for one in made)


def open_like(tx: Tx, transfer_id: str, account: str, group: Any, *, moment: Moment) -> None:
    """Open the lot of the points (``total``) that came over, with the end they had."""
    rows.open_lots(tx, [_like(transfer_id, account, group, now=moment.now)])


def _like(transfer_id: str, account: str, group: Any, *, now: datetime) -> dict[str, Any]:
    """Return the lot of a group of points that came over: what can be spent now can be spent now there."""
    total = int(group.total)
    ends = {"available_at": max(getattr(group, "available_at", now), now), "expires_at": group.expires_at}
    return {"id": transfer_id, "account_id": account, "earned": total, "remaining": total, **ends}


def _refill(tx: Tx, transfer_id: str, lot: Any, points: int) -> None:
    """Note what goes back into the lots this one was filled from; a later end it was given meanwhile goes with it."""
    back = list[tuple[str, str, int]]()
    for source in rows.sources(tx, lot.id):
        amount = min(int(source.amount), points)
        if not amount:
            break
        if lot.expires_at > source.expires_at:
            rows.end_later(tx, source.id, lot.expires_at)
        back.append((transfer_id, source.id, -amount))
        points -= amount
    rows.slice_all(tx, back)
