"""The shop's keys as they lie in the database: each wrapped, so that only the key file opens them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlalchemy import select

from storage.cipher import KEY_ID_BYTES, KeyringRow
from storage.database import Tx
from storage.faults import Fault
from storage.tables import keyring as t


class KeyMissing(Fault):
    """The database has keys already, but the key file they were made with is gone. A new one would not open them."""

    text: ClassVar[str] = (
        "This database needs the key {needed}, but there is no key file {path}. "
        "Put back the one it was made with; nothing was changed."
    )


def read(tx: Tx) -> list[KeyringRow]:
    """Return the whole keyring; empty in a new database."""
    found = tx.all(select(t).order_by(t.c.kid))
    return [KeyringRow(row.kid, row.purpose, row.state, row.wrapped, row.created_at) for row in found]


def begin(tx: Tx, rows: Sequence[KeyringRow]) -> list[KeyringRow]:
    """Write the first keys, unless somebody else was faster, and return the keys that count."""
    if not read(tx):
        for row in rows:
            tx.insert_once(t, {name: getattr(row, name) for name in KeyringRow.__slots__})
    return read(tx)


def needed(rows: Sequence[KeyringRow]) -> str:
    """Return the short name of the key file that opens these keys."""
    return rows[0].wrapped[:KEY_ID_BYTES].hex()
