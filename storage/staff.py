"""Who works here, with which right, and the invitations that are still open."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, delete, func, select, update

from storage import kept
from storage.database import Tx
from storage.tables import guesses, invites, staff

# Statements of every turn are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_OF_IDENTITY: Final = select(staff).where(staff.c.identity_id == _OF, staff.c.removed_at.is_(None))
_FIND: Final = select(staff).where(staff.c.id == _OF)
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


def working(tx: Tx, *, role: str = "") -> list[Row[Any]]:
    """Return who works here now (in this role), longest first."""
    found = select(staff).where(staff.c.removed_at.is_(None)).order_by(staff.c.created_at, staff.c.id)
    return tx.all(found.where(staff.c.role == role) if role else found)


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


def name(tx: Tx, row: Row[Any]) -> str:
    """Return the name of a person on the staff, decrypted."""
    return tx.cipher.open("staff", "name_ct", row.id, row.name_ct) if row.name_ct else ""


def invite(tx: Tx, invite_id: str, token: str, **values: Any) -> None:
    """Keep an invitation by the blind index of its one-time code."""
    tx.insert_once(invites, {"id": invite_id, "token_index": tx.cipher.index("invites.token", token), **values})


def invited(tx: Tx, token: str) -> Row[Any] | None:
    """Return the invitation with this code, or None."""
    return tx.one(select(invites).where(invites.c.token_index == tx.cipher.index("invites.token", token)))


def use_invite(tx: Tx, invite_id: str, identity_id: str, now: datetime) -> bool:
    """Use an invitation up; False if somebody did before."""
    unused = update(invites).where(invites.c.id == invite_id, invites.c.used_at.is_(None))
    return tx.execute(unused.values(used_at=now, used_by=identity_id)).rowcount == 1


def guess(tx: Tx, actor: str, *, store_id: str, kind: str, now: datetime) -> None:
    """Count one wrong code or one look-up."""
    tx.execute(_GUESS, {"actor": actor, "store_id": store_id, "kind": kind, "at": now})


def guessed(tx: Tx, *, kind: str, since: datetime, actor: str = "", store_id: str = "") -> int:
    """Return how many wrong codes or look-ups an actor or a store had since this moment."""
    found, whose = (_GUESSED_BY, actor) if actor else (_GUESSED_IN, store_id)
    return int(tx.scalar(found, {"of": whose, "said": kind, "since": since}))


def forgive(tx: Tx, actor: str, *, kind: str) -> None:
    """Forget the wrong codes or look-ups an actor had."""
    tx.execute(delete(guesses).where(guesses.c.actor == actor, guesses.c.kind == kind))
