"""What must be said to somebody: put in with its cause, once; kept until the next contact where no road is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership.member import Who
from membership.messages import Message, Reply, say
from membership.moment import Moment, id_of
from services import Tx, reminders
from services.outgoing import Class, Outgoing
from storage import outbox as rows

REPLY_LIFE = timedelta(minutes=10)
READ_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a person by and by.

    ``period_key`` makes it once: the same kind with the same key never goes to the same person again.
    """

    kind: str
    kind_class: Class
    period_key: str
    reply: Reply
    not_before: datetime | None = None
    expires_at: datetime | None = None
    broadcast_id: str | None = None


def tell_member(tx: Tx, member_id: str, notice: Notice, *, moment: Moment) -> str | None:
    """Put a notice in for a member, whichever app it will go to; None if it was said before."""
    return _put(tx, member_id, notice, moment=moment, member_id=member_id)


def tell_account(
    tx: Tx, identity_id: str, notice: Notice, *, moment: Moment, member_id: str | None = None
) -> str | None:
    """Put a notice in for one account (such as a colleague's chat); None if it was said before.

    ``member_id`` is given where it is about that member, so that it is forgotten with them.
    """
    return _put(tx, identity_id, notice, moment=moment, identity_id=identity_id, member_id=member_id)


def put_reply(tx: Tx, who: Who, reply: Reply, *, event: str, now: datetime) -> Outgoing:
    """Put the reply of a turn in, already on its way: the instance that took the turn sends it at once."""
    row_id = id_of(f"reply:{event}")
    values: dict[str, Any] = {"recipient": who.identity_id, "identity_id": who.identity_id, "member_id": who.member_id}
    values |= {"kind": "reply", "class": "reply", "period_key": event, "state": "sending", "not_before": now}
    values |= {"created_at": now, "expires_at": now + REPLY_LIFE, "lease_until": now + rows.LEASE, "lease_epoch": 1}
    rows.put(tx, row_id, reply, **values)
    return Outgoing(
        id=row_id,
        kind="reply",
        kind_class="reply",
        identity_id=who.identity_id,
        identity=who.identity,
        language=who.language,
        reply=reply,
        epoch=1,
    )


def waiting_line(tx: Tx, who: Who, *, now: datetime) -> tuple[Message, ...]:
    """Return the one line that tells how many notices wait for this person; none where nothing waits."""
    waiting = [row for row in _still_waiting(tx, who, now) if reminders.still_counts(tx, row, now)]
    return (say("waiting.line", count=len(waiting)),) if waiting else ()


def read_waiting(tx: Tx, who: Who, *, now: datetime) -> tuple[Reply, ...]:
    """Return what waited for this contact, as it is true now, and count it as sent; what is over is cancelled.

    Oldest first and a few at a time, so that every one is shown whole; the others go on waiting.
    """
    found: list[Reply] = []
    for row in _still_waiting(tx, who, now):
        if len(found) < READ_AT_ONCE and (reply := _read(tx, row, now)) is not None:
            found.append(reply)
    return tuple(found)


def grant(tx: Tx, who: Who, template_id: str, *, reference: str, now: datetime) -> None:
    """Keep a one-time yes: one message by this template may be sent to the account later."""
    rows.add_grant(tx, who.identity_id, template_id, reference=reference, now=now)


def _still_waiting(tx: Tx, who: Who, now: datetime) -> list[Any]:
    return rows.waiting(tx, (who.identity_id, who.member_id) if who.member_id else (who.identity_id,), now=now)


def _read(tx: Tx, row: Any, now: datetime) -> Reply | None:
    reply = reminders.said_now(tx, row, now)
    state, reason = ("sent", "read") if reply is not None else ("cancelled", "nothing_left")
    rows.change(tx, row.id, states=("waiting",), state=state, reason=reason, settled_at=now)
    return reply


def _put(tx: Tx, recipient: str, notice: Notice, *, moment: Moment, **target: str | None) -> str | None:
    row_id = id_of(f"outbox:{recipient}:{notice.kind}:{notice.period_key}")
    values = {
        "recipient": recipient,
        "kind": notice.kind,
        "class": notice.kind_class,
        "period_key": notice.period_key,
        "state": "pending",
        "not_before": notice.not_before or moment.now,
        "expires_at": notice.expires_at,
        "broadcast_id": notice.broadcast_id,
        "created_at": moment.now,
    }
    return row_id if rows.put(tx, row_id, notice.reply, **values, **target) else None
