"""The till's calls at the counter: scan, quote, purchase, refund, redeem; one visible list of all calls at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from membership import days
from membership.errors import MemberFrozen
from membership.moment import Moment
from services import Tx, codes, counter, members, purchases, quotes, redemptions, reservations, rules, tills
from services.counter import Seen
from services.orders import Order
from services.reader import Reader
from services.reservations import Waiting
from web import answers, pins, scans, shown, till
from web.idempotency import Deed, Door, pos_route
from web.limits import Limits
from web.openapi import ANSWERS
from web.pos_members import PosMembers
from web.pos_passes import PosPasses
from web.shapes import BillSent, Day, PurchaseSent, RedemptionSent, RefundSent, ScanSent, UndoSent
from web.till import Key, PathId, ReceiptNo, caller_of

ANY_MEMBER: Any = answers.MemberSeen | answers.MemberKnown


class Pos:
    """The calls of a till while somebody pays, each one transaction."""

    def __init__(self, door: Door, limits: Limits) -> None:
        self._door, self._limits = door, limits

    async def scan(self, request: Request, key: Key, sent: ScanSent) -> Response:
        """Read a member's code. The same till may read it again; it is used up by a purchase."""
        caller = caller_of(request)
        self._limits.count_scan(caller.id)

        def whose(tx: Tx, seen: Seen, moment: Moment) -> Any:
            return shown.scanned(tx, seen, caller, now=moment.now)

        return await self._door.once(request, key, sent.content(), scans.reading(sent.code, caller, whose))

    async def quote(self, request: Request, key: Key, sent: BillSent) -> Response:
        """Calculate a bill without recording it."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("purchase")
            order = _order(tx, sent, caller.reader, moment)
            return 200, shown.quote(quotes.quote(tx, order, caller.reader, now=moment.now))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def purchase(self, request: Request, key: Key, sent: PurchaseSent) -> Response:
        """Record a purchase. Earning works with `member_id`; spending anything needs the `scan_id` of a fresh code.

        Where much is spent the member is asked first: 202, and `GET /reservations/{id}` tells what they say.
        """
        caller = caller_of(request)
        tried = await pins.try_pin(self._door, caller, key, pins.buyer(sent, caller))

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("purchase")
            if sent.reason:
                caller.check("adjust")
            order = _order(tx, sent, caller.reader, moment)
            if sent.cashier is not None:
                tills.check_cashier(tx, caller, sent.cashier, order.member_id)
            if tried is not None:
                order = tried.agree(tx, order, caller, moment=moment)
            how = {"reference": till.reference(caller, key), "channel": "pos"}
            done = counter.settle(tx, order, caller.reader, **how, moment=moment)
            return (202, _waiting(tx, done)) if isinstance(done, Waiting) else (201, shown.purchase(tx, done))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def find_reservation(self, request: Request, reservation_id: PathId) -> Response:
        """Return a bill that waits for the member's yes, and what was recorded once it came."""
        caller = caller_of(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            return 200, _waiting(tx, reservations.find(tx, reservation_id, caller.reader))

        return await self._door.answer(request, Deed(effect))

    async def withdraw(self, request: Request, reservation_id: PathId) -> Response:
        """Take a bill back that the member has not answered yet; what it held is free again."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("purchase")
            return 200, _waiting(tx, reservations.withdraw(tx, reservation_id, caller.reader, moment=moment))

        return await self._door.change(request, Deed(effect))

    async def find_purchase(self, request: Request, purchase_id: PathId) -> Response:
        """Return a purchase of this till's store, with what was refunded so far."""
        caller = caller_of(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            return 200, shown.purchase(tx, tills.purchase(tx, caller, purchase_id))

        return await self._door.answer(request, Deed(effect))

    async def find_receipt(self, request: Request, receipt_no: ReceiptNo, on: Day | None = None) -> Response:
        """Find a purchase of this till's store by its receipt number, of today or of the day `on`."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            day = days.day_of(moment.now, rules.current(tx).zone) if on is None else on
            found = tills.by_receipt(tx, caller, receipt_no, day)
            return 200, {"purchases": [shown.purchase(tx, done) for done in found]}

        return await self._door.answer(request, Deed(effect))

    async def refund(self, request: Request, key: Key, purchase_id: PathId, sent: RefundSent) -> Response:
        """Give money back. A till takes back its own whole purchase within minutes, a manager's key anything.

        Over the shop's limit a second person is asked first: 202, and `GET /approvals/{id}` tells what they say.
        """
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            how = {"reason": sent.reason, "reference": till.reference(caller, key)}
            done = tills.refund(tx, caller, purchase_id, sent.amount, **how, moment=moment)
            return till.made(done, shown.refund)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def find_approval(self, request: Request, approval_id: PathId) -> Response:
        """Return a deed that waits for a second person's yes."""
        caller = caller_of(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            return 200, shown.approval(tills.approval(tx, caller, approval_id))

        return await self._door.answer(request, Deed(effect))

    async def redeem(self, request: Request, key: Key, coupon_id: PathId, sent: RedemptionSent) -> Response:
        """Use a gift or exchange coupon without a purchase."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("redeem_coupon")
            used = redemptions.hand_out(tx, coupon_id, sent.scan_id, caller.reader, moment=moment)
            return 201, shown.redemption(used)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def undo_redemption(self, request: Request, key: Key, redemption_id: PathId, sent: UndoSent) -> Response:
        """Give a coupon back that was used by mistake: a till its own within minutes, a manager's key all day."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("redeem_coupon")
            manager = caller.role == "manager"
            done = redemptions.undo(tx, redemption_id, caller.reader, manager=manager, moment=moment)
            return 200, shown.redemption(done)

        return await self._door.once(request, key, sent.content(), Deed(effect))


def router(door: Door, limits: Limits) -> APIRouter:
    """Return every call of a till and where it is found."""
    pos, people, counted = Pos(door, limits), PosMembers(door), PosPasses(door)
    found = APIRouter(prefix="/api/v1", route_class=pos_route(door), responses=ANSWERS, tags=["till"])
    calls: tuple[tuple[str, str, Callable[..., Any], Any], ...] = (
        ("POST", "/scans", pos.scan, answers.ScanAnswer),
        ("POST", "/quotes", pos.quote, answers.QuoteAnswer),
        ("GET", "/purchases", pos.find_receipt, answers.PurchasesAnswer),
        ("GET", "/purchases/{id}", pos.find_purchase, answers.PurchaseAnswer),
        ("GET", "/reservations/{id}", pos.find_reservation, answers.WaitingAnswer),
        ("DELETE", "/reservations/{id}", pos.withdraw, answers.WaitingAnswer),
        ("GET", "/approvals/{id}", pos.find_approval, answers.ApprovalAnswer),
        ("GET", "/members", people.find, ANY_MEMBER),
        ("GET", "/members/{id}", people.show, ANY_MEMBER),
        ("PATCH", "/members/{id}", people.correct, ANY_MEMBER),
        ("GET", "/members/{id}/ledger", people.ledger, answers.LedgerAnswer),
        ("GET", "/members/{id}/passes", counted.held, answers.PassesAnswer),
        ("GET", "/visits/{id}", counted.find_visit, answers.VisitAsked),
        ("POST", "/redemptions/{id}/undo", pos.undo_redemption, answers.RedemptionAnswer),
        ("POST", "/passes/{id}/undo", counted.undo_sale, answers.PassAnswer),
        ("POST", "/visits/{id}/undo", counted.undo_visit, answers.VisitAnswer),
    )
    made: tuple[tuple[str, Callable[..., Any], Any, Any], ...] = (
        ("/purchases", pos.purchase, answers.PurchaseAnswer, answers.WaitingAnswer),
        ("/purchases/{id}/refunds", pos.refund, answers.RefundAnswer, answers.ApprovalAnswer),
        ("/coupons/{id}/redemptions", pos.redeem, answers.RedemptionAnswer, None),
        ("/members", people.enrol, ANY_MEMBER, None),
        ("/members/{id}/adjustments", people.adjust, answers.AdjustmentAnswer, answers.ApprovalAnswer),
        ("/members/{id}/top-ups", people.top_up, answers.TopUpAnswer, answers.ApprovalAnswer),
        ("/members/{id}/passes", counted.sell, answers.PassAnswer, None),
        ("/passes/{id}/visits", counted.visit, answers.VisitAnswer, answers.VisitAsked),
        ("/passes/{id}/refunds", counted.refund, answers.PassAnswer, answers.ApprovalAnswer),
    )
    for method, path, call, shape in calls:
        found.add_api_route(path, call, methods=[method], response_model=shape)
    for path, call, shape, waits in made:
        later: dict[int | str, dict[str, Any]] = {} if waits is None else {202: {"model": waits}}
        found.add_api_route(path, call, methods=["POST"], status_code=201, response_model=shape, responses=later)
    return found


def _waiting(tx: Tx, found: Waiting) -> Any:
    done = None if found.purchase_id is None else purchases.get(tx, found.purchase_id)
    return shown.waiting(tx, found, done)


def _order(tx: Tx, sent: BillSent, reader: Reader, moment: Moment) -> Order:
    """Return what is to be bought, by the member of the scan or the one named. Raises what stands in the way."""
    member_id = sent.member_id
    if sent.scan_id is not None:
        member_id = codes.find_scan(tx, sent.scan_id, reader, now=moment.now).member_id
    member = members.get(tx, till.member(tx, member_id or ""))
    if member.frozen:
        raise MemberFrozen
    items = None if sent.items is None else [item.model_dump(mode="json") for item in sent.items]
    paper = sent if isinstance(sent, PurchaseSent) else None
    reason = paper.reason.strip() if paper else ""
    return Order(
        member.id,
        sent.amount,
        coupon_ids=tuple(sent.coupon_ids),
        points=sent.points,
        stored_minor=sent.stored,
        scan_id=sent.scan_id,
        receipt_no=paper.receipt_no if paper else "",
        pay_method=paper.pay_method if paper else "",
        items=items,
        yes="manager" if reason else "",
        reason=reason,
        cashier=(paper.cashier if paper else None) or "",
    )
