"""The way out to other systems of the shop: one signed POST, to no address that lies inside unless it was meant to."""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from membership.webhooks import is_inside
from scheduler.webhooks import Gone, NotTaken
from services.hook_calls import HookCall

TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
CONNECTIONS: Final = 20
GONE: Final = 410
AFTER_SECONDS_MAX: Final = 36_000


class OutsideResolver(AbstractResolver):
    """Looks names up and leaves out every address inside: where a name leads is decided at each connection anew."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        outside = [one for one in found if not is_inside(one["host"])]
        if not outside:
            raise OSError("the name leads inside")
        return outside

    async def close(self) -> None:
        await self._inner.close()


class WebhookCaller:
    """Makes calls over connections of its own: no cookies, no proxy, no redirect followed, no answer read."""

    def __init__(self) -> None:
        self._outside = _session(OutsideResolver())
        self._inside = _session(None)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._outside.close()
        await self._inside.close()

    async def call(self, call: HookCall, *, now: datetime) -> None:
        """Make one call, signed at ``now``; only a 2xx is a yes. Raises NotTaken and Gone."""
        session = self._inside if call.where.inside else self._outside
        try:
            # a numeric address is not looked up, so the resolver does not see it; it was checked when it was added
            async with session.post(
                call.where.url, data=call.body, headers=call.headers(now), allow_redirects=False
            ) as answer:
                status, after = answer.status, _after(answer.headers.get("Retry-After", ""))
        except TimeoutError:
            raise NotTaken("timeout", reached=False) from None
        except (aiohttp.ClientError, OSError, ValueError) as trouble:
            # the text of the trouble may hold the address, which may hold a token
            raise NotTaken(type(trouble).__name__, reached=False) from None
        if status == GONE:
            raise Gone
        if status // 100 != 2:  # noqa: PLR2004 -- HTTP's class of a yes
            raise NotTaken(f"status {status}", reached=True, after=after)


def _session(resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    options: dict[str, Any] = {"limit": CONNECTIONS, "use_dns_cache": False, "ttl_dns_cache": None}
    connector = aiohttp.TCPConnector(resolver=resolver, **options)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=TIMEOUT)


def _after(told: str) -> float:
    """Return how many seconds the receiver wants to be left alone; a date instead of a number counts as none."""
    return float(min(int(told), AFTER_SECONDS_MAX)) if told.isascii() and told.isdigit() and len(told) < 10 else 0.0  # noqa: PLR2004 -- more digits are no pause
