"""The price of a bill, before anything is recorded: what it comes to, what serves the member best, what could pay."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from membership import birthdays, days, pricing, products
from membership.coupons import Coupon
from membership.earning import Boost, Extra
from membership.errors import Refusal
from membership.money import Money, checked
from membership.pricing import Bill, Buyer, Quote
from membership.rules import ShopRules
from services import Tx, coupons, points, rules, stored_value, switches, tiers
from services.orders import Order
from services.reader import Reader
from storage import members as member_rows
from storage import occasions as occasion_rows
from storage import purchases as rows


def quote(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> Quote:
    """Calculate a bill without recording it. Raises what stands in the way."""
    return priced(tx, order, reader, now=now)[0]


def priced(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> tuple[Quote, Buyer]:
    """Return the price, and the buyer it was made for.

    What was made before it can be recorded is calculated by what held then, and costs what was taken for it.
    """
    if order.made_at is not None:
        return _made_before(tx, order, reader, order.made_at, now=now)
    shop = in_force(tx)
    amount = checked(order.amount_minor, shop.currency, limit_minor=shop.limits.amount_max_minor)
    chosen = [coupons.get(tx, coupon_id, order.member_id) for coupon_id in order.coupon_ids]
    bill, who = _bill(tx, order, amount, reader), buyer(tx, order.member_id, now)
    price = pricing.quote(
        shop, bill, who, now=now, coupons=chosen, points=order.points, stored_minor=order.stored_minor
    )
    return price, who


def propose(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> tuple[Coupon, ...]:
    """Return the coupons that serve the member best for this bill."""
    shop = in_force(tx)
    bill = _bill(tx, order, Money(order.amount_minor, shop.currency), reader)
    held = coupons.held(tx, order.member_id, now=now)
    return pricing.best(shop, bill, buyer(tx, order.member_id, now), held, now=now)


def chosen(tx: Tx, order: Order, reader: Reader, shown: str | None, *, now: datetime) -> tuple[str, ...]:
    """Return the ids of the coupons a bill begins with: the one whose own code was shown, where it counts here and now.

    Else those that serve the member best: a coupon that does not count keeps nobody from paying.
    """
    if shown is not None:
        with suppress(Refusal):
            return quote(tx, replace(order, coupon_ids=(shown,)), reader, now=now).coupon_ids
    return tuple(coupon.id for coupon in propose(tx, order, reader, now=now))


def most_points(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> int:
    """Return the most points that may pay towards this bill, after its coupons; none beside one that forbids it."""
    price, who = priced(tx, replace(order, points=0, stored_minor=0), reader, now=now)
    return pricing.most_points(rules.current(tx), price.to_pay, who.balance) if price.with_points else 0


def most_stored(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> int:
    """Return the most stored value, in minor units, that may pay towards this bill, after its coupons and points."""
    if not stored_value.sold(tx):
        return 0
    price, who = priced(tx, replace(order, stored_minor=0), reader, now=now)
    return pricing.most_stored(rules.current(tx), price.to_pay, who.stored)


def buyer(tx: Tx, member_id: str, now: datetime, *, made_at: datetime | None = None) -> Buyer:
    """Return what the price and the points of the member's next bill depend on; of one made before: of that moment.

    What can be spent is what there is now, and the day's cap holds for the day of the bill and for today.
    """
    shop = rules.current(tx) if made_at is None else rules.at(tx, made_at)
    row = member_rows.get(tx, member_id)
    today = days.day_of(made_at or now, shop.zone)
    left = None
    if shop.points.day_cap is not None:
        earned = [_earned_on(tx, member_id, day, shop) for day in {today, days.day_of(now, shop.zone)}]
        left = max(0, shop.points.day_cap - max(earned))
    has = stored_value.spendable(tx, member_id, now=now)
    tier = shop.ladder.find(row.tier if made_at is None else tiers.held_at(tx, member_id, made_at))
    of_tier = Fraction(1) if tier is None else tier.birthday_multiplier
    extras, boosts = _own_occasions(tx, shop, row, today, of_tier=of_tier)
    return Buyer(
        tier=tier,
        extras=extras,
        boosts=boosts,
        balance=points.spendable(tx, member_id, now=now),
        left_today=left,
        stored_principal=has.principal,
        stored_bonus=has.bonus,
    )


def in_force(tx: Tx, made_at: datetime | None = None) -> ShopRules:
    """Return the shop's rules, now or at a moment gone by, without the campaigns and promotions switched off then."""
    shop = rules.current(tx) if made_at is None else rules.at(tx, made_at)
    if not shop.campaigns and not shop.promotions:
        return shop
    campaigns, promotions = switches.off(tx, "campaign", made_at), switches.off(tx, "promotion", made_at)
    if not campaigns and not promotions:
        return shop
    return replace(
        shop,
        campaigns=tuple(one for one in shop.campaigns if one.id not in campaigns),
        promotions=tuple(one for one in shop.promotions if one.id not in promotions),
    )


def _made_before(tx: Tx, order: Order, reader: Reader, made_at: datetime, *, now: datetime) -> tuple[Quote, Buyer]:
    """Return what a bill earns that was made and paid earlier: nothing comes off what was taken for it."""
    shop, who = in_force(tx, made_at), buyer(tx, order.member_id, now, made_at=made_at)
    amount = checked(order.amount_minor, shop.currency, limit_minor=rules.current(tx).limits.amount_max_minor)
    taken, as_paid = replace(shop, promotions=()), replace(who, tier=who.tier and replace(who.tier, percent_off=0))
    return pricing.quote(taken, Bill(amount, rules.open_store(tx, reader.store_id)), as_paid, now=made_at), who


def _earned_on(tx: Tx, member_id: str, day: date, shop: ShopRules) -> int:
    return rows.earned_on(tx, member_id, days.start_of(day, shop.zone), days.end_of(day, shop.zone))


def _bill(tx: Tx, order: Order, amount: Money, reader: Reader) -> Bill:
    listed = products.pieces(rules.current(tx).products, order.items)
    return Bill(amount, rules.open_store(tx, reader.store_id), listed)


def _own_occasions(
    tx: Tx, shop: ShopRules, row: Any, today: date, *, of_tier: Fraction
) -> tuple[tuple[Extra, ...], tuple[Boost, ...]]:
    """Return what the member's first purchase and the month of the birthday bring; a shop without them asks nothing."""
    boost = shop.points.birthday_boost(of_tier)
    if boost is None and not shop.points.birthday_points and not shop.points.first_purchase:
        return (), ()
    birthday = _is_birthday_month(tx, shop, row, today)
    ever = lately = 1
    if shop.points.first_purchase or (birthday and shop.points.birthday_points):
        month = days.start_of(today.replace(day=1), shop.zone), days.end_of(days.month_end(today, 0), shop.zone)
        ever, lately = occasion_rows.numbers(tx, row.id, *month)
    extras = shop.points.extras(first=ever == 0, first_in_birthday_month=birthday and lately == 0)
    return extras, (boost,) if birthday and boost is not None else ()


def _is_birthday_month(tx: Tx, shop: ShopRules, row: Any, today: date) -> bool:
    """Tell whether the member's birthday, a lunar one too, falls into this month of the shop's calendar."""
    text = member_rows.opened(tx, row, "birthday")
    if not text:
        return False
    eve = today.replace(day=1) - timedelta(days=1)
    falls = birthdays.next_on(birthdays.parse(text, today), eve, feb29=shop.birthday.feb29)
    return (falls.year, falls.month) == (today.year, today.month)
