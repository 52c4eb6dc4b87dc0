"""Stored value: what a member holds of it, and the top-ups and payouts as they were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, case, func, literal_column, or_, select, update

from membership.stored_value import Parts
from storage import kept
from storage.database import Tx
from storage.points import account_id
from storage.tables import accounts, lots, reservations, top_ups, transfers

PRINCIPAL: Final = "stored_principal"
BONUS: Final = "stored_bonus"

_OF: Final[BindParameter[str]] = bindparam("of")
_PAID_IN: Final[BindParameter[str]] = bindparam("principal")
_ADDED: Final[BindParameter[str]] = bindparam("bonus")
_HELD: Final = select(
    func.coalesce(func.sum(case((accounts.c.id == _PAID_IN, accounts.c.balance), else_=0)), 0).label("principal"),
    func.coalesce(func.sum(case((accounts.c.id == _ADDED, accounts.c.balance), else_=0)), 0).label("bonus"),
).where(accounts.c.id.in_((_PAID_IN, _ADDED)))
_RESERVED: Final = select(func.coalesce(func.sum(reservations.c.stored_minor), 0)).where(
    reservations.c.member_id == _OF,
    reservations.c.state == literal_column("'pending'"),
    reservations.c.expires_at > bindparam("at", type_=reservations.c.expires_at.type),
)
_STANDING: Final = _HELD.add_columns(_RESERVED.scalar_subquery().label("reserved"))
_FIND: Final = select(top_ups).where(top_ups.c.id == _OF)
_UNDO: Final = update(top_ups).where(top_ups.c.id == _OF, top_ups.c.undone_at.is_(None))
_MOVED_BY: Final = select(func.coalesce(func.sum(top_ups.c.principal_minor), 0)).where(
    top_ups.c.actor == _OF,
    top_ups.c.at >= bindparam("since", type_=top_ups.c.at.type),
    top_ups.c.member_id == bindparam("member"),
    top_ups.c.kind == bindparam("said"),
    top_ups.c.undone_at.is_(None),
)
_MINE: Final = or_(*(side.in_((_PAID_IN, _ADDED)) for side in (transfers.c.credit, transfers.c.debit)))
_SIGN: Final = case((transfers.c.credit.in_((_PAID_IN, _ADDED)), 1), else_=-1)
_HISTORY: Final = (
    select(transfers, _SIGN.label("sign"))
    .where(_MINE)
    .order_by(transfers.c.at.desc(), transfers.c.id.desc())
    .limit(bindparam("most"))
    .offset(bindparam("behind"))
)


def held(tx: Tx, member_id: str) -> Parts:
    """Return what the member's two accounts hold, in minor units; nothing where they were never opened."""
    row = tx.one(_HELD, _accounts(member_id))
    assert row is not None, "sums always come in one row"
    return Parts(int(row.principal), int(row.bonus))


def standing(tx: Tx, member_id: str, now: datetime) -> tuple[Parts, int]:
    """Return what the member holds, and how much of it waits for their yes and cannot be spent a second time."""
    if tx.dialect == "postgresql":  # others may have spent before this transaction got its lock
        return _standing(tx, member_id, now)
    return kept.once(tx, lots, f"stored:{member_id}:{now}", lambda: _standing(tx, member_id, now))


def moved(tx: Tx) -> None:
    """Forget what this transaction has read: it moved some."""
    kept.changed(tx, lots)  # together with points: a reservation keeps both


def _standing(tx: Tx, member_id: str, now: datetime) -> tuple[Parts, int]:
    row = tx.one(_STANDING, {**_accounts(member_id), "of": member_id, "at": now})
    assert row is not None, "sums always come in one row"
    return Parts(int(row.principal), int(row.bonus)), int(row.reserved)


def add(tx: Tx, top_up_id: str, **values: Any) -> bool:
    """Write a top-up or a payout down; False if its reference stands there already."""
    return tx.insert_once(top_ups, {"id": top_up_id, **values})


def find(tx: Tx, top_up_id: str) -> Row[Any] | None:
    """Return a top-up or payout, or None."""
    return tx.one(_FIND, {"of": top_up_id})


def undo(tx: Tx, top_up_id: str, now: datetime) -> bool:
    """Mark a top-up as undone; False if it was before."""
    return tx.execute(_UNDO.values(undone_at=now), {"of": top_up_id}).rowcount == 1


def moved_by(tx: Tx, actor: str, kind: str, *, member_id: str, since: datetime) -> int:
    """Return how much this person topped up (or paid out) for this member since a moment and did not undo."""
    return int(tx.scalar(_MOVED_BY, {"of": actor, "said": kind, "member": member_id, "since": since}))


def history(tx: Tx, member_id: str, *, behind: int, limit: int) -> list[Row[Any]]:
    """Return the member's movements of stored value with their ``sign``, newest first, after so many newer ones."""
    return tx.all(_HISTORY, {**_accounts(member_id), "most": limit, "behind": behind})


def _accounts(member_id: str) -> dict[str, str]:
    return {"principal": account_id(member_id, PRINCIPAL), "bonus": account_id(member_id, BONUS)}
