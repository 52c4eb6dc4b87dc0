"""The till's calls about counted passes: sell one, take visits off it, undo a visit, give one back, look."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from membership.moment import Moment
from services import Tx, approvals, members, passes, visit_asks, visits
from services.visits import Wanted
from web import pins, shown_passes, till
from web.idempotency import Deed, Door
from web.shapes import PassRefundSent, PassSaleSent, UndoSent, VisitSent
from web.till import Key, PathId, caller_of


class PosPasses:
    """The calls about passes, each one transaction."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def held(self, request: Request, member_id: PathId) -> Response:
        """Return a member's passes with visits left, and those the shop sells here."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("lookup")
            member = members.get(tx, till.member(tx, member_id))
            mine = [shown_passes.a_pass(one) for one in passes.held(tx, member.id, now=moment.now)]
            plans = [shown_passes.plan(tx, one) for one in passes.offered(tx, caller.store_id)]
            return 200, {"passes": mine, "plans": plans}

        return await self._door.answer(request, Deed(effect))

    async def sell(self, request: Request, key: Key, member_id: PathId, sent: PassSaleSent) -> Response:
        """Sell a pass that was paid for at the till."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("sell_pass")
            named, whose = till.reference(caller, key), till.member(tx, member_id)
            done = passes.sell(tx, whose, sent.plan, caller.reader, reference=named, moment=moment)
            return 201, shown_passes.a_pass(done)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def visit(self, request: Request, key: Key, pass_id: PathId, sent: VisitSent) -> Response:
        """Take visits off a pass with the `scan_id` of a fresh code, or by a manager's key with a `reason`.

        Visits worth much wait for the member's yes: 202, and `GET /visits/{id}` tells what they say.
        """
        caller = caller_of(request)
        tried = await pins.try_pin(self._door, caller, key, pins.visitor(sent, pass_id))

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("use_pass")
            if sent.reason:
                caller.check("adjust")
            how = {"yes": "manager", "reason": sent.reason} if sent.reason else {}
            wanted = Wanted(pass_id, sent.scan_id, sent.count, **how)
            if tried is not None:
                wanted = tried.agree_to_visits(tx, wanted, moment=moment)
            named = till.reference(caller, key)
            return shown_passes.settled(visit_asks.settle(tx, wanted, caller.reader, reference=named, moment=moment))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def find_visit(self, request: Request, visit_id: PathId) -> Response:
        """Return a visit of this till's store: what the member said who was asked for a yes."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            return 200, shown_passes.asked(visit_asks.find(tx, visit_id, caller.reader, now=moment.now))

        return await self._door.answer(request, Deed(effect))

    async def undo_visit(self, request: Request, key: Key, visit_id: PathId, sent: UndoSent) -> Response:
        """Put visits back: a till its own within minutes, a manager's key all day."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("use_pass")
            done = visits.undo(tx, visit_id, caller.reader, manager=caller.role == "manager", moment=moment)
            return 200, shown_passes.visit(done)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def undo_sale(self, request: Request, key: Key, pass_id: PathId, sent: UndoSent) -> Response:
        """Undo a sale nothing was used of: a till its own within minutes, a manager's key all day."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("sell_pass")
            done = passes.undo_sale(tx, pass_id, caller.reader, manager=caller.role == "manager", moment=moment)
            return 200, shown_passes.a_pass(done)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def refund(self, request: Request, key: Key, pass_id: PathId, sent: PassRefundSent) -> Response:
        """Give a pass back for what is left of its price, for a manager's key; a second person may be asked (202)."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("refund")
            how = {"reason": sent.reason, "reference": till.reference(caller, key)}
            done = approvals.refund_pass(tx, pass_id, caller.reader, **how, moment=moment)
            return till.made(done, shown_passes.a_pass)

        return await self._door.once(request, key, sent.content(), Deed(effect))
