"""Messages on their way: put in with their cause, taken under a lease, settled once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, Row, Select, and_, bindparam, exists, func, literal_column, or_, select, update

from membership.messages import Reply, unpack
from membership.moment import id_of
from storage import kept
from storage.database import Tx
from storage.tables import grants, identities
from storage.tables import outbox as t

CLASSES = ("reply", "staff", "receipt", "reminder", "offer")
"""The order in which messages leave."""

LEASE = timedelta(seconds=60)
"""How long a message may be on its way before it counts as uncertain."""

# Statements of every turn are built once: building one anew takes four times as long as running it.
# States stand in the text: with one left open SQLite would plan anew each time to find the partial index.
_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("at", type_=t.c.expires_at.type)
_MOST: Final[BindParameter[int]] = bindparam("most")
_PENDING: Final = t.c.state == literal_column("'pending'")
_WAITING: Final = t.c.state == literal_column("'waiting'")
_SENDING: Final = t.c.state == literal_column("'sending'")
_FIND: Final = select(t).where(t.c.id == _OF)
_DUE: Final = (
    select(t)
    .where(_PENDING, t.c["class"] == _OF, t.c.not_before <= _NOW)
    .order_by(t.c.not_before, t.c.created_at, t.c.id)
    .limit(_MOST)
)
_NEXT_DUE: Final = select(func.min(t.c.not_before)).where(_PENDING)
_HELD: Final = (
    select(t)
    .where(_WAITING, t.c.recipient.in_(bindparam("whose", expanding=True)))
    .where(t.c.expires_at.is_(None) | (t.c.expires_at > _NOW))
    .order_by(t.c.created_at, t.c.id)
    .limit(_MOST)
)
_ALONE: Final = t.c.reason != literal_column("'mass'")  # a mass message is asked for again as a whole
_LOST: Final = select(t).where(_SENDING, _ALONE, t.c.lease_until < _NOW).limit(_MOST)
_CHANGE: Final = update(t).where(t.c.id == _OF, t.c.state.in_(bindparam("states", expanding=True)))
_CHANGE_LEASED: Final = _CHANGE.where(t.c.lease_epoch == bindparam("epoch"))
_GRANTED: Final = select(grants.c.template_id).where(grants.c.identity_id == _OF, grants.c.used_at.is_(None))


def put(tx: Tx, row_id: str, reply: Reply, **values: Any) -> bool:
    """Put a message in, unless this was said before (recipient, kind, period_key); tell whether it is new."""
    _forget_waiting(tx, values)
    sealed = tx.cipher.seal("outbox", "payload_ct", row_id, kept.written(tx, reply))
    return tx.insert_once(t, {"id": row_id, "payload_ct": sealed, **values})


def get(tx: Tx, row_id: str) -> Row[Any] | None:
    """Return a row by its id, or None."""
    return tx.one(_FIND, {"of": row_id})


def payload(tx: Tx, row: Row[Any]) -> Reply:
    """Return what the row says, decrypted."""
    reply = unpack(json.loads(tx.cipher.open("outbox", "payload_ct", row.id, row.payload_ct)))
    assert isinstance(reply, Reply)
    return reply


def last_reply(tx: Tx, identity_id: str) -> Reply | None:
    """Return what an account was answered last; None where it never was, or that is erased."""
    mine = select(t).where(t.c.recipient == identity_id, t.c.kind == "reply")
    row = tx.one(mine.order_by(t.c.created_at.desc(), t.c.id).limit(1))
    return None if row is None or row.payload_ct is None else payload(tx, row)


def due(tx: Tx, *, now: datetime, limit: int, silent: Collection[str] = ()) -> list[Row[Any]]:
    """Return pending rows whose time has come, replies before receipts before reminders before offers.

    Rows that could only go to one of the ``silent`` accounts are left where they are.
    """
    found: list[Row[Any]] = []
    for name in CLASSES:  # one look-up each: sorting a million offers by class would take seconds a batch
        if len(found) < limit:
            found += tx.all(_due(tx, silent), {"of": name, "at": now, "most": limit - len(found)})
    return found


def _due(tx: Tx, silent: Collection[str]) -> Select[Any]:
    ready = _DUE
    if silent:
        theirs = or_(identities.c.id == t.c.identity_id, identities.c.member_id == t.c.member_id)
        held_back = exists().where(theirs, identities.c.account.in_(silent))
        ready = ready.where(~held_back | exists().where(theirs, identities.c.account.not_in(silent)))
    return ready.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else ready


def next_due(tx: Tx) -> datetime | None:
    """Return when the next pending row's time comes, or came; None where nothing is pending."""
    at: datetime | None = tx.scalar(_NEXT_DUE)
    return at


def waiting(tx: Tx, recipients: Collection[str], *, now: datetime, limit: int = 20) -> list[Row[Any]]:
    """Return what waits for these people's next contact, oldest first."""
    if kept.once(tx, t, _nothing_for(recipients), lambda: False):
        return []
    return tx.all(_HELD, {"whose": list(recipients), "at": now, "most": limit})


def keep_nothing_waiting(tx: Tx, recipients: Collection[str]) -> None:
    """Keep in mind that nothing waits for these people, as somebody has just seen."""
    kept.keep(tx, t, _nothing_for(recipients), found=True)


def _nothing_for(recipients: Collection[str]) -> str:
    return f"nothing for {sorted(recipients)}"


def _forget_waiting(tx: Tx, values: Mapping[str, Any]) -> None:
    if values.get("state") == "waiting":
        kept.changed(tx, t)


def change(tx: Tx, row_id: str, *, states: Collection[str], epoch: int | None = None, **values: Any) -> bool:
    """Change a row that is in one of these states (and of this lease, if given); tell whether it was."""
    _forget_waiting(tx, values)
    where = {"of": row_id, "states": list(states)}
    if epoch is None:
        return tx.execute(_CHANGE, {**where, **values}).rowcount == 1
    return tx.execute(_CHANGE_LEASED, {**where, "epoch": epoch, **values}).rowcount == 1


def lost(tx: Tx, *, now: datetime, limit: int = 100) -> list[Row[Any]]:
    """Return rows whose sender went away between taking and settling them."""
    return tx.all(_LOST, {"at": now, "most": limit})


def counts(tx: Tx, broadcast_id: str) -> dict[str, int]:
    """Return how many messages of a broadcast are in each state."""
    found = select(t.c.state, func.count().label("total")).where(t.c.broadcast_id == broadcast_id).group_by(t.c.state)
    return {row.state: int(row.total) for row in tx.all(found)}


def cancel_broadcast(tx: Tx, broadcast_id: str, *, now: datetime) -> int:
    """Cancel what of a broadcast has not left yet; return how many."""
    stop = update(t).where(t.c.broadcast_id == broadcast_id, t.c.state.in_(("pending", "waiting")))
    return tx.execute(stop.values(state="cancelled", reason="stopped", settled_at=now)).rowcount


def drop_late(tx: Tx, *, now: datetime) -> int:
    """Give up what waited for a contact until its end; return how many."""
    late = update(t).where(_WAITING, t.c.expires_at <= now)
    return tx.execute(late.values(state="cancelled", reason="too_late", settled_at=now)).rowcount


def add_grant(tx: Tx, identity_id: str, template_id: str, *, reference: str, now: datetime) -> bool:
    """Keep one yes to one later message; False if this yes was kept before."""
    values = {"reference": reference, "identity_id": identity_id, "template_id": template_id, "at": now}
    return tx.insert_once(grants, {"id": id_of(f"grant:{reference}"), **values})


def granted(tx: Tx, identity_id: str) -> frozenset[str]:
    """Return the templates for which this account left a yes that is not used up."""
    return frozenset(row.template_id for row in tx.all(_GRANTED, {"of": identity_id}))


def use_grant(tx: Tx, identity_id: str, template_id: str, *, now: datetime, every: bool = False) -> None:
    """Use up the oldest yes to this template, or ``every`` one that is left."""
    mine = and_(grants.c.identity_id == identity_id, grants.c.template_id == template_id, grants.c.used_at.is_(None))
    if not every:
        oldest = select(grants.c.id).where(mine).order_by(grants.c.at, grants.c.id).limit(1)
        mine = and_(grants.c.id == oldest.scalar_subquery())
    tx.execute(update(grants).where(mine).values(used_at=now))
