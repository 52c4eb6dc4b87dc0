"""Members without a code at hand: found by phone, made members at the counter, put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from membership.errors import ConsentMissing
from membership.moment import Moment
from services import Tx, counter, lookups, members, tags
from services.members import Member
from web.counter import seen
from web.counter.caller import Cashier, Counter, Key, cashier
from web.counter.sent import PathId
from web.errors import Problem
from web.idempotency import Deed
from web.shapes import CorrectionSent, MemberSent

Asked = Annotated[str, Query(max_length=40)]
TOO_MANY: Final = 429


class People:
    """The calls about members; whatever tells whether a phone is a member's is counted."""

    def __init__(self, counter: Counter) -> None:
        self._door = counter.door

    async def find(self, request: Request, phone: Asked = "", tail: Asked = "") -> Response:
        """Find members by their whole phone number, or by its last four digits; without a code they can only earn."""
        who = cashier(request)
        if bool(phone) == bool(tail):
            raise Problem("invalid_request", fields="phone, tail")

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("lookup")
            found = lookups.by_phone(tx, phone) if phone else lookups.by_tail(tx, tail)
            return 200, {"members": [_shown(tx, one, who, moment) for one in found]}

        answer = await self._door.answer(request, Deed(effect, before=_count(who)))
        return await self._noted(answer, who)

    async def enrol(self, request: Request, key: Key, sent: MemberSent) -> Response:
        """Make somebody a member who said yes to the terms; they can claim the membership later in chat."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("enrol")
            if not sent.consent.terms:
                raise ConsentMissing
            about = {"name": sent.name, "birthday": sent.birthday, "actor": who.id}
            made = members.enrol(tx, sent.phone, **about, offers=sent.consent.offers, moment=moment)
            return 201, _shown(tx, members.get(tx, made), who, moment)

        answer = await self._door.once(request, key, sent.content(), Deed(effect, before=_count(who)))
        return await self._noted(answer, who)

    async def correct(self, request: Request, member_id: PathId, sent: CorrectionSent) -> Response:
        """Put right a member's name, phone or birthday, of which they are told, and what tags they have."""
        who = cashier(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            who.check("correct_member")
            where = {"actor": who.id, "store_id": who.store_id}
            if sent.tags is not None:
                who.check("tag")
                tags.put(tx, member_id, sent.tags, who.reader, moment=moment)
            after = members.correct(tx, member_id, sent.fields, **where, moment=moment)
            return 200, _shown(tx, after, who, moment)

        before = _count(who) if sent.phone else None  # a phone that is taken tells as much as a look-up
        return await self._noted(await self._door.change(request, Deed(effect, before=before)), who)

    async def _noted(self, answer: Response, who: Cashier) -> Response:
        """Write down, outside what was undone, that somebody looked too many members up."""
        if answer.status_code == TOO_MANY:
            await self._door.database.write(lookups.note_refused, who.reader, moment=self._door.clock_moment())
        return answer


def _count(who: Cashier) -> Callable[[Tx, Moment], None]:
    def count(tx: Tx, moment: Moment) -> None:
        lookups.count(tx, who.reader, moment=moment)

    return count


def _shown(tx: Tx, found: Member, who: Cashier, moment: Moment) -> dict[str, Any]:
    return seen.member(tx, counter.look(tx, found.id, who.reader, moment=moment), who, now=moment.now)
