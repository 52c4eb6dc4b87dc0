"""What a till may send, field by field: strict types, bounded texts, nothing unknown."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from membership.money import AMOUNT_MAX

ITEMS_MAX: Final = 200
COUPONS_MAX: Final = 10


def _without_controls(text: str) -> str:
    # NUL and lone surrogates cannot be stored everywhere; no field of a till has a use for the other controls
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise ValueError("control character")
    return text


def _written_as_a_day(sent: object) -> object:
    # pydantic takes seconds since 1970 and a midnight for a day, too
    if isinstance(sent, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", sent):
        raise ValueError("not a day as in 2026-11-22")
    return sent


Text = Annotated[str, StringConstraints(strict=True, max_length=200), AfterValidator(_without_controls)]
Word = Annotated[Text, StringConstraints(min_length=1)]
Id = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Minor = Annotated[
    int,
    Field(
        strict=True,
        description="an amount in minor units (fen, cents)",
        json_schema_extra={"minimum": 1, "maximum": AMOUNT_MAX},  # the rules refuse the rest, by name
    ),
]
Optional = Annotated[
    int,
    Field(
        strict=True, ge=0, description="an amount in minor units; 0: none", json_schema_extra={"maximum": AMOUNT_MAX}
    ),
]
Points = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MAX)]
Day = Annotated[date, BeforeValidator(_written_as_a_day)]


class Sent(BaseModel):
    """A body of a till."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def content(self) -> Any:
        """Return what makes two requests the same, as plain JSON."""
        return self.model_dump(mode="json")


class ScanSent(Sent):
    code: Annotated[Word, Field(description="the QR code's text, or the ten digits below it")]


class Item(Sent):
    name: Word
    quantity: Annotated[int, Field(strict=True, ge=1, le=10**6)] = 1
    amount: Annotated[
        int, Field(strict=True, ge=0, le=AMOUNT_MAX, description="the line's in minor units, before the member price")
    ]
    sku: Annotated[Text, Field(description="a product of shop.toml; others are only kept")] = ""


class BillSent(Sent):
    scan_id: Id | None = None
    member_id: Id | None = None
    amount: Minor
    coupon_ids: Annotated[list[Id], Field(max_length=COUPONS_MAX)] = []
    points: Points = 0
    stored: Annotated[Optional, Field(description="to be paid from stored value, in minor units")] = 0
    items: Annotated[list[Item], Field(max_length=ITEMS_MAX)] | None = None

    @model_validator(mode="after")
    def _one_member(self) -> BillSent:
        if (self.scan_id is None) == (self.member_id is None):
            raise ValueError("scan_id or member_id, one of them")
        return self


MemberPin = Annotated[str, StringConstraints(strict=True, pattern=r"^([0-9]{6})?$")]


class PurchaseSent(BillSent):
    receipt_no: Annotated[Text, StringConstraints(max_length=64)] = ""
    pay_method: Annotated[Text, StringConstraints(max_length=32)] = ""
    pin: MemberPin = Field(default="", description="the member's PIN, typed by the member: a yes that needs no line")
    reason: Annotated[Text, Field(description="a manager's key: why the member's things are spent without a code")] = ""
    cashier: Annotated[
        Id | None, Field(description="who serves, as `memberbot staff list --json` names them: not their own purchase")
    ] = None

    def content(self) -> Any:
        """Leave the PIN out: a digest that is kept would tell six digits to whoever tries them all.

        And a cashier nobody named: what was sent before there were any is the same request still.
        """
        unsaid = {"pin"} if self.cashier else {"pin", "cashier"}
        return self.model_dump(mode="json", exclude=unsaid)


class RefundSent(Sent):
    amount: Annotated[Minor | None, Field(description="in minor units; left out: all that is left")] = None
    reason: Word


class RedemptionSent(Sent):
    scan_id: Id


class Consent(Sent):
    terms: bool
    offers: bool = False


class MemberSent(Sent):
    phone: Annotated[Word, StringConstraints(max_length=40)]
    name: Text = ""
    birthday: Annotated[Text, StringConstraints(max_length=40)] = ""
    consent: Consent


class CorrectionSent(Sent):
    """What is put right; at least one of them."""

    name: Word | None = None
    phone: Annotated[Word, StringConstraints(max_length=40)] | None = None
    birthday: Annotated[Word, StringConstraints(max_length=40)] | None = None
    tags: Annotated[list[Word], Field(max_length=20, description="all the member has from now on")] | None = None

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _something(self) -> CorrectionSent:
        if not self.fields and self.tags is None:
            raise ValueError("name, phone, birthday or tags")
        return self

    @property
    def fields(self) -> dict[str, str]:
        """Return what was sent of name, phone and birthday."""
        told = {"name": self.name, "phone": self.phone, "birthday": self.birthday}
        return {field: text for field, text in told.items() if text is not None}


class AdjustmentSent(Sent):
    points: Annotated[int, Field(strict=True, ge=-AMOUNT_MAX, le=AMOUNT_MAX, description="given; below zero: taken")]
    reason: Word


class TopUpSent(Sent):
    amount: Minor


class PassSaleSent(Sent):
    plan: Annotated[Word, StringConstraints(max_length=32), Field(description="its `id` in `[[passes]]`")]


class VisitSent(Sent):
    scan_id: Id | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=1000, description="how many visits at once")] = 1
    pin: MemberPin = Field(default="", description="the member's PIN, typed by the member: a yes that needs no line")
    reason: Annotated[Text, Field(description="a manager's key: why visits are taken without a code")] = ""

    def content(self) -> Any:
        """Leave the PIN out, as with a purchase."""
        return self.model_dump(mode="json", exclude={"pin"})


class UndoSent(Sent):
    """Nothing: the address says what is undone."""


class PassRefundSent(Sent):
    reason: Word
