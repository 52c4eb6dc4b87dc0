"""The member's live card: a page that asks for a fresh code every half minute with the ticket it was opened with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from locales.words import Words
from membership import languages
from membership.codes import shown as spaced
from membership.errors import Refusal
from membership.messages import choose, say
from membership.moment import Moment
from pictures.qr import qr_modules
from services import Tx, codes, members, points, rules
from web import errors
from web.errors import Problem
from web.idempotency import Door, check_json, read_body

PAGE: Final = Path(__file__).parent / "static" / "card.html"
RENEW_SECONDS: Final = 30
TICKET_LENGTH_MAX: Final = 512
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self' https://web.telegram.org http://127.0.0.1:* http://localhost:*"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Card:
    """The page and its fresh codes."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def page(self, _: Request) -> Response:
        return FileResponse(PAGE, headers=HEADERS)

    async def code(self, request: Request) -> Response:
        """Answer a ticket with a fresh code and every text the page shows, in the member's language."""
        body = await read_body(request)
        check_json(request, body)
        ticket = json.loads(body).get("ticket")
        if not isinstance(ticket, str) or not 0 < len(ticket) <= TICKET_LENGTH_MAX:
            raise Problem("invalid_request", fields="ticket")
        try:
            seen = await self._door.database.write(_fresh, ticket, moment=self._door.clock_moment())
        except Refusal as no:
            return self._refuse(request, no)
        hint = request.headers.get("Accept-Language", "")
        language = _language(seen, hint, self._door.words)
        shown = errors.rendered(seen, self._door.words, language)
        modules = ["".join("1" if dark else "0" for dark in row) for row in qr_modules(seen["text"])]
        return JSONResponse({**shown, "lang": language, "modules": modules, "renew": RENEW_SECONDS}, headers=HEADERS)

    def routes(self) -> list[Route]:
        return [
            Route("/card", self.page, methods=["GET"]),
            Route("/card/code", self.code, methods=["POST"]),
        ]

    def _refuse(self, request: Request, no: Refusal) -> Response:
        status, body = errors.of_refusal(no)
        shown = errors.rendered(body, self._door.words, self._door.language(request))
        return JSONResponse(shown, status, HEADERS, errors.MEDIA_TYPE)


def _fresh(tx: Tx, ticket: str, *, moment: Moment) -> dict[str, Any]:
    """Make a code for the member of the ticket. Raises CodeExpired, UnknownCode, NotAMember and MemberFrozen."""
    member = members.get(tx, members.open_card(tx, ticket, moment=moment))
    code = codes.show(tx, member.id, moment=moment, live=True)
    shop, held = rules.current(tx), points.balance(tx, member.id, now=moment.now)
    return {
        "language": member.language,
        "shop_language": shop.languages[0],
        "text": code.text,
        "digits": spaced(code.digits),
        "expires_at": code.expires_at,
        "shop": choose(shop.name),
        "name": members.shown_name(member),
        "tier": members.tier_name(tx, member),
        "points": say("live.points", count=held.points, points=held.points),
        "hint": say("live.hint"),
        "valid_until": say("live.until", at=code.expires_at),
    }


def _language(seen: dict[str, Any], hint: str, words: Words) -> str:
    accepted = errors.accepted_language(hint, words.languages, seen["shop_language"])
    return languages.chosen(choice=seen["language"], hint="", offered=words.languages, default=accepted)
