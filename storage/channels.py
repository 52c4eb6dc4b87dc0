"""What the channels remember: tokens, offsets, menus and uploaded media."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, bindparam, delete, or_, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import channel_state as t
from storage.tables import media

# Asked with every message that goes out: building a statement anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("at", type_=media.c.expires_at.type)
_FIND: Final = select(t.c.value_ct, t.c.expires_at).where(t.c.id == _OF)
_CHANGE: Final = update(t).where(t.c.id == _OF)
_MEDIA: Final = (media.c.account == _OF) & (media.c.digest == bindparam("hash"))
_FIND_MEDIA: Final = select(media.c.file_id).where(_MEDIA, or_(media.c.expires_at.is_(None), media.c.expires_at > _NOW))
_FORGET_MEDIA: Final = delete(media).where(_MEDIA)


def find(tx: Tx, account: str, name: str, *, now: datetime) -> str | None:
    """Return the value kept under this name, or None where there is none or it has ended."""
    row_id = _id(account, name)
    row = tx.one(_FIND, {"of": row_id})
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return tx.cipher.open("channel_state", "value_ct", row_id, row.value_ct)


def named(tx: Tx, name: str) -> str | None:
    """Return the value kept last under this name, whichever account keeps it; None where none does."""
    row = tx.one(select(t.c.id, t.c.value_ct).where(t.c.name == name).order_by(t.c.at.desc()).limit(1))
    return None if row is None else tx.cipher.open("channel_state", "value_ct", row.id, row.value_ct)


def keep(tx: Tx, account: str, name: str, value: str, *, until: datetime | None, now: datetime) -> None:
    """Keep a value under this name, replacing an earlier one."""
    row_id = _id(account, name)
    sealed = tx.cipher.seal("channel_state", "value_ct", row_id, value)
    values = {"value_ct": sealed, "expires_at": until, "at": now}
    if not tx.insert_once(t, {"id": row_id, "account": account, "name": name, **values}):
        tx.execute(_CHANGE, {"of": row_id, **values})


def forget(tx: Tx, account: str, name: str, value: str) -> bool:
    """Drop the value if it is still this one; tell whether it was."""
    row_id = _id(account, name)
    row = tx.one(_FIND, {"of": row_id})
    if row is None or tx.cipher.open("channel_state", "value_ct", row_id, row.value_ct) != value:
        return False
    return tx.execute(delete(t).where(t.c.id == row_id, t.c.value_ct == row.value_ct)).rowcount == 1


def find_media(tx: Tx, account: str, digest: str, *, now: datetime) -> str | None:
    """Return the platform's id of these bytes, or None where it never had them or has dropped them."""
    found = tx.scalar(_FIND_MEDIA, {"of": account, "hash": digest, "at": now})
    return None if found is None else str(found)


def keep_media(tx: Tx, account: str, digest: str, file_id: str, *, until: datetime | None) -> None:
    """Remember the platform's id of these bytes."""
    forget_media(tx, account, digest)
    tx.insert_once(media, {"account": account, "digest": digest, "file_id": file_id, "expires_at": until})


def forget_media(tx: Tx, account: str, digest: str) -> None:
    """Forget bytes that the platform no longer knows."""
    tx.execute(_FORGET_MEDIA, {"of": account, "hash": digest})


def _id(account: str, name: str) -> str:
    return id_of(f"channel:{account}:{name}")
