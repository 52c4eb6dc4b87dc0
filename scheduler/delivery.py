"""The delivery: due messages leave in order and at the permitted pace, and each is settled with what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from membership.member import Channel
from membership.moment import Moment
from membership.routing import AccountKind
from scheduler.messenger import Messenger, NotSent, Sent, Uncertain, Undeliverable
from scheduler.rates import Rates
from services import Database, dispatch
from services.dispatch import Batch
from services.outgoing import Outgoing
from services.roads import Ways

log = structlog.get_logger(__name__)

IN_FLIGHT = 30
"""So many messages may be uncertain after a crash, not more."""

POLL_SECONDS = 1.0
STOP_SECONDS = 8.0

BACKOFF_SECONDS_MAX = 300.0
LEASE_MARGIN_SECONDS = 15.0


class Clock(Protocol):
    """What tells the time: the machine's, or the rehearsal's."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""


class Delivery:
    """Sends what the outbox holds: replies at once, everything else when it is due.

    ``owner`` names this instance; among several, one at a time is the bulk sender. ``wechat`` tells the kind of the
    shop's WeChat account (it may change while we run), ``templates`` the template ids there by our message keys.
    """

    def __init__(
        self,
        database: Database,
        messengers: Mapping[Channel, Messenger],
        *,
        clock: Clock,
        moment: Callable[[], Moment],
        owner: str,
        wechat: Callable[[], AccountKind] = lambda: "service",
        templates: Mapping[str, str] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._messengers = messengers
        self._clock = clock
        self._moment = moment
        self.owner = owner
        self._wechat = wechat
        self._templates = dict(templates or {})
        self._sleep = sleep
        self._rates = Rates(clock.monotonic)
        self._lanes: dict[str, asyncio.Task[None]] = {}  # the last message of each chat that is on its way
        self._tasks: set[asyncio.Task[None]] = set()
        self._nudged = asyncio.Event()
        self._stopping = False
        self._round = asyncio.Lock()

    def nudge(self) -> None:
        """Look at the outbox now: something was put in, or the clock has jumped."""
        self._nudged.set()

    async def deliver(self, outgoing: Outgoing) -> None:
        """Send one row that is ``sending`` already, now, and settle it. Raises no Trouble."""
        chat = _chat(outgoing)
        if seconds := self._rates.silence(chat, outgoing.identity.account):
            await self._put_back(outgoing, "halted", seconds, tried=False)
            return
        self._rates.note_answer(chat)
        await self._send(outgoing, counted=False)
        self.nudge()  # the same turn may have put in more, such as a receipt

    async def settle(self, outgoing: Outgoing, sent: Sent) -> None:
        """Settle a row that went out by another way, such as the answer to the platform's own call."""
        await self._database.write(dispatch.sent, outgoing, sent.platform_id, now=self._clock.now())
        self.nudge()

    async def run_once(self) -> int:
        """Take what is due, at most ``IN_FLIGHT``, see it through, and return how many rows were looked at."""
        seen, tasks = await self._fill()
        if tasks:
            await asyncio.wait(tasks)
        return seen

    async def run(self) -> None:
        """Deliver until stopped: wake when something is due, when nudged, and every second at the latest."""
        while not self._stopping:
            self._nudged.clear()
            if await self._went_on():
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), POLL_SECONDS)
        if self._tasks:  # taken just as the stop came: they are being put back
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)

    async def stop(self) -> None:
        """Begin nothing new, let what is on its way arrive within 8 s, and hand the outbox over."""
        self._stopping = True
        self.nudge()
        async with self._round:  # what was just being taken is taken, or put back, before the outbox is handed over
            pass
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._database.write(dispatch.hand_over, owner=self.owner, now=self._clock.now())

    async def _went_on(self) -> bool:
        """Begin what is due; tell whether there was anything. A fault of the memory ends this round only."""
        try:
            async with self._round:
                return not self._stopping and await self._is_due() and (await self._fill())[0] > 0
        except Exception:  # the door where a fault of the delivery itself ends; the rows are still there
            log.exception("delivery_round_failed")
            return False

    async def _is_due(self) -> bool:
        at = await self._database.read(dispatch.next_due)
        return at is not None and at <= self._clock.now()

    async def _fill(self) -> tuple[int, list[asyncio.Task[None]]]:
        """Start as many messages as may be on their way at once; return how many rows were looked at, and these."""
        while len(self._tasks) >= IN_FLIGHT:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        batch = await self._take(IN_FLIGHT - len(self._tasks))
        return batch.seen, [self._start(outgoing) for outgoing in batch.outgoing]

    async def _take(self, limit: int) -> Batch:
        now = self._clock.now()
        batch = await self._database.write(dispatch.take, self._ways(), owner=self.owner, limit=limit, now=now)
        for account, until in batch.silent.items():
            self._rates.halt(account, (until - now).total_seconds())
        return batch

    def _ways(self) -> Ways:
        kinds: dict[Channel, AccountKind] = {"telegram": "bot", "wechat": self._wechat()}
        return Ways({channel: kinds[channel] for channel in self._messengers}, self._templates)

    def _start(self, outgoing: Outgoing) -> asyncio.Task[None]:
        """Send in the background, behind what is already on its way to the same chat."""
        chat = _chat(outgoing)
        task = asyncio.create_task(self._in_turn(outgoing, self._lanes.get(chat), self._clock.monotonic()))
        self._lanes[chat] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(chat, done))
        return task

    def _done(self, chat: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._lanes.get(chat) is task:
            del self._lanes[chat]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery_not_settled", error=type(error).__name__)  # the row's lease tells the rest

    async def _in_turn(self, outgoing: Outgoing, before: asyncio.Task[None] | None, taken: float) -> None:
        if before is not None:
            await asyncio.wait([before])
        scopes = (_chat(outgoing), outgoing.identity.account)
        if not self._rates.silence(*scopes):
            await self._pause(self._rates.wait_for_chat(scopes[0]))
            await self._pause(self._rates.wait_for_account(scopes[1]))
        if self._stopping or (seconds := self._rates.silence(*scopes)):
            await self._put_back(outgoing, "halted", 0.0 if self._stopping else seconds, tried=False)
        elif self._clock.monotonic() - taken > dispatch.LEASE_SECONDS - LEASE_MARGIN_SECONDS:
            log.warning("delivery_overslept", row=outgoing.id)  # somebody else may have it by now
        else:
            await self._send(outgoing, counted=True)

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    async def _send(self, outgoing: Outgoing, *, counted: bool) -> None:
        try:
            sent = await self._messengers[outgoing.identity.channel].send(outgoing)
        except NotSent as trouble:
            await self._wait(outgoing, trouble)
        except Undeliverable as trouble:
            await self._refuse(outgoing, trouble.reason, person=trouble.person)
        except Uncertain as trouble:
            await self._database.write(dispatch.unclear, outgoing, str(trouble), now=self._clock.now())
        except Exception as bug:  # the door where a message that breaks the program ends: it dies alone
            log.exception("delivery_failed", row=outgoing.id, kind=outgoing.kind)
            await self._refuse(outgoing, f"bug: {type(bug).__name__}", person=False)
        else:
            counted = counted or outgoing.road != "reply"
            write, now = self._database.write, self._clock.now()
            await write(dispatch.sent, outgoing, sent.platform_id, counted=counted, now=now)

    async def _refuse(self, outgoing: Outgoing, reason: str, *, person: bool) -> None:
        if person:  # what is on its way behind it goes back and finds the account unreachable
            self._rates.halt(_chat(outgoing), 1.0)
        await self._database.write(dispatch.refused, outgoing, reason, person=person, now=self._clock.now())

    async def _wait(self, outgoing: Outgoing, trouble: NotSent) -> None:
        """Put a message back that did not leave, and keep silent where the platform says for how long."""
        account, chat = outgoing.identity.account, _chat(outgoing)
        seconds = trouble.after
        if trouble.scope == "bot":
            self._rates.halt(account, seconds)
            until = self._clock.now() + timedelta(seconds=seconds)
            await self._database.write(dispatch.halt, account, until=until)
        elif not trouble.scope:
            share = self._moment().below(outgoing.id, 1000) / 2000  # so that not all come back in the same instant
            seconds = max(seconds, min(BACKOFF_SECONDS_MAX, 2.0**outgoing.attempts) * (0.5 + share))
        self._rates.halt(chat, seconds)  # what is behind it in this chat stays behind it
        await self._put_back(outgoing, trouble.reason, seconds, tried=True)

    async def _put_back(self, outgoing: Outgoing, reason: str, seconds: float, *, tried: bool) -> None:
        now = self._clock.now()
        until = now + timedelta(seconds=seconds)
        await self._database.write(dispatch.put_back, outgoing, reason, until=until, tried=tried, now=now)


def _chat(outgoing: Outgoing) -> str:
    return outgoing.identity_id
