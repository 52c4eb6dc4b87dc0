"""Members and their personal data, sealed; found by id, handle or phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from storage import kept
from storage.database import Tx
from storage.tables import consents, members

SEALED = ("name", "phone", "birthday")
# Built once: building a statement anew takes four times as long as running it.
_OF: Final[BindParameter[Any]] = bindparam("of")
_FIND: Final = select(members).where(members.c.id == _OF)
_LOCK: Final = _FIND.with_for_update(key_share=True)
_CHANGE: Final = update(members).where(members.c.id == _OF)  # the columns are those of the values it is run with
_BY_HANDLE: Final = select(members).where(members.c.handle == _OF)
_BY_PHONE: Final = select(members).where(members.c.phone_index == _OF)


def add(tx: Tx, member_id: str, **values: Any) -> bool:
    """Add a member; False if this row exists already (or the phone is another member's)."""
    kept.changed(tx, members)
    return tx.insert_once(members, {"id": member_id, **_sealed(tx, member_id, values)})


def change(tx: Tx, member_id: str, **values: Any) -> None:
    """Change columns; ``name``, ``phone`` (E.164) and ``birthday`` are sealed on the way, None forgets them.

    ``tail`` are the phone's last digits, put into their own index; "" keeps them out.
    """
    kept.changed(tx, members)
    tx.execute(_CHANGE, {"of": member_id, **_sealed(tx, member_id, values)})


def give_phone(tx: Tx, member_id: str, **values: str) -> bool:
    """Change the ``phone`` (and ``tail``) as ``change`` does; False, and nothing changed, if it is another member's."""
    try:
        with tx.savepoint():
            change(tx, member_id, **values)
    except IntegrityError:
        return False
    return True


def lock(tx: Tx, member_id: str) -> Row[Any]:
    """Return the member and keep other writers of this row waiting until the commit.

    Rows that refer to the member may be added meanwhile: waiting for those, too, would end in deadlocks.
    """
    if tx.dialect == "sqlite":  # one writer at a time: what was read cannot have changed
        return get(tx, member_id)
    row = tx.one(_LOCK, {"of": member_id})
    if row is None:
        raise LookupError(member_id)
    kept.keep(tx, members, member_id, row)
    return row


def find(tx: Tx, member_id: str) -> Row[Any] | None:
    """Return the member with this id, or None."""
    row: Row[Any] | None = kept.once(tx, members, member_id, lambda: tx.one(_FIND, {"of": member_id}))
    return row


def get(tx: Tx, member_id: str) -> Row[Any]:
    """Return the member with this id. Raises LookupError where there is none."""
    row = find(tx, member_id)
    if row is None:
        raise LookupError(member_id)
    return row


def by_handle(tx: Tx, handle: bytes) -> Row[Any] | None:
    """Return the member whose codes carry this handle, or None."""
    row = tx.one(_BY_HANDLE, {"of": handle})
    if row is not None:
        kept.keep(tx, members, row.id, row)
    return row


def by_phone(tx: Tx, phone: str) -> Row[Any] | None:
    """Return the member with this phone (E.164), or None."""
    return tx.one(_BY_PHONE, {"of": tx.cipher.index("members.phone", phone)})


def opened(tx: Tx, row: Row[Any], column: str) -> str:
    """Return ``name``, ``phone`` or ``birthday`` of the row, decrypted; "" where there is none."""
    sealed = getattr(row, f"{column}_ct")
    return tx.cipher.open("members", f"{column}_ct", row.id, sealed) if sealed else ""


def consent(tx: Tx, consent_id: str, **values: Any) -> None:
    """Record a yes or a no; the latest one of a kind counts."""
    tx.insert_once(consents, {"id": consent_id, **values})


def _sealed(tx: Tx, member_id: str, values: dict[str, Any]) -> dict[str, Any]:
    if "phone" in values:
        phone = values["phone"]
        values["phone_index"] = tx.cipher.index("members.phone", phone) if phone else None
        tail = values.pop("tail", "")
        values["phone_tail_index"] = tx.cipher.index("members.phone_tail", tail) if tail else None
    for column in SEALED:
        if column in values:
            plain = values.pop(column)
            values[f"{column}_ct"] = tx.cipher.seal("members", f"{column}_ct", member_id, plain) if plain else None
    return values


def left_since(tx: Tx, *, before: datetime, limit: int) -> list[Row[Any]]:
    """Return members who left before this moment and are not erased yet."""
    due = (members.c.state == "left") & (members.c.left_at < before) & members.c.erased_at.is_(None)
    return tx.all(select(members).where(due).order_by(members.c.id).limit(limit))
