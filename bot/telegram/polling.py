"""Asking Telegram for news ourselves, and confirming an update only when it and all before it are committed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, Final

import structlog
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.telegram.connection import ShopBot
from bot.telegram.transport import TooManyRequests
from bot.telegram.updates import Updates

log = structlog.get_logger(__name__)

WAIT_SECONDS: Final = 25
AHEAD_SECONDS: Final = 0.5  # while a slow turn is under way, this often we look whether others have come
STOP_SECONDS: Final = 5.0
PAUSE_SECONDS_MAX: Final = 60.0
TOKEN_PAUSE_SECONDS: Final = 60.0


class Polling:
    """Our own long-polling loop: the library's confirms updates before they are handled and loses them in a crash.

    Telegram keeps what is confirmed, so we keep no offset between starts: update ids begin anew at random after a
    week of silence, and an old offset could confirm updates nobody has seen. What comes twice is taken once.
    """

    def __init__(
        self, bot: ShopBot, updates: Updates, *, wait_seconds: int = WAIT_SECONDS, pause_seconds: float = 1.0
    ) -> None:
        self._bot = bot
        self._updates = updates
        self._wait_seconds = wait_seconds
        self._pause_seconds = pause_seconds  # after the first trouble; it doubles with each further one
        self._window = Window()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Take updates until stopped; troubles are waited out, for as long as they last."""
        pause = 0.0
        webhook_gone = False
        while not self._stopping.is_set():
            try:
                if not webhook_gone:
                    webhook_gone = await self._bot.delete_webhook()
                await self._round()
                pause = 0.0 if self._window.settle() else self._longer(pause)
            except TelegramError as error:
                pause = self._pause_after(error, pause)
                webhook_gone = webhook_gone and not isinstance(error, Conflict)
            if pause:
                await self._sleep(pause)
        await self._leave()

    async def stop(self) -> None:
        """Ask the loop to end: it lets turns under way finish and confirms them; `run` then returns within 10 s."""
        self._stopping.set()

    async def _round(self) -> None:
        """Ask once, hand out what is new, and wait until it is taken (or a moment, when one of them is slow)."""
        seconds = 0 if self._window.is_busy else self._wait_seconds
        news = await self._unless_stopped(self._bot.updates_since(self._window.offset, seconds=seconds))
        for update in news or ():
            self._window.open(update, self._updates.take)
        await self._window.wait(AHEAD_SECONDS)

    async def _unless_stopped(self, asking: Any) -> list[Mapping[str, Any]] | None:
        asked = asyncio.ensure_future(asking)
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait([asked, stopped], return_when=asyncio.FIRST_COMPLETED)
            return asked.result() if asked.done() else None
        finally:
            stopped.cancel()
            asked.cancel()
            await asyncio.wait([asked, stopped])

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _leave(self) -> None:
        """Finish what was begun, then tell Telegram what need not come again."""
        await self._window.wait(STOP_SECONDS)
        self._window.settle()
        if self._window.offset is None:
            return
        try:
            async with asyncio.timeout(1):
                await self._bot.updates_since(self._window.offset, seconds=0, limit=1)
        except (TelegramError, TimeoutError) as error:
            log.info("telegram_last_confirmation_lost", why=type(error).__name__)

    def _pause_after(self, error: TelegramError, last: float) -> float:
        """Return how many seconds to leave Telegram alone after this error, and say what it means."""
        if isinstance(error, TooManyRequests):
            log.warning("telegram_polling_limited", seconds=error.seconds)
            return error.seconds
        if isinstance(error, InvalidToken):
            log.error("telegram_token_refused", cure="get a fresh token from @BotFather, set MEMBERBOT_TELEGRAM__TOKEN")
            return TOKEN_PAUSE_SECONDS
        if isinstance(error, Conflict):
            log.error("telegram_polling_conflict", said=error.message, cure="let only one program use this bot's token")
        else:
            log.warning("telegram_polling_failed", why=type(error).__name__)
        return self._longer(last)

    def _longer(self, pause: float) -> float:
        return min(max(self._pause_seconds, pause * 2), PAUSE_SECONDS_MAX)


class Window:
    """The updates handed out and not yet confirmed: the offset stands before the first that is not committed."""

    def __init__(self) -> None:
        self.offset: int | None = None
        self._open: dict[int, asyncio.Task[None]] = {}
        self._taken: set[int] = set()

    @property
    def is_busy(self) -> bool:
        return bool(self._open)

    def open(self, update: Mapping[str, Any], take: Any) -> None:
        """Begin to take an update, unless it is under way or taken already."""
        number = update.get("update_id")
        if isinstance(number, int) and number not in self._open and number not in self._taken:
            self._open[number] = asyncio.create_task(take(update))

    async def wait(self, seconds: float) -> None:
        """Wait until all are taken, at most so long."""
        if self._open:
            await asyncio.wait(self._open.values(), timeout=seconds)

    def settle(self) -> bool:
        """Move the offset over what is committed; False if an update failed and must be asked for again."""
        ended = {number: task for number, task in self._open.items() if task.done()}
        failed = {number: task for number, task in ended.items() if task.cancelled() or task.exception()}
        for number, task in failed.items():
            log.error("telegram_update_not_taken", update_id=number, exc_info=task.exception())
        self._taken |= ended.keys() - failed.keys()
        for number in ended:
            del self._open[number]
        unconfirmed = self._open.keys() | failed.keys()
        if unconfirmed:
            self.offset = min(unconfirmed)
        elif self._taken:
            self.offset = max(self._taken) + 1
        self._taken = {number for number in self._taken if self.offset is None or number >= self.offset}
        return not failed
