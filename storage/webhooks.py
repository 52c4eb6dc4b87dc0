"""Other systems the shop tells what happens, and the calls to them: put in with their cause, settled once."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, delete, func, literal_column, select, update

from storage import kept
from storage.database import Tx
from storage.tables import hook_calls as t
from storage.tables import hooks

LEASE: Final = timedelta(seconds=60)
"""How long a call may be on its way before it counts as not made."""

_MADE: Final = "hook calls made"

_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("at", type_=t.c.not_before.type)
_LIVING: Final = select(hooks).where(hooks.c.removed_at.is_(None)).order_by(hooks.c.created_at, hooks.c.id)
_PENDING: Final = t.c.state == literal_column("'pending'")
_DUE: Final = (
    select(t)
    .where(_PENDING, t.c.not_before <= _NOW, t.c.hook_id == _OF)
    .order_by(t.c.not_before, t.c.created_at, t.c.id)
    .limit(bindparam("most"))
)
_LAPSED: Final = update(t).where(t.c.state == "sending", t.c.lease_until < _NOW)
_COUNTS: Final = select(t.c.hook_id, t.c.state, func.count().label("total")).group_by(t.c.hook_id, t.c.state)


@dataclass(frozen=True, slots=True)
class Opened:
    """Where a hook's calls go, whether that may lie inside the shop's network, and what they are signed with."""

    url: str
    secret: str
    inside: bool


def add(tx: Tx, hook_id: str, *, name: str, where: Opened, events: Collection[str], now: datetime) -> bool:
    """Keep a hook; False if one of this name is at work. One that was taken away begins anew, with its old calls."""
    kept.changed(tx, hooks)
    values = {"events": {"only": list(events), "inside": where.inside}, "created_at": now, "removed_at": None}
    if tx.insert_once(hooks, {"id": hook_id, "name": name, **values, **_sealed(tx, hook_id, where)}):
        return True
    row = tx.one(select(hooks).where(hooks.c.name == name, hooks.c.removed_at.is_not(None)))
    if row is None:
        return False
    tx.execute(update(hooks).where(hooks.c.id == row.id).values(**values, **_sealed(tx, row.id, where)))
    return True


def _sealed(tx: Tx, hook_id: str, where: Opened) -> dict[str, bytes]:
    sealed = {"url_ct": where.url, "secret_ct": where.secret}
    return {column: tx.cipher.seal("hooks", column, hook_id, text) for column, text in sealed.items()}


def opened(tx: Tx, hook: Row[Any]) -> Opened:
    """Return where a hook's calls go."""
    url = tx.cipher.open("hooks", "url_ct", hook.id, hook.url_ct)
    secret = tx.cipher.open("hooks", "secret_ct", hook.id, hook.secret_ct)
    return Opened(url, secret, bool(hook.events["inside"]))


def living(tx: Tx) -> list[Row[Any]]:
    """Return the hooks at work, oldest first; read once in a transaction."""
    found: list[Row[Any]] = kept.once(tx, hooks, "living", lambda: tx.all(_LIVING))
    return found


def listed(tx: Tx) -> list[Row[Any]]:
    """Return all hooks, those taken away too, oldest first."""
    return tx.all(select(hooks).order_by(hooks.c.created_at, hooks.c.id))


def by_name(tx: Tx, name: str) -> Row[Any] | None:
    """Return the hook at work of this name, or None."""
    return tx.one(select(hooks).where(hooks.c.name == name, hooks.c.removed_at.is_(None)))


def remove(tx: Tx, hook_id: str, *, now: datetime, why: str) -> bool:
    """Take a hook away and give up what waits for it; False if it was taken away before."""
    kept.changed(tx, hooks)
    gone = update(hooks).where(hooks.c.id == hook_id, hooks.c.removed_at.is_(None)).values(removed_at=now)
    waits = update(t).where(t.c.hook_id == hook_id, t.c.state.in_(("pending", "sending")))
    tx.execute(waits.values(state="dead", last_error=why, settled_at=now))
    return tx.execute(gone).rowcount == 1


def put(tx: Tx, call_id: str, body: Any, *, hook_id: str, event: str, subject: str, now: datetime) -> bool:
    """Put a call in, unless this was told before; what one transaction tells leaves in the order it was put in."""
    made = tx.kept[_MADE] = tx.kept.get(_MADE, -1) + 1
    sealed = tx.cipher.seal("hook_calls", "body_ct", call_id, json.dumps(body, ensure_ascii=False))
    at = now + timedelta(microseconds=made)
    values = {"hook_id": hook_id, "event": event, "subject": subject, "not_before": at, "created_at": at}
    return tx.insert_once(t, {"id": call_id, "body_ct": sealed, "state": "pending", **values})


def body(tx: Tx, row: Row[Any]) -> str:
    """Return what a call says, decrypted."""
    return tx.cipher.open("hook_calls", "body_ct", row.id, row.body_ct)


def due(tx: Tx, hook_id: str, *, now: datetime, limit: int) -> list[Row[Any]]:
    """Return calls of a hook whose time has come, first come first."""
    ready = _DUE.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else _DUE
    return tx.all(ready, {"of": hook_id, "at": now, "most": limit})


def take(tx: Tx, row: Row[Any], *, owner: str, now: datetime) -> bool:
    """Mark a pending call as on its way; False if somebody else has it."""
    mine = update(t).where(t.c.id == row.id, _PENDING)
    lease = {"lease_owner": owner, "lease_epoch": row.lease_epoch + 1, "lease_until": now + LEASE}
    return tx.execute(mine.values(state="sending", attempts=row.attempts + 1, **lease)).rowcount == 1


def settle(tx: Tx, call_id: str, epoch: int, **values: Any) -> bool:
    """Change a call that is on its way under this lease; False where the lease was lost meanwhile."""
    mine = update(t).where(t.c.id == call_id, t.c.state == "sending", t.c.lease_epoch == epoch)
    return tx.execute(mine.values(lease_until=None, **values)).rowcount == 1


def lose(tx: Tx, *, now: datetime) -> int:
    """Put back the calls whose caller went away; return how many. The receiver may have had them, under the same id."""
    return tx.execute(_LAPSED.values(state="pending", lease_until=None), {"at": now}).rowcount


def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """Return how many calls of each hook are in each state."""
    return {(row.hook_id, row.state): int(row.total) for row in tx.all(_COUNTS)}


def last_error(tx: Tx, hook_id: str) -> str:
    """Return what went wrong at the newest call of a hook that has not been taken; empty where all were."""
    troubled = select(t.c.last_error).where(t.c.hook_id == hook_id, t.c.state != "sent", t.c.last_error != "")
    return tx.scalar(troubled.order_by(t.c.created_at.desc(), t.c.id).limit(1)) or ""


def again(tx: Tx, hook_ids: Collection[str], *, since: datetime | None, call_id: str, dead: bool, now: datetime) -> int:
    """Let settled calls of these hooks be made once more; return how many."""
    states = ("dead",) if dead else ("dead", "sent")
    found = update(t).where(t.c.hook_id.in_(list(hook_ids)), t.c.state.in_(states))
    if since is not None:
        found = found.where(t.c.created_at >= since)
    if call_id:
        found = found.where(t.c.id == call_id)
    return tx.execute(found.values(state="pending", attempts=0, not_before=now, settled_at=None)).rowcount


def forget(tx: Tx, *, before: datetime) -> None:
    """Drop calls that were settled before this moment."""
    tx.execute(delete(t).where(t.c.state.in_(("sent", "dead")), t.c.settled_at < before))
