"""The ways into the shop's pages: a link from the chat, Telegram's signed note, WeChat's own sign-in."""

from __future__ import annotations

import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from membership.errors import Refusal, SignInExpired
from membership.member import Channel, Identity
from services import sessions, sign_in
from services.sessions import Seat
from web import errors
from web.errors import Problem
from web.idempotency import Door
from web.sessions import Sessions

log = structlog.get_logger(__name__)

LOGIN_AGE_MAX: Final = timedelta(hours=1)
CONFIRM_AGE_MAX: Final = timedelta(minutes=5)
AGE_MAX: Final[Mapping[sessions.Door, timedelta]] = {"staff": LOGIN_AGE_MAX, "card": CONFIRM_AGE_MAX}
"""How old a platform's note may be. Whoever sits before the card may say yes to a payment: theirs must be fresh."""

START: Final = "/wechat/sign-in"
BACK: Final = "/wechat/sign-in/back"
BROWSER: Final = "mb_wechat"
PROOF_LENGTH_MAX: Final = 8192
_PAGES: Final[Mapping[str, sessions.Door]] = {"card": "card", "staff": "staff"}
"""Where a sign-in may lead: our own pages, by name. An address never comes from outside."""
_SAID: Final = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>·</title>'
    '<link rel="stylesheet" href="/static/card.css"><main><p id="said" role="alert">{text}</p></main></html>'
)
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class SignInRefused(Exception):
    """A platform's proof is not one to be believed; ``reason`` says why and names no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Vouched:
    """The account a platform vouched for. ``proof`` names what it signed, "" where it can be shown only once anyway."""

    identity: Identity
    proof: str = ""


class SignIn(Protocol):
    """How one platform tells who opened a page."""

    def way(self, back: str, state: str) -> str | None:
        """Return the platform's address that sends the browser to ``back?code=…&state=…``, or None.

        None where the app hands its proof to the page itself, or where this account may not sign anybody in.
        """

    async def vouch(self, proof: str, *, now: datetime, age_max: timedelta) -> Vouched:
        """Return the account behind a proof (a signed note, a code). Raises SignInRefused."""


class SignIns:
    """Every way in, for every page; ``ways`` are the platforms' by channel."""

    def __init__(self, door: Door, kept: Sessions, ways: Mapping[Channel, SignIn], *, public_url: str) -> None:
        self._door, self._kept, self._ways = door, kept, ways
        self._back = public_url.rstrip("/") + BACK

    async def open(self, request: Request, sent: Mapping[str, Any], door: sessions.Door) -> tuple[str, Seat]:
        """Sign a page in with what its script sent: ``{ticket}`` or ``{init_data}``; return secret and seat.

        A page that is signed in as the same account stays as it is. Raises Problem (invalid_request) and the
        refusals of signing in: SignInExpired, NotStaff, NotAMember.
        """
        ticket, note = sent.get("ticket"), sent.get("init_data")
        if isinstance(note, str) and 0 < len(note) <= PROOF_LENGTH_MAX:
            return await self._by_proof(request, "telegram", note, door)
        if not isinstance(ticket, str) or not 0 < len(ticket) <= PROOF_LENGTH_MAX:
            raise Problem("invalid_request", fields="ticket, init_data")
        device, moment = self._kept.device(request), self._door.clock_moment()
        return await self._door.database.write(sessions.open_link, ticket, door=door, device=device, moment=moment)

    def has_way(self, channel: Channel) -> bool:
        """Tell whether a browser can be sent to this platform to sign in."""
        return channel in self._ways and self._ways[channel].way(self._back, "0") is not None

    async def leave(self, request: Request) -> Response:
        """Send a browser to WeChat, with a state only it can bring back."""
        to = _PAGES.get(request.query_params.get("to", ""))
        way = self._ways.get("wechat")
        if to is None or way is None:
            raise Problem("not_found")
        browser = secrets.token_urlsafe(16)
        moment = self._door.clock_moment()
        state = await self._door.database.write(sign_in.begin, to, browser=browser, moment=moment)
        address = way.way(self._back, state)
        if address is None:
            raise Problem("not_found")
        response = RedirectResponse(address, 302, _HEADERS)
        self._kept.lend(response, BROWSER, browser, path=START, seconds=int(sign_in.WAY_LIFE.total_seconds()))
        return response

    async def come_back(self, request: Request) -> Response:
        """Take a browser back from WeChat, signed in, to the page it set out for."""
        try:
            to, (token, seat) = await self._returned(request)
        except Refusal as no:
            return self._say(request, no)
        response = RedirectResponse(f"/{to}", 303, _HEADERS)
        self._kept.sign_in(response, to, token, seat, now=self._door.clock_moment().now)
        self._kept.lend(response, BROWSER, "", path=START, seconds=0)
        return response

    def routes(self) -> list[Route]:
        return [Route(START, self.leave, methods=["GET"]), Route(BACK, self.come_back, methods=["GET"])]

    async def _returned(self, request: Request) -> tuple[sessions.Door, tuple[str, Seat]]:
        state, browser = request.query_params.get("state", ""), request.cookies.get(BROWSER, "")
        moment = self._door.clock_moment()
        to = await self._door.database.write(sign_in.finish, state, browser=browser, moment=moment)
        code = request.query_params.get("code", "")
        return to, await self._by_proof(request, "wechat", code, to)

    async def _by_proof(self, request: Request, channel: Channel, proof: str, door: sessions.Door) -> tuple[str, Seat]:
        moment, way = self._door.clock_moment(), self._ways.get(channel)
        if way is None:
            raise SignInExpired
        try:
            vouched = await way.vouch(proof, now=moment.now, age_max=AGE_MAX[door])
        except SignInRefused as no:
            log.info("sign_in_refused", channel=channel, page=door, why=no.reason)
            raise SignInExpired from None
        return await self._door.database.write(
            sessions.open_for,
            vouched.identity,
            door,
            device=self._kept.device(request),
            moment=moment,
            proof=vouched.proof,
            before=self._kept.token(request, door),
        )

    def _say(self, request: Request, no: Refusal) -> Response:
        status, body = errors.of_refusal(no)
        language = self._door.language(request)
        text = html.escape(errors.rendered(body, self._door.words, language)["detail"])
        return HTMLResponse(_SAID.format(language=html.escape(language), text=text), status, _HEADERS)
