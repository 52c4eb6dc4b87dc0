"""How news reaches the program: by webhook in queues, or by long polling, kept for a day."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import aiohttp

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.telegram_api.errors import conflict
from playground.telegram_api.waiting import Waiting

LIFE = timedelta(hours=24)
PRESS_LIFE = timedelta(seconds=150)
SILENCE = timedelta(days=7)
ANSWER_SECONDS_MAX = 60
DELAY_SECONDS_MAX = (60, 120)
RETRY_AFTER_MAX = 3600
# What a bot gets when it never said what it wants; chat_member, for example, must be asked for.
DEFAULT_KINDS = frozenset({"message", "edited_message", "callback_query", "my_chat_member", "inline_query"})

QueueKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class News:
    """One update that waits to be delivered or confirmed."""

    id: int
    kind: str
    queue: QueueKey
    body: dict[str, Any]
    at: datetime


@dataclass(slots=True)
class Webhook:
    """Where updates are posted to, and how the last attempt went."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    last_error_at: datetime | None = None
    last_error: str = ""


@dataclass(slots=True)
class _Poll:
    taken_over: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""


class Pushes:
    """The updates of one bot, oldest first.

    Messages queue by chat and presses by user, each in order; different queues are posted side by side. A webhook
    that does not answer 2xx gets the same update again: at once, then after 2, 4, 8 … 60 to 120 s, or after its own
    Retry-After (WebhookActor.cpp of telegram-bot-api).
    """

    def __init__(self, *, clock: MovableClock, inspector: Inspector, faults: Faults) -> None:
        self.clock = clock
        self.webhook = Webhook()
        self.kinds: frozenset[str] = DEFAULT_KINDS
        self.waiting: list[News] = []
        self._inspector = inspector
        self._faults = faults
        self._wait = Waiting(clock)
        self._next_id = random.randrange(100_000_000, 900_000_000)
        self._last_at = clock.now()
        self._changed = asyncio.Event()
        self._poll: _Poll | None = None
        self._session: aiohttp.ClientSession | None = None
        self._workers: dict[QueueKey, asyncio.Task[None]] = {}
        self._connections = asyncio.Semaphore(self.webhook.max_connections)

    def add(self, kind: str, queue: int, body: dict[str, Any]) -> None:
        """Put an update behind the others of its queue, if the bot wants this kind."""
        if kind not in self.kinds:
            return
        now = self.clock.now()
        if now - self._last_at >= SILENCE:  # ids restart anywhere after a week of silence
            self._next_id = random.randrange(100_000_000, 900_000_000)
        update = {"update_id": self._next_id, kind: body}
        news = News(self._next_id, kind, (kind, queue), update, now)
        times = 2 if self._faults.take(kind, kinds=("duplicate",)) else 1
        self.waiting += [news] * times
        self._next_id, self._last_at = self._next_id + 1, now
        self._changed.set()
        self._work()

    def wants_default(self) -> bool:
        """Tell whether the bot never asked for particular kinds."""
        return self.kinds == DEFAULT_KINDS

    # Long polling

    async def poll(self, *, offset: int, limit: int, seconds: float) -> list[dict[str, Any]]:
        """Confirm everything before the offset and return what waits, at latest after so many real seconds.

        ApiError 409 while a webhook is set, and for the earlier of two polls at the same time.
        """
        if self.webhook.url:
            why = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise conflict(why)
        self.end_poll("terminated by other getUpdates request; make sure that only one bot instance is running")
        self._confirm(offset)
        poll = self._poll = _Poll()
        try:
            return await self._poll_until(poll, limit=limit, end=time.monotonic() + seconds)
        finally:
            if self._poll is poll:
                self._poll = None

    async def _poll_until(self, poll: _Poll, *, limit: int, end: float) -> list[dict[str, Any]]:
        while True:
            self._forget_old()
            left = end - time.monotonic()
            if self.waiting or left <= 0:
                return [news.body for news in self.waiting[:limit]]
            self._changed.clear()
            await self._something(poll, left)
            if poll.why:
                raise conflict(poll.why)

    async def _something(self, poll: _Poll, seconds: float) -> None:
        tasks = [asyncio.ensure_future(event.wait()) for event in (self._changed, poll.taken_over)]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.waiting = self.waiting[offset:]
        elif offset <= self._next_id:  # a number from before the ids restarted confirms nothing
            self.waiting = [news for news in self.waiting if news.id >= offset]

    def end_poll(self, why: str) -> None:
        """End a poll that is waiting with 409."""
        if self._poll:
            self._poll.why = why
            self._poll.taken_over.set()

    # The webhook

    async def start(self) -> None:
        """Begin to post what waits."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS_MAX)
            self._session = aiohttp.ClientSession(timeout=timeout)
        self._work()

    async def close(self) -> None:
        """Stop posting; what waits stays."""
        await self._stop_workers()
        self.end_poll("terminated by closing")
        if self._session:
            await self._session.close()
            self._session = None

    def reset(self) -> None:
        """Forget what waits; the webhook stays."""
        self._drop_workers()
        self.waiting.clear()

    def set_webhook(self, webhook: Webhook) -> None:
        """Post to another address from now on, or to none."""
        self.webhook = webhook
        self._connections = asyncio.Semaphore(webhook.max_connections)
        self.end_poll("terminated by setWebhook request")
        self._drop_workers()
        self._work()

    def _drop_workers(self) -> list[asyncio.Task[None]]:
        workers = list(self._workers.values())
        self._workers.clear()
        for worker in workers:
            worker.cancel()
        return workers

    async def _stop_workers(self) -> None:
        await asyncio.gather(*self._drop_workers(), return_exceptions=True)

    def _work(self) -> None:
        """See that each queue with waiting updates has its worker."""
        if not (self.webhook.url and self._session):
            return
        for key in {news.queue: None for news in self.waiting}:
            if key not in self._workers:
                self._workers[key] = asyncio.create_task(self._drain(key))

    async def _drain(self, key: QueueKey) -> None:
        failures = 0
        while news := self._first(key):
            async with self._connections:
                asked = await self._post(news)
            if asked is None:
                _remove_one(self.waiting, news)
                failures = 0
                continue
            await self._wait.sleep(asked or _delay(failures))
            failures += 1
        self._workers.pop(key, None)

    def _first(self, key: QueueKey) -> News | None:
        self._forget_old()
        return next((news for news in self.waiting if news.queue == key), None)

    async def _post(self, news: News) -> float | None:
        """Post one update; None when it was taken, else the seconds the program asks to wait (0 for our own)."""
        assert self._session is not None
        hook, begin = self.webhook, time.monotonic()
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        status, answer, retry_after = 0, "", 0.0
        try:
            async with self._session.post(hook.url, json=news.body, headers=headers, allow_redirects=False) as response:
                status, answer = response.status, (await response.text(errors="replace"))[:500]
                retry_after = _seconds(response.headers.get("Retry-After", ""))
        except TimeoutError:
            answer = "Read timeout expired"
        except aiohttp.ClientConnectorError:
            answer = "Connection refused"
        except aiohttp.ClientError:
            answer = "Connection closed"
        self._record(news, status=status, answer=answer, begin=begin)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        hook.last_error_at, hook.last_error = self.clock.now(), _complaint(status, answer)
        return retry_after

    def _record(self, news: News, *, status: int, answer: str, begin: float) -> None:
        self._inspector.record(
            self.clock.now(),
            "telegram",
            news.kind,
            direction="out",
            request=news.body,
            answer=answer,
            status=status,
            milliseconds=(time.monotonic() - begin) * 1000,
        )

    def _forget_old(self) -> None:
        now = self.clock.now()
        self.waiting = [news for news in self.waiting if now - news.at <= _life(news)]


def _life(news: News) -> timedelta:
    return PRESS_LIFE if news.kind == "callback_query" else LIFE


def _remove_one(waiting: list[News], news: News) -> None:
    for place, other in enumerate(waiting):
        if other is news:
            del waiting[place]
            return


def _delay(failures: int) -> float:
    return min(2.0**failures, random.uniform(*DELAY_SECONDS_MAX)) if failures else 0.0


def _seconds(header: str) -> float:
    return min(float(header), RETRY_AFTER_MAX) if header.isascii() and header.isdigit() else 0.0


def _complaint(status: int, answer: str) -> str:
    if not status:
        return answer
    known = status in {each.value for each in HTTPStatus}
    return f"Wrong response from the webhook: {status} {HTTPStatus(status).phrase if known else ''}".rstrip()


def allowed_kinds(given: Sequence[Any] | None) -> frozenset[str] | None:
    """Return the kinds a call asks for; an empty list means the default, None leaves things as they are."""
    if given is None:
        return None
    return frozenset(str(kind) for kind in given) or DEFAULT_KINDS
