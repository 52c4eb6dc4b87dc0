"""What becomes of two members' points, debts and stored value when they become one, and when they are parted."""

from __future__ import annotations

from typing import Any

from membership.messages import say
from membership.moment import Moment
from services import Tx, ledger, lots, points, rules
from services.ledger import Cause
from storage import points as accounts


def bring_over(tx: Tx, kept_id: str, gone_id: str, cause: Cause, *, moment: Moment) -> dict[str, int]:
    """Move points, debt and stored value to the one who is kept; return how much of each came.

    ``points_after`` is the number the gone one's points had come to before: what has a later one came with the merge.
    """
    _hold(tx, kept_id, gone_id)
    giver = accounts.account_id(gone_id, "points")
    points.expire_account(tx, giver, moment=moment)
    value = {"points_after": accounts.number(tx, giver)}
    value["points"] = lots.sweep(tx, gone_id, kept_id, cause.part("points"), moment=moment)
    for kind, unit in _purses(tx):
        held = accounts.balance(tx, gone_id, kind)
        _carry(tx, (gone_id, kept_id, kind, unit), held, cause.part(kind), name="merge", moment=moment)
        value[kind] = held
    return value


def give_back(tx: Tx, row: Any, *, actor: str, moment: Moment) -> None:
    """Return what came over, as far as it is still there: points by their lots, the rest up to what came."""
    cause = Cause(f"unmerge:{row.id}", actor, (say("history.parted"),))
    _hold(tx, row.kept_id, row.gone_id)
    points.expire_account(tx, accounts.account_id(row.kept_id, "points"), moment=moment)
    after = row.moved["value"].get("points_after", 0)
    lots.give_back(tx, row.kept_id, row.gone_id, cause.part("points"), after=after, moment=moment)
    for kind, unit in _purses(tx):
        left = min(row.moved["value"].get(kind, 0), accounts.balance(tx, row.kept_id, kind))
        pair = (row.kept_id, row.gone_id, kind, unit)
        _carry(tx, pair, left, cause.part(kind), name="unmerge", moment=moment)


def _hold(tx: Tx, one_id: str, other_id: str) -> None:
    """Keep other writers of both purses waiting, in the order of the job that writes off (points.expire_due)."""
    for account in sorted([accounts.account(tx, member_id, "points") for member_id in (one_id, other_id)]):
        accounts.lock(tx, account)


def _purses(tx: Tx) -> tuple[tuple[str, str], ...]:
    """Return the accounts that hold no lots, each with its unit."""
    currency = rules.current(tx).currency
    return (("debt", "points"), ("stored_principal", currency), ("stored_bonus", currency))


def _carry(tx: Tx, about: tuple[str, str, str, str], amount: int, cause: Cause, *, name: str, moment: Moment) -> None:
    """Move an amount of one account (giver, taker, kind, unit) to the other member's."""
    giver_id, taker_id, kind, unit = about
    if amount <= 0:
        return
    giver = accounts.account(tx, giver_id, kind, unit=unit)
    taker = accounts.account(tx, taker_id, kind, unit=unit)
    made = ledger.transfer(tx, name, amount, cause, debit=giver, credit=taker, moment=moment, unit=unit)
    assert ledger.post(tx, made, giver_id, moment=moment), "no more is moved than is held"
