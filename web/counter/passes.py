"""Counted passes on the staff page: sold, visits taken off them, both undone, and given back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from membership.errors import QuoteExpired
from membership.moment import Moment
from services import Tx, approvals, codes, passes, visit_asks, visits
from services.second_person import Approval
from services.visits import Wanted
from web import shown_passes, till
from web.counter import seen
from web.counter.caller import Counter, Key, cashier
from web.counter.sent import PassRefundSent, PassSaleSent, PathId, VisitSent
from web.idempotency import Deed


class Passes:
    """The calls about passes."""

    def __init__(self, counter: Counter) -> None:
        self._door = counter.door

    async def sell(self, request: Request, key: Key, sent: PassSaleSent) -> Response:
        """Sell a pass that was paid for."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("sell_pass")
            member_id = till.member(tx, sent.member_id or "")
            if sent.scan_id is not None:
                member_id = codes.find_scan(tx, sent.scan_id, who.reader, now=moment.now).member_id
            named = f"{who.scope}:{key}"
            done = passes.sell(tx, member_id, sent.plan, who.reader, reference=named, moment=moment)
            return 201, shown_passes.a_pass(done)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def undo_sale(self, request: Request, key: Key, pass_id: PathId) -> Response:
        """Undo a sale nothing was used of."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("sell_pass")
            done = passes.undo_sale(tx, pass_id, who.reader, manager=who.may("refund"), moment=moment)
            return 200, shown_passes.a_pass(done)

        return await self._door.once(request, key, {}, Deed(effect))

    async def visit(self, request: Request, key: Key, pass_id: PathId, sent: VisitSent) -> Response:
        """Take visits off a pass of the member whose code was read."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("use_pass")
            wanted, named = Wanted(pass_id, sent.scan_id, sent.count), f"{who.scope}:{key}"
            return shown_passes.settled(visit_asks.settle(tx, wanted, who.reader, reference=named, moment=moment))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def find_visit(self, request: Request, visit_id: PathId) -> Response:
        """Tell what the member said who was asked for a yes."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("use_pass")
            return 200, shown_passes.asked(visit_asks.find(tx, visit_id, who.reader, now=moment.now))

        return await self._door.answer(request, Deed(effect))

    async def undo_visit(self, request: Request, key: Key, visit_id: PathId) -> Response:
        """Put visits back that were taken by mistake."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("use_pass")
            done = visits.undo(tx, visit_id, who.reader, manager=who.may("refund"), moment=moment)
            return 200, shown_passes.visit(done)

        return await self._door.once(request, key, {}, Deed(effect))

    async def refund(self, request: Request, key: Key, pass_id: PathId, sent: PassRefundSent) -> Response:
        """Give a pass back (201), or ask a second person where it is more than one may alone (202)."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("refund")
            if sent.amount is not None and passes.worth(tx, pass_id, now=moment.now).minor != sent.amount:
                raise QuoteExpired  # a visit was taken meanwhile
            how = {"reason": sent.reason, "reference": f"{who.scope}:{key}"}
            done = approvals.refund_pass(tx, pass_id, who.reader, **how, moment=moment)
            return (202, seen.approval(done)) if isinstance(done, Approval) else (201, shown_passes.a_pass(done))

        return await self._door.once(request, key, sent.content(), Deed(effect))
