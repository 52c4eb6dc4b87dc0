"""The road to Telegram's servers, which tells for sure whether a call that failed can have had an effect."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData
from yarl import URL

READ_SECONDS: Final = 10.0
WRITE_SECONDS: Final = 20.0
CONNECT_SECONDS: Final = 5.0
ANSWER_BYTES_MAX: Final = 11 * 2**20  # a photo of 10 MB, with room; no answer in JSON comes near
WAIT_SECONDS_UNSAID: Final = 5  # Telegram normally says how long to wait


class Unsent(NetworkError):
    """The call did not reach Telegram: no address, no connection, no free connection, no secure connection."""


class Lost(NetworkError):
    """The call may have had its effect: the answer never came, or makes no sense."""


class TooManyRequests(TelegramError):
    """Telegram refused the call (429) and wants silence for ``seconds``; ``chat`` when only for this chat."""

    def __init__(self, seconds: int, *, chat: bool) -> None:
        super().__init__(f"too many requests, wait {seconds} s")
        self.seconds = seconds
        self.chat = chat


class Transport(BaseRequest):
    """Carries the calls of python-telegram-bot over one aiohttp session, which stays its giver's to close.

    Raises only the errors above and those of ``telegram.error``. No text of them holds the address, for the bot's
    token stands in it. Redirects are not followed: Telegram sends none, and the token goes nowhere else.

    After a 429 for the whole bot no call goes out until Telegram's silence is over, whoever makes it: each gets the
    same TooManyRequests with what is left of the wait. ``monotonic`` gives seconds that only grow.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        monotonic: Callable[[], float],
        read_seconds: float = READ_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
    ) -> None:
        self._session = session
        self._monotonic = monotonic
        self._silent_until = monotonic()
        self._read_seconds = read_seconds
        self._connect_seconds = connect_seconds

    @property
    def read_timeout(self) -> float | None:
        return self._read_seconds

    async def initialize(self) -> None:
        """Do nothing: the session was opened by its giver."""

    async def shutdown(self) -> None:
        """Do nothing: the session is closed by its giver."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return a successful answer; raise Lost where it is cut, no JSON, or has no result."""
        answer = _json(payload)
        if answer is None or "result" not in answer:
            raise Lost("an answer without a result")
        return answer

    async def do_request(  # noqa: PLR0917 — the order and number are the library's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        del pool_timeout  # aiohttp counts waiting for a free connection as connecting
        connect = _seconds(connect_timeout, self._connect_seconds)
        read = _seconds(read_timeout, self._read_seconds)
        total = connect + _seconds(write_timeout, WRITE_SECONDS) + read
        limits = aiohttp.ClientTimeout(total=total, connect=connect, sock_connect=connect, sock_read=read)
        self._keep_silence()
        status, payload = await self._call(method, url, request_data, limits)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES and not _says_no(payload):
            return status, payload
        raise self._noted(_refusal(status, _json(payload)))

    def _keep_silence(self) -> None:
        left = self._silent_until - self._monotonic()
        if left > 0:
            raise TooManyRequests(math.ceil(left), chat=False)

    def _noted(self, refusal: TelegramError) -> TelegramError:
        if isinstance(refusal, TooManyRequests) and not refusal.chat:
            self._silent_until = max(self._silent_until, self._monotonic() + refusal.seconds)
        return refusal

    async def _call(
        self, method: str, url: str, data: RequestData | None, limits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=_body(data), timeout=limits, allow_redirects=False
            ) as answer:
                return answer.status, await _bounded(answer.content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise Unsent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Lost(type(error).__name__) from None


def _seconds(given: Any, usual: float) -> float:
    return float(given) if isinstance(given, int | float) else usual


def _body(data: RequestData | None) -> aiohttp.FormData | None:
    if data is None:
        return None
    form = aiohttp.FormData(default_to_multipart=data.contains_files)
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    taken = bytearray()
    async for chunk in content.iter_any():
        taken += chunk
        if len(taken) > ANSWER_BYTES_MAX:
            raise Lost("an answer too long")
    return bytes(taken)


def _json(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _says_no(payload: bytes) -> bool:
    """Tell whether this is a refusal in spite of its HTTP status; Telegram writes ``ok`` first."""
    return payload[:12].replace(b" ", b"").startswith(b'{"ok":false')


def _refusal(status: int, answer: dict[str, Any] | None) -> TelegramError:
    """Return the error an answer means. Only Telegram's own JSON is believed: a proxy's 403 blocks nobody."""
    if answer is None or answer.get("ok") is not False:
        return Lost(f"status {status} without Telegram's answer")
    code = answer.get("error_code", status)
    description = str(answer.get("description", ""))[:200]
    parameters = answer.get("parameters")
    if isinstance(parameters, dict) and isinstance(parameters.get("migrate_to_chat_id"), int):
        return ChatMigrated(parameters["migrate_to_chat_id"])
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(parameters, description)
    if code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
        return InvalidToken("Telegram does not know this token, or this call")
    known = {HTTPStatus.BAD_REQUEST: BadRequest, HTTPStatus.FORBIDDEN: Forbidden, HTTPStatus.CONFLICT: Conflict}
    return known.get(code, Lost)(description or f"status {status}")


def _too_many(parameters: Any, description: str) -> TooManyRequests:
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    wait = math.ceil(seconds) if isinstance(seconds, int | float) else WAIT_SECONDS_UNSAID
    return TooManyRequests(wait, chat="chat" in description.lower())
