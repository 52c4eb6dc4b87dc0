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


class StoredSeen(Answered):
    """Money a member left with the shop."""

    principal: int = Field(description=f"{MINOR}; the member's own")
    bonus: int = Field(description=f"{MINOR}; added by the shop")


class PassAnswer(Answered):
    """A counted pass a member holds, or held."""

    pass_id: str
    plan: str
    title: str
    state: str = Field(description="live, used_up, expired, refunded or voided")
    visits: int
    remaining: int
    price: int = Field(description=f"{MINOR}; what was paid for it")
    refunded: int = Field(description=f"{MINOR}; what was given back of it")
    ends_on: date | None = Field(description="its last day; null: no end")
    store: str
    at: datetime


class NextTier(Answered):
    tier: str
    missing: int = Field(description="in the unit of the metric")


class ToKeep(Answered):
    """What keeps the tier a member holds."""

    missing: int = Field(description="in the unit of the metric")
    by: date = Field(description="the last day on which a purchase counts")


class StandingSeen(Answered):
    """How a member stands on the ladder of tiers."""

    metric: str = Field(description=f"spend ({MINOR}), visits or points")
    until: date | None = Field(description="the last day the tier is held, or set by hand; null: for good")
    by_hand: bool
    next: NextTier | None = Field(description="null at the top, and while a tier set by hand stands")
    keep: ToKeep | None = Field(description="null where nothing is missing")


class MemberSeen(Answered):
    """A member as a till sees them."""

    id: str
    name: str = Field(description="for a till only the first character")
    tier: str
    points: int = Field(description="what can be spent now")
    debt: int = Field(description="points that later earnings repay first")
    expiring: Expiring | None
    stored: StoredSeen | None = Field(description="null where the shop sells no stored value")


class MemberKnown(MemberSeen):
    """A member as a manager's key sees them."""

    phone: str
    birthday: str
    joined_on: date
    frozen: bool
    tags: list[str] = Field(description="what the staff noted of them")
    standing: StandingSeen | None = Field(description="null where the shop has no tiers")
    passes: list[PassAnswer] | None = Field(default=None, description="those with visits left; not there: no passes")


class MemberScanned(MemberSeen):
    birthday_today: bool
    birthday_near: bool = Field(description="today or within the week")
    phone: str | None = None
    birthday: str | None = None
    joined_on: date | None = None
    frozen: bool | None = None
    tags: list[str] | None = None
    standing: StandingSeen | None = None
    passes: list[PassAnswer] | None = None


class CouponSeen(Answered):
    id: str
    title: str
    kind: str
    ends_on: date | None = Field(description="the last day on which it counts")
    alone: bool = Field(description="goods that are handed out without a bill")
    usable: bool = Field(description="whether it counts here and now; a threshold is told by the quote")
    reason: str | None


class ScanAnswer(Answered):
    scan_id: str
    expires_at: datetime
    coupon_id: str | None = Field(description="the coupon whose code this is")
    kind: str = Field(description="pay: shown as a yes to a purchase; empty: shown to be known by")
    member: MemberScanned
    coupons: list[CouponSeen]


class PriceLine(Answered):
    label: str
    amount: int = Field(description=f"{MINOR}; what is taken off is below zero")
    free: bool = Field(description="goods that come with the bill for nothing")


class QuoteAnswer(Answered):
    lines: list[PriceLine]
    to_pay: int = Field(description=MINOR)
    stored: int = Field(description=f"{MINOR}; paid from stored value")
    points_earned: int
    points_spent: int
    why: list[str]


class CouponBrought(Answered):
    """A coupon that came with a purchase and is unused still."""

    id: str
    title: str
    kind: str
    ends_on: date | None = Field(description="the last day on which it counts")


class PurchaseAnswer(QuoteAnswer):
    purchase_id: str
    balance_before: int
    balance: int
    tier: str
    tier_up: bool
    brought: list[CouponBrought]
    receipt_no: str
    store: str
    at: datetime
    refunded: int = Field(description=f"{MINOR}; given back of it so far")


class PurchasesAnswer(Answered):
    purchases: list[PurchaseAnswer]


class WaitingAnswer(Answered):
    """A bill that waits for the member's yes, or did."""

    reservation_id: str
    state: str = Field(description="pending, posted, refused, withdrawn or expired")
    store: str
    amount: int = Field(description=f"{MINOR}; the bill")
    spends: list[str]
    expires_at: datetime
    purchase: PurchaseAnswer | None = Field(description="what was recorded with the yes")


class ApprovalAnswer(Answered):
    """A deed that waits for a second person's yes, or did."""

    approval_id: str
    state: str = Field(description="pending, approved, refused or expired")
    what: str
    expires_at: datetime
    result: str = Field(description="the id of what came of it, or the code of the refusal it ran into; empty: nothing")


class AdjustmentAnswer(Answered):
    adjustment_id: str
    points: int
    balance: int
    debt: int


class TopUpAnswer(Answered):
    top_up_id: str
    amount: int = Field(description=f"{MINOR}; what was paid in")
    gift: int = Field(description=f"{MINOR}; what the shop added")
    stored: StoredSeen
    at: datetime


class PlanSeen(Answered):
    """A counted pass the shop sells."""

    plan: str
    title: str
    visits: int
    price: int = Field(description=MINOR)
    days: int | None = Field(description="how long it counts, the day of the sale included; null: no end")
    points: int = Field(description="points that come with the sale")


class PassesAnswer(Answered):
    passes: list[PassAnswer] = Field(description="those with visits left, the one that ends first at the front")
    plans: list[PlanSeen] = Field(description="what is sold in this store")


class VisitAnswer(Answered):
    visit_id: str
    count: int
    undone: bool
    store: str
    at: datetime
    of: PassAnswer = Field(alias="pass", description="as it stands after it")


class VisitAsked(Answered):
    """Visits that wait for the member's yes, or did."""

    visit_id: str
    count: int
    state: str = Field(description="asked, taken, refused, expired or undone")
    expires_at: datetime
    store: str
    of: PassAnswer = Field(alias="pass", description="as it stands now")


class RefundAnswer(Answered):
    refund_id: str
    amount: int = Field(description=MINOR)
    stored: int = Field(description=f"{MINOR}; of it returned to stored value, the rest is paid out")
    points_clawed_back: int
    points_restored: int
    debt: int
    balance: int


class RedemptionAnswer(Answered):
    redemption_id: str
    coupon_id: str
    title: str
    kind: str
    goods: str | None
    store: str
    at: datetime
    undone: bool


class LedgerLine(Answered):
    at: datetime
    points: int
    kind: str
    why: list[str]


class LedgerAnswer(Answered):
    lines: list[LedgerLine]
    next_cursor: int | None = Field(description="the cursor of the next page; null: this was the last")
