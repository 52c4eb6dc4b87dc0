"""The desk where every channel hands in what was said: in each person's own order, people side by side."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import structlog

from bot.clock import Clock, moment
from handlers import router
from handlers.said import Said
from membership.messages import Reply, say
from scheduler.messenger import Sent
from services import turns
from services.outgoing import Outgoing
from services.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from services import Database

log = structlog.get_logger(__name__)


class Desk:
    """Takes what was said, one event at a time a person, and hands the outgoing rows to delivery."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        deliver: Callable[[Outgoing], Awaitable[None]],
        settle: Callable[[Outgoing, Sent], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self.deliver = deliver  # send one row now and settle it; never raises Trouble
        self.settle = settle  # note that a row went out some other way (WeChat's passive reply)
        self._queues: dict[tuple[str, str, str], tuple[asyncio.Lock, int]] = {}

    async def take(self, said: Said) -> Turn:
        """Commit one event and return what came of it; a bug becomes one apology with a short reference."""
        async with self._in_order(said):
            try:
                return await self._database.write(turns.take, said, router.answer, moment=moment(self._clock))
            except Exception:  # the door where a bug ends: logged once, the person gets an apology
                reference = hashlib.sha256(said.event.encode()).hexdigest()[:6].upper()
                log.exception("turn_failed", event_reference=reference, kind=said.kind)
                apology = Reply((say("apology", reference=reference),))
                return await self._database.write(turns.apologise, said, apology, moment=moment(self._clock))

    @contextlib.asynccontextmanager
    async def _in_order(self, said: Said) -> AsyncIterator[None]:
        person = (said.identity.channel, said.identity.account, said.identity.external_id)
        lock, waiting = self._queues.get(person, (asyncio.Lock(), 0))
        self._queues[person] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._queues.pop(person)
            if waiting > 1:
                self._queues[person] = (lock, waiting - 1)
