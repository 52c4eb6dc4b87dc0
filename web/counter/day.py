"""The day at the counter: today's purchases, what it came to, members' questions, and what a second person decides."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from membership.moment import Moment
from services import Tx, approvals, questions, second_person, shift
from services.shift import Sums
from web.counter import seen
from web.counter.caller import Cashier, Counter, Key, cashier
from web.counter.sent import AnswerSent, DecisionSent, PathId
from web.idempotency import Deed
from web.shapes import Id

After = Annotated[Id | None, Query()]


class Day:
    """The calls about everything but the member at hand."""

    def __init__(self, counter: Counter) -> None:
        self._door = counter.door

    async def today(self, request: Request, after: After = None) -> Response:
        """List today's purchases of the store, newest first; ``after`` a purchase the next page begins.

        The first page has what was handed out for coupons alone besides.
        """
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            _check_seeing(who)
            manager = who.may("refund")
            found = shift.today(tx, who.reader, manager=manager, after=after, now=moment.now)
            more = found[-1].id if len(found) == shift.PAGE else None
            listed = {"purchases": [seen.sold(one, who) for one in found], "next": more}
            if after is not None:
                return 200, listed
            goods = shift.handed_out(tx, who.reader, manager=manager, now=moment.now)
            return 200, {**listed, "handed_out": [seen.handed(one, who) for one in goods]}

        return await self._door.answer(request, Deed(effect))

    async def shift(self, request: Request) -> Response:
        """Tell what today came to: one's own, and for who may see reports the store's and everybody's."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            _check_seeing(who)
            return 200, _shift(tx, who, moment)

        return await self._door.answer(request, Deed(effect))

    async def questions(self, request: Request) -> Response:
        """List the questions nobody answered yet, what waits longest first."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("scan")
            found = questions.still_open(tx, now=moment.now)
            listed = [{"id": one.id, "member": one.name, "text": one.text, "at": one.at} for one in found]
            return 200, {"questions": [{**one, "answered": False} for one in listed]}

        return await self._door.answer(request, Deed(effect))

    async def answer(self, request: Request, key: Key, question_id: PathId, sent: AnswerSent) -> Response:
        """Bring an answer to the chat it was asked in; the first one counts."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("scan")
            questions.answer(tx, question_id, sent.text, by=who.id, moment=moment)
            return 200, {"id": question_id, "answered": True, "answer": sent.text}

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def approvals(self, request: Request) -> Response:
        """List what waits for a second person where this one may decide."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            found = approvals.listed(tx, who.reader, now=moment.now)
            return 200, {"approvals": [{**seen.approval(one), "id": one.id} for one in found]}

        return await self._door.answer(request, Deed(effect))

    async def decide(self, request: Request, key: Key, approval_id: PathId, sent: DecisionSent) -> Response:
        """Say yes or no to what a colleague asked; with the yes it is done at once."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            done = approvals.decide(tx, approval_id, who.reader, yes=sent.yes, moment=moment)
            shown = seen.approval(done.approval)
            return 200, shown if done.refusal is None else {**shown, "text": done.refusal}

        return await self._door.once(request, key, sent.content(), Deed(effect))


def _check_seeing(who: Cashier) -> None:
    """Let in who serves, and who may only look. Raises NotStaff and NotAllowed."""
    if not who.may("report"):
        who.check("purchase")


def _shift(tx: Tx, who: Cashier, moment: Moment) -> dict[str, Any]:
    everybody = shift.sums(tx, who.store_id, now=moment.now)
    mine = everybody.get(who.id, Sums(who.id))
    told = {
        "from": shift.begin(tx, now=moment.now),
        "to": moment.now,
        "store": seen.store(tx, who.store_id),
        "staff": who.seat.name,
        **seen.sums(tx, mine),
    }
    if not who.may("report"):
        return told
    people = [{"staff": second_person.called(tx, one.actor), **seen.sums(tx, one)} for one in everybody.values()]
    return {**told, "whole": seen.sums(tx, shift.total(everybody.values())), "people": people}
