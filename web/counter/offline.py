"""Purchases a device kept while it had no line, taken one by one: each is answered by itself, and counts once."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from membership.errors import NotAllowed, Refusal
from membership.moment import Moment
from services import Tx, forbidden, fraud, offline
from services.offline import Earn
from services.reader import Reader
from web import errors, shown
from web.counter.caller import Cashier, Counter, cashier
from web.counter.sent import EarnSent, OfflineSent


class Offline:
    """The one call that brings what happened before."""

    def __init__(self, counter: Counter) -> None:
        self._door = counter.door

    async def record(self, request: Request, sent: OfflineSent) -> Response:
        """Record what waits on a device. Every purchase is a transaction of its own: what was done stays done."""
        who = cashier(request)
        results = [await self._result(who, earn) for earn in sent.earns]
        return JSONResponse(errors.rendered({"results": results}, self._door.words, self._door.language(request)))

    async def _result(self, who: Cashier, earn: EarnSent) -> dict[str, Any]:
        return await self._door.database.write(_recorded, who, earn, moment=self._door.clock_moment())


def _recorded(tx: Tx, who: Cashier, earn: EarnSent, *, moment: Moment) -> dict[str, Any]:
    """Return what became of one purchase: done, or refused and why."""
    who.still_works(tx, now=moment.now)
    try:
        with tx.savepoint():
            who.check("purchase")
            kept = Earn(earn.id, earn.code, earn.amount, earn.at, earn.receipt_no)
            done = offline.record(tx, kept, _reader(who), moment=moment)
    except Refusal as no:
        fraud.note_blocked(tx, moment=moment)
        if isinstance(no, NotAllowed):
            forbidden.note(tx, who.reader, "purchase", moment=moment)
        _, body = errors.of_refusal(no)
        return {"id": earn.id, "state": "refused", "code": body["code"], "detail": body["detail"]}
    return {"id": earn.id, "state": "done", "purchase": shown.purchase(tx, done)}


def _reader(who: Cashier) -> Reader:
    """Return the person as a reader on this very device; a browser that keeps no name is known by its session."""
    reader = who.reader
    return Reader(reader.actor, reader.store_id, reader.member_id, who.seat.device or who.seat.session_id)
