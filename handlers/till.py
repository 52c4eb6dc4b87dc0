"""The screens of the counter: the member, the price line by line, the receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from handlers import passes, products, visits
from handlers.reply import ask, listed, screen, tap, why
from membership import figures, names
from membership.coupons import Coupon
from membership.errors import CouponBelowThreshold
from membership.messages import Button, Message, Question, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from services import Tx, counter, coupons, members, quotes, redemptions, rules
from services.counter import Seen, Usable
from services.members import Member
from services.orders import Order, Recorded
from services.reader import Reader
from services.reservations import Waiting

QUOTE = "staff.quote"
"""The question behind a price: it takes no text, it remembers what the buttons act on."""

SHOWN = 6


def show_member(seen: Seen) -> Reply:
    """Show who stands at the counter and ask for the amount."""
    member = seen.member
    messages = [say("desk.member", name=masked(member), tier=seen.tier, points=seen.points.points)]
    if seen.stored is not None and seen.stored.total.minor:
        messages.append(say("desk.stored", amount=seen.stored.total))
    if seen.birthday_near:
        messages.append(say("desk.birthday"))
    if seen.points.expiring is not None:
        messages.append(say("points.expiring", points=seen.points.expiring[0], on=seen.points.expiring[1]))
    held = seen.coupons[:SHOWN]
    messages += listed(_coupon_line(one) for one in held)
    buttons = [[_hand_out(one.coupon)] for one in held if one.usable and redemptions.is_alone(one.coupon.offer)]
    messages += listed(map(passes.held_line, seen.passes[: visits.SHOWN]))
    scan = seen.scan
    buttons += [] if scan is None else visits.rows(scan.id, seen.passes)
    known = {
        "member": member.id,
        "scan": None if scan is None else scan.id,
        "coupon": None if scan is None else scan.coupon_id,
        "passes": tuple(one.id for one in seen.passes),
    }
    messages.append(say("desk.ask_amount"))
    return ask("staff.amount", *messages, buttons=[*buttons, [tap("cancel", "cancel")]], **known)


def show_choice(seen: Sequence[tuple[str, Member, Message]]) -> Reply:
    """Ask which of several members in one picture is meant; each comes with the code that was read, and their tier."""
    texts = [text for text, _, _ in seen]
    rows = [
        [tap("which", f"scan {number}", name=masked(member), tier=tier)]
        for number, (_, member, tier) in enumerate(seen, start=1)
    ]
    return ask("staff.code", say("photo.which"), buttons=[*rows, [tap("cancel", "cancel")]], codes=tuple(texts))


def masked(member: Member) -> Message:
    """Return as much of a member's name as the counter sees."""
    return say("member.name", name=names.masked(member.name)) if member.name else members.shown_name(member)


def show_quote(tx: Tx, order: Order, reader: Reader, *, moment: Moment, typed_minor: int | None = None) -> Reply:
    """Show every line of the price and of the points, with what can still be changed.

    ``typed_minor`` is the amount as it was typed, where the products of the bill may have made it more.
    """
    priced, held = quotes.quote(tx, order, reader, now=moment.now), _held(tx, order, reader, moment)
    lines = tuple(figures.price_line(line.label, line.amount) for line in priced.lines)
    messages = [say("desk.quote", lines=lines, to_pay=priced.to_pay), *_nearly(held)]
    if priced.points_earned:
        messages.append(say("desk.earns", points=priced.points_earned, why=priced.why))
    key = order.scan_id or moment.new_id("quote")
    buttons = [
        [tap("confirm", f"pay ok {key}", amount=priced.to_pay)],
        *_changes(tx, order, reader, held=held, now=moment.now),
    ]
    known = {
        "key": key,
        "member": order.member_id,
        "scan": order.scan_id,
        "amount": order.amount_minor,
        "coupons": order.coupon_ids,
        "points": order.points,
        "stored": order.stored_minor,
        "items": tuple(order.items or ()),
        "typed": order.amount_minor if typed_minor is None else typed_minor,
        "to_pay": priced.to_pay,
    }
    if products.offered(tx):
        buttons.append([tap("products", "pay products")])
    buttons.append([tap("change_amount", "pay amount"), tap("cancel", "cancel")])
    return screen(*messages, buttons=buttons, question=Question(QUOTE, known))


def show_receipt(done: Recorded) -> Reply:
    """Show that it is recorded: old → new, and the way back."""
    messages = [say("desk.recorded", paid=done.paid, number=done.receipt_no)]
    if done.stored.minor:
        messages.append(say("desk.paid_stored", amount=done.stored, to_pay=done.to_pay))
    if done.points_spent:
        messages.append(say("receipt.spent", points=done.points_spent))
    messages.append(figures.points_now(done.balance_before, done.points_earned, done.balance))
    if done.tier_up:
        messages.append(say("desk.tier_up", tier=done.tier))
    return screen(*messages, buttons=[[tap("undo", f"undo {done.id}"), tap("next", "scan")]])


def show_waiting(waits: Waiting) -> Reply:
    """Show a bill that waits for the member's yes, or what became of it; while it waits it can be taken back."""
    told = {"store": waits.store, "amount": waits.amount, "spends": waits.spends}
    if waits.state != "pending":
        over = say("asked.over", **told, state=say(f"asked.{waits.state}"))
        return screen(over, buttons=[[tap("scan_again", "scan")]])
    buttons = [tap("refresh", f"asked {waits.id}"), tap("withdraw", f"asked {waits.id} withdraw")]
    return screen(say("desk.waiting", **told, until=waits.expires_at), buttons=[buttons])


def order_of(data: Mapping[str, Any]) -> Order:
    """Return the order that a price's question remembers."""
    return Order(
        member_id=data["member"],
        amount_minor=data["amount"],
        coupon_ids=tuple(data["coupons"]),
        points=data["points"],
        scan_id=data["scan"],
        stored_minor=data["stored"],
        items=data.get("items") or None,
    )


def with_coupons(order: Order, coupon_ids: tuple[str, ...]) -> Order:
    """Return the order with these coupons; points and stored value are chosen anew afterwards."""
    return replace(order, coupon_ids=coupon_ids, points=0, stored_minor=0)


def with_points(order: Order, number: int) -> Order:
    """Return the order with so many points spent; stored value is chosen anew afterwards."""
    return replace(order, points=number, stored_minor=0)


def with_stored(order: Order, minor: int) -> Order:
    """Return the order with so much of it, in minor units, paid from stored value."""
    return replace(order, stored_minor=minor)


def _changes(tx: Tx, order: Order, reader: Reader, *, held: Sequence[Usable], now: datetime) -> list[list[Button]]:
    """Return buttons for what the member could still use; without a scan nothing can be spent."""
    if order.scan_id is None:
        return []
    chosen = {one.coupon.id: one.coupon for one in held if one.coupon.id in order.coupon_ids}
    useful = [one.coupon for one in held if one.usable and one.coupon.id not in chosen]
    shown = [*chosen.values(), *useful][: max(SHOWN, len(chosen))]
    rows = [[_tick(coupon, chosen=coupon.id in chosen)] for coupon in shown]
    return [*rows, *_points_row(tx, order, reader, now), *_stored_row(tx, order, reader, now)]


def _held(tx: Tx, order: Order, reader: Reader, moment: Moment) -> list[Usable]:
    """Return the coupons of who was scanned, each with why it does not count for this bill, if it does not."""
    if order.scan_id is None:
        return []
    usable = partial(counter.usable, tx, reader=reader, now=moment.now, amount_minor=order.amount_minor)
    return list(map(usable, coupons.held(tx, order.member_id, now=moment.now)))


def _nearly(held: Sequence[Usable]) -> tuple[Message, ...]:
    """Return a line for each coupon that only a larger bill is missing for, with how much."""
    short = [one for one in held if isinstance(one.reason, CouponBelowThreshold)]
    return listed(_coupon_line(one) for one in short[:SHOWN])


def _points_row(tx: Tx, order: Order, reader: Reader, now: datetime) -> list[list[Button]]:
    if order.points:
        return [[tap("points_off", "pay points", points=order.points)]]
    most, shop = quotes.most_points(tx, order, reader, now=now), rules.current(tx)
    if not most:
        return []
    return [[tap("points_on", "pay points", points=most, worth=Money(shop.points.worth.minor_of(most), shop.currency))]]


def _stored_row(tx: Tx, order: Order, reader: Reader, now: datetime) -> list[list[Button]]:
    currency = rules.current(tx).currency
    if order.stored_minor:
        return [[tap("stored_off", "pay stored", amount=Money(order.stored_minor, currency))]]
    most = quotes.most_stored(tx, order, reader, now=now)
    return [[tap("stored_on", "pay stored", amount=Money(most, currency))]] if most else []


def _tick(coupon: Coupon, *, chosen: bool) -> Button:
    return tap("coupon_off" if chosen else "coupon_on", f"pay coupon {coupon.id}", title=choose(coupon.offer.title))


def _hand_out(coupon: Coupon) -> Button:
    return tap("redeem", f"redeem {coupon.id}", title=choose(coupon.offer.title))


def _coupon_line(one: Usable) -> Message:
    title = choose(one.coupon.offer.title)
    return (
        say("desk.coupon", title=title)
        if one.reason is None
        else say("desk.coupon_not", title=title, why=why(one.reason))
    )
