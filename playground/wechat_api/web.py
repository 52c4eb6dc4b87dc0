"""The platform's addresses on the network: every call is counted, answered, spoiled on purpose and recorded."""

from __future__ import annotations

import asyncio
import html
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from playground.clock import MovableClock
from playground.faults import Fault, Faults, Kind
from playground.inspector import Inspector
from playground.wechat_api import calls, login
from playground.wechat_api.answers import Ask, Download, Refused, Upload, refusal
from playground.wechat_api.state import Account, Code

FAULTS: tuple[Kind, ...] = ("errcode", "502", "html", "cut", "hang", "reset")
HIDDEN = {"access_token", "secret", "refresh_token", "code"}
HIDDEN_ANSWERS = HIDDEN | {"ticket"}
ERROR_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
)
HANG_SECONDS_MAX = 120.0
UPLOAD_BYTES_MAX = 12 * 1024 * 1024
PERSON_COOKIE = "wechat_openid"


def _json(answer: Any) -> web.Response:
    body = json.dumps(answer, ensure_ascii=False).encode()
    return web.Response(body=body, headers={"Content-Type": "application/json; encoding=utf-8"})


def hidden(facts: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """Return the facts with secrets replaced, for the inspector."""
    return {name: "…" if name in names else value for name, value in facts.items()}


async def _upload(request: web.Request) -> Upload | None:
    """Return the multipart field named media, if there is one with a file name."""
    if not request.content_type.startswith("multipart/"):
        return None
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "media" and part.filename:
                return Upload(part.filename, await _content(part))
    except ValueError as wrong:
        raise Refused(41005) from wrong
    return None


async def _content(part: BodyPartReader) -> bytes:
    """Read a file in pieces, so that the application's limit for bodies does not apply; stops at 12 MB."""
    content = bytearray()
    while len(content) < UPLOAD_BYTES_MAX and (piece := await part.read_chunk()):
        content += piece
    return bytes(content)


async def _body(request: web.Request) -> dict[str, Any]:
    content = await request.read()
    if not content:
        raise Refused(44002)
    try:
        body = json.loads(content)
        json.dumps(body, ensure_ascii=False).encode()  # half a letter (a lone surrogate) is no text
    except (ValueError, RecursionError) as wrong:
        raise Refused(47001) from wrong
    if not isinstance(body, dict):
        raise Refused(47001)
    return body


class Addresses:
    """Serves the API, the QR pictures, signing in and the pictures that phones show."""

    def __init__(
        self,
        account: Callable[[], Account],
        *,
        clock: MovableClock,
        inspector: Inspector,
        faults: Faults,
        draw_code: Callable[[str], tuple[bytes, str]],
        after: Callable[[], None],
    ) -> None:
        self._account = account
        self._clock = clock
        self._inspector = inspector
        self._faults = faults
        self._draw_code = draw_code
        self._after = after
        self.closed = asyncio.Event()

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get(f"{prefix}/cgi-bin/showqrcode", self.show_code),
            web.route("*", f"{prefix}/{{name:cgi-bin/.*}}", self.call),
            web.get(f"{prefix}/{{name:sns/oauth2/access_token}}", self.call),
            web.get(f"{prefix}/connect/oauth2/authorize", self.authorize),
            web.get(f"{prefix}/media/{{id}}", self.media),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of the API."""
        name, started = request.match_info["name"], time.monotonic()
        fault = self._faults.take(name, kinds=FAULTS)
        asked: dict[str, Any] = {}
        if fault is not None and fault.kind in {"errcode", "502", "html", "hang"}:
            response, answer = await self._spoiled(request, fault)
        else:
            response, answer = await self._answered(request, name, asked)
            if fault is not None:
                response = self._cut(request, response, fault)
        self._record(name, hidden(request.query, HIDDEN) | asked, answer, (response.status, started, fault))
        self._after()
        return response

    async def _answered(self, request: web.Request, name: str, asked: dict[str, Any]) -> tuple[web.Response, Any]:
        """Do what was asked; fill ``asked`` with what the inspector may show of the request."""
        try:
            ask = await self._ask(request, name, asked)
            answer = self._work(request, name, ask)
        except Refused as no:
            answer = refusal(no.code, no.detail, no.more)
        if isinstance(answer, Download):
            headers = {"Content-Disposition": f'attachment; filename="{answer.name}"'}
            response = web.Response(body=answer.content, content_type=answer.content_type, headers=headers)
            return response, f"{len(answer.content)} bytes"
        tickets = HIDDEN_ANSWERS if name == "cgi-bin/ticket/getticket" else HIDDEN
        return _json(answer), hidden(answer, tickets)

    async def _ask(self, request: web.Request, name: str, asked: dict[str, Any]) -> Ask:
        now = self._clock.now()
        if request.method != "POST":
            return Ask(now, request.query)
        if name == "cgi-bin/media/upload":
            upload = await _upload(request)
            if upload is not None:
                asked["media"] = f"{upload.name}, {len(upload.content)} bytes"
            return Ask(now, request.query, upload=upload)
        body = await _body(request)
        asked["body"] = hidden(body, HIDDEN)
        return Ask(now, request.query, body)

    def _work(self, request: web.Request, name: str, ask: Ask) -> dict[str, Any] | Download:
        account = self._account()
        if name == "sns/oauth2/access_token":
            return login.exchange(account, ask)
        api = calls.find(name, request.method)
        calls.admit(api, account, ask, name)
        return api.work(account, ask)

    async def _spoiled(self, request: web.Request, fault: Fault) -> tuple[web.Response, Any]:
        """Answer wrongly without any effect."""
        if fault.kind == "errcode":
            answer = refusal(fault.code or -1)
            return _json(answer), answer
        if fault.kind == "hang":
            await self._hang(request)
        status = HTTPStatus.OK if fault.kind == "html" else HTTPStatus.BAD_GATEWAY
        return web.Response(status=status, text=ERROR_PAGE, content_type="text/html"), ERROR_PAGE

    async def _hang(self, request: web.Request) -> None:
        ends = time.monotonic() + HANG_SECONDS_MAX
        while not self.closed.is_set() and time.monotonic() < ends:
            if request.transport is None or request.transport.is_closing():
                return
            await asyncio.sleep(0.02)

    @staticmethod
    def _cut(request: web.Request, response: web.Response, fault: Fault) -> web.Response:
        """Spoil an answer whose call already took effect."""
        if fault.kind == "reset" and request.transport is not None:
            request.transport.abort()
            return response
        body = response.body if isinstance(response.body, bytes) else b""
        return web.Response(body=body[: len(body) // 2], headers={"Content-Type": response.headers["Content-Type"]})

    def _record(self, name: str, request: Any, answer: Any, facts: tuple[int, float, Fault | None]) -> None:
        status, started, fault = facts
        self._inspector.record(
            self._clock.now(),
            "wechat",
            name,
            direction="in",
            request=request,
            answer=answer,
            status=status,
            milliseconds=round((time.monotonic() - started) * 1000, 1),
            fault=fault.kind if fault else "",
        )

    async def show_code(self, request: web.Request) -> web.Response:
        """GET showqrcode: the picture of a scene code."""
        started = time.monotonic()
        code: Code | None = self._account().codes.get(request.query.get("ticket", ""))
        picture, content_type = self._draw_code(code.url) if code else (b"", "text/plain")
        status = HTTPStatus.OK if code else HTTPStatus.NOT_FOUND
        self._record("cgi-bin/showqrcode", dict(request.query), f"{len(picture)} bytes", (status, started, None))
        return web.Response(status=status, body=picture, content_type=content_type)

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Send a phone's browser back with a code; query or cookie ``wechat_openid`` says whose phone it is."""
        started = time.monotonic()
        user = request.query.get(PERSON_COOKIE, "") or request.cookies.get(PERSON_COOKIE, "")
        try:
            target = login.authorize(self._account(), Ask(self._clock.now(), request.query), user)
            response = web.Response(status=HTTPStatus.FOUND, headers={"Location": target})
            answer = "302"
        except Refused as no:
            answer = refusal(no.code)["errmsg"]
            page = f"<html><body><h2>请在微信客户端打开链接</h2><p>{no.code} {html.escape(answer)}</p></body></html>"
            response = web.Response(text=page, content_type="text/html")
        request_shown = hidden(request.query, {*HIDDEN, "state"})
        self._record("connect/oauth2/authorize", request_shown, answer, (response.status, started, None))
        return response

    async def media(self, request: web.Request) -> web.Response:
        """Serve a picture to a phone; phones keep what the API forgets after three days."""
        found = self._account().media.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.content, content_type=found.content_type)
