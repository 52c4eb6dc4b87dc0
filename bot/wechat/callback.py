"""The address WeChat pushes to: what was said is stored first, and the answer goes back within the same request."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.clock import Clock
from bot.wechat.answers import Content, answer_xml
from bot.wechat.calls import Refusal
from bot.wechat.crypto import Refused, Seal
from bot.wechat.given import Desk, Taken
from bot.wechat.planning import Part
from bot.wechat.said import Push, from_xml
from handlers.said import Said
from membership.messages import Reply
from pictures.decoding import UnreadablePicture
from scheduler.messenger import Sent, Trouble
from services.outgoing import Outgoing

log = structlog.get_logger(__name__)
T = TypeVar("T")

BODY_BYTES_MAX = 64 * 1024
TIDIED_AT_ONCE = 20


class Answers(Protocol):
    """What the callback needs of the messenger: contents of passive answers, and what follows them."""

    async def compose(self, reply: Reply, language: str) -> tuple[Content, tuple[Part, ...]] | None: ...

    async def follow(self, openid: str, parts: tuple[Part, ...], language: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds, and how many pushes are remembered.

    WeChat hangs up after 5 s and pushes the same again, three times in all. ``rescue``: so long after a push that
    came too late no further one is awaited. ``kept``: so long the answer of a push stays at hand.
    """

    answer: float = 4.5
    photo: float = 3.0
    rescue: float = 6.0
    follow: float = 0.5
    kept: float = 900.0
    works: int = 5000


@dataclass(slots=True)
class Work:
    """One push being taken, or taken lately; its further deliveries join it."""

    push: Push
    turn: asyncio.Task[Taken]
    born: float
    answer: asyncio.Task[tuple[Content, tuple[Part, ...]] | None] | None = None
    handed_over: bool = False  # the reply goes through the outbox, so no delivery is answered with it any more
    answered: bool = False


class WeChatCallback:
    """The handlers of GET and POST /wechat/callback.

    ``fetch`` returns the bytes of a media id; ``read_codes`` the texts of the codes in a photo (it may raise
    UnreadablePicture). Everything unbelievable gets one and the same refusal. Call ``close`` at the end.
    """

    def __init__(
        self,
        *,
        account: str,
        seal: Seal,
        desk: Desk,
        answers: Answers,
        clock: Clock,
        fetch: Callable[[str], Awaitable[bytes]],
        read_codes: Callable[[bytes], Awaitable[tuple[str, ...]]],
        limits: Limits | None = None,
    ) -> None:
        self._account = account
        self._seal = seal
        self._desk = desk
        self._answers = answers
        self._clock = clock
        self._fetch = fetch
        self._read_codes = read_codes
        self._limits = limits or Limits()
        self._works: OrderedDict[str, Work] = OrderedDict()
        self._background: set[asyncio.Task[None]] = set()

    def routes(self, path: str = "/wechat/callback") -> list[Route]:
        """Return the two routes, to be added to the program's HTTP application."""
        return [Route(path, self.handshake, methods=["GET"]), Route(path, self.push, methods=["POST"])]

    async def close(self) -> None:
        """Wait until everything begun is done."""
        while self._background or any(not work.turn.done() for work in self._works.values()):
            turns = [work.turn for work in self._works.values() if not work.turn.done()]
            await asyncio.wait([*self._background, *turns])

    async def handshake(self, request: Request) -> Response:
        """Echo the platform's word when the address is saved on its page."""
        try:
            echo = self._seal.greet(request.query_params, now=self._clock.now())
        except Refused:
            return _refusal()
        return PlainTextResponse(echo, headers={"X-Content-Type-Options": "nosniff"})

    async def push(self, request: Request) -> Response:
        """Take one push; nothing is acknowledged that is not stored."""
        end = asyncio.get_running_loop().time() + self._limits.answer
        now = self._clock.now()
        try:
            xml = self._seal.open(request.query_params, await _body(request), now=now)
            push = from_xml(xml, account=self._account, now=now)
        except Refused:
            return _refusal()
        if push is None:
            return _empty()
        work = self._join(push)
        return _later() if work is None else await self._respond(work, end)

    def _join(self, push: Push) -> Work | None:
        """Return the work of this push, begun by an earlier delivery or now; None when there is too much of it."""
        self._tidy()
        work = self._works.get(push.event)
        if work is None or (work.turn.done() and not _succeeded(work.turn)):
            if len(self._works) >= self._limits.works:
                return None
            turn = _begin(self._take(push))  # its own task: it goes on when WeChat hangs up
            work = self._works[push.event] = Work(push, turn, self._clock.monotonic())
        return work

    def _tidy(self) -> None:
        """Forget some of the oldest pushes that nobody will ask about again."""
        oldest = self._clock.monotonic() - self._limits.kept
        full = len(self._works) >= self._limits.works
        for event, work in list(itertools.islice(self._works.items(), TIDIED_AT_ONCE)):
            if work.turn.done() and (work.born <= oldest or (full and (work.answered or work.handed_over))):
                del self._works[event]

    async def _take(self, push: Push) -> Taken:
        saids = push.saids
        if push.media_id:
            saids = (await self._look(push.saids[0], push.media_id),)
        turn = await self._desk.take(saids[0])
        for said in saids[1:]:
            turn = await self._desk.take(said)
        return turn

    async def _look(self, said: Said, media_id: str) -> Said:
        """Return the photo with its bytes and the codes in it, or with the reason why it could not be read."""
        try:
            async with asyncio.timeout(self._limits.photo):
                picture = await self._fetch(media_id)
                return replace(said, picture=picture, codes=await self._read_codes(picture))
        except UnreadablePicture as no:
            return replace(said, refused=no.reason)
        except (TimeoutError, Trouble, Refusal):
            return replace(said, refused="timeout")

    async def _respond(self, work: Work, end: float) -> Response:
        await _until(work.turn, end)
        if not _succeeded(work.turn):
            self._spawn(self._rescue(work))
            return _later()
        turn = work.turn.result()
        if work.push.silent or turn.reply is None:
            return _empty(self._once(work, partial(self._deliver, work, turn)))
        return await self._answer(work, turn, turn.reply, end=end)

    async def _answer(self, work: Work, turn: Taken, reply: Reply, *, end: float) -> Response:
        if work.answer is None:
            work.answer = _begin(self._answers.compose(reply, turn.who.language))
        await _until(work.answer, end)
        if work.handed_over:
            return _empty()
        if not _succeeded(work.answer):
            return self._hand_over(work, turn)
        composed = work.answer.result()
        if composed is None:
            return _empty(self._once(work, partial(self._settle, work, turn, ())))
        content, follow_ups = composed
        xml = answer_xml(work.push, content, now=self._clock.now())
        sealed = self._seal.close(xml, nonce=secrets.token_hex(8), now=self._clock.now())
        after = self._once(work, partial(self._settle, work, turn, follow_ups))
        return Response(sealed, media_type="application/xml", background=after)

    def _hand_over(self, work: Work, turn: Taken) -> Response:
        """Leave the reply to the outbox: the picture was not ready, or could not be uploaded."""
        if turn.row is None:  # stored by another instance or before a restart: its row is not ours to send
            return _later()
        work.handed_over = True  # at once: the next delivery may already be here
        self._spawn(self._send(turn.row))
        return _empty()

    def _once(self, work: Work, following: Callable[[], Coroutine[Any, Any, None]]) -> BackgroundTask | None:
        """Return what is to happen after the first answer has left; nothing after a repeated one."""
        if work.answered:
            return None
        work.answered = True
        return BackgroundTask(self._follow_later, following)

    async def _follow_later(self, following: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._spawn(following())

    async def _settle(self, work: Work, turn: Taken, follow_ups: tuple[Part, ...]) -> None:
        if turn.repeated:
            return  # the first delivery's instance saw to what follows
        try:
            await asyncio.sleep(self._limits.follow if follow_ups else 0.0)  # another road: it could arrive first
            await self._answers.follow(work.push.openid, follow_ups, turn.who.language)
        except Trouble as trouble:  # the answer itself has arrived; what belongs to it can be asked for again
            log.warning("wechat_follow_up_lost", trouble=type(trouble).__name__, reason=str(trouble))
        if turn.row is not None:
            await self._desk.settle(turn.row, Sent())

    async def _deliver(self, work: Work, turn: Taken) -> None:
        """Send by the outbox what WeChat shows no answer for (such as thanks for a grant)."""
        if turn.row is not None and not work.handed_over:
            work.handed_over = True
            await self._send(turn.row)

    async def _send(self, row: Outgoing) -> None:
        await self._desk.deliver(row)

    async def _rescue(self, work: Work) -> None:
        """See to a reply that was stored too late for every delivery of its push."""
        await asyncio.wait({work.turn})
        await asyncio.sleep(self._limits.rescue)
        if _succeeded(work.turn) and not work.answered:
            await self._deliver(work, work.turn.result())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = _begin(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _begin(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    return task


def _report(task: asyncio.Task[Any]) -> None:
    """Log what ended a task that nobody awaits to the end."""
    if not task.cancelled() and (wrong := task.exception()) is not None and not isinstance(wrong, Trouble):
        log.error("wechat_task_failed", exc_info=wrong)


async def _body(request: Request) -> bytes:
    """Return the body; Refused as soon as it is larger than WeChat's pushes ever are."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and len(declared) < 20 and int(declared) > BODY_BYTES_MAX:  # noqa: PLR2004 - int of junk
        raise Refused
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > BODY_BYTES_MAX:
                raise Refused
    except ClientDisconnect:
        raise Refused from None
    return bytes(body)


async def _until(task: asyncio.Task[Any], end: float) -> None:
    """Wait for a task until a time of the loop, without ever cancelling it."""
    left = max(end - asyncio.get_running_loop().time(), 0.0)
    await asyncio.wait({task}, timeout=left)


def _succeeded(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task has a result; what went wrong inside is logged where it is known."""
    return task.done() and not task.cancelled() and task.exception() is None


def _refusal() -> Response:
    return PlainTextResponse("refused", status_code=403)


def _later() -> Response:
    """Ask WeChat to push the same again."""
    return PlainTextResponse("", status_code=503)


def _empty(after: BackgroundTask | None = None) -> Response:
    return PlainTextResponse("", background=after)
