"""The keys of tills: made once and printed once, each bound to a store and a role, withdrawn at once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from membership import staff as rights
from membership.errors import StoreUnknown
from membership.member import Role
from membership.moment import Moment
from services import Tx, audit, rules
from services.reader import Reader
from storage import keys as rows
from storage import rules as rule_rows

KeyRole = Literal["till", "manager"]
ROLES: Final[dict[KeyRole, str]] = {"till": rights.CASHIER, "manager": rights.MANAGER}
"""What a key may do: as much as the member of staff it stands for."""

PREFIX: Final = "mbk_"
SECRET_BYTES: Final = 32
USE_NOTED_EVERY: Final = timedelta(minutes=1)


class KeyNameTaken(Exception):
    """Another key has this name already, perhaps a revoked one: names stay, so that the trail stays readable."""


class KeyUnknown(Exception):
    """No working key has this name."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key as it is listed: the code of its store, its role, and when it was made, last used and revoked (UTC)."""

    name: str
    store: str
    role: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """A till that showed a working key. ``language`` is the shop's own, ``store_id`` where the till stands."""

    id: str
    role: KeyRole
    store_id: str
    language: str

    @property
    def reader(self) -> Reader:
        """The till as the reader of codes and recorder of purchases it is."""
        return Reader(self.id, self.store_id)

    @property
    def scope(self) -> str:
        """In whose name the till's requests are kept."""
        return f"pos:{self.id}"

    def check(self, action: str) -> None:
        """Refuse what the key's role does not cover. Raises NotAllowed."""
        rights.check((Role(ROLES[self.role], self.store_id),), action, store_id=self.store_id)

    def still_works(self, tx: Tx, *, now: datetime) -> bool:
        """Tell, inside the transaction that has the effect, whether the key still works, and note that it is in use."""
        if not rows.living(tx, self.id):
            return False
        rows.note_use(tx, self.id, now=now, before=now - USE_NOTED_EVERY)
        return True


def create(tx: Tx, name: str, *, store: str, role: KeyRole, actor: str, moment: Moment) -> str:
    """Make a key for a store (its code) and return it, the only time it is ever seen.

    Raises StoreUnknown and KeyNameTaken.
    """
    store_id = rules.store_id(store)
    if rule_rows.store(tx, store_id) is None:
        raise StoreUnknown
    secret = base64.urlsafe_b64encode(moment.draw("api-key", SECRET_BYTES)).decode().rstrip("=")
    shown, key_id = PREFIX + secret, moment.new_id("api-key-id")
    if not rows.add(tx, key_id, name=name, digest=_digest(shown), role=role, store_id=store_id, created_at=moment.now):
        raise KeyNameTaken
    audit.note(tx, moment, "key.create", key_id, actor=actor, store_id=store_id, name=name, role=role)
    return shown


def listed(tx: Tx) -> list[Key]:
    """Return all keys, oldest first, revoked ones too."""
    return [
        Key(row.name, rules.store_code(tx, row.store_id), row.role, row.created_at, row.used_at, row.revoked_at)
        for row in rows.listed(tx)
    ]


def revoke(tx: Tx, name: str, *, actor: str, moment: Moment) -> None:
    """Withdraw a key; its next request is refused. Raises KeyUnknown."""
    row = rows.by_name(tx, name)
    if row is None or not rows.revoke(tx, name, moment.now):
        raise KeyUnknown
    audit.note(tx, moment, "key.revoke", row.id, actor=actor, store_id=row.store_id)


def find(tx: Tx, shown: str) -> Caller | None:
    """Return who shows this key, or None for an unknown or revoked one; the work is the same either way."""
    row = rows.by_digest(tx, _digest(shown))
    if row is None or row.revoked_at is not None:
        return None
    return Caller(row.id, row.role, row.store_id, rules.current(tx).languages[0])


def hold(tx: Tx, caller: Caller) -> None:
    """Let one request of this key at a time through to the commit, where requests are counted."""
    rows.hold(tx, caller.id)


def _digest(shown: str) -> bytes:
    return hashlib.sha256(shown.encode("utf-8", "replace")).digest()
