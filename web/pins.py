"""A member's PIN typed at a till: its try is counted, it is compared outside any transaction, and then it counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from membership.errors import Refusal
from membership.moment import Moment
from services import Tx, codes, pins, requests
from services.keys import Caller
from services.orders import Order
from web.idempotency import Door
from web.shapes import PurchaseSent


@dataclass(frozen=True, slots=True)
class PinTry:
    """How a try went: whether it was the PIN, or what kept it from being compared."""

    good: bool
    refusal: Refusal | None = None

    def agree(self, tx: Tx, order: Order, caller: Caller, *, moment: Moment) -> Order:
        """Return the order with the member's yes. Raises WrongPin, PinDayLimit, and what refused the try."""
        if self.refusal is not None:
            raise self.refusal
        pins.check_member(tx, order.member_id, good=self.good, moment=moment)
        pins.check_day(tx, order, caller.reader, now=moment.now)
        return replace(order, yes="pin")


async def try_pin(door: Door, caller: Caller, key: str, sent: PurchaseSent) -> PinTry | None:
    """Compare the PIN that came with a purchase, if one did; None also where the request was answered before."""
    if not sent.pin:
        return None
    begun = await door.database.write(_begin, caller, key, sent, moment=door.clock_moment())
    if isinstance(begun, Refusal):
        return PinTry(good=False, refusal=begun)
    return None if begun is None else PinTry(good=await asyncio.to_thread(pins.matches, begun, sent.pin))


def _begin(tx: Tx, caller: Caller, key: str, sent: PurchaseSent, *, moment: Moment) -> str | Refusal | None:
    """Count the try and return the hash to compare; a request that was answered before is no try."""
    if requests.is_known(tx, caller.scope, key):
        return None
    try:
        with tx.savepoint():
            caller.check("purchase")
            member_id = sent.member_id
            if sent.scan_id is not None:
                member_id = codes.find_scan(tx, sent.scan_id, caller.reader, now=moment.now).member_id
            return pins.begin_member(tx, member_id or "", caller.reader, moment=moment)
    except Refusal as no:
        return no
