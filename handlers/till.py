"""The screens of the counter: the member, the price line by line, the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from handlers.reply import ask, listed, screen, tap
from membership import coupons as rules_of_coupons
from membership import names
from membership.coupons import Coupon
from membership.messages import Button, Message, Question, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from services import Tx, coupons, members, points, quotes, rules
from services.codes import Reader
from services.purchases import Order, Recorded

QUOTE = "staff.quote"
"""The question behind a price: it takes no text, it remembers what the buttons act on."""

SHOWN = 6


def show_member(
    tx: Tx, member_id: str, reader: Reader, *, scan_id: str | None, coupon_id: str | None, moment: Moment
) -> Reply:
    """Show who stands at the counter and ask for the amount."""
    member = members.get(tx, member_id)
    has = points.balance(tx, member_id, now=moment.now)
    masked = say("member.name", name=names.masked(member.name)) if member.name else members.shown_name(member)
    messages = [say("desk.member", name=masked, tier=members.tier_name(tx, member), points=has.points)]
    if members.birthday_is_near(tx, member, now=moment.now):
        messages.append(say("desk.birthday"))
    if has.expiring is not None:
        messages.append(say("points.expiring", points=has.expiring[0], on=has.expiring[1]))
    held = coupons.held(tx, member_id, now=moment.now) if scan_id else []
    messages += listed(_coupon_line(tx, coupon, reader, moment) for coupon in held[:SHOWN])
    buttons = [[_hand_out(coupon)] for coupon in held[:SHOWN] if coupon.offer.kind in coupons.WITHOUT_PURCHASE]
    known = {"member": member_id, "scan": scan_id, "coupon": coupon_id}
    messages.append(say("desk.ask_amount"))
    return ask("staff.amount", *messages, buttons=[*buttons, [tap("cancel", "cancel")]], **known)


def show_quote(tx: Tx, order: Order, reader: Reader, *, moment: Moment) -> Reply:
    """Show every line of the price and of the points, with what can still be changed."""
    priced = quotes.quote(tx, order, reader, now=moment.now)
    lines = tuple(say("receipt.line", label=line.label, amount=line.amount) for line in priced.lines)
    messages = [say("desk.quote", lines=lines, to_pay=priced.to_pay)]
    if priced.points_earned:
        messages.append(say("desk.earns", points=priced.points_earned, why=priced.why))
    key = order.scan_id or moment.new_id("quote")
    buttons = [[tap("confirm", f"pay ok {key}", amount=priced.to_pay)], *_changes(tx, order, reader, moment)]
    known = {
        "key": key,
        "member": order.member_id,
        "scan": order.scan_id,
        "amount": order.amount_minor,
        "coupons": order.coupon_ids,
        "points": order.points,
        "to_pay": priced.to_pay,
    }
    buttons.append([tap("change_amount", "pay amount"), tap("cancel", "cancel")])
    return screen(*messages, buttons=buttons, question=Question(QUOTE, known))


def show_receipt(done: Recorded) -> Reply:
    """Show that it is recorded: old → new, and the way back."""
    messages = [say("desk.recorded", paid=done.paid, number=done.receipt_no)]
    if done.points_spent:
        messages.append(say("receipt.spent", points=done.points_spent))
    messages.append(say("desk.balance", before=done.balance_before, earned=done.points_earned, points=done.balance))
    if done.tier_up:
        messages.append(say("desk.tier_up", tier=done.tier))
    return screen(*messages, buttons=[[tap("undo", f"undo {done.id}"), tap("next", "scan")]])


def order_of(data: Mapping[str, Any]) -> Order:
    """Return the order that a price's question remembers."""
    return Order(
        member_id=data["member"],
        amount_minor=data["amount"],
        coupon_ids=tuple(data["coupons"]),
        points=data["points"],
        scan_id=data["scan"],
    )


def with_coupons(order: Order, coupon_ids: tuple[str, ...]) -> Order:
    """Return the order with these coupons; points are chosen anew afterwards."""
    return replace(order, coupon_ids=coupon_ids, points=0)


def with_points(order: Order, number: int) -> Order:
    """Return the order with so many points spent."""
    return replace(order, points=number)


def _changes(tx: Tx, order: Order, reader: Reader, moment: Moment) -> list[list[Button]]:
    """Return buttons for what the member could still use; without a scan nothing can be spent."""
    if order.scan_id is None:
        return []
    held = coupons.held(tx, order.member_id, now=moment.now)[:SHOWN]
    price = Money(order.amount_minor, rules.current(tx).currency)
    usable = [
        coupon for coupon in held if coupon.id in order.coupon_ids or _usable(tx, coupon, price, reader, now=moment.now)
    ]
    rows = [[_tick(coupon, chosen=coupon.id in order.coupon_ids)] for coupon in usable]
    most = quotes.most_points(tx, order, reader, now=moment.now)
    if order.points:
        rows.append([tap("points_off", "pay points", points=order.points)])
    elif most:
        worth = Money(rules.current(tx).points.worth.minor_of(most), price.currency)
        rows.append([tap("points_on", "pay points", points=most, worth=worth)])
    return rows


def _usable(tx: Tx, coupon: Coupon, price: Money, reader: Reader, *, now: datetime) -> bool:
    shop, store = rules.current(tx), rules.store_code(tx, reader.store_id)
    return rules_of_coupons.why_not(coupon, price, shop.zone, store=store, now=now) is None


def _tick(coupon: Coupon, *, chosen: bool) -> Button:
    return tap("coupon_off" if chosen else "coupon_on", f"pay coupon {coupon.id}", title=choose(coupon.offer.title))


def _hand_out(coupon: Coupon) -> Button:
    return tap("redeem", f"redeem {coupon.id}", title=choose(coupon.offer.title))


def _coupon_line(tx: Tx, coupon: Coupon, reader: Reader, moment: Moment) -> Message:
    shop, store = rules.current(tx), rules.store_code(tx, reader.store_id)
    price = Money(coupon.offer.threshold_minor, shop.currency)
    no = rules_of_coupons.why_not(coupon, price, shop.zone, store=store, now=moment.now)
    title = choose(coupon.offer.title)
    return say("desk.coupon", title=title) if no is None else say("desk.coupon_not", title=title)
