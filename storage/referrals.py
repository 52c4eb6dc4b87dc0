"""Who brought whom, how far it has come, and whose an invitation's code is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, exists, func, select, update

from membership.days import NEVER
from membership.moment import id_of
from storage import tickets
from storage.database import Tx
from storage.tables import purchases, refunds
from storage.tables import referrals as t

DOOR: Final = "friend"
_SLIP: Final = exists().where(refunds.c.purchase_id == purchases.c.id, refunds.c.reference == "undo:" + purchases.c.id)
_COUNTS: Final = (purchases.c.paid_minor > 0) & ~_SLIP


def secret(tx: Tx, member_id: str, number: int) -> bytes:
    """Return unforeseeable bytes that belong to the member; another number gives others."""
    return tx.cipher.index("referrals.secret", f"{member_id}:{number}")


def code_number(tx: Tx, member_id: str) -> int | None:
    """Return the number under which the member's code was made, or None before there is one."""
    found = tickets.by_id(tx, _ticket(member_id), DOOR)
    return None if found is None else int(found.facts["number"])


def keep_code(tx: Tx, member_id: str, code: str, *, number: int, now: datetime) -> bool:
    """Keep whose this code is (only its index); False if it is somebody else's, or the member has one already."""
    facts = {"member": member_id, "number": number}
    values = {"door": DOOR, "facts": facts, "at": now, "expires_at": NEVER}
    return tickets.add(tx, _ticket(member_id), _index(tx, code), **values)


def forget_code(tx: Tx, member_id: str) -> None:
    """Forget the member's code."""
    tickets.drop(tx, _ticket(member_id))


def inviter(tx: Tx, code: str) -> str | None:
    """Return the member whose code this is, or None."""
    found = tickets.find(tx, _index(tx, code), DOOR)
    return None if found is None else str(found.facts["member"])


def add(tx: Tx, friend_id: str, **values: Any) -> bool:
    """Write down who brought this member; False if somebody did before."""
    return tx.insert_once(t, {"id": id_of(f"referral:{friend_id}"), "friend_id": friend_id, **values})


def of_friend(tx: Tx, friend_id: str) -> Row[Any] | None:
    """Return how this member was brought, or None."""
    return tx.one(select(t).where(t.c.friend_id == friend_id))


def change(tx: Tx, row_id: str, *, was: str, **values: Any) -> bool:
    """Change a referral in this state; False if it is in another by now."""
    return tx.execute(update(t).where(t.c.id == row_id, t.c.state == was).values(**values)).rowcount == 1


def with_purchase(tx: Tx, *, limit: int) -> list[Row[Any]]:
    """Return friends who have joined and, meanwhile, bought: with their first purchase that was no slip."""
    bought = exists().where(purchases.c.member_id == t.c.friend_id, _COUNTS)
    return tx.all(select(t).where(t.c.state == "joined", bought).order_by(t.c.at, t.c.id).limit(limit))


def first_purchase(tx: Tx, member_id: str) -> Row[Any] | None:
    """Return the member's first purchase, of which something was paid and which was not undone as a slip."""
    found = select(purchases).where(purchases.c.member_id == member_id, _COUNTS)
    return tx.one(found.order_by(purchases.c.at, purchases.c.id).limit(1))


def due(tx: Tx, now: datetime, *, limit: int) -> list[Row[Any]]:
    """Return referrals whose refund window is over."""
    over = select(t).where(t.c.state == "bought", t.c.due_at <= now)
    return tx.all(over.order_by(t.c.due_at, t.c.id).limit(limit))


def paid_since(tx: Tx, inviter_id: str, since: datetime) -> int:
    """Return for how many friends the inviter was paid since this moment."""
    paid = (t.c.inviter_id == inviter_id, t.c.state == "paid", t.c.reason == "", t.c.paid_at >= since)
    return int(tx.scalar(select(func.count()).select_from(t).where(*paid)))


def of_inviter(tx: Tx, inviter_id: str) -> list[Row[Any]]:
    """Return how many friends the inviter brought by state (``friends``), and the points of them."""
    return tx.all(_summed(t.c.state).where(t.c.inviter_id == inviter_id).group_by(t.c.state))


def of_shop(tx: Tx, since: datetime) -> list[Row[Any]]:
    """Return how many friends were brought since this moment by state and reason, and the points of them."""
    return tx.all(_summed(t.c.state, t.c.reason).where(t.c.at >= since).group_by(t.c.state, t.c.reason))


def _summed(*columns: Any) -> Any:
    return select(*columns, func.count().label("friends"), func.coalesce(func.sum(t.c.points), 0).label("points"))


def _ticket(member_id: str) -> str:
    return id_of(f"friend-code:{member_id}")


def _index(tx: Tx, code: str) -> bytes:
    return tx.cipher.index("referrals.code", code)
