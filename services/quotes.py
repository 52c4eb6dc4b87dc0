"""The price of a bill, before anything is recorded: what it comes to, what serves the member best, what could pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from membership import days, pricing
from membership.coupons import Coupon
from membership.money import Money, checked
from membership.pricing import Bill, Buyer, Quote
from services import Tx, coupons, points, rules, stored_value
from services.orders import Order
from services.reader import Reader
from storage import members as member_rows
from storage import purchases as rows


def quote(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> Quote:
    """Calculate a bill without recording it. Raises what stands in the way."""
    return priced(tx, order, reader, now=now)[0]


def priced(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> tuple[Quote, Buyer]:
    """Return the price, and the buyer it was made for."""
    shop = rules.current(tx)
    amount = checked(order.amount_minor, shop.currency, limit_minor=shop.limits.amount_max_minor)
    chosen = [coupons.get(tx, coupon_id, order.member_id) for coupon_id in order.coupon_ids]
    bill, who = Bill(amount, rules.open_store(tx, reader.store_id)), buyer(tx, order.member_id, now)
    price = pricing.quote(
        shop, bill, who, now=now, coupons=chosen, points=order.points, stored_minor=order.stored_minor
    )
    return price, who


def propose(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> tuple[Coupon, ...]:
    """Return the coupons that serve the member best for this bill."""
    shop = rules.current(tx)
    bill = Bill(Money(order.amount_minor, shop.currency), rules.open_store(tx, reader.store_id))
    held = coupons.held(tx, order.member_id, now=now)
    return pricing.best(shop, bill, buyer(tx, order.member_id, now), held, now=now)


def most_points(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> int:
    """Return the most points that may pay towards this bill, after its coupons."""
    price, who = priced(tx, replace(order, points=0, stored_minor=0), reader, now=now)
    return pricing.most_points(rules.current(tx), price.to_pay, who.balance)


def most_stored(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> int:
    """Return the most stored value, in minor units, that may pay towards this bill, after its coupons and points."""
    if not stored_value.sold(tx):
        return 0
    price, who = priced(tx, replace(order, stored_minor=0), reader, now=now)
    return pricing.most_stored(rules.current(tx), price.to_pay, who.stored)


def buyer(tx: Tx, member_id: str, now: datetime) -> Buyer:
    """Return what the price and the points of the member's next bill depend on."""
    shop, row = rules.current(tx), member_rows.get(tx, member_id)
    today = days.day_of(now, shop.zone)
    left = None
    if shop.points.day_cap is not None:
        start, end = days.start_of(today, shop.zone), days.end_of(today, shop.zone)
        left = max(0, shop.points.day_cap - rows.earned_on(tx, member_id, start, end))
    has = stored_value.spendable(tx, member_id, now=now)
    return Buyer(
        tier=shop.ladder.find(row.tier),
        balance=points.spendable(tx, member_id, now=now),
        left_today=left,
        stored_principal=has.principal,
        stored_bonus=has.bonus,
    )
