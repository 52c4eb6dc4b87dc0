"""The platform's address: calls, downloads and pictures for the phones, with what goes wrong on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from playground.faults import Fault, Faults, Kind
from playground.inspector import Inspector
from playground.telegram_api.arguments import Arguments, read
from playground.telegram_api.errors import (
    ApiError,
    bad_request,
    forbidden,
    not_found,
    too_many_requests,
    unauthorized,
)
from playground.telegram_api.methods import find
from playground.telegram_api.receiving import Done
from playground.telegram_api.world import World

CALL_FAULTS: tuple[Kind, ...] = ("429", "403", "400", "502", "html", "cut", "hang", "reset")
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)
LOOK_SECONDS = 0.02
PORTAL = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in to the network.</body></html>"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: dict[str, Any]

    def response(self) -> web.Response:
        after = self.body.get("parameters", {}).get("retry_after")
        headers = {"Retry-After": str(after)} if after else {}
        return web.json_response(self.body, status=self.status, headers=headers)


class Gateway:
    """Serves one bot of the platform over HTTP."""

    def __init__(self, world: World, *, inspector: Inspector, faults: Faults) -> None:
        self._world = world
        self._inspector = inspector
        self._faults = faults
        self._closed = asyncio.Event()

    def close(self) -> None:
        """Let go of callers who were left hanging."""
        self._closed.set()

    def routes(self, prefix: str) -> list[web.RouteDef]:
        return [
            web.get(f"{prefix}/bot{{token}}/{{method}}", self.call, allow_head=False),
            web.post(f"{prefix}/bot{{token}}/{{method}}", self.call),
            web.get(f"{prefix}/file/bot{{token}}/{{path:.+}}", self.download),
            web.get(f"{prefix}/media/{{id}}", self.media),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of the Bot API, or fail it as planned."""
        begin, known = time.monotonic(), find(request.match_info["method"])
        name = known[0] if known else request.match_info["method"]
        refused = _token_refused(self._world, request.match_info["token"])
        if refused:
            self._record(name, Arguments(), status=refused.code, answer=refused.body(), begin=begin, fault=None)
            return _Answer(refused.code, refused.body()).response()
        fault = self._faults.take(name, kinds=CALL_FAULTS)
        arguments = Arguments()
        try:
            arguments = await read(request)
            answer = await self._answer(name, arguments, fault)
        except ApiError as no:
            answer = _Answer(no.code, no.body())
        response, shown = _spoiled(answer, fault)
        self._record(name, arguments, status=response.status, answer=shown, begin=begin, fault=fault)
        if fault and fault.kind == "hang":
            await self._until_gone(request)
        if fault and fault.kind in {"hang", "reset"} and request.transport:
            request.transport.abort()
        return response

    async def _answer(self, name: str, arguments: Arguments, fault: Fault | None) -> _Answer:
        planned = _planned_refusal(fault)
        if planned:
            raise planned
        known = find(name)
        if known is None:
            raise not_found("method not found")
        if fault and fault.kind in {"502", "hang"}:  # neither reaches Telegram's own machines
            return _Answer(200, {})
        result = known[1](self._world, arguments)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, Done):
            return _Answer(200, {"ok": True, "result": True, "description": result.description})
        return _Answer(200, {"ok": True, "result": result})

    def _record(self, name: str, arguments: Arguments, **facts: Any) -> None:
        begin, fault = facts.pop("begin"), facts.pop("fault")
        self._inspector.record(
            self._world.clock.now(),
            "telegram",
            name,
            direction="in",
            request=arguments.shown(),
            milliseconds=(time.monotonic() - begin) * 1000,
            fault=fault.kind if fault else "",
            **facts,
        )

    async def _until_gone(self, request: web.Request) -> None:
        """Wait until the caller hung up, which aiohttp tells only to those who look."""
        while not self._closed.is_set() and request.transport is not None and not request.transport.is_closing():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), LOOK_SECONDS)

    async def download(self, request: web.Request) -> web.Response:
        """Serve the bytes of a file by the path that getFile gave."""
        refused = _token_refused(self._world, request.match_info["token"])
        file = None if refused else self._world.files.by_path(request.match_info["path"])
        if file is None:
            no = refused or not_found()
            return _Answer(no.code, no.body()).response()
        return web.Response(body=file.data, content_type="application/octet-stream")

    async def media(self, request: web.Request) -> web.Response:
        """Serve a picture or document to a phone in the browser."""
        file = self._world.files.kept.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(
            body=file.data, headers={"Content-Type": file.content_type, "X-Content-Type-Options": "nosniff"}
        )


def _token_refused(world: World, token: str) -> ApiError | None:
    """Telegram answers 404 to what does not look like a token and 401 to one it does not know."""
    if token == world.token:
        return None
    number, colon, secret = token.partition(":")
    looks_right = colon and number.isascii() and number.isdigit() and secret
    return unauthorized() if looks_right else not_found()


def _planned_refusal(fault: Fault | None) -> ApiError | None:
    if fault is None:
        return None
    if fault.kind == "429":
        return too_many_requests(fault.retry_after)
    if fault.kind == "403":
        return forbidden("bot was blocked by the user")
    if fault.kind == "400":
        return bad_request('can\'t parse entities: Unsupported start tag "x" at byte offset 0')
    return None


def _spoiled(answer: _Answer, fault: Fault | None) -> tuple[web.Response, Any]:
    """Return the answer as it goes out, and as the inspector shows it."""
    kind = fault.kind if fault else ""
    if kind == "502":
        return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html"), BAD_GATEWAY
    if kind == "html":
        return web.Response(text=PORTAL, content_type="text/html"), PORTAL
    if kind == "cut":
        whole = json.dumps(answer.body)
        cut = whole[: len(whole) // 2]
        return web.Response(text=cut, content_type="application/json"), cut
    return answer.response(), "" if kind in {"hang", "reset"} else answer.body
