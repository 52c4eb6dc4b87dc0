"""What leaves the house: rows taken under a lease, each given its road, and settled with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from membership.member import Channel
from membership.messages import Reply
from membership.routing import Account, AccountKind, Matter, Route, Wishes, route
from services import Tx, people, reminders, rules
from services.outgoing import Outgoing
from storage import identities, leases, members
from storage import outbox as rows

SENDER = "sender"
SENDER_LEASE = timedelta(seconds=20)
"""How long the one bulk sender stays it without a sign of life."""

LEASE_SECONDS = rows.LEASE.total_seconds()
TRIES_MAX = 300
"""After so many tries (some two days) a message is given up."""

LONG, LONG_MESSAGES = timedelta(hours=48), 5
SHORT, SHORT_MESSAGES = timedelta(minutes=1), 3
"""WeChat's windows for answers (customer-service messages): after a message; after a tap, a follow or a scan."""

CLOSED_WINDOW = frozenset({"window_closed", "window_used_up"})
CLOSED_ROAD = CLOSED_WINDOW | {"no_grant"}
AFTER_CONTACT = frozenset({"feature_off", "feature_taken_away"})


@dataclass(frozen=True, slots=True)
class Ways:
    """The shop's own accounts: of which kind each channel's is, and the template ids by our message keys."""

    kinds: Mapping[Channel, AccountKind]
    templates: Mapping[str, str] = field(default_factory=dict)


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
    found = [_take_one(tx, row, ways, silent, now=now) for row in due]
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
        _spend_window(tx, identities.get(tx, outgoing.identity_id), now)
    return _settle(tx, outgoing, state="sent", platform_id=platform_id, settled_at=now)


def put_back(tx: Tx, outgoing: Outgoing, reason: str, *, until: datetime, tried: bool, now: datetime) -> bool:
    """Settle a message that certainly did not leave: it is due again at ``until``; ``tried`` counts the attempt."""
    tries = outgoing.attempts + tried
    if tries >= TRIES_MAX:
        return _settle(tx, outgoing, state="dead", reason="given_up", last_error=reason[:200], settled_at=now)
    return _settle(tx, outgoing, state="pending", not_before=until, attempts=tries, last_error=reason[:200])


def halt(tx: Tx, account: str, *, until: datetime) -> None:
    """Let no instance send by this account before ``until``."""
    leases.halt(tx, account, until)


def refused(tx: Tx, outgoing: Outgoing, reason: str, *, person: bool, now: datetime) -> bool:
    """Settle a message the platform refused for good.

    A road that is closed only here (no window, no grant) is noted, and the row looks for another one. A person who
    cannot be reached is not tried again until they come back.
    """
    if reason in CLOSED_ROAD:
        _close_road(tx, outgoing, reason, now)
        return _settle(tx, outgoing, state="pending", not_before=now, last_error=reason)
    if reason in AFTER_CONTACT and outgoing.kind_class != "reply":
        return _settle(tx, outgoing, state="waiting", reason=reason, last_error=reason)
    if person:
        people.unreachable(tx, outgoing.identity_id, reason[:200])
    why = "blocked" if person else "refused"
    return _settle(tx, outgoing, state="dead", reason=why, last_error=reason[:200], settled_at=now)


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


def _take_one(tx: Tx, row: Any, ways: Ways, silent: Mapping[str, datetime], *, now: datetime) -> Outgoing | None:
    reply = reminders.said_now(tx, row, now)
    if reply is None:
        return _drop(tx, row, "nothing_left", now)
    member = members.find(tx, row.member_id) if row.member_id else None
    if row.identity_id is None and (member is None or member.state == "left"):
        return _drop(tx, row, "left", now)
    found = [one for one in _accounts(tx, row) if one.channel in ways.kinds]
    accounts = [_account(tx, one, row, reply, ways) for one in found]
    decided = _route(tx, row, accounts, _wishes(member), now)
    if decided.road == "other_channel":
        found = [one for one in found if one.channel == decided.channel]
        accounts = [_account(tx, one, row, reply, ways) for one in found]
        decided = _route(tx, row, accounts, _wishes(member), now)
    return _follow(tx, row, decided, found, reply, ways=ways, silent=silent, now=now)


def _follow(
    tx: Tx,
    row: Any,
    decided: Route,
    found: list[Any],
    reply: Reply,
    *,
    ways: Ways,
    silent: Mapping[str, datetime],
    now: datetime,
) -> Outgoing | None:
    if decided.road == "drop":
        return _drop(tx, row, decided.reason, now)
    if decided.road == "wait_contact":
        rows.change(tx, row.id, states=("pending",), state="waiting", reason=decided.reason)
        return None
    later = decided.not_before if decided.road == "wait_until" else silent.get(found[0].account)
    if later is not None:
        rows.change(tx, row.id, states=("pending",), not_before=later, reason=decided.reason)
        return None
    return _begin(tx, row, decided, found[0], reply, ways=ways, now=now)


def _begin(
    tx: Tx, row: Any, decided: Route, identity: Any, reply: Reply, *, ways: Ways, now: datetime
) -> Outgoing | None:
    """Mark the row ``sending`` and spend what the road costs; None where another instance has it."""
    epoch, key = row.lease_epoch + 1, _template_key(reply, ways)
    lease = {"lease_until": now + rows.LEASE, "lease_epoch": epoch}
    if not rows.change(tx, row.id, states=("pending",), state="sending", reason=decided.reason, **lease):
        return None
    if decided.road == "subscribe":
        rows.use_grant(tx, identity.id, ways.templates[key], now=now)
    if decided.reason == "window" and row.attempts == 0:
        _spend_window(tx, identity, now)
    who = people.who(tx, identity.id)
    return Outgoing(
        id=row.id,
        kind=row.kind,
        kind_class=_class(row),
        identity_id=identity.id,
        identity=who.identity,
        language=who.language,
        reply=reply,
        road="reply" if decided.road == "send" else f"{decided.road}:{key}",
        epoch=epoch,
        attempts=row.attempts,
    )


def _route(tx: Tx, row: Any, accounts: list[Account], wishes: Wishes, now: datetime) -> Route:
    shop = rules.current(tx)
    matter = Matter(row.kind, _class(row), row.expires_at)
    return route(matter, accounts, wishes, quiet=shop.quiet, zone=shop.zone, now=now)


def _accounts(tx: Tx, row: Any) -> list[Any]:
    """Return the accounts a row may go to, the one that spoke last first."""
    return [identities.get(tx, row.identity_id)] if row.identity_id else identities.of_member(tx, row.member_id)


def _account(tx: Tx, identity: Any, row: Any, reply: Reply, ways: Ways) -> Account:
    reachable = identity.following and not identity.unreachable
    if identity.channel == "telegram":
        return Account("telegram", "bot", reachable=reachable)
    key = _template_key(reply, ways)
    kinds = frozenset({row.kind}) if key else frozenset()
    granted = kinds if key and ways.templates[key] in rows.granted(tx, identity.id) else frozenset()
    until, left, _ = _window(identity)
    return Account(
        identity.channel,
        ways.kinds[identity.channel],
        reachable=reachable,
        window_until=until,
        window_left=left,
        templates=kinds,
        grants=granted,
    )


def _template_key(reply: Reply, ways: Ways) -> str:
    """Return the key of the first message that has a template; "" where none has."""
    return next((message.key for message in reply.messages if message.key in ways.templates), "")


def _window(identity: Any) -> tuple[datetime | None, int, str]:
    """Return until when and how often the account may still be answered, and by which of its two windows."""
    left = LONG_MESSAGES - identity.said_used
    if identity.said_at is not None and left > 0:
        long = identity.said_at + LONG, left, "long"
        if identity.clicked_at is None or identity.clicked_at + SHORT <= long[0]:
            return long
    if identity.clicked_at is None:
        return None, 0, ""
    return identity.clicked_at + SHORT, SHORT_MESSAGES - identity.clicked_used, "short"


def _spend_window(tx: Tx, identity: Any, now: datetime) -> None:
    until, left, name = _window(identity)
    if until is not None and now < until and left > 0:
        identities.spend_window(tx, identity.id, name)


def _close_road(tx: Tx, outgoing: Outgoing, reason: str, now: datetime) -> None:
    """Believe the platform where its count differs from ours."""
    if reason in CLOSED_WINDOW:
        identities.change(tx, outgoing.identity_id, said_used=LONG_MESSAGES, clicked_used=SHORT_MESSAGES)
        return
    for template in rows.granted(tx, outgoing.identity_id):
        rows.use_grant(tx, outgoing.identity_id, template, now=now, every=True)


def _wishes(member: Any) -> Wishes:
    if member is None:
        return Wishes()
    return Wishes(offers=member.offers_on, reminders=member.reminders_on, birthday=member.birthday_on)


def _drop(tx: Tx, row: Any, reason: str, now: datetime) -> None:
    rows.change(tx, row.id, states=("pending",), state="cancelled", reason=reason, settled_at=now)


def _doubt(tx: Tx, row: Any, epoch: int, reason: str, *, now: datetime) -> bool:
    guard: dict[str, Any] = {"states": ("sending",), "epoch": epoch}
    if _again(row):
        change = {"state": "pending", "not_before": now, "last_error": f"uncertain: {reason}"[:200]}
        return rows.change(tx, row.id, **guard, **change, attempts=row.attempts + 1)
    change = {"state": "uncertain", "last_error": f"uncertain: {reason}"[:200]}
    return rows.change(tx, row.id, **guard, **change, settled_at=now)


def _again(row: Any) -> bool:
    """Tell whether a message that may have arrived is sent again.

    A WeChat template carries the row's id, so the platform drops a second one. A Telegram receipt carries its visible
    number, so a second one is known as the same; it is sent once more. Everything else is not said twice.
    """
    if row.reason == "after_the_fact":
        return True
    return bool(_class(row) == "receipt" and row.reason == "open" and not row.last_error.startswith("uncertain"))


def _settle(tx: Tx, outgoing: Outgoing, **values: Any) -> bool:
    return rows.change(tx, outgoing.id, states=("sending",), epoch=outgoing.epoch, **values)


def _class(row: Any) -> Any:
    return row._mapping["class"]  # noqa: SLF001 — SQLAlchemy's public way to a column named like a keyword
