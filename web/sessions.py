"""Cookies of signed-in pages: who sits before this browser, and whether a request really comes from our own page."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services import sessions
from services.sessions import Seat
from web.errors import Problem
from web.idempotency import Door

COOKIES: Final = {"staff": "mb_staff", "card": "mb_card"}
"""The cookie of each page; it goes to that page's own paths only."""
DEVICE: Final = "mb_device"
DEVICE_SECONDS: Final = 400 * 24 * 3600
"""As long as browsers keep a cookie at most (RFC 6265bis, 5.6.2)."""
MARK: Final = "X-Memberbot"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TOKEN_MAX: Final = 128


class Sessions:
    """Who sits before a page, by its cookie; ``public_url`` is the address the outside knows us by.

    Behind https the cookies also go along inside another site's frame, as Telegram's web app is one
    (SameSite=None), but are kept apart for each such site (Partitioned); what a foreign page could do with that is
    stopped by ``check``.
    """

    def __init__(self, door: Door, *, public_url: str) -> None:
        self._door = door
        self._public = _origin(public_url)
        self._kind = "SameSite=Lax"
        if self._public.startswith("https://"):
            self._kind = "SameSite=None; Secure; Partitioned"

    async def seat(self, request: Request, door: sessions.Door) -> Seat:
        """Return who sits before this page. Raises Problem (signed_out), the same for no session and one that ended."""
        found = await self.find(request, door)
        if found is None:
            raise Problem("signed_out")
        request.state.seat = found
        return found

    async def find(self, request: Request, door: sessions.Door) -> Seat | None:
        """Return who sits before this page, or None."""
        token, now = self.token(request, door), self._door.clock_moment().now
        return await self._door.database.read(sessions.find, token, door, now=now)

    def token(self, request: Request, door: sessions.Door) -> str:
        """Return the browser's secret, "" where it shows none."""
        return request.cookies.get(COOKIES[door], "")[:_TOKEN_MAX]

    def device(self, request: Request) -> str:
        """Return the name this browser keeps for itself, "" where it keeps none."""
        shown = request.cookies.get(DEVICE, "")
        return shown if _NAME.fullmatch(shown) else ""

    def check(self, request: Request) -> None:
        """Refuse what another site's page, or a form, made the browser send. Raises Problem (forbidden).

        Only a script of the same origin may send the header without being asked about it first (CORS), and we never
        say yes to that question.
        """
        origin = request.headers.get("Origin")
        if request.headers.get(MARK) != "1" or (origin is not None and not self._ours(request, origin)):
            raise Problem("forbidden")

    def name_device(self, request: Request, response: Response) -> None:
        """Give a browser that has none a name of its own, which says nothing about it."""
        if not self.device(request):
            self._set(response, DEVICE, secrets.token_urlsafe(16), path="/", seconds=DEVICE_SECONDS)

    def sign_in(self, response: Response, door: sessions.Door, token: str, seat: Seat, *, now: datetime) -> None:
        """Give the browser its secret, for as long as the session lasts."""
        seconds = max(0, int((seat.expires_at - now).total_seconds()))
        self._set(response, COOKIES[door], token, path=f"/{door}", seconds=seconds)

    def sign_out(self, response: Response, door: sessions.Door) -> None:
        """Take the browser's secret away."""
        self._set(response, COOKIES[door], "", path=f"/{door}", seconds=0)

    def lend(self, response: Response, name: str, value: str, *, path: str, seconds: int) -> None:
        """Give the browser something to bring back from another site's page; 0 seconds take it away."""
        secure = "; Secure" if self._public.startswith("https://") else ""
        cookie = f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        response.headers.append("Set-Cookie", cookie)

    def _set(self, response: Response, name: str, value: str, *, path: str, seconds: int) -> None:
        # by hand: the library knows Partitioned only on the newest Python
        cookie = f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; {self._kind}"
        response.headers.append("Set-Cookie", cookie)

    def _ours(self, request: Request, origin: str) -> bool:
        """Tell whether an Origin is the page's own address, as we know it or as the browser asked for it."""
        return origin in {self._public, f"{request.url.scheme}://{request.headers.get('Host', '')}"}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
