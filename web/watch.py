"""The door's own watch: each request counted and logged without its secrets, and a bug caught where it ends."""

from __future__ import annotations

import secrets
import time
import traceback
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import errors
from web.errors import Problem
from web.health import Meters
from web.idempotency import Door

log = structlog.get_logger(__name__)

UNKNOWN: Final = "unknown"
HEADERS: Final = ((b"x-content-type-options", b"nosniff"),)


class Watch:
    """Stands around the whole door. The log names the route, never the address that was asked for."""

    def __init__(self, app: ASGIApp, *, door: Door, meters: Meters, pages: frozenset[str]) -> None:
        """`pages` are the paths that may be named in logs and figures as they are."""
        self._app, self._door, self._meters, self._pages = app, door, meters, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, said = time.monotonic(), _Said(send)
        try:
            await self._app(scope, receive, said.send)
        except Exception as bug:  # noqa: BLE001 -- the door where a bug ends: logged once, the caller gets a reference
            await self._apologise(bug, scope, receive, said)
        route, seconds = self._route(scope), time.monotonic() - begun
        self._meters.count(route, said.status, seconds)
        log.info("request", method=scope["method"], route=route, status=said.status, ms=round(seconds * 1000))

    async def _apologise(self, bug: Exception, scope: Scope, receive: Receive, said: _Said) -> None:
        reference = secrets.token_hex(3).upper()
        # the bug's own text and its variables may hold what a person sent, so only the places are told
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(bug.__traceback__)]
        log.error(
            "request_failed", reference=reference, bug=type(bug).__name__, places=places, route=self._route(scope)
        )
        if said.status == 0:
            language = self._door.language(Request(scope))
            problem = Problem("internal_error", reference=reference)
            await errors.response(problem, self._door.words, language)(scope, receive, said.send)

    def _route(self, scope: Scope) -> str:
        found: Any = scope.get("route")
        if found is not None:
            return str(found.path)
        return scope["path"] if scope["path"] in self._pages else UNKNOWN


class _Said:
    """Passes an answer on and remembers its status; 0: nothing was answered yet."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await self._send(message)
