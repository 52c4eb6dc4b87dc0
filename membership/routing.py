"""Roads: how one message may reach one person now, or when, or why not; the platforms' rules are law here.

Telegram lets a bot write to whoever started it. A WeChat account may answer within a window that the member opens
(48 h and 5 messages after a message, 1 min and 3 after a menu tap, a follow or a scene QR), send a template for what
has just happened (service accounts, never promotions, coupons or greetings), and spend a one-time grant that the
member gave. Sources: developers.weixin.qq.com, customer-service, template and subscription messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from membership.days import Hours
from membership.member import Channel

Class = Literal["reply", "receipt", "reminder", "offer", "staff"]
Road = Literal["send", "template", "subscribe", "wait_contact", "wait_until", "other_channel", "drop"]
AccountKind = Literal["bot", "service", "subscription", "unverified"]

UNDISTURBING: frozenset[Class] = frozenset({"reply", "receipt", "staff"})
"""What may arrive at night: the answer to something somebody has just done."""

MASS_KINDS: frozenset[AccountKind] = frozenset({"service", "subscription"})
"""Accounts that may send mass messages, few times a month; who waits for one may come by and read it before."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the person, and what the shop may do there at this moment.

    ``kind`` is the shop's side: a Telegram ``bot`` or the kind of WeChat account. ``reachable`` is False after a
    block or an unfollow. ``window_until`` and ``window_left`` are the open window (None: no window). ``templates`` are
    the message kinds the owner has mapped to a template; ``grants`` the kinds for which the member left a grant.
    """

    channel: Channel
    kind: AccountKind = "bot"
    reachable: bool = True
    window_until: datetime | None = None
    window_left: int = 0
    templates: frozenset[str] = frozenset()
    grants: frozenset[str] = frozenset()

    def window_open(self, now: datetime) -> bool:
        return self.window_until is not None and now < self.window_until and self.window_left > 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the member wants to hear: offers only after a yes, the others until a no."""

    offers: bool = False
    reminders: bool = True
    birthday: bool = True


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be said: its kind (``receipt``, ``birthday``, ``points_expiring`` …), class and end.

    ``for_many`` marks a broadcast: a verified WeChat account may say it to all who have no window in a mass message.
    """

    kind: str
    kind_class: Class
    expires_at: datetime | None = None
    for_many: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """The decision: a road, the reason under a symbolic key (``routing.<reason>``), and what the road needs.

    ``not_before`` belongs to ``wait_until``, ``channel`` to ``other_channel``.
    """

    road: Road
    reason: str
    not_before: datetime | None = None
    channel: Channel | None = None


def route(
    matter: Matter,
    accounts: Sequence[Account],
    wishes: Wishes,
    *,
    quiet: Hours,
    zone: ZoneInfo,
    now: datetime,
) -> Route:
    """Decide how a matter reaches the person; the first account is the preferred one (the one that spoke last).

    In this order: too late, not wanted, not now, then the best road of the preferred account, then of the others.
    What has no road waits for the next contact; offers to people who blocked the shop are dropped.
    """
    unwanted = _unwanted(matter, wishes)
    if matter.expires_at is not None and now >= matter.expires_at:
        return Route("drop", "too_late")
    if unwanted:
        return Route("drop", unwanted)
    if not accounts:
        return Route("drop", "no_account")
    return _night(matter, quiet, zone, now) or _first_open(matter, accounts, now) or _closed(matter, accounts)


def _unwanted(matter: Matter, wishes: Wishes) -> str:
    if matter.kind_class == "offer" and not wishes.offers:
        return "no_consent"
    if matter.kind == "birthday":
        return "" if wishes.birthday else "birthday_off"
    return "reminders_off" if matter.kind_class == "reminder" and not wishes.reminders else ""


def _night(matter: Matter, quiet: Hours, zone: ZoneInfo, now: datetime) -> Route | None:
    """Return what the quiet hours say: wait for the morning, or drop what is over by then."""
    morning = quiet.over_at(now, zone)
    if matter.kind_class in UNDISTURBING or morning <= now:
        return None
    if matter.expires_at is not None and morning >= matter.expires_at:
        return Route("drop", "over_by_morning")
    return Route("wait_until", "quiet_hours", not_before=morning)


def _first_open(matter: Matter, accounts: Sequence[Account], now: datetime) -> Route | None:
    for account in accounts:
        found = _open_road(matter, account, now)
        if found is not None:
            return found if account is accounts[0] else Route("other_channel", found.reason, channel=account.channel)
    return None


def _open_road(matter: Matter, account: Account, now: datetime) -> Route | None:
    if not account.reachable or account.kind == "unverified":
        return None
    if account.kind == "bot":
        return Route("send", "open")
    if account.window_open(now):
        return Route("send", "window")
    if matter.kind_class == "receipt" and account.kind == "service" and matter.kind in account.templates:
        return Route("template", "after_the_fact")
    if matter.kind_class != "offer" and account.kind == "service" and matter.kind in account.grants:
        return Route("subscribe", "grant")
    return None


def _closed(matter: Matter, accounts: Sequence[Account]) -> Route:
    if not any(account.reachable for account in accounts):
        return Route("drop" if matter.kind_class == "offer" else "wait_contact", "blocked")
    if matter.for_many and any(account.reachable and account.kind in MASS_KINDS for account in accounts):
        return Route("wait_contact", "mass_next")
    reached = next(account for account in accounts if account.reachable)
    return Route("wait_contact", "unverified" if reached.kind == "unverified" else "no_window")
