"""Signing in at the counter, standing in a store, changing places with a colleague, and signing out."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from membership.errors import NotStaff
from membership.moment import Moment
from services import Tx, sessions, staff
from services.sessions import Seat
from web import errors
from web.counter import seen
from web.counter.caller import Cashier, Counter, Key, cashier
from web.counter.sent import SignInSent, StoreSent
from web.idempotency import Deed


class Signing:
    """The calls about who sits before the page."""

    def __init__(self, counter: Counter) -> None:
        self._door, self._sessions, self._ways = counter.door, counter.sessions, counter.ways

    async def open(self, request: Request, sent: SignInSent) -> Response:
        """Sign in by a one-time link from the chat, or by what Telegram signed; the answer says who it is."""
        token, seat = await self._ways.open(request, sent.model_dump(exclude_defaults=True), "staff")
        return await self.seated(request, token, seat)

    async def me(self, request: Request) -> Response:
        """Tell who is signed in, and what the page must know of the shop."""
        who = cashier(request)
        return await self._door.answer(request, Deed(lambda tx, _: (200, self._me(tx, who, request))))

    async def close(self, request: Request) -> Response:
        """Sign out."""
        who, moment = cashier(request), self._door.clock_moment()
        await self._door.database.write(sessions.end, who.seat.session_id, moment=moment)
        answer = Response(status_code=204)
        self._sessions.sign_out(answer, "staff")
        return answer

    async def stand(self, request: Request, key: Key, sent: StoreSent) -> Response:
        """Stand in another store from now on."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            person = staff.seated(tx, who.id)
            if person is None:
                raise NotStaff
            staff.stand_in(tx, person, sent.code)
            who.still_works(tx, now=moment.now)
            return 200, self._me(tx, who, request)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def seated(self, request: Request, token: str, seat: Seat) -> Response:
        """Give the browser its secret, and say who sits there now."""
        request.state.caller = who = Cashier(token, seat)
        body = await self._door.database.read(self._me, who, request)
        answer = JSONResponse(errors.rendered(body, self._door.words, self._door.language(request)))
        self._sessions.name_device(request, answer)
        self._sessions.sign_in(answer, "staff", token, seat, now=self._door.clock_moment().now)
        return answer

    def _me(self, tx: Tx, who: Cashier, request: Request) -> dict[str, Any]:
        shown = seen.me(tx, who)
        symbol = self._door.words.sign(shown["currency"], self._door.language(request))
        return {**shown, "symbol": symbol, "now": self._door.clock_moment().now}
