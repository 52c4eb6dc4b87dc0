"""What must be true of each member, reckoned a second time in plain Python: lots, debt, stored value and coupons."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from tests.model.houses import KINDS, OFFERS, ZONE, Card, House, Offered
from tests.model.purse import Lot, Slices, sweep, take

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class No(Exception):
    """The rules say no, by one of these refusals."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = names


def day_of(now: datetime) -> date:
    return now.astimezone(ZONE).date()


def begin_of(day: date) -> datetime:
    """The first instant of a day of the shop."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def after(day: date) -> datetime:
    """The first instant after a day of the shop."""
    return begin_of(day + DAY)


def grace_end(house: House, now: datetime) -> datetime:
    """Until when something counts that comes back after its end."""
    return after(day_of(now) + house.grace * DAY) if house.grace else now


@dataclass(eq=False)
class Ticket:
    """A coupon; ``state`` is issued, redeemed, expired or voided.

    ``how`` is claimed, or hand; ``slices`` tell which points were paid for it under ``reference``. One that thanks for
    the purchase ``bought`` stays while ``least`` (minor units) of it stand.
    """

    id: str
    offer: Offered
    at: datetime
    ends_at: datetime
    state: str = "issued"
    how: str = ""
    reference: str = ""
    slices: Slices = field(default_factory=dict)
    bought: Bought | None = None
    least: int = 0

    @property
    def is_earned(self) -> bool:
        """Whether enough of the purchase stands that it thanks for."""
        return self.bought is None or (not self.bought.undone and self.bought.left >= self.least)


@dataclass(eq=False)
class Pass:
    """A pass that was sold; ``state`` is live, refunded or voided."""

    id: str
    reference: str
    card: Card
    at: datetime
    actor: str
    left: int
    ends_at: datetime
    earned: Lot | None
    state: str = "live"


@dataclass(eq=False)
class Visit:
    id: str
    of: Pass
    count: int
    at: datetime
    actor: str
    undone: bool = False


@dataclass(frozen=True)
class Order:
    """A bill: minor units, points, minor units of stored value, and coupons."""

    amount: int
    points: int = 0
    stored: int = 0
    coupons: tuple[str, ...] = ()

    @property
    def spends(self) -> bool:
        return bool(self.points or self.stored or self.coupons)


@dataclass(frozen=True)
class Price:
    """What a bill comes to."""

    to_pay: int
    principal: int
    bonus: int
    worth: int
    earned: int
    rate: Fraction
    cap: int | None

    def points_for(self, base: int) -> int:
        points = int(base * self.rate) if base > 0 else 0
        return points if self.cap is None else min(points, self.cap)

    @property
    def paid(self) -> int:
        return self.to_pay + self.principal + self.bonus


@dataclass(eq=False)
class Bought:
    """A purchase, and what was given back of it."""

    id: str
    reference: str
    at: datetime
    actor: str
    order: Order
    price: Price
    slices: Slices
    earned: Lot | None
    refunded: int = 0
    undone_at: datetime | None = None
    clawed: int = 0
    principal_back: int = 0
    bonus_back: int = 0
    points_back: int = 0
    owed: int = 0

    @property
    def undone(self) -> bool:
        return self.undone_at is not None

    @property
    def left(self) -> int:
        return self.price.paid - self.refunded

    @property
    def own(self) -> int:
        """What of it counts towards a tier: the member's own money."""
        return self.left - (self.price.bonus - self.bonus_back)


@dataclass(frozen=True)
class Change:
    """A change of a tier."""

    id: str
    before: str
    after: str
    until: datetime | None
    at: datetime

    def latest(self) -> tuple[float, str]:
        return (-self.at.timestamp(), self.id)


@dataclass(eq=False)
class ToppedUp:
    id: str
    at: datetime
    actor: str
    principal: int
    bonus: int
    undone: bool = False


@dataclass(eq=False)
class Waiting:
    """A bill that waits for a yes."""

    id: str
    reference: str
    order: Order
    until: datetime


@dataclass(eq=False)
class Draw:
    day: date


@dataclass(eq=False)
class Day:
    streak: int
    points: int
    made_up: bool = False


@dataclass(eq=False)
class Member:
    """One member's page of the book."""

    id: str
    identity: str
    joined_at: datetime
    lots: dict[str, Lot] = field(default_factory=dict)
    debt: int = 0
    principal: int = 0
    bonus: int = 0
    coupons: dict[str, Ticket] = field(default_factory=dict)
    bought: list[Bought] = field(default_factory=list)
    topped: list[ToppedUp] = field(default_factory=list)
    waits: list[Waiting] = field(default_factory=list)
    days: dict[date, Day] = field(default_factory=dict)
    passes: list[Pass] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    tier: str = "base"
    tier_until: datetime | None = None
    sent: list[tuple[date, int]] = field(default_factory=list)
    frozen: bool = False
    left: bool = False
    heir: Member | None = field(default=None, repr=False)

    def now_one(self) -> Member:
        """Who this member is today."""
        return self if self.heir is None else self.heir.now_one()

    # What there is to spend

    def live(self, now: datetime) -> list[Lot]:
        """Lots that can be spent, in the order in which they are."""
        found = [lot for lot in self.lots.values() if lot.left and lot.available_at <= now < lot.ends_at]
        return sorted(found, key=lambda lot: lot.place)

    def waiting(self, now: datetime) -> Waiting | None:
        return next((one for one in self.waits if one.until > now), None)

    def spendable(self, now: datetime) -> int:
        kept = sum(one.order.points for one in self.waits if one.until > now)
        return max(0, sum(lot.left for lot in self.live(now)) - kept)

    def pending(self, now: datetime) -> int:
        return sum(lot.left for lot in self.lots.values() if lot.available_at > now)

    def free(self, house: House, now: datetime) -> tuple[int, int]:
        """Principal and bonus that wait for no yes."""
        kept = min(sum(one.order.stored for one in self.waits if one.until > now), self.principal + self.bonus)
        principal, bonus = split(kept, self.principal, self.bonus, house.first)
        return self.principal - principal, self.bonus - bonus

    def keeps(self, coupon_id: str, now: datetime) -> bool:
        """Whether a bill that waits keeps this coupon."""
        waits = self.waiting(now)
        return waits is not None and coupon_id in waits.order.coupons

    # Points

    def expire(self, now: datetime) -> None:
        for lot in self.lots.values():
            if lot.ends_at <= now:
                lot.left = 0

    def earn(self, lot_id: str, points: int, house: House, now: datetime) -> Lot | None:
        if points <= 0:
            return None
        ends = NEVER if house.days is None else after(day_of(now) + house.days * DAY)
        repaid = min(points, self.debt)
        self.debt -= repaid
        lot = Lot(lot_id, self, points, points - repaid, now + house.pending * DAY, ends, now)
        self.lots[lot_id] = lot
        return lot

    def spend(self, points: int, now: datetime) -> Slices:
        """Take points, what ends first at the front; return how many from which lot."""
        if points > self.spendable(now):
            raise No("InsufficientPoints")
        self.expire(now)
        return take(self.live(now), points)

    def held(self, now: datetime) -> int:
        """How many points can be taken back without a debt: pending ones too, and those a bill waits with."""
        return sum(lot.left for lot in self.lots.values() if lot.ends_at > now)

    def claw_back(self, points: int, earned: Lot | None, now: datetime) -> int:
        """Take earned points back: from their own lot, then from the others, pending ones too; the rest is debt."""
        self.expire(now)
        own = None if earned is None else earned.now_of(self)
        lots = sorted(self.lots.values(), key=lambda lot: (lot is not own, lot.place))
        missing = points - sum(take(lots, points).values())
        self.debt += missing
        return missing

    def repay(self, points: int, now: datetime) -> None:
        """Repay so many owed points out of what there is."""
        self.expire(now)
        lots = sorted(self.lots.values(), key=lambda lot: lot.place)
        self.debt -= sum(take(lots, min(points, self.debt)).values())

    def give_back(self, slices: Slices, house: House, *, reference: str, now: datetime) -> None:
        """Put spent points back into their own lots, ended ones with grace; what ran out unspent stays gone.

        From the lots of somebody who is this member by now they come over.
        """
        for lot, points in slices.items():
            if lot.ends_at <= now:
                lot.left = 0
            lot.left += points
            if lot.ends_at <= now:
                lot.ends_at = grace_end(house, now)
        owner: Any = next(iter(slices)).owner if slices else self
        while owner is not self:
            heir = owner.heir or self
            sweep(owner, heir, f"{reference}:over:{owner.id}", now)
            owner = heir

    def earned_on(self, day: date) -> int:
        return sum(one.price.earned for one in self.bought if not one.undone and day_of(one.at) == day)

    # Coupons

    def check(self, coupon_id: str, price: int, now: datetime) -> None:
        ticket = self.coupons[coupon_id]
        if ticket.state == "redeemed":
            raise No("CouponUsed")
        if ticket.state == "voided":
            raise No("CouponVoid")
        if self.keeps(coupon_id, now):
            raise No("CouponReserved")
        if now >= ticket.ends_at:
            raise No("CouponExpired")
        if price < ticket.offer.threshold:
            raise No("CouponBelowThreshold")

    def give(self, coupon_id: str, offer_id: str, now: datetime, **more: Any) -> None:
        offer = OFFERS[offer_id]
        self.coupons[coupon_id] = Ticket(coupon_id, offer, now, after(day_of(now) + (offer.days - 1) * DAY), **more)

    def had(self, offer_id: str) -> int:
        """How many coupons of an offer were given, void ones left out."""
        return sum(one.offer.id == offer_id and one.state != "voided" for one in self.coupons.values())


def split(minor: int, principal: int, bonus: int, first: str) -> tuple[int, int]:
    """How much of principal and of bonus pays so much."""
    if first == "bonus":
        return minor - min(minor, bonus), min(minor, bonus)
    return min(minor, principal), minor - min(minor, principal)


def most_points(house: House, price: int, spendable: int) -> int:
    """The most points that may pay towards a price."""
    return min(spendable, price * house.cap_percent // 100 * house.worth[0] // house.worth[1])


def priced(member: Member, house: House, *, order: Order, now: datetime) -> Price:
    """Reckon a bill, line by line; No where the rules refuse it."""
    chosen = [member.coupons[coupon_id] for coupon_id in order.coupons]
    groups = [ticket.offer.group for ticket in chosen]
    if len(set(groups)) < len(groups) or (order.points and not all(one.offer.with_points for one in chosen)):
        raise No("CouponNotCombinable")
    _, percent, times = house.tiers[member.tier]
    price = order.amount
    if all(ticket.offer.with_tier_price for ticket in chosen):
        price -= order.amount * percent // 100
    off = 0
    for ticket in sorted(chosen, key=lambda one: (KINDS.index(one.offer.kind), one.id)):
        member.check(ticket.id, price, now)
        off += ticket.offer.off(price - off)
    price -= off
    if order.points > member.spendable(now):
        raise No("InsufficientPoints")
    if order.points > most_points(house, price, member.spendable(now)):
        raise No("PointsOverCap")
    worth = order.points * house.worth[1] // house.worth[0]
    price -= worth
    free = member.free(house, now)
    if order.stored > sum(free):
        raise No("InsufficientStoredValue")
    if order.stored > price:
        raise No("StoredValueOverBill")
    principal, bonus = split(order.stored, *free, house.first)
    caps = [house.purchase_cap]
    if house.day_cap is not None:
        caps.append(max(0, house.day_cap - member.earned_on(day_of(now))))
    cap = min((one for one in caps if one is not None), default=None)
    made = Price(price - order.stored, principal, bonus, off + worth, 0, Fraction(*house.rate) * Fraction(times), cap)
    earned = made.points_for(made.to_pay + principal)
    return Price(made.to_pay, principal, bonus, off + worth, earned, made.rate, cap)
