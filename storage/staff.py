"""Who works here, with which right, and in which stores it holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, case, func, or_, select, update

from storage import kept
from storage.database import Tx
from storage.tables import guesses, posts, staff, stores

# Statements of every turn are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_OF_IDENTITY: Final = select(staff).where(staff.c.identity_id == _OF, staff.c.removed_at.is_(None))
_FIND: Final = select(staff).where(staff.c.id == _OF)
_HELD: Final = select(posts.c.store_id).where(posts.c.staff_id == _OF, posts.c.removed_at.is_(None))
_STORES: Final = (
    select(stores.c.id)
    .where(or_(stores.c.id == bindparam("home"), stores.c.id.in_(_HELD)), stores.c.closed_at.is_(None))
    .order_by(case((stores.c.id == bindparam("home"), 0), else_=1), stores.c.code)
)
_SINCE: Final = bindparam("since", type_=guesses.c.at.type)
_GUESSED: Final = (
    select(func.count()).select_from(guesses).where(guesses.c.kind == bindparam("said"), guesses.c.at > _SINCE)
)
_GUESSED_BY: Final = _GUESSED.where(guesses.c.actor == _OF)
_GUESSED_IN: Final = _GUESSED.where(guesses.c.store_id == _OF)
_GUESS: Final = guesses.insert().inline()


def of_identity(tx: Tx, identity_id: str) -> Row[Any] | None:
    """Return the working right of this account, or None."""
    row: Row[Any] | None = kept.once(tx, staff, identity_id, lambda: tx.one(_OF_IDENTITY, {"of": identity_id}))
    return row


def find(tx: Tx, staff_id: str) -> Row[Any] | None:
    """Return one person on the staff (also one who left), or None."""
    return tx.one(_FIND, {"of": staff_id})


def held_by_account(tx: Tx, since: datetime) -> dict[str, str]:
    """Return the role of every account that has one; "" for those whose right ended since this moment."""
    working = staff.c.removed_at.is_(None)
    found = select(staff.c.identity_id, staff.c.role, working.label("works"))
    found = found.where(or_(working, staff.c.removed_at > since)).order_by(working, staff.c.created_at)
    return {row.identity_id: row.role if row.works else "" for row in tx.all(found)}


def stores_of(tx: Tx, staff_id: str, home: str | None) -> tuple[str | None, ...]:
    """Return the open stores a right holds in, its first one in front; ``(None,)`` where it holds in all of them."""
    if home is None:
        return (None,)
    found: tuple[str | None, ...] = kept.once(tx, posts, staff_id, lambda: _open(tx, staff_id, home))
    return found


def working(tx: Tx, *, role: str = "") -> list[Row[Any]]:
    """Return who works here now (in this role), longest first."""
    found = select(staff).where(staff.c.removed_at.is_(None)).order_by(staff.c.created_at, staff.c.id)
    return tx.all(found.where(staff.c.role == role) if role else found)


def owners_locked(tx: Tx) -> int:
    """Return how many owners of the whole shop there are; nobody else takes one away before this transaction ends."""
    owners = (staff.c.removed_at.is_(None), staff.c.role == "owner", staff.c.store_id.is_(None))
    found = select(staff.c.id).where(*owners).order_by(staff.c.id)
    return len(tx.all(found.with_for_update() if tx.dialect == "postgresql" else found))


def add(tx: Tx, staff_id: str, *, name: str, **values: Any) -> bool:
    """Give an account a right; False if it has one already."""
    kept.changed(tx, staff)
    sealed = tx.cipher.seal("staff", "name_ct", staff_id, name)
    return tx.insert_once(staff, {"id": staff_id, "name_ct": sealed, **values})


def remove(tx: Tx, staff_id: str, now: datetime) -> bool:
    """Take the right away; False if it was taken before."""
    kept.changed(tx, staff)
    gone = update(staff).where(staff.c.id == staff_id, staff.c.removed_at.is_(None)).values(removed_at=now)
    return tx.execute(gone).rowcount == 1


def change(tx: Tx, staff_id: str, **values: Any) -> None:
    """Change columns of somebody who works here: the role, the first store, or where they stand."""
    kept.changed(tx, staff)
    tx.execute(update(staff).where(staff.c.id == staff_id, staff.c.removed_at.is_(None)).values(**values))


def post(tx: Tx, staff_id: str, rows: Iterable[tuple[str, str]], *, granted_by: str | None, now: datetime) -> None:
    """Let a right hold in these further stores (row id and store each) and in no others but its first."""
    kept.changed(tx, staff)
    kept.changed(tx, posts)
    tx.execute(update(posts).where(posts.c.staff_id == staff_id, posts.c.removed_at.is_(None)).values(removed_at=now))
    for row_id, store_id in rows:
        values = {"staff_id": staff_id, "store_id": store_id, "granted_by": granted_by, "created_at": now}
        tx.insert_once(posts, {"id": row_id, **values})


def name(tx: Tx, row: Row[Any]) -> str:
    """Return the name of a person on the staff, decrypted."""
    return tx.cipher.open("staff", "name_ct", row.id, row.name_ct) if row.name_ct else ""


def guess(tx: Tx, actor: str, *, store_id: str, kind: str, now: datetime) -> None:
    """Count one wrong code or one look-up."""
    tx.execute(_GUESS, {"actor": actor, "store_id": store_id, "kind": kind, "at": now})


def guessed(tx: Tx, *, kind: str, since: datetime, actor: str = "", store_id: str = "") -> int:
    """Return how many wrong codes or look-ups an actor or a store had since this moment."""
    found, whose = (_GUESSED_BY, actor) if actor else (_GUESSED_IN, store_id)
    return int(tx.scalar(found, {"of": whose, "said": kind, "since": since}))


def _open(tx: Tx, staff_id: str, home: str) -> tuple[str, ...]:
    return tuple(row.id for row in tx.all(_STORES, {"of": staff_id, "home": home}))
