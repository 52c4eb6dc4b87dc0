"""How far a broadcast has come: counted from its messages, told in one line that is edited as it goes on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from membership.errors import BroadcastUnknown
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment, id_of
from services import Tx, audit, outbox, people
from services.outbox import Notice
from services.outgoing import Outgoing
from storage import broadcasts as rows
from storage import mass
from storage import outbox as outbox_rows

KIND = "broadcast_progress"
PAUSE, LAST_SHOWN = timedelta(seconds=2), timedelta(seconds=10)
COUNTED = ("sent", "to_go", "waiting", "blocked", "failed", "uncertain", "unwanted", "stopped")
BLOCKED = frozenset({"blocked", "no_account"})
"""Reasons of the outbox that say the person cannot be reached, not that the message was wrong."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a broadcast has come; the numbers add up to ``total``.

    ``to_go`` has not left yet, ``waiting`` waits for the member's next contact, ``unwanted`` was dropped at the last
    moment (offers turned off, too late), ``stopped`` was kept back by the cancelling.
    """

    total: int
    sent: int = 0
    waiting: int = 0
    blocked: int = 0
    failed: int = 0
    uncertain: int = 0
    unwanted: int = 0
    stopped: int = 0
    to_go: int = 0

    @property
    def settled(self) -> int:
        return self.total - self.to_go


def standing(tx: Tx, broadcast_id: str) -> Standing:
    """Return how far a broadcast has come. Raises BroadcastUnknown."""
    row = _row(tx, broadcast_id)
    states = outbox_rows.counts(tx, broadcast_id)
    ends = rows.outcomes(tx, broadcast_id, ("dead", "cancelled"))
    blocked = sum(count for (_, reason), count in ends.items() if reason in BLOCKED)
    failed = sum(count for (state, reason), count in ends.items() if state == "dead" and reason not in BLOCKED)
    stopped = ends.get(("cancelled", "stopped"), 0)
    planned = sum(states.values())
    for_mass = rows.for_mass(tx, broadcast_id)
    open_ = states.get("pending", 0) + states.get("sending", 0) + for_mass
    unplanned = max(0, row.total - planned) if row.state == "running" and row.cursor != rows.PLANNED else 0
    never_planned = max(0, row.total - planned) if row.state == "cancelled" else 0
    return Standing(
        total=planned + unplanned + never_planned,
        sent=states.get("sent", 0),
        waiting=states.get("waiting", 0) - for_mass,
        blocked=blocked,
        failed=failed,
        uncertain=states.get("uncertain", 0),
        unwanted=sum(ends.values()) - blocked - failed - stopped,
        stopped=stopped + never_planned,
        to_go=open_ + unplanned,
    )


def progress(tx: Tx, broadcast_id: str) -> Reply:
    """Return how far a broadcast has come, in words, with Cancel while it runs. Raises BroadcastUnknown."""
    row, now = _row(tx, broadcast_id), standing(tx, broadcast_id)
    counted = {name: getattr(now, name) for name in COUNTED}
    lines = tuple(say(f"broadcast.count.{name}", count=count) for name, count in counted.items() if count)
    percent = 100 * now.settled // now.total if now.total else 100
    facts = {"bar": _bar(percent), "percent": percent, "done": now.settled, "total": now.total}
    messages = [say(f"broadcast.state.{row.state}"), say("broadcast.progress", **facts)]
    if lines:
        messages.append(say("broadcast.counts", lines=lines))
    if by_mass := mass.count(tx, broadcast_id):
        messages.append(say("broadcast.by_mass", count=by_mass))
    if row.ended_at is not None and row.started_at is not None:
        messages.append(say("broadcast.took", time=_span(row.ended_at - row.started_at)))
    stop = [_tap("stop_broadcast", f"broadcast cancel {row.id}")] if row.state == "running" or now.waiting else []
    look = [_tap("refresh", f"broadcast show {row.id}")] if row.state != "draft" else []
    return Reply(tuple(messages), buttons=tuple(part for part in (tuple(look + stop),) if part))


def progress_due(tx: Tx, moment: Moment) -> list[Outgoing]:
    """Return the progress messages to edit now: each broadcast at most every PAUSE, and only with news.

    A broadcast of which nothing is left to leave becomes done here; on WeChat its sender is then told the result,
    which on Telegram is the last edit. An edit may be lost or made twice without harm; the last one is repeated for
    ten seconds.
    """
    due: list[Outgoing] = []
    for row in rows.to_show(tx, since=moment.now - LAST_SHOWN):
        who = people.who(tx, row.identity_id)
        ended = row.ended_at is not None or _finish(tx, row, who, moment)
        message = row.progress_id or _find_progress(tx, row)
        if message and _is_news(tx, row.id, ended=ended, now=moment.now):
            due.append(_edit(tx, row, who, message))
    return due


def tell(tx: Tx, who: Who, broadcast_id: str, *, moment: Moment) -> None:
    """Put the message in that will be edited as the broadcast goes on; WeChat cannot edit, there the reply tells it."""
    if who.identity.channel == "telegram":
        notice = Notice(KIND, "staff", f"bc:{broadcast_id}", progress(tx, broadcast_id))
        outbox.tell_account(tx, who.identity_id, notice, moment=moment)


def _finish(tx: Tx, row: Any, who: Who, moment: Moment) -> bool:
    if row.cursor != rows.PLANNED or rows.has_unsent(tx, row.id):
        return False
    if rows.move(tx, row.id, states=("running",), state="done", ended_at=moment.now):
        if who.identity.channel != "telegram":
            result = Notice("broadcast_result", "staff", f"bc:{row.id}", progress(tx, row.id))
            outbox.tell_account(tx, who.identity_id, result, moment=moment)
        audit.note(tx, moment, "broadcast.done", row.id, actor="clock")
    return True


def _find_progress(tx: Tx, row: Any) -> str:
    message = rows.platform_id(tx, _progress_row(row))
    if message:
        rows.move(tx, row.id, states=(row.state, "done"), progress_id=message)
    return message


def _is_news(tx: Tx, broadcast_id: str, *, ended: bool, now: datetime) -> bool:
    if not rows.claim_showing(tx, broadcast_id, now=now, pause=PAUSE):
        return False
    digest = hashlib.sha256(repr((ended, standing(tx, broadcast_id))).encode()).digest()
    return rows.is_new(tx, broadcast_id, int.from_bytes(digest[:6])) or ended


def _edit(tx: Tx, row: Any, who: Who, message: str) -> Outgoing:
    return Outgoing(
        id=_progress_row(row),
        kind=KIND,
        kind_class="staff",
        identity_id=who.identity_id,
        identity=who.identity,
        language=who.language,
        reply=progress(tx, row.id),
        edits=message,
    )


def _progress_row(row: Any) -> str:
    return id_of(f"outbox:{row.identity_id}:{KIND}:bc:{row.id}")


def _tap(key: str, word: str) -> Button:
    return Button(say(f"button.{key}"), word=word)


def _bar(percent: int) -> str:
    return "▓" * (percent // 10) + "░" * (10 - percent // 10)


def _span(time: timedelta) -> Message:
    """Return how long something took, to the second, the minute or the hour."""
    seconds = int(time.total_seconds())
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return say(f"span.{unit}", count=seconds // size)
    return say("span.seconds", count=max(1, seconds))


def _row(tx: Tx, broadcast_id: str) -> Any:
    row = rows.find(tx, broadcast_id)
    if row is None:
        raise BroadcastUnknown
    return row
