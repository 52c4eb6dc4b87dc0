"""The till's calls about a member: enrol, correct, look up, adjust points, top stored value up."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from membership.errors import ConsentMissing
from membership.moment import Moment
from services import Tx, adjustments, approvals, members, points, stored_value, tags
from services.points import PAGE
from web import shown, till
from web.idempotency import Deed, Door
from web.shapes import AdjustmentSent, CorrectionSent, MemberSent, TopUpSent
from web.till import Cursor, Key, PathId, Phone, caller_of


class PosMembers:
    """The calls about members, each one transaction."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def enrol(self, request: Request, key: Key, sent: MemberSent) -> Response:
        """Make somebody a member at the till; they can claim the membership later in chat."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("enrol")
            if not sent.consent.terms:
                raise ConsentMissing
            member_id = members.enrol(
                tx, sent.phone, name=sent.name, birthday=sent.birthday, offers=sent.consent.offers,
                actor=caller.id, moment=moment,
            )  # fmt: skip
            return 201, shown.member(tx, members.get(tx, member_id), caller, now=moment.now)

        return await self._door.once(request, key, sent.content(), Deed(effect, before=till.count_lookup(caller)))

    async def correct(self, request: Request, member_id: PathId, sent: CorrectionSent) -> Response:
        """Put right what is written of a member, who is told, and what tags they have, for a manager's key."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("correct_member")
            who = {"actor": caller.id, "store_id": caller.store_id}
            if sent.tags is not None:
                caller.check("tag")
                tags.put(tx, till.member(tx, member_id), sent.tags, caller.reader, moment=moment)
            member = members.correct(tx, till.member(tx, member_id), sent.fields, **who, moment=moment)
            return 200, shown.member(tx, member, caller, now=moment.now)

        before = till.count_lookup(caller) if sent.phone else None
        return await self._door.change(request, Deed(effect, before=before))

    async def find(self, request: Request, phone: Phone) -> Response:
        """Find a member by phone number, at most ten times a minute."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("lookup")
            return 200, shown.member(tx, members.by_phone(tx, phone), caller, now=moment.now)

        return await self._door.answer(request, Deed(effect, before=till.count_lookup(caller)))

    async def show(self, request: Request, member_id: PathId) -> Response:
        """Return a member: a till sees the masked name, tier and balances only."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            return 200, shown.member(tx, members.get(tx, till.member(tx, member_id)), caller, now=moment.now)

        return await self._door.answer(request, Deed(effect))

    async def ledger(self, request: Request, member_id: PathId, cursor: Cursor = None) -> Response:
        """Return the movements of a member's points, newest first, a page at a time, for a manager's key."""
        caller = caller_of(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            caller.check("report")
            member = members.get(tx, till.member(tx, member_id))
            lines = points.history(tx, member.id, before=cursor, limit=PAGE + 1)
            more = lines[PAGE - 1].number if len(lines) > PAGE else None
            return 200, {"lines": [shown.line(line) for line in lines[:PAGE]], "next_cursor": more}

        return await self._door.answer(request, Deed(effect))

    async def adjust(self, request: Request, key: Key, member_id: PathId, sent: AdjustmentSent) -> Response:
        """Give or take points by hand, for a manager's key; over the shop's limit a second person is asked (202)."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("adjust")
            how = {"reason": sent.reason, "reference": till.reference(caller, key)}
            done = adjustments.adjust(tx, till.member(tx, member_id), sent.points, caller.reader, **how, moment=moment)
            return till.made(done, shown.adjustment)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def top_up(self, request: Request, key: Key, member_id: PathId, sent: TopUpSent) -> Response:
        """Take money for stored value; over the shop's limit a second person is asked first (202)."""
        caller = caller_of(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check(stored_value.right(tx))
            named, whose = till.reference(caller, key), till.member(tx, member_id)
            done = approvals.top_up(tx, whose, sent.amount, caller.reader, reference=named, moment=moment)
            return till.made(done, shown.top_up)

        return await self._door.once(request, key, sent.content(), Deed(effect))
