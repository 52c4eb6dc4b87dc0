"""What is done by PIN: a member's yes typed at the till, a colleague's change of places, and setting one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from membership.errors import NotStaff
from membership.moment import Moment
from services import Tx, pins, requests, reservations, sessions, visit_asks
from web import shown, shown_passes
from web.counter.caller import Cashier, Counter, Key, cashier
from web.counter.sent import ColleagueSent, PathId, PinSent
from web.counter.signing import Signing
from web.idempotency import Deed


class Pins:
    """The calls that bring a PIN. It is compared outside every transaction, and no part of what is remembered."""

    def __init__(self, counter: Counter) -> None:
        self._door, self._signing = counter.door, Signing(counter)

    async def agree(self, request: Request, key: Key, asked_id: PathId, sent: PinSent) -> Response:
        """Record a bill that waits for the member's yes: they typed their PIN here."""
        who = cashier(request)

        def begin(tx: Tx, moment: Moment) -> str:
            found = reservations.find(tx, asked_id, who.reader)
            return pins.begin_member(tx, found.member_id, who.reader, moment=moment)

        good = who.may("purchase") and await self._compared(who, key, begin, sent.pin)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("purchase")
            found = reservations.find(tx, asked_id, who.reader)
            pins.check_member(tx, found.member_id, good=good, moment=moment)
            done = reservations.post(tx, asked_id, who.reader, how="pin", moment=moment)
            return 201, shown.purchase(tx, done)

        return await self._door.once(request, key, {}, Deed(effect))

    async def agree_to_visit(self, request: Request, key: Key, asked_id: PathId, sent: PinSent) -> Response:
        """Take visits that wait for the member's yes: they typed their PIN here."""
        who = cashier(request)

        def begin(tx: Tx, moment: Moment) -> str:
            found = visit_asks.find(tx, asked_id, who.reader, now=moment.now)
            return pins.begin_member(tx, found.of.member_id, who.reader, moment=moment)

        good = who.may("use_pass") and await self._compared(who, key, begin, sent.pin)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("use_pass")
            found = visit_asks.find(tx, asked_id, who.reader, now=moment.now)
            pins.check_member(tx, found.of.member_id, good=good, moment=moment)
            return 201, shown_passes.visit(visit_asks.agree_by_pin(tx, asked_id, who.reader, moment=moment))

        return await self._door.once(request, key, {}, Deed(effect))

    async def colleagues(self, request: Request) -> Response:
        """Tell who signed in on this device before and could take over."""
        who = cashier(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            found = sessions.colleagues(tx, who.seat.device)
            listed = [
                {"staff_id": one.staff_id, "name": one.name, "has_pin": pins.has_staff(tx, one.staff_id)}
                for one in found
                if one.staff_id != who.id
            ]
            return 200, {"colleagues": listed}

        return await self._door.answer(request, Deed(effect))

    async def take_over(self, request: Request, key: Key, sent: ColleagueSent) -> Response:
        """Change places with a colleague who types their PIN."""
        who = cashier(request)

        def begin(tx: Tx, moment: Moment) -> str:
            if sent.staff_id not in {one.staff_id for one in sessions.colleagues(tx, who.seat.device)}:
                raise NotStaff
            return pins.begin_staff(tx, sent.staff_id, who.store_id, moment=moment)

        good = await self._compared(who, key, begin, sent.pin)

        def change(tx: Tx, moment: Moment) -> tuple[str, sessions.Seat]:
            who.still_works(tx, now=moment.now)
            pins.check_staff(tx, sent.staff_id, good=good, moment=moment)
            return sessions.change_staff(tx, who.seat, sent.staff_id, moment=moment)

        token, seat = await self._door.database.write(change, self._door.clock_moment())
        return await self._signing.seated(request, token, seat)

    async def set_own(self, request: Request, sent: PinSent) -> Response:
        """Set the PIN by which one takes over at a shared device."""
        who = cashier(request)
        pins.check_form(sent.pin, staff=True)
        kept = await asyncio.to_thread(pins.hashed, sent.pin)

        def change(tx: Tx, moment: Moment) -> None:
            who.still_works(tx, now=moment.now)
            pins.set_staff(tx, who.id, kept, moment=moment)

        await self._door.database.write(change, self._door.clock_moment())
        return Response(status_code=204)

    async def _compared(self, who: Cashier, key: str, begin: Callable[[Tx, Moment], str], pin: str) -> bool:
        """Count a try and compare, outside the transaction; a request answered before counts nothing."""

        def first(tx: Tx, moment: Moment) -> str | None:
            who.still_works(tx, now=moment.now)
            return None if requests.is_known(tx, who.scope, key) else begin(tx, moment)

        kept = await self._door.database.write(first, self._door.clock_moment())
        return kept is not None and await asyncio.to_thread(pins.matches, kept, pin)
