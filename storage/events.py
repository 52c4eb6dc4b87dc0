"""Events already taken, each with the reply it got first."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BindParameter, bindparam, delete, select, update

from membership.messages import Reply, unpack
from storage.database import Tx
from storage.kept import written
from storage.tables import events as t

# Statements of every turn are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_CLOSE: Final = update(t).where(t.c.id == _OF)
_REPLY: Final = select(t.c.reply_ct).where(t.c.id == _OF)


def claim(tx: Tx, event: str, now: datetime) -> bool:
    """Take this event; False if it was taken before."""
    return tx.insert_once(t, {"id": event, "at": now})


def close(tx: Tx, event: str, identity_id: str, reply: Reply | None) -> None:
    """Keep the reply with the event."""
    sealed = None
    if reply is not None:
        sealed = tx.cipher.seal("events", "reply_ct", event, written(tx, reply))
    tx.execute(_CLOSE, {"of": event, "identity_id": identity_id, "reply_ct": sealed})


def reply(tx: Tx, event: str) -> Reply | None:
    """Return the reply this event got; None if it got none."""
    sealed = tx.scalar(_REPLY, {"of": event})
    if sealed is None:
        return None
    kept = unpack(json.loads(tx.cipher.open("events", "reply_ct", event, sealed)))
    assert isinstance(kept, Reply)
    return kept


def forget(tx: Tx, *, before: datetime, kept: timedelta = timedelta(days=8)) -> int:
    """Drop events so old that no platform brings them again; return how many."""
    return tx.execute(delete(t).where(t.c.at < before - kept)).rowcount
