"""One call to WeChat's API over the shared connection pool, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from scheduler.messenger import NotSent, Uncertain

ANSWER_BYTES_MAX = 12_000_000  # photos of members are up to 10 MB
MESSAGE_LENGTH_MAX = 200
TIMEOUT = aiohttp.ClientTimeout(total=20, connect=4, sock_read=10)
# Raised before anything was written to the platform: the name, the connection, TLS, a free place in the pool.
BEFORE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class Refusal(Exception):
    """WeChat answered with an error number. Only the number and its text are kept: no token, no address."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text[:MESSAGE_LENGTH_MAX])
        self.code = code
        self.text = text[:MESSAGE_LENGTH_MAX]


@dataclass(frozen=True, slots=True)
class File:
    """A file to be uploaded; its bytes stay at hand, so that a repeated call sends them again."""

    name: str
    content_type: str
    content: bytes


class Api:
    """The platform's addresses below ``url`` (https://api.weixin.qq.com, or the rehearsal's)."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self.url = url.rstrip("/")

    async def call(self, path: str, *, query: Mapping[str, str], body: Any = None, file: File | None = None) -> Any:
        """Return the answer: the object of its JSON, or the bytes of a medium. Without body or file it is a GET.

        Raises Refusal for an error number, NotSent when nothing left the house, Uncertain when the answer was lost,
        cut, or no answer of the API at all (such as a page of HTML).
        """
        status, kind, content = await self._exchange(path, query, _payload(body, file))
        if status != HTTPStatus.OK:
            raise Uncertain(f"status_{status}")
        if not kind.startswith(("image/", "audio/", "video/", "application/octet-stream")):
            return _checked(content)
        return content

    async def _exchange(self, path: str, query: Mapping[str, str], payload: dict[str, Any]) -> tuple[int, str, bytes]:
        method = "POST" if payload else "GET"
        try:
            async with self._http.request(
                method, f"{self.url}{path}", params=dict(query), timeout=TIMEOUT, allow_redirects=False, **payload
            ) as got:
                content = await _read(got)
                return got.status, got.content_type, content
        except BEFORE as wrong:
            trouble: NotSent | Uncertain = NotSent(type(wrong).__name__, after=1.0, scope="bot")
        except (aiohttp.ClientError, TimeoutError, OSError) as wrong:
            trouble = Uncertain(type(wrong).__name__)
        # Raised out here so that the library's exception, which knows the address with its token, is not its context.
        raise trouble


def _payload(body: Any, file: File | None) -> dict[str, Any]:
    if file is not None:
        form = aiohttp.FormData()
        form.add_field("media", file.content, filename=file.name, content_type=file.content_type)
        return {"data": form}
    if body is None:
        return {}
    # Chinese as it is: WeChat shows \\u escapes of menu labels literally.
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return {"data": content, "headers": {"Content-Type": "application/json; charset=utf-8"}}


async def _read(got: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in got.content.iter_chunked(65536):
        content += piece
        if len(content) > ANSWER_BYTES_MAX:
            raise aiohttp.ClientPayloadError("too long")
    return bytes(content)


def _checked(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content.decode("utf-8", "ignore"), strict=False)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Uncertain("no_json")
    code = answer.get("errcode", 0)
    if not isinstance(code, int):
        raise Uncertain("no_errcode")
    if code:
        raise Refusal(code, str(answer.get("errmsg", "")))
    return answer
