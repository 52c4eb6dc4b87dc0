"""The till's calls: scan, quote, purchase, refund, redeem, enrol, look up; one visible list at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from membership.errors import ConsentMissing, MemberFrozen, Refusal
from membership.moment import Moment
from services import Tx, codes, counter, coupons, keys, members, points, purchases, quotes, staff, tills
from services.codes import Reader
from services.keys import Caller
from services.points import PAGE
from services.purchases import Order
from web import answers, shown
from web.idempotency import Deed, Door, pos_route
from web.openapi import ANSWERS
from web.shapes import BillSent, Id, MemberSent, PurchaseSent, RedemptionSent, RefundSent, ScanSent

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,128}$",
        description="your own name of this request, 1 to 128 printable ASCII characters",
    ),
]
PathId = Annotated[Id, Path(alias="id")]
Phone = Annotated[str, Query(min_length=1, max_length=40)]
ANY_MEMBER: Any = answers.MemberSeen | answers.MemberKnown
Cursor = Annotated[int | None, Query(ge=1, le=2**53)]


class Pos:
    """The calls of a till, each one transaction."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def scan(self, request: Request, key: Key, sent: ScanSent) -> Response:
        """Read a member's code. The same till may read it again; it is used up by a purchase."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("scan")
            found = codes.scan(tx, sent.code, caller.reader, moment=moment)
            member = members.get(tx, found.member_id)
            held = coupons.held(tx, member.id, now=moment.now)
            seen = shown.member(tx, member, caller, now=moment.now)
            birthday = shown.birthday_today(tx, member, now=moment.now)
            return 200, {
                "scan_id": found.id,
                "expires_at": found.expires_at,
                "coupon_id": found.coupon_id,
                "member": {**seen, "birthday_today": birthday},
                "coupons": [shown.coupon(tx, coupon, caller, now=moment.now) for coupon in held],
            }

        def count_guess(tx: Tx, no: Refusal, moment: Moment) -> None:
            counter.note_wrong(tx, sent.code, no, caller.reader, moment=moment)

        def hold(tx: Tx, _: Moment) -> None:
            counter.hold(tx, sent.code, caller.reader)

        return await self._door.once(request, key, sent.content(), Deed(effect, before=hold, after=count_guess))

    async def quote(self, request: Request, key: Key, sent: BillSent) -> Response:
        """Calculate a bill without recording it."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("purchase")
            order = _order(tx, sent, caller.reader, moment)
            return 200, shown.quote(quotes.quote(tx, order, caller.reader, now=moment.now))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def purchase(self, request: Request, key: Key, sent: PurchaseSent) -> Response:
        """Record a purchase. Earning works with `member_id`; spending coupons or points needs the `scan_id`."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("purchase")
            order = _order(tx, sent, caller.reader, moment)
            how = {"reference": _reference(caller, key), "channel": "pos"}
            return 201, shown.purchase(purchases.record(tx, order, caller.reader, **how, moment=moment))

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def find_purchase(self, request: Request, purchase_id: PathId) -> Response:
        """Return a purchase of this till's store."""
        caller = _caller(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            return 200, shown.purchase(tills.purchase(tx, caller, purchase_id))

        return await self._door.answer(request, Deed(effect))

    async def refund(self, request: Request, key: Key, purchase_id: PathId, sent: RefundSent) -> Response:
        """Give money back. A till takes back its own whole purchase within minutes, a manager's key anything."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            how = {"reason": sent.reason, "reference": _reference(caller, key)}
            done = tills.refund(tx, caller, purchase_id, sent.amount, **how, moment=moment)
            return 201, shown.refund(done)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def redeem(self, request: Request, key: Key, coupon_id: PathId, sent: RedemptionSent) -> Response:
        """Use a gift or exchange coupon without a purchase."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("redeem_coupon")
            used = coupons.redeem_alone(tx, coupon_id, sent.scan_id, caller.reader, moment=moment)
            return 201, shown.redemption(used, now=moment.now)

        return await self._door.once(request, key, sent.content(), Deed(effect))

    async def enrol(self, request: Request, key: Key, sent: MemberSent) -> Response:
        """Make somebody a member at the till; they can claim the membership later in chat."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("enrol")
            if not sent.consent.terms:
                raise ConsentMissing
            member_id = members.enrol(
                tx, sent.phone, name=sent.name, birthday=sent.birthday, offers=sent.consent.offers,
                actor=caller.id, moment=moment,
            )  # fmt: skip
            return 201, shown.member(tx, members.get(tx, member_id), caller, now=moment.now)

        return await self._door.once(request, key, sent.content(), Deed(effect, before=_count_lookup(caller)))

    async def find_member(self, request: Request, phone: Phone) -> Response:
        """Find a member by phone number, at most ten times a minute."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            caller.check("lookup")
            return 200, shown.member(tx, members.by_phone(tx, phone), caller, now=moment.now)

        return await self._door.answer(request, Deed(effect, before=_count_lookup(caller)))

    async def member(self, request: Request, member_id: PathId) -> Response:
        """Return a member: a till sees the masked name, tier and balances only."""
        caller = _caller(request)

        def effect(tx: Tx, moment: Moment) -> tuple[int, Any]:
            return 200, shown.member(tx, members.get(tx, member_id), caller, now=moment.now)

        return await self._door.answer(request, Deed(effect))

    async def ledger(self, request: Request, member_id: PathId, cursor: Cursor = None) -> Response:
        """Return the movements of a member's points, newest first, a page at a time, for a manager's key."""
        caller = _caller(request)

        def effect(tx: Tx, _: Moment) -> tuple[int, Any]:
            caller.check("report")
            member = members.get(tx, member_id)
            lines = points.history(tx, member.id, before=cursor, limit=PAGE + 1)
            more = lines[PAGE - 1].number if len(lines) > PAGE else None
            return 200, {"lines": [shown.line(line) for line in lines[:PAGE]], "next_cursor": more}

        return await self._door.answer(request, Deed(effect))


def router(door: Door) -> APIRouter:
    """Return every call of a till and where it is found."""
    pos, found = Pos(door), APIRouter(prefix="/api/v1", route_class=pos_route(door), responses=ANSWERS, tags=["till"])
    found.add_api_route("/scans", pos.scan, methods=["POST"], response_model=answers.ScanAnswer)
    found.add_api_route("/quotes", pos.quote, methods=["POST"], response_model=answers.QuoteAnswer)
    made: tuple[tuple[str, Callable[..., Any], Any], ...] = (
        ("/purchases", pos.purchase, answers.PurchaseAnswer),
        ("/purchases/{id}/refunds", pos.refund, answers.RefundAnswer),
        ("/coupons/{id}/redemptions", pos.redeem, answers.RedemptionAnswer),
        ("/members", pos.enrol, ANY_MEMBER),
    )
    seen: tuple[tuple[str, Callable[..., Any], Any], ...] = (
        ("/purchases/{id}", pos.find_purchase, answers.PurchaseAnswer),
        ("/members", pos.find_member, ANY_MEMBER),
        ("/members/{id}", pos.member, ANY_MEMBER),
        ("/members/{id}/ledger", pos.ledger, answers.LedgerAnswer),
    )
    for path, call, shape in made:
        found.add_api_route(path, call, methods=["POST"], status_code=201, response_model=shape)
    for path, call, shape in seen:
        found.add_api_route(path, call, methods=["GET"], response_model=shape)
    return found


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _count_lookup(caller: Caller) -> Callable[[Tx, Moment], None]:
    """Return what counts a request that tells whether a phone number is a member's: an enrolment does so too."""

    def count(tx: Tx, moment: Moment) -> None:
        keys.hold(tx, caller)
        staff.count_lookup(tx, caller.reader, now=moment.now)

    return count


def _reference(caller: Caller, key: str) -> str:
    return f"pos:{caller.id}:{key}"


def _order(tx: Tx, sent: BillSent, reader: Reader, moment: Moment) -> Order:
    """Return what is to be bought, by the member of the scan or the one named. Raises what stands in the way."""
    member_id = sent.member_id
    if sent.scan_id is not None:
        member_id = codes.find_scan(tx, sent.scan_id, reader, now=moment.now).member_id
    member = members.get(tx, member_id or "")
    if member.frozen:
        raise MemberFrozen
    items = None if sent.items is None else [item.model_dump(mode="json") for item in sent.items]
    paper = sent if isinstance(sent, PurchaseSent) else None
    return Order(
        member.id,
        sent.amount,
        coupon_ids=tuple(sent.coupon_ids),
        points=sent.points,
        scan_id=sent.scan_id,
        receipt_no=paper.receipt_no if paper else "",
        pay_method=paper.pay_method if paper else "",
        items=items,
    )
