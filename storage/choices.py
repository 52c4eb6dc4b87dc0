"""The choices of pushed messages: those a person was shown lately, kept apart from the last answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from membership.choices import Pushed
from membership.messages import pack, unpack
from membership.moment import id_of
from storage import kept
from storage.database import Tx
from storage.tables import dialogues as t

# Whoever sends and whoever answers may write at the same time: a row of its own, and a lock on it.
_FIND: Final = select(t.c.data_ct).where(t.c.id == bindparam("of"))
_HOLD: Final = _FIND.with_for_update()
_CHANGE: Final = update(t).where(t.c.id == bindparam("of"))


def row_of(identity_id: str) -> str:
    """Return the id of the row that keeps an account's pushed choices."""
    return id_of(f"pushed:{identity_id}")


def pushed(tx: Tx, identity_id: str) -> tuple[Pushed, ...]:
    """Return the pushed lists of an account that are known, oldest first."""
    row_id = row_of(identity_id)
    return _opened(tx, row_id, kept.once(tx, t, row_id, lambda: tx.scalar(_FIND, {"of": row_id})))


def keep(tx: Tx, identity_id: str, sealed: bytes | None) -> None:
    """Keep in mind what was just read of an account's pushed lists."""
    kept.keep(tx, t, row_of(identity_id), sealed)


def hold(tx: Tx, identity_id: str) -> tuple[Pushed, ...]:
    """Return the pushed lists of an account, which nobody else changes before this transaction ends."""
    row_id = row_of(identity_id)
    return _opened(tx, row_id, tx.scalar(_HOLD if tx.dialect == "postgresql" else _FIND, {"of": row_id}))


def put(tx: Tx, identity_id: str, lists: Sequence[Pushed], *, now: datetime) -> None:
    """Keep these lists in place of those that were kept."""
    kept.changed(tx, t)
    row_id = row_of(identity_id)
    told = json.dumps([{name: pack(value) for name, value in _facts(one).items()} for one in lists], ensure_ascii=False)
    sealed = tx.cipher.seal("dialogues", "data_ct", row_id, told)
    if tx.execute(_CHANGE, {"of": row_id, "data_ct": sealed, "at": now}).rowcount == 0:
        nothing = tx.cipher.seal("dialogues", "choices_ct", row_id, "[]")
        tx.execute(insert(t), {"id": row_id, "question": "", "data_ct": sealed, "choices_ct": nothing, "at": now})


def forget(tx: Tx, identities: Sequence[str]) -> None:
    """Drop what was shown to these accounts."""
    tx.execute(delete(t).where(t.c.id.in_([row_of(one) for one in identities])))


def _opened(tx: Tx, row_id: str, sealed: bytes | None) -> tuple[Pushed, ...]:
    if sealed is None:
        return ()
    told = json.loads(tx.cipher.open("dialogues", "data_ct", row_id, sealed))
    return tuple(Pushed(**{name: unpack(value) for name, value in one.items()}) for one in told)


def _facts(one: Pushed) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
