"""The calls to other systems on their way: taken under a lease, each settled with what came of it, dead after a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from membership import webhooks as rules_of_webhooks
from membership.messages import Message, Reply, say
from membership.moment import Moment
from services import Tx, audit, staff
from services.outbox import Notice
from storage import webhooks as rows
from storage.webhooks import LEASE, Opened

BATCH: Final = 20
KEPT: Final = timedelta(days=30)
"""How long calls that are settled can be sent again."""


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call to be made now: its id (the same at each attempt), what it says, and how often it was tried."""

    id: str
    hook_id: str
    hook: str
    where: Opened
    body: bytes
    epoch: int
    attempts: int

    def headers(self, now: datetime) -> dict[str, str]:
        """Return the headers by which the receiver knows the call is ours (Standard Webhooks)."""
        return {
            "content-type": "application/json",
            "user-agent": "memberbot",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": rules_of_webhooks.sign(self.where.secret, self.id, now, self.body),
        }


def take(tx: Tx, owner: str, *, now: datetime) -> list[list[HookCall]]:
    """Mark what is due as on its way and return it, hook by hook, each in the order of its events."""
    return [calls for hook in rows.living(tx) if (calls := _take(tx, hook, owner, now))]


def _take(tx: Tx, hook: Any, owner: str, now: datetime) -> list[HookCall]:
    due = rows.due(tx, hook.id, now=now, limit=BATCH)
    if not due:
        return []
    where = rows.opened(tx, hook)
    return [
        HookCall(
            id=row.id,
            hook_id=hook.id,
            hook=hook.name,
            where=where,
            body=rows.body(tx, row).encode(),
            epoch=row.lease_epoch + 1,
            attempts=row.attempts + 1,
        )
        for row in due
        if rows.take(tx, row, owner=owner, now=now)
    ]


def sent(tx: Tx, call: HookCall, *, now: datetime) -> bool:
    """Settle a call the receiver took; False where the lease was lost meanwhile."""
    return rows.settle(tx, call.id, call.epoch, state="sent", last_error="", settled_at=now)


def failed(tx: Tx, call: HookCall, reason: str, *, asked: timedelta, moment: Moment) -> datetime | None:
    """Settle an attempt that failed: return when it is made again, or None where the call is given up.

    ``asked`` is how long the receiver wants to be left alone. When a call is given up, the owners are told.
    """
    share = moment.below(call.id, 1000) / 1000
    pause = rules_of_webhooks.pause_after(call.attempts, share=share, asked=asked)
    if pause is not None:
        until = moment.now + pause
        rows.settle(tx, call.id, call.epoch, state="pending", not_before=until, last_error=reason)
        return until
    if rows.settle(tx, call.id, call.epoch, state="dead", last_error=reason, settled_at=moment.now):
        _alert(tx, call, say("alarm.webhook_dead", name=call.hook), moment)
    return None


def put_back(tx: Tx, call: HookCall, *, until: datetime) -> None:
    """Put a call back that was not tried."""
    rows.settle(tx, call.id, call.epoch, state="pending", not_before=until, attempts=call.attempts - 1)


def gone(tx: Tx, call: HookCall, *, moment: Moment) -> None:
    """Take a hook away whose receiver says it wants no more (410), and tell the owners."""
    rows.settle(tx, call.id, call.epoch, state="dead", last_error="gone", settled_at=moment.now)
    if rows.remove(tx, call.hook_id, now=moment.now, why="gone"):
        subject = f"{call.hook_id}:{moment.now.isoformat()}"
        audit.note(tx, moment, "hook.gone", subject, actor="clock", hook=call.hook_id)
        _alert(tx, call, say("alarm.webhook_gone", name=call.hook), moment)


def lose(tx: Tx, *, now: datetime) -> int:
    """Put back the calls whose caller went away; return how many."""
    return rows.lose(tx, now=now)


def forget(tx: Tx, *, now: datetime) -> None:
    """Drop what was settled long ago."""
    rows.forget(tx, before=now - KEPT)


def _alert(tx: Tx, call: HookCall, told: Message, moment: Moment) -> None:
    """Tell the owners, once a day of each hook."""
    notice = Notice("alarm", "staff", f"{told.key}:{call.hook_id}:{moment.now.date()}", Reply((told,)))
    staff.alert(tx, notice, action="rules", moment=moment)


__all__ = ["BATCH", "LEASE", "HookCall", "failed", "forget", "gone", "lose", "put_back", "sent", "take"]
