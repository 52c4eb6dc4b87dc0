"""The pass to WeChat's API: fetched by one, kept for all, thrown away only by whoever saw it refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.wechat.calls import Refusal
from bot.wechat.given import Notebook
from scheduler.messenger import NotSent, Uncertain

NAME = "access_token"
MARGIN_SECONDS = 60  # a pass this near to its end is not used for a new call
STOPPED_SECONDS = 600.0  # how long nothing is tried after the platform refused the account itself
# The account's own data or address are wrong; asking again would not help (CHANNELS §2).
STOPPING = {40164: "ip_not_allowed", 40125: "wrong_secret", 40013: "wrong_app_id", 40243: "secret_frozen"}

Fetch = Callable[..., Awaitable[Mapping[str, object]]]


class Tokens:
    """The one owner of the account's access token.

    ``fetch(force=…)`` asks the platform (stable_token: the same token while it is valid, so that several instances
    need no lock between them). ``alert`` is told once when the platform refuses the account itself.
    """

    def __init__(
        self, *, account: str, fetch: Fetch, notebook: Notebook, clock: Clock, alert: Callable[[str], None]
    ) -> None:
        self._account = account
        self._fetch = fetch
        self._notebook = notebook
        self._clock = clock
        self._alert = alert
        self._lock = asyncio.Lock()
        self._token = ""
        self._until: datetime | None = None
        self._refused = ""
        self._stopped: tuple[str, float] = ("", 0.0)

    def __repr__(self) -> str:
        return "Tokens(…)"

    async def get(self) -> str:
        """Return a token to use now; NotSent when none is to be had."""
        if self._usable():
            return self._token
        async with self._lock:  # ten workers want one: the first fetches, nine find it here
            if not self._usable():
                await self._renew()
            return self._token

    async def expire(self, token: str) -> None:
        """Throw this token away, if it is still the one in use."""
        async with self._lock:
            self._refused = token
            if token == self._token:
                self._token, self._until = "", None
                await self._notebook.forget(self._account, NAME, token)

    def _usable(self) -> bool:
        return bool(self._token) and self._until is not None and self._until > self._clock.now()

    async def _renew(self) -> None:
        kept = await self._notebook.find(self._account, NAME)
        if kept and kept != self._refused:  # another instance fetched it, or we did before a restart
            self._token, self._until = kept, self._clock.now() + timedelta(seconds=MARGIN_SECONDS)
            return
        token, seconds = await self._ask(force=False)
        if token == self._refused:  # the platform insists on a token that it refuses: force a new one
            token, seconds = await self._ask(force=True)
        self._token = token
        self._until = self._clock.now() + timedelta(seconds=max(seconds - MARGIN_SECONDS, 1))
        await self._notebook.keep(self._account, NAME, token, until=self._until)

    async def _ask(self, *, force: bool) -> tuple[str, int]:
        reason, until = self._stopped
        if self._clock.monotonic() < until:
            raise NotSent(reason, after=until - self._clock.monotonic(), scope="bot")
        try:
            answer = await self._fetch(force=force)
        except Refusal as no:
            raise self._stop(no.code) from None
        except Uncertain as lost:  # whatever was to be said has certainly not been said yet
            raise NotSent(f"token_{lost}", after=1.0, scope="bot") from None
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise NotSent("no_token", after=1.0, scope="bot")
        return token, seconds

    def _stop(self, code: int) -> NotSent:
        if code not in STOPPING:
            return NotSent(f"token_{code}", after=2.0, scope="bot")
        reason = STOPPING[code]
        if self._stopped[0] != reason:
            self._alert(reason)
        self._stopped = (reason, self._clock.monotonic() + STOPPED_SECONDS)
        return NotSent(reason, after=STOPPED_SECONDS, scope="bot")
