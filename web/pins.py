"""A member's PIN typed at a till: its try is counted, it is compared outside any transaction, and then it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from membership.errors import Refusal
from membership.moment import Moment
from services import Tx, codes, passes, pins, requests, visits
from services.keys import Caller
from services.orders import Order
from services.visits import Wanted
from web import till
from web.idempotency import Door
from web.shapes import PurchaseSent, VisitSent


@dataclass(frozen=True, slots=True)
class PinTry:
    """How a try went: whether it was the PIN, or what kept it from being compared."""

    good: bool
    refusal: Refusal | None = None

    def check(self, tx: Tx, member_id: str, *, moment: Moment) -> None:
        """Say how the try went. Raises WrongPin, and what refused the try."""
        if self.refusal is not None:
            raise self.refusal
        pins.check_member(tx, member_id, good=self.good, moment=moment)

    def agree(self, tx: Tx, order: Order, caller: Caller, *, moment: Moment) -> Order:
        """Return the order with the member's yes. Raises WrongPin, PinDayLimit, and what refused the try."""
        self.check(tx, order.member_id, moment=moment)
        pins.check_day(tx, order, caller.reader, now=moment.now)
        return replace(order, yes="pin")

    def agree_to_visits(self, tx: Tx, wanted: Wanted, *, moment: Moment) -> Wanted:
        """Return the visits with the member's yes. Raises what ``agree`` raises, and PassUnknown."""
        member_id = passes.get(tx, wanted.pass_id, now=moment.now).member_id
        self.check(tx, member_id, moment=moment)
        pins.check_share(tx, member_id, visits.worth(tx, wanted.pass_id, wanted.count).minor, now=moment.now)
        return replace(wanted, yes="pin")


@dataclass(frozen=True, slots=True)
class Typed:
    """A PIN as it came ("": none): for what it is the yes (an action), and how to find whose it should be."""

    pin: str
    action: str
    whose: Callable[[Tx, Moment], str]


def buyer(sent: PurchaseSent, caller: Caller) -> Typed:
    """Return the PIN that came with a purchase."""

    def whose(tx: Tx, moment: Moment) -> str:
        if sent.scan_id is None:
            return till.member(tx, sent.member_id or "")
        return codes.find_scan(tx, sent.scan_id, caller.reader, now=moment.now).member_id

    return Typed(sent.pin, "purchase", whose)


def visitor(sent: VisitSent, pass_id: str) -> Typed:
    """Return the PIN that came with visits of this pass."""
    return Typed(sent.pin, "use_pass", lambda tx, moment: passes.get(tx, pass_id, now=moment.now).member_id)


async def try_pin(door: Door, caller: Caller, key: str, typed: Typed) -> PinTry | None:
    """Compare the PIN that came with a request, if one did; None also where the request was answered before."""
    if not typed.pin:
        return None
    begun = await door.database.write(_begin, caller, key, typed, moment=door.clock_moment())
    if isinstance(begun, Refusal):
        return PinTry(good=False, refusal=begun)
    return None if begun is None else PinTry(good=await asyncio.to_thread(pins.matches, begun, typed.pin))


def _begin(tx: Tx, caller: Caller, key: str, typed: Typed, *, moment: Moment) -> str | Refusal | None:
    """Count the try and return the hash to compare; a request that was answered before is no try."""
    if requests.is_known(tx, caller.scope, key):
        return None
    try:
        with tx.savepoint():
            caller.check(typed.action)
            return pins.begin_member(tx, typed.whose(tx, moment), caller.reader, moment=moment)
    except Refusal as no:
        return no
