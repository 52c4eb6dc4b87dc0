"""What the staff page is shown: services' records as JSON-shaped data, its words still messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from membership import names, phones
from membership import staff as rights
from membership.errors import Refusal
from membership.messages import Message, choose, plain, say
from membership.money import EXPONENTS, Money
from services import Tx, members, passes, pins, rules, staff, stored_value, tags, tiers
from services.counter import Seen
from services.passes import Pass
from services.second_person import Approval
from services.shift import Handed, Sold, Sums
from web import shown, shown_passes
from web.counter.caller import Cashier

Shown = dict[str, Any]


def me(tx: Tx, who: Cashier) -> Shown:
    """Return who is signed in, where they may stand, and what the page must know of the shop to type amounts."""
    shop = rules.current(tx)
    return {
        "staff_id": who.id,
        "name": who.seat.name,
        "role": say(f"role.{who.seat.roles[0].name}"),
        "stores": _stores(tx, who),
        "may": sorted(_may(tx, who)),
        "language": who.language,
        "shop": choose(shop.name),
        "currency": shop.currency,
        "exponent": EXPONENTS[shop.currency],
        "undo_minutes": shop.limits.undo_minutes,
        "zone": shop.zone.key,
        "tail_search": shop.counter.tail_search,
        "stored_value": stored_value.sold(tx),
        "passes": [shown_passes.plan(tx, plan) for plan in passes.offered(tx, who.store_id)],
        "products": [{"sku": one.sku, "name": choose(one.name), "price": one.price_minor} for one in shop.products],
        "has_pin": pins.has_staff(tx, who.id),
    }


def _may(tx: Tx, who: Cashier) -> set[str]:
    """Return what somebody may do here; top-ups are a cashier's too where the shop says so."""
    mine = {action for action in rights.MAY if who.may(action)}
    return mine | {"top_up"} if stored_value.sold(tx) and who.may(stored_value.right(tx)) else mine


def member(tx: Tx, found: Seen, who: Cashier, *, now: datetime) -> Shown:
    """Return who stands there as this person may see them: masked, and whole for who may correct what is written."""
    known, held = found.member, found.points
    ending = None if held.expiring is None else {"points": held.expiring[0], "on": held.expiring[1]}
    told: Shown = {
        "id": known.id,
        "name": names.masked(known.name) if known.name else members.shown_name(known),
        "phone": phones.masked(known.phone) if known.phone else "",
        "tier": found.tier,
        "points": held.points,
        "debt": held.debt,
        "expiring": ending,
        "joined_on": known.joined_on,
        "frozen": found.frozen,
        "birthday_today": found.birthday_today,
        "birthday_near": found.birthday_near,
        "stored": None if found.stored is None else shown.stored(found.stored),
        "passes": [shown_passes.a_pass(one) for one in found.passes],
        "tier_until": tiers.ends_on(tx, known.id, now=now),
    }
    if who.may("refund"):
        told["passes"] = [{**shown_passes.a_pass(one), "worth": _worth(tx, one, who, now)} for one in found.passes]
    if who.may("tag"):
        told["tags"] = sorted(tags.of(tx, known.id))
    if who.may("correct_member"):
        told |= {"name": members.shown_name(known), "phone": known.phone, "birthday": known.birthday}
    return told


def _worth(tx: Tx, held: Pass, who: Cashier, now: datetime) -> Money | None:
    """Return what would be given back for a pass here and now; None where nothing would."""
    if not passes.is_given_back_at(tx, held, who.store_id):
        return None
    try:
        return passes.worth(tx, held.id, now=now)
    except Refusal:
        return None


def approval(asked: Approval) -> Shown:
    """Return what waits for a second person, or did."""
    return {
        "approval_id": asked.id,
        "action": asked.action,
        "text": asked.what,
        "asked_by": asked.asked_by,
        "store": asked.store,
        "reason": asked.reason,
        "state": asked.state,
        "at": asked.at,
        "expires_at": asked.expires_at,
        "mine": asked.mine,
    }


def sold(found: Sold, who: Cashier) -> Shown:
    """Return one purchase of today, with what may still be done about it."""
    state = "undone" if found.undone else "refunded" if found.refunded.minor else "recorded"
    return {
        "purchase_id": found.id,
        "at": found.at,
        "receipt_no": found.receipt_no,
        "member": found.member,
        "amount": found.paid,
        "refunded": found.refunded,
        "points_earned": found.points_earned,
        "points_spent": found.points_spent,
        "staff": found.staff,
        "mine": found.mine,
        "state": state,
        "undo_until": found.undo_until if who.may("undo") else None,
        "refundable": not found.undone and found.left.minor > 0 and who.may("refund"),
    }


def handed(found: Handed, who: Cashier) -> Shown:
    """Return goods handed out today for a coupon alone, with what may still be done about it."""
    about = {"title": found.title, "goods": found.goods, "member": found.member, "staff": found.staff}
    until = found.undo_until if who.may("redeem_coupon") else None
    return {"redemption_id": found.id, "at": found.at, **about, "undone": found.undone, "undo_until": until}


def sums(tx: Tx, found: Sums) -> Shown:
    """Return what somebody's day came to, in figures and as lines to be read."""
    shop = rules.current(tx)
    given = {method: Money(minor, shop.currency) for method, minor in sorted(found.by_method.items())}
    amounts = {
        "amount": Money(found.sold, shop.currency),
        "stored": Money(found.stored, shop.currency),
        "refunded": Money(found.given_back, shop.currency),
        "topped_up": Money(found.topped_up, shop.currency),
        "paid_out": Money(found.paid_out, shop.currency),
    }
    if not stored_value.sold(tx):
        del amounts["stored"], amounts["topped_up"]
        if not found.paid_out:  # what was sold before may still be paid out
            del amounts["paid_out"]
    counted = _passes(tx, found)
    numbers = {
        "count": found.number,
        "points_earned": found.points_earned,
        "points_spent": found.points_spent,
        "coupons": found.coupons,
        "refunds": found.refunds,
    }
    lines = [_line("count", say("shift.number", count=found.number)), _amount_line("amount", amounts["amount"])]
    lines += [{"label": _method(name), "text": say("shift.money", amount=amount)} for name, amount in given.items()]
    lines += [_amount_line(name, amounts[name]) for name in ("stored", "topped_up", "paid_out") if name in amounts]
    lines += [_amount_line(name, amount) for name, amount in counted.items()]
    lines += [_line("visits", say("shift.number", count=found.visits))] if counted else []
    lines += [_line(name, say("shift.number", count=numbers[name])) for name in ("refunds",)]
    lines += [_amount_line("refunded", amounts["refunded"])]
    told = ("points_earned", "points_spent", "coupons")
    lines += [_line(name, say("shift.number", count=numbers[name])) for name in told]
    by_method = [{"method": name, "amount": amount} for name, amount in given.items()]
    visits = {"visits": found.visits} if counted else {}
    return {**numbers, **amounts, **counted, **visits, "by_method": by_method, "lines": lines}


def _passes(tx: Tx, found: Sums) -> dict[str, Money]:
    """Return what came in and went out for passes; nothing where the shop has none."""
    if not passes.kept(tx):
        return {}
    currency = rules.current(tx).currency
    return {"passes_sold": Money(found.passes_sold, currency), "passes_back": Money(found.passes_back, currency)}


def store(tx: Tx, store_id: str) -> Message:
    """Return a store's name."""
    return choose(rules.store_name(tx, store_id))


def _line(name: str, text: Message) -> Shown:
    return {"label": say(f"shift.label.{name}"), "text": text}


def _amount_line(name: str, amount: Money) -> Shown:
    return _line(name, say("shift.money", amount=amount))


def _method(name: str) -> Message:
    """Return a way to pay as the till called it; most tills call it nothing."""
    return plain(name) if name else say("shift.label.at_the_till")


def _stores(tx: Tx, who: Cashier) -> list[Shown]:
    person = staff.seated(tx, who.id)
    held = () if person is None else staff.stores(tx, person)
    return [
        {
            "code": rules.store_code(tx, store_id),
            "name": choose(rules.store_name(tx, store_id)),
            "here": store_id == who.store_id,
        }
        for store_id in held
    ]
