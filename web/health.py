"""Whether the program lives, can work, and how it fares: for those who watch over it."""

from __future__ import annotations

import asyncio
import hmac
from ipaddress import ip_address
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services import rules
from web.errors import Problem
from web.idempotency import Door

READY_SECONDS_MAX: Final = 2.0
FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


class Meters:
    """What is counted of each request: how many by route and status, and how long they took (seconds)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        names = ("route", "status")
        self._requests = Counter("memberbot_http_requests", "Requests answered.", names, registry=registry)
        self._seconds = Histogram("memberbot_http_seconds", "Time to answer.", ("route",), registry=registry)

    def count(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


class Health:
    """The three pages. ``readers`` is the address that may read the figures, or a token that opens them."""

    def __init__(self, door: Door, meters: Meters, *, readers: str) -> None:
        self._door, self._meters, self._readers = door, meters, readers

    async def live(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(self, _: Request) -> Response:
        """Tell whether the database answers and holds a shop."""
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                await self._door.database.read(rules.version)
        except TimeoutError:
            raise Problem("not_ready") from None
        return PlainTextResponse("ok\n")

    async def figures(self, request: Request) -> Response:
        """Return the figures; to anybody else this page does not exist."""
        if not self._may_read(request):
            raise Problem("not_found")
        return Response(generate_latest(self._meters.registry), media_type=CONTENT_TYPE_LATEST)

    def routes(self) -> list[Route]:
        pages = (("/healthz", self.live), ("/readyz", self.ready), ("/metrics", self.figures))
        return [Route(path, page, methods=["GET"]) for path, page in pages]

    def _may_read(self, request: Request) -> bool:
        if _is_address(self._readers):
            # what a proxy on this machine passes on comes from this machine's address, but not from this machine
            passed_on = any(name in request.headers for name in FORWARDED)
            return not passed_on and request.client is not None and request.client.host == self._readers
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return bool(self._readers) and hmac.compare_digest(shown.encode(), self._readers.encode())


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
