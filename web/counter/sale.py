"""From the code to the receipt: read it, price the bill with the best coupons ticked, record the purchase."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from membership.errors import MemberFrozen
from membership.moment import Moment
from services import Tx, codes, counter, coupons, members, quotes
from services.counter import Seen
from services.orders import Order, Recorded
from services.reservations import Waiting
from web import scans, shown, till
from web.counter import seen
from web.counter.caller import Cashier, Counter, Key, cashier
from web.counter.sent import BillSent, PurchaseSent
from web.idempotency import Deed
from web.shapes import ScanSent


class Sale:
    """The calls of one member's turn at the counter."""

    def __init__(self, counter: Counter) -> None:
        self._door, self._limits = counter.door, counter.limits

    async def scan(self, request: Request, key: Key, sent: ScanSent) -> Response:
        """Read a member's code and show whose it is, with badges and coupons."""
        who = cashier(request)
        self._limits.count_scan(who.scope)

        def whose(tx: Tx, found: Seen, moment: Moment) -> Any:
            return seen.member(tx, found, who, now=moment.now)

        return await self._door.once(request, key, sent.content(), scans.reading(sent.code, who, whose))

    async def quote(self, request: Request, key: Key, sent: BillSent) -> Response:
        """Calculate a bill without recording it; coupons left open are chosen for the member's good."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("purchase")
            return 200, _quoted(tx, _order(tx, sent, who, moment), who, moment)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def purchase(self, request: Request, key: Key, sent: PurchaseSent) -> Response:
        """Record a purchase (201), or ask the member first where the shop's rules say so (202)."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("purchase")
            order = _order(tx, sent, who, moment)
            how = {"reference": f"{who.scope}:{key}", "channel": "staff"}
            return settled(tx, counter.settle(tx, order, who.reader, **how, moment=moment))

        return await self._door.once(request, key, sent.content(), Deed(effect))


def settled(tx: Tx, done: Recorded | Waiting) -> tuple[int, Any]:
    """Return status and body of a bill that was recorded, or waits for the member's yes."""
    return (202, shown.waiting(tx, done)) if isinstance(done, Waiting) else (201, shown.purchase(tx, done))


def _order(tx: Tx, sent: BillSent, who: Cashier, moment: Moment) -> Order:
    """Return what is to be bought, by the member of the scan or the one named. Raises what stands in the way."""
    member_id, scanned = sent.member_id, None
    if sent.scan_id is not None:
        found = codes.find_scan(tx, sent.scan_id, who.reader, now=moment.now)
        member_id, scanned = found.member_id, found.coupon_id
    member = members.get(tx, till.member(tx, member_id or ""))
    if member.frozen:
        raise MemberFrozen
    paper = sent if isinstance(sent, PurchaseSent) else None
    order = Order(
        member.id,
        sent.amount,
        coupon_ids=tuple(sent.coupon_ids or ()),
        points=sent.points,
        scan_id=sent.scan_id,
        receipt_no=paper.receipt_no if paper else "",
        pay_method=paper.pay_method if paper else "",
        stored_minor=sent.stored,
        items=[item.model_dump(mode="json") for item in sent.items or ()] or None,
    )
    if sent.coupon_ids is not None or sent.scan_id is None:
        return order
    return replace(order, coupon_ids=quotes.chosen(tx, order, who.reader, scanned or None, now=moment.now))


def _quoted(tx: Tx, order: Order, who: Cashier, moment: Moment) -> dict[str, Any]:
    """Return the price with what else the member could use; who was found without a code can only earn."""
    price = shown.quote(quotes.quote(tx, order, who.reader, now=moment.now))
    if order.scan_id is None:
        return {**price, "points_most": 0, "stored_most": 0, "coupons": []}
    use = partial(counter.usable, tx, reader=who.reader, now=moment.now, amount_minor=order.amount_minor)
    held = coupons.held(tx, order.member_id, now=moment.now)
    return {
        **price,
        "points_most": quotes.most_points(tx, order, who.reader, now=moment.now),
        "stored_most": quotes.most_stored(tx, order, who.reader, now=moment.now),
        "coupons": [{**shown.coupon(tx, use(one)), "chosen": one.id in order.coupon_ids} for one in held],
    }
