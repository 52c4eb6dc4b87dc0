"""Everything the platform remembers about one Official Account and the people around it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from playground.phones import Bubble, Person
from playground.wechat_api.answers import Refused

Kind = Literal["service", "subscription", "unverified"]
Trigger = Literal["message", "click", "follow", "scan"]

BEIJING = timezone(timedelta(hours=8))  # WeChat counts days and months in Beijing time
MEDIA_LASTS = timedelta(days=3)
# Customer-service messages a trigger allows, and for how long (the platform's own table).
WINDOWS: dict[Trigger, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "click": (3, timedelta(minutes=1)),
    "follow": (3, timedelta(minutes=1)),
    "scan": (3, timedelta(minutes=1)),
}
# Calls a day; lower a number at run time to rehearse 45009.
LIMITS = {
    "cgi-bin/token": 2000,
    "cgi-bin/message/custom/send": 500_000,
    "cgi-bin/message/template/send": 100_000,
    "cgi-bin/message/mass/sendall": 100,
    "cgi-bin/message/mass/send": 100,
    "cgi-bin/media/upload": 100_000,
    "cgi-bin/menu/create": 1000,
    "cgi-bin/menu/addconditional": 2000,
    "cgi-bin/qrcode/create": 100_000,
}


@dataclass(slots=True)
class Window:
    """How many customer-service messages are still allowed, and until when."""

    left: int
    ends_at: datetime


@dataclass(slots=True)
class Fan:
    """One person with WeChat, following the account or not."""

    person: Person
    following: bool = False
    followed_at: datetime | None = None
    followed_by: str = "ADD_SCENE_SEARCH"
    scene: str = ""
    tags: list[int] = field(default_factory=list)
    grants: Counter[str] = field(default_factory=Counter)
    windows: dict[Trigger, Window] = field(default_factory=dict)
    talked_at: datetime | None = None
    typing_until: datetime | None = None
    mass_at: list[datetime] = field(default_factory=list)
    blocks_notices: bool = False
    bubbles: list[Bubble] = field(default_factory=list)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    version: int = 0
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)

    def open_window(self, trigger: Trigger, now: datetime) -> None:
        """Allow the messages that this act of the person allows."""
        count, lasts = WINDOWS[trigger]
        self.windows[trigger] = Window(count, now + lasts)
        self.talked_at = now

    def use_window(self, now: datetime) -> None:
        """Use up one customer-service message; 45015 outside every window, 45047 when they are used up."""
        still = [window for window in self.windows.values() if window.ends_at > now]
        if not still or not self.following:
            raise Refused(45015)
        filled = sorted((window for window in still if window.left > 0), key=lambda window: window.ends_at)
        if not filled:
            raise Refused(45047)
        filled[0].left -= 1


@dataclass(frozen=True, slots=True)
class Media:
    """A picture kept by the platform; the API forgets it after three days, the phones that show it do not."""

    content: bytes
    content_type: str
    created_at: datetime


@dataclass(slots=True)
class Token:
    """A pass for the API; ``retired`` when a newer one took its place and the overlap is over."""

    ends_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A scene QR code."""

    ticket: str
    url: str
    scene: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu for everybody (``tag`` 0) or for the people of one tag."""

    id: int
    buttons: list[dict[str, Any]]
    tag: int = 0


@dataclass(slots=True)
class Login:
    """A code given by OAuth to the browser."""

    user: str
    ends_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """An event that the platform will push once the call was answered."""

    user: str
    event: str
    fields: dict[str, Any]


def counter(start: int) -> Iterator[int]:
    """Return numbers that only grow."""
    return itertools.count(start)


@dataclass(slots=True)
class Account:
    """One Official Account as the platform knows it."""

    app_id: str
    app_secret: str
    original_id: str
    kind: Kind
    media_path: str = "/wechat/media/"
    ip_allowed: bool = True
    image_bytes_max: int = 2 * 1024 * 1024
    limits: dict[str, int] = field(default_factory=lambda: dict(LIMITS))
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    clears: Counter[str] = field(default_factory=Counter)
    fans: dict[str, Fan] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    newest: str = ""
    stable: str = ""
    js_ticket: tuple[str, datetime] | None = None
    tags: dict[int, str] = field(default_factory=lambda: {2: "星标组"})
    tag_ids: Iterator[int] = field(default_factory=lambda: counter(100))
    menu: Menu | None = None
    tag_menus: list[Menu] = field(default_factory=list)
    menu_ids: Iterator[int] = field(default_factory=lambda: counter(208396938))
    media: dict[str, Media] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    logins: dict[str, Login] = field(default_factory=dict)
    notices: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    mass_jobs: dict[str, int] = field(default_factory=dict)
    mass_days: list[datetime] = field(default_factory=list)
    job_ids: Iterator[int] = field(default_factory=lambda: counter(200228332))
    bubble_ids: Iterator[int] = field(default_factory=lambda: counter(1))
    jobs: list[Job] = field(default_factory=list)

    def fan(self, openid: Any) -> Fan:
        """Return the person of an openid; 40003 when there is none."""
        found = self.fans.get(openid) if isinstance(openid, str) else None
        if found is None:
            raise Refused(40003)
        return found

    def followers(self) -> list[Fan]:
        """Return who follows, in the order of following."""
        return [fan for fan in self.fans.values() if fan.following]

    def keep(self, content: bytes, content_type: str, now: datetime) -> str:
        """Keep a picture and return its media_id."""
        name = secrets.token_urlsafe(48)
        self.media[name] = Media(content, content_type, now)
        return name

    def fresh_media(self, name: Any, now: datetime) -> Media:
        """Return a picture that the API still knows; 40007 when it does not."""
        found = self.media.get(name) if isinstance(name, str) else None
        if found is None or now - found.created_at >= MEDIA_LASTS:
            raise Refused(40007)
        return found

    def count(self, name: str, now: datetime) -> None:
        """Count one call of today; 45009 over the daily limit."""
        key = (now.astimezone(BEIJING).date().isoformat(), name)
        if self.used[key] >= self.limits.get(name, 1_000_000):
            raise Refused(45009)
        self.used[key] += 1
