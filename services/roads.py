"""Which road a row takes to its person at this moment, and what each road costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from membership.member import Channel
from membership.messages import Reply
from membership.routing import Account, AccountKind, Matter, Route, Wishes, route
from services import Tx, rules
from services.outgoing import Class, Outgoing
from storage import identities, members
from storage import outbox as rows

LONG, LONG_MESSAGES = timedelta(hours=48), 5
SHORT, SHORT_MESSAGES = timedelta(minutes=1), 3
"""WeChat's windows for answers (customer-service messages): after a message; after a tap, a follow or a scan."""

CLOSED_WINDOW = frozenset({"window_closed", "window_used_up"})
CLOSED = CLOSED_WINDOW | {"no_grant"}
"""Reasons of a refusal that close one road only; another one or the next contact may do."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The shop's own accounts: of which kind each channel's is, and the template ids by our message keys."""

    kinds: Mapping[Channel, AccountKind]
    templates: Mapping[str, str] = field(default_factory=dict)

    def key_for(self, reply: Reply) -> str:
        """Return the key of the first message that has a template; "" where none has."""
        return next((message.key for message in reply.messages if message.key in self.templates), "")


@dataclass(frozen=True, slots=True)
class Way:
    """The decision for one row: the route, the account it leads to (a row, if it leads anywhere), and the template."""

    route: Route
    identity: Any = None
    template_id: str = ""
    road: str = "reply"


def decide(tx: Tx, row: Any, reply: Reply, ways: Ways, *, now: datetime) -> Way:
    """Decide how a row reaches its person now; what they left, switched off or blocked counts at this moment."""
    member = members.find(tx, row.member_id) if row.member_id else None
    if row.identity_id is None and (member is None or member.state == "left"):
        return Way(Route("drop", "left"))
    found = [one for one in _identities(tx, row) if one.channel in ways.kinds]
    key = ways.key_for(reply)
    template_id = ways.templates.get(key, "")
    accounts = [_account(tx, one, ways, template_id, kind=row.kind) for one in found]
    decided = _route(tx, row, accounts, _wishes(member), now=now)
    while decided.road == "other_channel":  # the preferred account has no road, a later one has
        found, accounts = found[1:], accounts[1:]
        decided = _route(tx, row, accounts, _wishes(member), now=now)
    road = "reply" if decided.road == "send" else f"{decided.road}:{key}"
    return Way(decided, found[0] if found else None, template_id, road)


def spend(tx: Tx, row: Any, way: Way, *, now: datetime) -> None:
    """Count what the road costs on WeChat: one message of the window, or one grant."""
    if way.route.road == "subscribe":
        rows.use_grant(tx, way.identity.id, way.template_id, now=now)
    if way.route.reason == "window" and row.attempts == 0:
        spend_window(tx, way.identity, now=now)


def spend_window(tx: Tx, identity: Any, *, now: datetime) -> None:
    """Count one message against the window that is open, if one is."""
    until, left, name = _window(identity)
    if until is not None and now < until and left > 0:
        identities.spend_window(tx, identity.id, name)


def close(tx: Tx, outgoing: Outgoing, reason: str, *, now: datetime) -> None:
    """Believe the platform that a road is closed where we thought it open."""
    if reason in CLOSED_WINDOW:
        identities.change(tx, outgoing.identity_id, said_used=LONG_MESSAGES, clicked_used=SHORT_MESSAGES)
        return
    for template_id in rows.granted(tx, outgoing.identity_id):
        rows.use_grant(tx, outgoing.identity_id, template_id, now=now, every=True)


def class_of(row: Any) -> Class:
    """Return the row's class: reply, receipt, reminder, offer or staff."""
    found: Class = row._mapping["class"]  # noqa: SLF001 — SQLAlchemy's public way to a column named like a keyword
    return found


def _route(tx: Tx, row: Any, accounts: list[Account], wishes: Wishes, *, now: datetime) -> Route:
    shop = rules.current(tx)
    matter = Matter(row.kind, class_of(row), row.expires_at, for_many=row.broadcast_id is not None)
    return route(matter, accounts, wishes, quiet=shop.quiet, zone=shop.zone, now=now)


def _identities(tx: Tx, row: Any) -> list[Any]:
    """Return the accounts a row may go to, the one that spoke last first."""
    return [identities.get(tx, row.identity_id)] if row.identity_id else identities.of_member(tx, row.member_id)


def _account(tx: Tx, identity: Any, ways: Ways, template_id: str, *, kind: str) -> Account:
    reachable = identity.following and not identity.unreachable
    if identity.channel == "telegram":
        return Account("telegram", "bot", reachable=reachable)
    templates = frozenset({kind}) if template_id else frozenset()
    until, left, _ = _window(identity)
    return Account(
        identity.channel,
        ways.kinds[identity.channel],
        reachable=reachable,
        window_until=until,
        window_left=left,
        templates=templates,
        grants=templates if template_id in rows.granted(tx, identity.id) else frozenset(),
    )


def _window(identity: Any) -> tuple[datetime | None, int, str]:
    """Return until when and how often the account may still be answered, and by which of its two windows."""
    long_left, short_left = LONG_MESSAGES - identity.said_used, SHORT_MESSAGES - identity.clicked_used
    long = None if identity.said_at is None or long_left <= 0 else identity.said_at + LONG
    short = None if identity.clicked_at is None or short_left <= 0 else identity.clicked_at + SHORT
    if short is not None and (long is None or short > long):
        return short, short_left, "short"
    return long, long_left, "long"


def _wishes(member: Any) -> Wishes:
    if member is None:
        return Wishes()
    return Wishes(offers=member.offers_on, reminders=member.reminders_on, birthday=member.birthday_on)
