"""What leaves the house: rows taken under a lease, each given its road, and settled with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from membership.messages import Reply
from membership.moment import id_of
from membership.routing import Route
from services import Tx, asking, broadcasts, choices, people, reminders, roads
from services.outgoing import Outgoing
from services.roads import Way, Ways
from storage import identities, leases
from storage import outbox as rows
from storage.faults import SealBroken

SENDER = "sender"
SENDER_LEASE = timedelta(seconds=20)
"""How long the one bulk sender stays it without a sign of life."""

LEASE_SECONDS = rows.LEASE.total_seconds()
TRIES_MAX = 300
"""After so many tries (some two days) a message is given up."""

AFTER_CONTACT = frozenset({"feature_off", "feature_taken_away"})
DOUBT = "uncertain"

CAN_WAIT = frozenset({"reminder", "offer"})
"""Classes of messages that do not come between a question and its answer."""

REPLACES: Mapping[str, str] = {asking.OVER: asking.ASK}
"""Kinds of messages that change an earlier one of the same person and the same matter, and its kind."""

UNREADABLE = (SealBroken, LookupError, ValueError, TypeError)
"""What a damaged row, or one of another version of the program, raises when it is opened."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was taken: messages to send now, how many rows were looked at, and the accounts that must keep silent."""

    outgoing: tuple[Outgoing, ...] = ()
    seen: int = 0
    silent: Mapping[str, datetime] = field(default_factory=dict)


def take(tx: Tx, ways: Ways, *, owner: str, limit: int, now: datetime) -> Batch:
    """Take due rows as the one bulk sender: what may go now is marked ``sending``, the rest moved or cancelled."""
    if leases.hold(tx, SENDER, owner, until=now + SENDER_LEASE, now=now) is None:
        return Batch()
    silent = leases.halts(tx, now)
    due = rows.due(tx, now=now, limit=limit, silent=tuple(silent))
    found = [_take_readable(tx, row, ways, silent, now=now) for row in due]
    return Batch(tuple(one for one in found if one is not None), len(due), silent)


def next_due(tx: Tx) -> datetime | None:
    """Return when the next row's time comes, or came; None where nothing is pending."""
    return rows.next_due(tx)


def hand_over(tx: Tx, *, owner: str, now: datetime) -> None:
    """Stop being the bulk sender, so that another instance may go on at once."""
    leases.release(tx, SENDER, owner, now=now)


def sent(tx: Tx, outgoing: Outgoing, platform_id: str, *, now: datetime, counted: bool = True) -> bool:
    """Settle a message the platform took; False where the lease was lost meanwhile.

    ``counted`` is False for a customer-service message that was not yet counted against WeChat's window.
    """
    if not counted and outgoing.identity.channel == "wechat":
        roads.spend_window(tx, identities.get(tx, outgoing.identity_id), now=now)
    choices.settle(tx, outgoing, seen=True, now=now)
    return _settle(tx, outgoing, state="sent", platform_id=platform_id, settled_at=now)


def put_back(tx: Tx, outgoing: Outgoing, reason: str, *, until: datetime, tried: bool, now: datetime) -> bool:
    """Settle a message that certainly did not leave: it is due again at ``until``; ``tried`` counts the attempt."""
    tries = outgoing.attempts + tried
    change: dict[str, Any] = {"state": "pending", "not_before": until, "attempts": tries}
    if tries >= TRIES_MAX:
        change = {"state": "dead", "reason": "given_up", "settled_at": now}
    return _settle_unseen(tx, outgoing, last_error=reason[:200], now=now, **change)


def halt(tx: Tx, account: str, *, until: datetime) -> None:
    """Let no instance send by this account before ``until``."""
    leases.halt(tx, account, until)


def refused(tx: Tx, outgoing: Outgoing, reason: str, *, person: bool, now: datetime) -> bool:
    """Settle a message the platform refused for good.

    A road that is closed only here (no window, no grant) is noted, and the row looks for another one. A person who
    cannot be reached is not tried again until they come back.
    """
    if reason in roads.CLOSED:
        roads.close(tx, outgoing, reason, now=now)
        return _settle_unseen(tx, outgoing, state="pending", not_before=now, last_error=reason, now=now)
    if reason in AFTER_CONTACT:
        return _settle_unseen(tx, outgoing, state="waiting", reason=reason, last_error=reason, now=now)
    if person:
        people.unreachable(tx, outgoing.identity_id, reason[:200])
    why = "blocked" if person else "refused"
    return _settle_unseen(tx, outgoing, state="dead", reason=why, last_error=reason[:200], settled_at=now, now=now)


def unclear(tx: Tx, outgoing: Outgoing, reason: str, *, now: datetime) -> bool:
    """Settle a message whose answer was lost, by its class: see ``_again``."""
    row = rows.get(tx, outgoing.id)
    if row is None:
        return False
    return _doubt(tx, row, outgoing.epoch, reason, now=now)


def lose(tx: Tx, *, now: datetime, limit: int = 100) -> int:
    """Settle messages whose sender went away between taking and settling; return how many."""
    found = rows.lost(tx, now=now, limit=limit)
    for row in found:
        _doubt(tx, row, row.lease_epoch, "lost_lease", now=now)
    return len(found)


def _take_readable(tx: Tx, row: Any, ways: Ways, silent: Mapping[str, datetime], *, now: datetime) -> Outgoing | None:
    """Take one row; one that cannot be read dies alone, and the others go on."""
    try:
        with tx.savepoint():
            return _take_one(tx, row, ways, silent, now=now)
    except UNREADABLE as fault:
        error = f"unreadable: {type(fault).__name__}"
        rows.change(tx, row.id, states=("pending",), state="dead", reason="refused", last_error=error, settled_at=now)
        return None


def _take_one(tx: Tx, row: Any, ways: Ways, silent: Mapping[str, datetime], *, now: datetime) -> Outgoing | None:
    reply = reminders.said_now(tx, row, now)
    way = Way(Route("drop", "nothing_left")) if reply is None else roads.decide(tx, row, reply, ways, now=now)
    if not broadcasts.still_wanted(tx, row):
        way = Way(Route("drop", "unwanted"))
    later = way.route.not_before
    if way.identity is not None:
        later = later or silent.get(way.identity.account) or _busy_until(tx, row, way, now=now)
    match way.route.road:
        case "drop":
            change: dict[str, Any] = {"state": "cancelled", "settled_at": now}
        case "wait_contact":
            change = {"state": "waiting"}
        case _ if later is not None:
            change = {"not_before": later}
        case _:
            assert reply is not None
            return _begin(tx, row, way, reply, now=now)
    rows.change(tx, row.id, states=("pending",), reason=way.route.reason, **change)
    return None


def _begin(tx: Tx, row: Any, way: Way, reply: Reply, *, now: datetime) -> Outgoing | None:
    """Mark the row ``sending`` and spend what the road costs; None where another instance has it."""
    epoch = row.lease_epoch + 1
    lease = {"lease_until": now + rows.LEASE, "lease_epoch": epoch}
    if not rows.change(tx, row.id, states=("pending",), state="sending", reason=way.route.reason, **lease):
        return None
    roads.spend(tx, row, way, now=now)
    who, edits = people.who(tx, way.identity.id), _edited(tx, row)
    # a template shows no choices, an edited message is an older one, and an answer's are the list of the last answer
    listed = way.road == "reply" and not edits and row.kind != "reply"
    return Outgoing(
        id=row.id,
        kind=row.kind,
        kind_class=roads.class_of(row),
        identity_id=who.identity_id,
        identity=who.identity,
        language=who.language,
        reply=reply,
        road=way.road,
        epoch=epoch,
        attempts=row.attempts,
        edits=edits,
        marked=listed and choices.show(tx, who.identity_id, reply, row=row.id, now=now),
    )


def _busy_until(tx: Tx, row: Any, way: Way, *, now: datetime) -> datetime | None:
    """Return until when a reminder or an offer waits, because the person is just being asked something.

    What would be over by then goes at once.
    """
    if roads.class_of(row) not in CAN_WAIT or way.route.road == "wait_contact":
        return None
    until = choices.is_busy(tx, way.identity.id, now=now)
    return None if until is None or (row.expires_at is not None and row.expires_at <= until) else until


def _edited(tx: Tx, row: Any) -> str:
    """Return the platform's id of the message that this one takes the place of; "" where it is a new one."""
    earlier = REPLACES.get(row.kind)
    if earlier is None:
        return ""
    first = rows.get(tx, id_of(f"outbox:{row.recipient}:{earlier}:{row.period_key}"))
    return first.platform_id if first is not None else ""


def _doubt(tx: Tx, row: Any, epoch: int, reason: str, *, now: datetime) -> bool:
    doubt = f"{DOUBT}: {reason}"[:200]
    change: dict[str, Any] = {"state": "uncertain", "settled_at": now}
    if _again(row):
        change = {"state": "pending", "not_before": now, "attempts": row.attempts + 1}
    return rows.change(tx, row.id, states=("sending",), epoch=epoch, last_error=doubt, **change)


def _again(row: Any) -> bool:
    """Tell whether a message that may have arrived is sent again.

    A WeChat template carries the row's id, so the platform drops a second one. A Telegram receipt carries its visible
    number, so a second one is known as the same; it is sent once more. Everything else is not said twice.
    """
    if row.reason == "after_the_fact":
        return True
    return roads.class_of(row) == "receipt" and row.reason == "open" and not row.last_error.startswith(DOUBT)


def _settle_unseen(tx: Tx, outgoing: Outgoing, *, now: datetime, **values: Any) -> bool:
    """Settle a message that is on nobody's screen; whoever lost the lease says nothing of it: another one sends it."""
    if not _settle(tx, outgoing, **values):
        return False
    choices.settle(tx, outgoing, seen=False, now=now)
    return True


def _settle(tx: Tx, outgoing: Outgoing, **values: Any) -> bool:
    return rows.change(tx, outgoing.id, states=("sending",), epoch=outgoing.epoch, **values)
