"""What a till is answered, field by field, for the description; the tests hold every answer against it."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

MINOR = "in minor units"


class Answered(BaseModel):
    """An answer; it has exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class Expiring(Answered):
    points: int
    on: date = Field(description="the last day on which they count")


class MemberSeen(Answered):
    """A member as a till sees them."""

    id: str
    name: str = Field(description="for a till only the first character")
    tier: str
    points: int = Field(description="what can be spent now")
    debt: int = Field(description="points that later earnings repay first")
    expiring: Expiring | None


class MemberKnown(MemberSeen):
    """A member as a manager's key sees them."""

    phone: str
    birthday: str
    joined_on: date
    frozen: bool


class MemberScanned(MemberSeen):
    birthday_today: bool
    phone: str | None = None
    birthday: str | None = None
    joined_on: date | None = None
    frozen: bool | None = None


class CouponSeen(Answered):
    id: str
    title: str
    kind: str
    ends_on: date | None = Field(description="the last day on which it counts")
    usable: bool = Field(description="whether it counts here and now; a threshold is told by the quote")
    reason: str | None


class ScanAnswer(Answered):
    scan_id: str
    expires_at: datetime
    coupon_id: str | None = Field(description="the coupon whose code this is")
    member: MemberScanned
    coupons: list[CouponSeen]


class PriceLine(Answered):
    label: str
    amount: int = Field(description=f"{MINOR}; what is taken off is below zero")


class QuoteAnswer(Answered):
    lines: list[PriceLine]
    to_pay: int = Field(description=MINOR)
    points_earned: int
    points_spent: int
    why: list[str]


class PurchaseAnswer(QuoteAnswer):
    purchase_id: str
    balance_before: int
    balance: int
    tier: str
    tier_up: bool
    receipt_no: str
    store: str
    at: datetime


class RefundAnswer(Answered):
    refund_id: str
    amount: int = Field(description=MINOR)
    points_clawed_back: int
    points_restored: int
    debt: int
    balance: int


class RedemptionAnswer(Answered):
    coupon_id: str
    title: str
    kind: str
    goods: str | None
    at: datetime


class LedgerLine(Answered):
    at: datetime
    points: int
    kind: str
    why: list[str]


class LedgerAnswer(Answered):
    lines: list[LedgerLine]
    next_cursor: int | None = Field(description="the cursor of the next page; null: this was the last")
