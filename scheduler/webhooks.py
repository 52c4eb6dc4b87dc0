"""The calls to other systems at work: each hook's in their order, hooks side by side, failures tried again later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from membership.moment import Moment
from scheduler.delivery import Clock
from services import Database, hook_calls
from services.hook_calls import HookCall

log = structlog.get_logger(__name__)

BATCH_SECONDS: Final = hook_calls.LEASE.total_seconds() - 20
"""What of a batch was not begun by then goes back; a call takes ten seconds at most."""


class NotTaken(Exception):
    """The receiver did not take a call: it may be made again.

    ``reached``: it answered, so the next call may go better. ``after``: how many seconds it wants to be left alone.
    """

    def __init__(self, reason: str, *, reached: bool, after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.reached = reached
        self.after = after


class Gone(Exception):
    """The receiver wants no more calls, ever (410)."""


class Caller(Protocol):
    """The way out to other systems. It makes one call and never touches the memory."""

    async def call(self, call: HookCall, *, now: datetime) -> None:
        """Make one call, signed at ``now``. Raises NotTaken and Gone."""


class HookSender:
    """Makes the calls that are due. A call may arrive twice (its answer got lost), under the same id."""

    def __init__(
        self, database: Database, caller: Caller, *, clock: Clock, moment: Callable[[], Moment], owner: str
    ) -> None:
        self._database = database
        self._caller = caller
        self._clock = clock
        self._moment = moment
        self._owner = owner

    async def run_once(self) -> int:
        """Take what is due, see it through, and return how many calls that were."""
        await self._database.write(hook_calls.lose, now=self._clock.now())
        batches = await self._database.write(hook_calls.take, self._owner, now=self._clock.now())
        await asyncio.gather(*(self._see_through(batch) for batch in batches))
        return sum(map(len, batches))

    async def _see_through(self, batch: list[HookCall]) -> None:
        """Make a hook's calls one after the other; where nobody answers, the rest waits as long as the first."""
        begun, until = self._clock.monotonic(), None
        for call in batch:
            if until is None and self._clock.monotonic() - begun > BATCH_SECONDS:
                until = self._clock.now()
            if until is None:
                until = await self._make(call)
            else:
                await self._database.write(hook_calls.put_back, call, until=until)

    async def _make(self, call: HookCall) -> datetime | None:
        """Make a call and settle it; return until when its hook is to be left alone, None where the next may go."""
        try:
            await self._caller.call(call, now=self._clock.now())
        except Gone:
            await self._database.write(hook_calls.gone, call, moment=self._moment())
            return self._clock.now()
        except NotTaken as trouble:
            return await self._fail(call, trouble)
        except Exception as bug:  # the door where a call that breaks the program ends: it dies alone
            log.exception("webhook_failed", call=call.id)
            return await self._fail(call, NotTaken(f"bug: {type(bug).__name__}", reached=True))
        await self._database.write(hook_calls.sent, call, now=self._clock.now())
        return None

    async def _fail(self, call: HookCall, trouble: NotTaken) -> datetime | None:
        asked = timedelta(seconds=trouble.after)
        log.info("webhook_not_taken", hook=call.hook, call=call.id, reason=trouble.reason, attempts=call.attempts)
        until = await self._database.write(hook_calls.failed, call, trouble.reason, asked=asked, moment=self._moment())
        return None if trouble.reached and not trouble.after else until
