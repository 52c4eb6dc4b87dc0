"""Accounts in chat apps, found by a blind index and locked for the length of a turn."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from membership.member import Identity
from membership.moment import id_of
from storage.database import Tx
from storage.tables import identities as t


def id_for(tx: Tx, identity: Identity) -> str:
    """Return the id this account's row has, whether or not the row exists."""
    return id_of(f"identity:{identity.channel}:{identity.account}:{_index(tx, identity).hex()}")


def meet(tx: Tx, identity: Identity, now: datetime) -> str:
    """Return the id of this account's row, made at the first meeting."""
    row_id = id_for(tx, identity)
    tx.insert_once(
        t,
        {
            "id": row_id,
            "channel": identity.channel,
            "account": identity.account,
            "external_index": _index(tx, identity),
            "external_ct": tx.cipher.seal("identities", "external_ct", row_id, identity.external_id),
            "first_at": now,
        },
    )
    return row_id


def lock(tx: Tx, row_id: str) -> None:
    """Keep other turns of this person waiting until this one commits."""
    tx.execute(update(t).where(t.c.id == row_id).values(turn=t.c.turn + 1))


def get(tx: Tx, row_id: str) -> Row[Any]:
    """Return the row of this account. Raises LookupError where there is none."""
    row = tx.one(select(t).where(t.c.id == row_id))
    if row is None:
        raise LookupError(row_id)
    return row


def opened(tx: Tx, row: Row[Any]) -> Identity:
    """Return the account with its id at the platform, decrypted."""
    return Identity(row.channel, row.account, tx.cipher.open("identities", "external_ct", row.id, row.external_ct))


def name(tx: Tx, row: Row[Any]) -> str:
    """Return the name the platform told, decrypted."""
    return tx.cipher.open("identities", "name_ct", row.id, row.name_ct) if row.name_ct else ""


def change(tx: Tx, row_id: str, **values: Any) -> None:
    """Change columns of this account's row; ``name`` is sealed on the way."""
    if "name" in values:
        values["name_ct"] = tx.cipher.seal("identities", "name_ct", row_id, values.pop("name"))
    tx.execute(update(t).where(t.c.id == row_id).values(**values))


def of_member(tx: Tx, member_id: str) -> list[Row[Any]]:
    """Return the member's accounts, the one that spoke last first."""
    latest = func.coalesce(t.c.said_at, t.c.clicked_at, t.c.first_at)
    return tx.all(select(t).where(t.c.member_id == member_id).order_by(latest.desc(), t.c.id))


def spend_window(tx: Tx, row_id: str, window: str) -> None:
    """Count one customer-service message against WeChat's ``long`` or ``short`` window."""
    used = t.c.said_used if window == "long" else t.c.clicked_used
    tx.execute(update(t).where(t.c.id == row_id).values({used: used + 1}))


def _index(tx: Tx, identity: Identity) -> bytes:
    return tx.cipher.index("identities.external", f"{identity.channel}:{identity.account}:{identity.external_id}")
