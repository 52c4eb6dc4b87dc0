"""The member's live card: a fresh code every half minute, the yes to a waiting bill, and the member's PIN."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from membership.codes import shown as spaced
from membership.errors import Refusal, SignInExpired
from membership.messages import Message, choose, say
from membership.moment import Moment
from membership.money import Money
from membership.rules import ShopRules
from pictures.qr import qr_modules
from services import Tx, card, members, pins, reservations, rules
from services.reservations import Waiting
from services.sessions import Seat
from web import errors
from web.errors import Problem
from web.idempotency import Door, check_json, read_body
from web.sessions import Sessions
from web.sign_in import START, SignIns

PAGE: Final = Path(__file__).parent / "static" / "card.html"
RENEW_SECONDS: Final = 30
LOOK_SECONDS: Final = 2
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
    """The page and what its script asks for."""

    def __init__(self, door: Door, kept: Sessions, ways: SignIns) -> None:
        self._door, self._kept, self._ways = door, kept, ways

    async def page(self, request: Request) -> Response:
        """Answer with the page itself, which says nothing about anybody."""
        response = FileResponse(PAGE, headers=HEADERS)
        self._kept.name_device(request, response)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Take the ticket or Telegram's note the page was opened with; where there is neither, tell another way in."""
        sent = await self._sent(request)
        try:
            if not sent.get("ticket") and not sent.get("init_data"):
                raise SignInExpired
            token, seat = await self._ways.open(request, sent, "card")
        except Refusal as no:
            return self._refuse(no, self._door.language(request), way=self._way(request))
        response = JSONResponse({}, headers=HEADERS)
        self._kept.sign_in(response, "card", token, seat, now=self._door.clock_moment().now)
        return response

    async def code(self, request: Request) -> Response:
        """Answer with a fresh code and everything the page shows, in the member's language."""
        sent, seat = await self._sent(request), await self._kept.seat(request, "card")
        how = {"take": sent.get("take") is True, "pay": sent.get("pay") is True}
        try:
            seen = await self._door.database.write(_shown, seat, **how, moment=self._door.clock_moment())
        except Refusal as no:
            return self._refuse(no, seat.language)
        modules = ["".join("1" if dark else "0" for dark in row) for row in qr_modules(seen["text"])]
        return self._answer({**seen, "lang": seat.language, "modules": modules, "renew": RENEW_SECONDS}, seat)

    async def state(self, request: Request) -> Response:
        """Answer whether the code is still shown here, and which bill waits for the member's yes."""
        seat, now = await self._kept.seat(request, "card"), self._door.clock_moment().now
        found = await self._door.database.read(card.look, seat, now=now)
        waiting = None if found.waiting is None else _waiting(found.waiting, now=now)
        return self._answer({"elsewhere": found.elsewhere, "waiting": waiting, "again": LOOK_SECONDS}, seat)

    async def decide(self, request: Request) -> Response:
        """Take the member's yes or no to the bill that waits."""
        sent, seat = await self._sent(request), await self._kept.seat(request, "card")
        if not isinstance(sent.get("id"), str) or not isinstance(sent.get("yes"), bool):
            raise Problem("invalid_request", fields="id, yes")
        moment = self._door.clock_moment()
        try:
            seen = await self._door.database.write(_decided, seat, sent["id"], yes=sent["yes"], moment=moment)
        except Refusal as no:
            return self._refuse(no, seat.language)
        return self._answer(seen, seat)

    async def set_pin(self, request: Request) -> Response:
        """Keep the member's new PIN, of which only a slow hash is kept."""
        sent, seat = await self._sent(request), await self._kept.seat(request, "card")
        pin = sent.get("pin")
        if not isinstance(pin, str):
            raise Problem("invalid_request", fields="pin")
        moment = self._door.clock_moment()
        try:
            pins.check_form(pin)
            hashed = await asyncio.to_thread(pins.hashed, pin)
            await self._door.database.write(pins.set_member, card.member_of(seat), hashed, moment=moment)
        except Refusal as no:
            return self._refuse(no, seat.language)
        return self._answer({"text": say("live.pin_kept")}, seat)

    def routes(self) -> list[Route]:
        return [
            Route("/card", self.page, methods=["GET"]),
            Route("/card/session", self.sign_in, methods=["POST"]),
            Route("/card/code", self.code, methods=["POST"]),
            Route("/card/state", self.state, methods=["GET"]),
            Route("/card/answer", self.decide, methods=["POST"]),
            Route("/card/pin", self.set_pin, methods=["POST"]),
        ]

    async def _sent(self, request: Request) -> dict[str, Any]:
        self._kept.check(request)
        body = await read_body(request)
        check_json(request, body)
        sent: dict[str, Any] = json.loads(body)
        return sent

    def _answer(self, seen: dict[str, Any], seat: Seat) -> Response:
        return JSONResponse(errors.rendered(seen, self._door.words, seat.language), headers=HEADERS)

    def _refuse(self, no: Refusal, language: str, **beside: Any) -> Response:
        response = errors.refused(no, self._door.words, language, **beside)
        response.headers.update(HEADERS)
        return response

    def _way(self, request: Request) -> str:
        """Return where a browser goes to sign in: WeChat's, where the page stands in WeChat and the account may."""
        in_wechat = "MicroMessenger/" in request.headers.get("User-Agent", "")
        return f"{START}?to=card" if in_wechat and self._ways.has_way("wechat") else ""


def _shown(tx: Tx, seat: Seat, *, take: bool, pay: bool, moment: Moment) -> dict[str, Any]:
    """Make a code. Raises ShownElsewhere, MemberFrozen and NotAMember."""
    seen, shop = card.show(tx, seat, take=take, pay=pay, moment=moment), rules.current(tx)
    stored = seen.stored
    return {
        "text": seen.code.text,
        "digits": spaced(seen.code.digits),
        "expires_at": seen.code.expires_at,
        "seconds": (seen.code.expires_at - moment.now).total_seconds(),
        "pay": pay,
        "shop": choose(shop.name),
        "name": members.shown_name(seen.member),
        "tier": members.tier_name(tx, seen.member),
        "points": say("live.points", count=seen.points.points, points=seen.points.points),
        "coupons": say("live.coupons", count=seen.coupons),
        "stored": None if stored is None else say("live.stored", amount=_sum(stored.principal, stored.bonus)),
        "hint": say("live.pay_hint", amount=_limit(shop)) if pay else say("live.hint"),
        "valid_until": say("live.until", at=seen.code.expires_at),
        "has_pin": pins.has_member(tx, seen.member.id),
        "texts": _texts(shop) if take else None,
    }


def _decided(tx: Tx, seat: Seat, reservation_id: str, *, yes: bool, moment: Moment) -> dict[str, Any]:
    """Raises what agreeing and refusing raise."""
    member_id = card.member_of(seat)
    if yes:
        reservations.agree(tx, reservation_id, member_id, how="card", moment=moment)
        return {"state": "posted", "text": say("live.agreed")}
    reservations.refuse(tx, reservation_id, member_id, how="card", moment=moment)
    return {"state": "refused", "text": say("live.refused")}


def _waiting(found: Waiting, *, now: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "text": say("live.asked", store=found.store, amount=found.amount),
        "spends": found.spends,
        "seconds": max(0.0, (found.expires_at - now).total_seconds()),
    }


def _texts(shop: ShopRules) -> dict[str, Message]:
    """Return the page's own words; they come with the first code, so that they are there when the line is not."""
    return {
        "member_code": say("live.member_code"),
        "pay_code": say("live.pay_code"),
        "offline": say("live.offline"),
        "run_out": say("live.run_out"),
        "elsewhere": say("refusal.shown_elsewhere"),
        "here": say("live.here"),
        "ask": say("live.ask"),
        "yes": say("live.yes"),
        "no": say("live.no"),
        "gone": say("live.gone"),
        "set_pin": say("live.set_pin"),
        "change_pin": say("live.change_pin"),
        "pin_hint": say("live.pin_hint", amount=Money(shop.counter.pin_day_minor, shop.currency)),
        "pin": say("live.pin"),
        "pin_again": say("live.pin_again"),
        "pin_differs": say("live.pin_differs"),
        "keep": say("live.keep"),
        "leave": say("live.leave"),
        "no_line": say("live.no_line"),
    }


def _sum(principal: Money, bonus: Money) -> Money:
    return Money(principal.minor + bonus.minor, principal.currency)


def _limit(shop: ShopRules) -> Money:
    return Money(shop.counter.pay_code_up_to_minor, shop.currency)
