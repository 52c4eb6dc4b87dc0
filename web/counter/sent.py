"""What the staff page may send, field by field, where a till sends something else or nothing of the kind."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints, model_validator

from membership.money import AMOUNT_MAX
from web.shapes import COUPONS_MAX, ITEMS_MAX, Id, Item, Minor, Points, Sent, Text, Word

PathId = Annotated[Id, Path(alias="id")]

EARNS_MAX: Final = 100
"""So many purchases are sent in one go; the page sends the rest in the next one."""

Pin = Annotated[Word, StringConstraints(max_length=12)]
"""Too long on purpose: what is no PIN is refused as a wrong one."""
Stored = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MAX, description="in minor units")]


class SignInSent(Sent):
    """A one-time link's ticket, or what Telegram signed when it opened the page."""

    ticket: Annotated[Text, StringConstraints(max_length=128)] = ""
    init_data: Annotated[str, StringConstraints(strict=True, max_length=8192)] = ""

    @model_validator(mode="after")
    def _one(self) -> SignInSent:
        if bool(self.ticket) == bool(self.init_data):
            raise ValueError("ticket or init_data, one of them")
        return self


class StoreSent(Sent):
    code: Annotated[Word, StringConstraints(max_length=32)]


class ColleagueSent(Sent):
    staff_id: Id
    pin: Pin


class PinSent(Sent):
    pin: Pin


class BillSent(Sent):
    """A bill; ``coupon_ids`` left out: the best coupons are chosen, a list: exactly these."""

    scan_id: Id | None = None
    member_id: Id | None = None
    amount: Minor
    coupon_ids: Annotated[list[Id], Field(max_length=COUPONS_MAX)] | None = None
    points: Points = 0
    stored: Stored = 0
    items: Annotated[list[Item], Field(max_length=ITEMS_MAX)] | None = None

    @model_validator(mode="after")
    def _one_member(self) -> BillSent:
        if (self.scan_id is None) == (self.member_id is None):
            raise ValueError("scan_id or member_id, one of them")
        return self


class PurchaseSent(BillSent):
    receipt_no: Annotated[Text, StringConstraints(max_length=64)] = ""
    pay_method: Annotated[Text, StringConstraints(max_length=32)] = ""


class TopUpSent(Sent):
    scan_id: Id | None = None
    member_id: Id | None = None
    amount: Minor

    @model_validator(mode="after")
    def _one_member(self) -> TopUpSent:
        if (self.scan_id is None) == (self.member_id is None):
            raise ValueError("scan_id or member_id, one of them")
        return self


class PassSaleSent(Sent):
    scan_id: Id | None = None
    member_id: Id | None = None
    plan: Annotated[Word, StringConstraints(max_length=32)]

    @model_validator(mode="after")
    def _one_member(self) -> PassSaleSent:
        if (self.scan_id is None) == (self.member_id is None):
            raise ValueError("scan_id or member_id, one of them")
        return self


class VisitSent(Sent):
    scan_id: Id
    count: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1


class PassRefundSent(Sent):
    """Why a pass is given back, and what was shown to come of it; where it is another sum by now, nothing happens."""

    reason: Word
    amount: Minor | None = None


class AnswerSent(Sent):
    text: Annotated[Word, StringConstraints(max_length=500)]


class DecisionSent(Sent):
    yes: bool


def _written(at: object) -> object:
    if not isinstance(at, str):
        raise ValueError("a time is written, with its zone")  # noqa: TRY004 -- what pydantic turns into a finding
    return at


class EarnSent(Sent):
    """A purchase made while there was no line: the code's own text, the bill, and when it was (with its zone)."""

    id: Annotated[Word, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    code: Word
    amount: Minor
    at: Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written)]
    receipt_no: Annotated[Text, StringConstraints(max_length=64)] = ""


class OfflineSent(Sent):
    earns: Annotated[list[EarnSent], Field(max_length=EARNS_MAX)]
