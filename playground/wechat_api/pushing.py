"""Messages from the platform to the program: how they are written, sealed, sent and sent again."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.wechat_api.crypto import Sealer
from playground.wechat_api.replies import BadReply, Nothing, Reply, read

TRIES = 3
ANSWER_BYTES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Push:
    """One message or event; its inner XML is the same in each delivery."""

    name: str
    user: str
    xml: str
    answerable: bool = True
    event: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the program said to a push, or why the platform calls it broken."""

    reply: Reply = field(default_factory=Nothing)
    fault: str = ""
    retry: bool = False


def element(name: str, value: Any) -> str:
    """Return one element: numbers plain, words in CDATA, mappings nested, exactly as WeChat writes them."""
    if isinstance(value, Mapping):
        inside = "".join(element(*pair) for pair in value.items())
    elif isinstance(value, int):
        inside = str(value)
    else:
        inside = "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return f"<{name}>{inside}</{name}>"


class Pusher:
    """Posts to the program's callback: 5 s real time an attempt, three attempts in all."""

    def __init__(
        self, *, clock: MovableClock, inspector: Inspector, faults: Faults, sealer: Sealer, original_id: str
    ) -> None:
        self._clock = clock
        self._inspector = inspector
        self._faults = faults
        self._sealer = sealer
        self._original_id = original_id
        self._session: aiohttp.ClientSession | None = None
        self.safe = True
        self.timeout_seconds = 5.0
        self.retry_pause_seconds = 0.5

    async def open(self) -> None:
        """Start pushing."""
        if self._session is None:
            # Unlimited connections: people who wait for a slow program must not use up each other's five seconds.
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        """Stop pushing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def ready(self) -> bool:
        """Whether pushing was started."""
        return self._session is not None

    async def handshake(self, url: str) -> bool:
        """Ask the callback to echo a word, as WeChat does when the address is saved."""
        if self._session is None:
            return False
        timestamp, nonce, word = self._stamp(), secrets.token_hex(5), str(secrets.randbelow(10**19))
        query = {"signature": self._sealer.signature(timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        started = time.monotonic()
        try:
            timeout = aiohttp.ClientTimeout(total=self.timeout_seconds)
            async with self._session.get(url, params=query | {"echostr": word}, timeout=timeout) as got:
                status, answer = got.status, await got.text()
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as wrong:
            status, answer = 0, type(wrong).__name__
        passed = status == HTTPStatus.OK and answer == word
        self._record("push/handshake", {"echostr": word}, answer[:ANSWER_BYTES_SHOWN], (status, started, ""))
        return passed

    async def deliver(self, url: str, push: Push) -> Outcome:
        """Push until the program answers, at most three times; return its reply or the fault."""
        outcome = await self._attempts(url, push)
        if self._faults.take(push.name, kinds=("duplicate",)) is not None:
            # The first answer got lost on its way: WeChat asks once more and uses the second answer.
            outcome = await self._once(url, push, note="duplicate")
        return outcome

    async def _attempts(self, url: str, push: Push) -> Outcome:
        outcome = Outcome()
        for attempt in range(TRIES):
            outcome = await self._once(url, push, note=f"delivery {attempt + 1}")
            if not outcome.retry:
                break
            if attempt + 1 < TRIES:
                await asyncio.sleep(self.retry_pause_seconds)
        return outcome

    async def _once(self, url: str, push: Push, *, note: str) -> Outcome:
        started = time.monotonic()
        try:
            status, body = await self._post(url, push)
            outcome = self._judge(push, status, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as wrong:
            status, body = 0, b""
            outcome = Outcome(fault=f"no answer: {type(wrong).__name__}", retry=True)
        shown = outcome.reply.xml or body[:ANSWER_BYTES_SHOWN].decode(errors="replace")
        self._record(push.name, push.xml, shown, (status, started, outcome.fault), note=note)
        return outcome

    async def _post(self, url: str, push: Push) -> tuple[int, bytes]:
        if self._session is None:
            return 0, b""
        timestamp, nonce = self._stamp(), secrets.token_hex(5)
        query = {"signature": self._sealer.signature(timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        query["openid"] = push.user
        body = push.xml
        if self.safe:
            sealed = self._sealer.seal(push.xml)
            query |= {"encrypt_type": "aes", "msg_signature": self._sealer.signature(timestamp, nonce, sealed)}
            body = f"<xml>{element('ToUserName', self._original_id)}{element('Encrypt', sealed)}</xml>"
        async with self._session.post(
            url,
            params=query,
            data=body.encode(),
            headers={"Content-Type": "text/xml"},
            timeout=aiohttp.ClientTimeout(total=self.timeout_seconds),
            allow_redirects=False,
        ) as got:
            return got.status, await got.read()

    def _judge(self, push: Push, status: int, body: bytes) -> Outcome:
        if status != HTTPStatus.OK:
            return Outcome(fault=f"status {status}", retry=True)
        try:
            sealer = self._sealer if self.safe else None
            reply = read(body, user=push.user, original_id=self._original_id, sealer=sealer, event=push.event)
        except BadReply as wrong:
            return Outcome(fault=str(wrong))
        return Outcome(reply)

    def _stamp(self) -> str:
        return str(int(self._clock.now().timestamp()))

    def _record(
        self, name: str, request: Any, answer: Any, facts: tuple[int, float, str], *, note: str = "delivery 1"
    ) -> None:
        status, started, fault = facts
        self._inspector.record(
            self._clock.now(),
            "wechat",
            name,
            direction="out",
            request=request,
            answer=answer,
            status=status,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
            fault=fault,
            notes={"delivery": note},
        )
