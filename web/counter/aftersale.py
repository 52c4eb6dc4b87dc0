"""What follows a bill: the member's yes, taking it back, money refunded, coupons handed out, stored value topped up."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from membership.moment import Moment
from services import Tx, approvals, codes, purchases, redemptions, reservations, stored_value
from services.second_person import Approval
from web import shown, till
from web.counter import seen
from web.counter.caller import Counter, Key, cashier
from web.counter.sent import PathId, TopUpSent
from web.idempotency import Deed
from web.shapes import RedemptionSent, RefundSent


class Aftersale:
    """The calls about bills that were put to the member, or recorded."""

    def __init__(self, counter: Counter) -> None:
        self._door = counter.door

    async def asked(self, request: Request, asked_id: PathId) -> Response:
        """Tell what became of a bill that waits for the member's yes, with the purchase once there is one."""
        who = cashier(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            who.check("purchase")
            found = reservations.find(tx, asked_id, who.reader)
            done = None if found.purchase_id is None else purchases.get(tx, found.purchase_id)
            return 200, shown.waiting(tx, found, done)

        return await self._door.answer(request, Deed(effect))

    async def withdraw(self, request: Request, key: Key, asked_id: PathId) -> Response:
        """Take a bill back before the member has answered."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("purchase")
            return 200, shown.waiting(tx, reservations.withdraw(tx, asked_id, who.reader, moment=moment))

        return await self._door.once(request, key, {}, Deed(effect))

    async def undo(self, request: Request, key: Key, purchase_id: PathId) -> Response:
        """Take back a purchase recorded by mistake; a colleague's large one waits for a second person (202)."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("undo")
            done = approvals.undo(tx, purchase_id, who.reader, manager=who.may("refund"), moment=moment)
            return (202, seen.approval(done)) if isinstance(done, Approval) else (200, shown.refund(done))

        return await self._door.once(request, key, {}, Deed(effect))

    async def refund(self, request: Request, key: Key, purchase_id: PathId, sent: RefundSent) -> Response:
        """Give money back (201), or ask a second person where it is more than one may alone (202)."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("refund")
            how = {"reason": sent.reason, "reference": f"{who.scope}:{key}"}
            done = approvals.refund(tx, purchase_id, sent.amount, who.reader, **how, moment=moment)
            return (202, seen.approval(done)) if isinstance(done, Approval) else (201, shown.refund(done))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def redeem(self, request: Request, key: Key, coupon_id: PathId, sent: RedemptionSent) -> Response:
        """Hand out what a gift or exchange coupon stands for."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("redeem_coupon")
            used = redemptions.hand_out(tx, coupon_id, sent.scan_id, who.reader, moment=moment)
            return 201, shown.redemption(used)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def undo_redemption(self, request: Request, key: Key, redemption_id: PathId) -> Response:
        """Give a coupon back that was used by mistake."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("redeem_coupon")
            done = redemptions.undo(tx, redemption_id, who.reader, manager=who.may("refund"), moment=moment)
            return 200, shown.redemption(done)

        return await self._door.once(request, key, {}, Deed(effect))

    async def top_up(self, request: Request, key: Key, sent: TopUpSent) -> Response:
        """Take money for stored value (201), or ask a second person where it is more than one may alone (202)."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check(stored_value.right(tx))
            member_id = till.member(tx, sent.member_id or "")
            if sent.scan_id is not None:
                member_id = codes.find_scan(tx, sent.scan_id, who.reader, now=moment.now).member_id
            reference = f"{who.scope}:{key}"
            done = approvals.top_up(tx, member_id, sent.amount, who.reader, reference=reference, moment=moment)
            return (202, seen.approval(done)) if isinstance(done, Approval) else (201, shown.top_up(done))

        return await self._door.once(request, key, sent.content(), Deed(effect))
