"""The price of one bill, line by line, from member and tier price to stored value; and what it earns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import islice, product

from membership import campaigns, earning, products, promotions
from membership import coupons as coupon_rules
from membership.coupons import Coupon, why_not
from membership.earning import Boost, Extra, Terms
from membership.errors import InsufficientPoints, PointsOverCap, Refusal, StoredValueOverBill, StoredValueUnknown
from membership.messages import Message, choose, say
from membership.money import Money
from membership.occasions import Here
from membership.offers import Offer
from membership.products import Piece
from membership.rules import ShopRules
from membership.stored_value import NOTHING, Parts
from membership.tiers import Tier

_GROUPS_TRIED, _OFFERS_TRIED = 4, 4
_Kind = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid before the shop takes anything off, in which store (its code), and for which products.

    ``pieces`` are the lines of products the shop knows; they may be all of the bill, a part of it or nothing.
    """

    amount: Money
    store: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Buyer:
    """What the price and the points of a bill depend on: the member's tier, and what can be spent now.

    ``balance`` are points, ``stored_principal`` and ``stored_bonus`` minor units.
    ``extras`` and ``boosts`` are what comes on top because of who buys (the first purchase, the birthday month);
    the shop's campaigns are added by the quote. ``left_today`` is what is left of the day's cap (None: no cap).
    """

    tier: Tier | None = None
    balance: int = 0
    extras: tuple[Extra, ...] = ()
    boosts: tuple[Boost, ...] = ()
    left_today: int | None = None
    stored_principal: int = 0
    stored_bonus: int = 0

    @property
    def stored(self) -> Parts:
        return Parts(self.stored_principal, self.stored_bonus)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the price; what is taken off is below zero, a gift is zero."""

    label: Message
    amount: Money


@dataclass(frozen=True, slots=True)
class Quote:
    """The whole calculation. The lines add up to ``to_pay``, what is left to pay at the till.

    ``terms`` stay with the purchase for refunds, ``stored`` are the parts of stored value that pay. ``with_points``
    tells whether its coupons let points pay, too.
    """

    lines: tuple[Line, ...]
    to_pay: Money
    coupon_ids: tuple[str, ...]
    points_spent: int
    points_earned: int
    why: tuple[Message, ...]
    terms: Terms
    stored: Parts = NOTHING
    with_points: bool = True

    @property
    def stored_minor(self) -> int:
        return self.stored.total

    @property
    def paid_minor(self) -> int:
        """What the purchase brings in, from the till and from stored value: refunds are measured against it."""
        return self.to_pay.minor + self.stored.total


def quote(
    rules: ShopRules,
    bill: Bill,
    buyer: Buyer,
    *,
    now: datetime,
    coupons: Iterable[Coupon] = (),
    points: int = 0,
    stored_minor: int = 0,
) -> Quote:
    """Calculate a bill with these coupons, points and so much of it from stored value.

    The coupons must be the buyer's own. A coupon's threshold is compared with the member and tier price, before a
    promotion. A coupon that does not go with the tier price replaces it, and member prices too. Points pay at most
    the shop's part of what is left, and none is spent for less than a coin; stored value comes last. What is paid
    from principal earns like cash; bonus earns nothing.

    Raises:
        ItemsOverBill, InsufficientPoints, PointsOverCap, StoredValueUnknown, StoredValueOverBill,
        InsufficientStoredValue, CouponNotCombinable and what ``coupons.check_use`` raises.

    """
    chosen = coupon_rules.in_price_order(coupons)
    products.check_within(bill.amount, bill.pieces)
    coupon_rules.check_together([coupon.offer for coupon in chosen], points=points)
    here = Here(now.astimezone(rules.zone), bill.store, None if buyer.tier is None else buyer.tier.id)
    lines = [Line(say("price.bill"), bill.amount), *_own_prices(bill, buyer.tier, chosen)]
    price = _total(lines)
    lines += _promotion_line(rules, price, here, coupons=bool(chosen))
    for coupon in chosen:
        coupon_rules.check_use(coupon, price, rules.zone, store=bill.store, now=now)
        lines.append(_coupon_line(coupon, _total(lines)))
    lines += _points_line(rules, buyer, points, _total(lines))
    stored = _stored(rules, buyer, stored_minor, _total(lines))
    if stored.total:
        lines.append(_off(say("price.stored"), stored.total, bill.amount.currency))
    to_pay = _total(lines)
    base = Money(to_pay.minor + stored.principal, to_pay.currency)
    terms = _terms(rules, bill, buyer, base.minor, here=here)
    return Quote(
        lines=tuple(lines),
        to_pay=to_pay,
        coupon_ids=tuple(coupon.id for coupon in chosen),
        points_spent=rules.points.worth.least_for(max(0, points)),
        points_earned=terms.points_for(base.minor),
        why=terms.why(base),
        terms=terms,
        stored=stored,
        with_points=all(coupon.offer.with_points for coupon in chosen),
    )


def best(rules: ShopRules, bill: Bill, buyer: Buyer, held: Sequence[Coupon], *, now: datetime) -> tuple[Coupon, ...]:
    """Return the coupons that make the bill smallest, then bring most gifts, then are fewest.

    The most valuable few of each stack group that count here and now are tried together, of equal ones the one that
    ends first; exchange coupons are never proposed.
    """
    tried = []
    # No coupon's threshold is compared with more than the bill, so that none that could count is left out here.
    use = [one for one in held if why_not(one, bill.amount, rules.zone, store=bill.store, now=now) is None]
    for combination in _combinations(use, bill.amount.minor):
        try:
            found = quote(rules, bill, buyer, coupons=combination, now=now)
        except Refusal:
            continue
        gifts = sum(coupon.offer.kind == "gift" for coupon in combination)
        soonest = sorted(map(_end, combination))
        tried.append((found.to_pay.minor, -gifts, len(combination), soonest, found.coupon_ids, combination))
    return min(tried, key=lambda one: one[:5])[5] if tried else ()


def most_points(rules: ShopRules, price: Money, balance: int) -> int:
    """Return the most points that may pay towards this price (what is left after coupons), none of them for nothing."""
    worth = rules.points.worth
    return worth.least_for(min(balance, worth.points_within(price.minor * rules.points.cap_percent // 100)))


def most_stored(rules: ShopRules, price: Money, held: Parts) -> int:
    """Return the most stored value, in minor units, that may pay towards this price (what is left after points)."""
    return 0 if rules.stored_value is None else min(held.total, price.minor)


def _total(lines: Sequence[Line]) -> Money:
    return Money(sum(line.amount.minor for line in lines), lines[0].amount.currency)


def _off(label: Message, minor: int, currency: str) -> Line:
    return Line(label, Money(-minor, currency))


def _own_prices(bill: Bill, tier: Tier | None, chosen: Sequence[Coupon]) -> Iterator[Line]:
    """Return what member prices take off, product by product, and what the tier price takes off the rest."""
    if not all(coupon.offer.with_tier_price for coupon in chosen):
        return
    priced = [piece for piece in bill.pieces if piece.has_member_price]
    for piece in priced:
        if piece.saved_minor:
            label = say("price.member", name=choose(piece.product.name), count=piece.quantity)
            yield _off(label, piece.saved_minor, bill.amount.currency)
    if tier is not None and tier.percent_off:
        label = say("price.tier", tier=choose(tier.name), percent=tier.percent_off)
        rest = bill.amount.minor - sum(piece.minor for piece in priced)
        yield _off(label, rest * tier.percent_off // 100, bill.amount.currency)


def _promotion_line(rules: ShopRules, price: Money, here: Here, *, coupons: bool) -> Iterator[Line]:
    found = promotions.best(rules.promotions, price.minor, here, coupons=coupons)
    if found is not None and found.goods:
        yield _off(say("price.gift", goods=choose(found.goods)), 0, price.currency)
    elif found is not None:
        yield _off(say("price.promotion", title=choose(found.title)), found.off_minor(price.minor), price.currency)


def _coupon_line(coupon: Coupon, price: Money) -> Line:
    offer = coupon.offer
    if offer.kind in ("gift", "exchange"):
        return _off(say("price.gift", goods=choose(offer.goods)), 0, price.currency)
    return _off(say("price.coupon", title=choose(offer.title)), offer.off_minor(price.minor), price.currency)


def _points_line(rules: ShopRules, buyer: Buyer, points: int, price: Money) -> Iterator[Line]:
    if points <= 0:
        return
    if points > buyer.balance:
        raise InsufficientPoints(balance=buyer.balance, needed=points)
    worth, most = rules.points.worth, most_points(rules, price, buyer.balance)
    spent = worth.least_for(points)
    if spent > most:
        raise PointsOverCap(points=most)
    if spent:
        yield _off(say("price.points", points=spent), worth.minor_of(spent), price.currency)


def _stored(rules: ShopRules, buyer: Buyer, minor: int, price: Money) -> Parts:
    """Return the parts of stored value that pay so much of this price."""
    if minor <= 0:
        return NOTHING
    if rules.stored_value is None:
        raise StoredValueUnknown
    parts = rules.stored_value.spend(Money(minor, price.currency), buyer.stored)
    if minor > price.minor:
        raise StoredValueOverBill(left=price)
    return parts


def _terms(rules: ShopRules, bill: Bill, buyer: Buyer, base_minor: int, *, here: Here) -> Terms:
    running = campaigns.boosts(rules.campaigns, bill.pieces, bill.amount.minor, here)
    return Terms(
        rate=rules.points.rate,
        tier_multiplier=Fraction(1) if buyer.tier is None else buyer.tier.multiplier,
        boost=earning.best((*buyer.boosts, *running)),
        extras=(*buyer.extras, *_bonuses(bill, base_minor)),
        cap=earning.smaller_cap(rules.points.purchase_cap, buyer.left_today),
    )


def _bonuses(bill: Bill, base_minor: int) -> Iterator[Extra]:
    """Return the points of products: they belong to this base, and shrink with it as it is refunded."""
    for piece in bill.pieces:
        if piece.bonus and base_minor:
            yield Extra("earning.product", piece.bonus, name=piece.product.name, of_minor=base_minor)


def _end(coupon: Coupon) -> tuple[bool, datetime]:
    """Return by what coupons are sorted so that those that end first are at the front."""
    return coupon.expires_at is None, coupon.expires_at or coupon.starts_at


def _kind(offer: Offer) -> _Kind:
    """Return what alike coupons share: of one offer, and given while it took off as much and asked for as much."""
    asks = (offer.threshold_minor, offer.with_tier_price, offer.exclusive)
    return (offer.id, offer.kind, offer.value_minor, offer.percent_off, offer.cap_minor, *asks)


def _combinations(held: Sequence[Coupon], price_minor: int) -> Iterator[tuple[Coupon, ...]]:
    groups: dict[str, dict[_Kind, Coupon]] = {}
    for coupon in sorted(held, key=lambda one: (-one.offer.off_minor(price_minor), *_end(one), one.id)):
        if coupon.offer.kind != "exchange":
            groups.setdefault(coupon.offer.stack_group, {}).setdefault(_kind(coupon.offer), coupon)
    choices = [[None, *islice(group.values(), _OFFERS_TRIED)] for group in islice(groups.values(), _GROUPS_TRIED)]
    for picked in product(*choices):
        yield tuple(coupon for coupon in picked if coupon is not None)
