"""How often an address, or a till, may call in a minute; who calls too often is told when to come again."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from pyrate_limiter import AbstractBucket, Duration, InMemoryBucket, Rate, RateItem, StateBucket
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import errors
from web.errors import Problem
from web.idempotency import Door

ADDRESS_MINUTE: Final = 600
SCANS_MINUTE: Final = 60
REMEMBERED: Final = 10_000
FREE: Final = ("/static/", "/healthz", "/readyz", "/metrics")
UNAUTHORIZED: Final = 401
NOBODY: Final = "-"
FOUND: Final = frozenset({"caller", "seat"})
"""What a request's state holds once it is known who calls."""


class TooOften(Exception):
    """The minute's share is used up; ``seconds`` says when it is worth trying again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too often")
        self.seconds = seconds


class Shares:
    """One share a minute for each name, the least recently used names forgotten first.

    ``exact`` counts every call of the last minute; otherwise a full share is there at once and comes back evenly,
    which needs one number a name, however many addresses somebody sends from.
    """

    def __init__(self, minute: int, *, exact: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = [Rate(minute, Duration.MINUTE)]
        self._bucket: Callable[[list[Rate]], AbstractBucket] = InMemoryBucket if exact else StateBucket
        self._clock = clock
        self._of: OrderedDict[str, AbstractBucket] = OrderedDict()

    def take(self, name: str) -> None:
        """Use one call of the name's share up. Raises TooOften."""
        now = int(self._clock() * 1000)
        bucket = self._of.pop(name, None) or self._bucket(self._rates)
        self._of[name] = bucket
        if len(self._of) > REMEMBERED:
            self._of.popitem(last=False)
        bucket.leak(now)
        item = RateItem(name, now)
        if not bucket.put(item):
            wait = bucket.waiting(item)
            raise TooOften(max(1, math.ceil(wait / 1000)) if isinstance(wait, int) else 1)


class Limits:
    """What the door lets through: so much from an address nobody vouches for, so many scans of one till or person."""

    def __init__(
        self,
        *,
        address_minute: int = ADDRESS_MINUTE,
        scans_minute: int = SCANS_MINUTE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.addresses = Shares(address_minute, exact=False, clock=clock)
        self._scans = Shares(scans_minute, exact=True, clock=clock)
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def count_scan(self, caller_id: str) -> None:
        """Count a scan of a till or a member of staff. Raises Problem (too_many_requests)."""
        try:
            self._scans.take(caller_id)
        except TooOften as often:
            raise problem(often) from None

    def knows(self, shown: bytes) -> bool:
        """Tell whether this key or session was good when it was last shown."""
        return shown in self._known

    def learn(self, shown: bytes, *, good: bool) -> None:
        """Remember whether this key or session is good."""
        self._known.pop(shown, None)
        if good:
            self._known[shown] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


class Gate:
    """Stands before the door and turns an address away that comes too often.

    A key or session that was good a moment ago passes uncounted, so that the tills of a shop share no limit with
    whoever else comes from its address. ``platforms`` are the paths that Telegram and WeChat call: they come from few
    addresses, and prove themselves before anything of them is read.
    """

    def __init__(self, app: ASGIApp, *, door: Door, limits: Limits, platforms: frozenset[str]) -> None:
        self._app, self._door, self._limits = app, door, limits
        self._platforms = platforms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._platforms or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        shown = _shown(Headers(scope=scope))
        try:
            if shown is None or not self._limits.knows(shown):
                self._limits.addresses.take(address_of(scope))
        except TooOften as often:
            language = self._door.language(Request(scope))
            await errors.response(problem(often), self._door.words, language)(scope, receive, send)
            return
        scope.setdefault("state", {})
        await self._app(scope, receive, send if shown is None else self._watched(send, scope, shown))

    def _watched(self, send: Send, scope: Scope, shown: bytes) -> Send:
        """Learn from the answer what the key or session was worth; a page for everybody says nothing about it."""

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == UNAUTHORIZED:
                    self._limits.learn(shown, good=False)
                elif not FOUND.isdisjoint(scope["state"]):
                    self._limits.learn(shown, good=True)
            await send(message)

        return watched


def problem(often: TooOften) -> Problem:
    """Return the answer to whoever came too often."""
    return Problem("too_many_requests", headers={"Retry-After": str(often.seconds)})


def address_of(scope: Scope) -> str:
    """Return the address a request comes from; of an IPv6 one the network of its house (/64).

    The server has put the client's own address there already where a trusted proxy stands between.
    """
    client = scope.get("client")
    try:
        found = ip_address(client[0] if client else "")
    except ValueError:
        return NOBODY
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


def _shown(headers: Headers) -> bytes | None:
    """Return a digest of the key or sessions that are shown, or None where nothing is."""
    key, cookies = headers.get("Authorization", ""), headers.get("Cookie", "")
    return hashlib.sha256(f"{key}\n{cookies}".encode()).digest() if key or "mb_" in cookies else None
