"""What a till is shown: services' records as JSON-shaped data, its words still messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from membership import birthdays, days, names
from membership import coupons as coupon_rules
from membership.coupons import Coupon
from membership.messages import Message, choose, say
from membership.money import Money
from membership.points import last_day
from membership.pricing import Quote
from services import Tx, members, points, rules
from services.keys import Caller
from services.members import Member
from services.points import Line
from services.purchases import Recorded
from services.refunds import Refunded

Shown = dict[str, Any]


def member(tx: Tx, found: Member, caller: Caller, *, now: datetime) -> Shown:
    """Return the member as this caller may see them: a till the masked name, tier and balances only."""
    held = points.balance(tx, found.id, now=now)
    ending = None if held.expiring is None else {"points": held.expiring[0], "on": held.expiring[1]}
    shown: Shown = {
        "id": found.id,
        "name": _masked(found),
        "tier": members.tier_name(tx, found),
        "points": held.points,
        "debt": held.debt,
        "expiring": ending,
    }
    if caller.role == "manager":
        own = {"name": members.shown_name(found), "phone": found.phone, "birthday": found.birthday}
        shown |= {**own, "joined_on": found.joined_on, "frozen": found.frozen}
    return shown


def birthday_today(tx: Tx, found: Member, *, now: datetime) -> bool:
    """Tell whether the member's birthday is kept today."""
    shop = rules.current(tx)
    today = days.day_of(now, shop.zone)
    birthday = members.birthday_of(found, today)
    return birthday is not None and birthdays.on_day(birthday, today, feb29=shop.birthday.feb29) is not None


def coupon(tx: Tx, held: Coupon, caller: Caller, *, now: datetime) -> Shown:
    """Return a coupon and whether it counts here and now, whatever the bill; ``reason`` says why not."""
    shop = rules.current(tx)
    # the bill is not known yet: a threshold is told by the quote
    price = Money(max(held.offer.threshold_minor, 1), shop.currency)
    store = rules.store_code(tx, caller.store_id)
    no = coupon_rules.why_not(held, price, shop.zone, store=store, now=now)
    ends = None if held.expires_at is None else last_day(held.expires_at, shop.zone)
    reason = None if no is None else say(f"refusal.{no.key}", **no.facts)
    title = choose(held.offer.title)
    about = {"id": held.id, "title": title, "kind": held.offer.kind, "ends_on": ends}
    return {**about, "usable": no is None, "reason": reason}


def quote(found: Quote) -> Shown:
    lines = [(line.label, line.amount) for line in found.lines]
    return _price(lines, found.to_pay, earned=found.points_earned, spent=found.points_spent, why=found.why)


def purchase(done: Recorded) -> Shown:
    price = _price(done.quote_lines, done.to_pay, earned=done.points_earned, spent=done.points_spent, why=done.why)
    after = {"balance_before": done.balance_before, "balance": done.balance, "tier": done.tier, "tier_up": done.tier_up}
    return {"purchase_id": done.id, **price, **after, "receipt_no": done.receipt_no, "store": done.store, "at": done.at}


def refund(done: Refunded) -> Shown:
    moved = {"points_clawed_back": done.points_clawed_back, "points_restored": done.points_restored}
    return {"refund_id": done.id, "amount": done.amount, **moved, "debt": done.debt, "balance": done.balance}


def redemption(used: Coupon, *, now: datetime) -> Shown:
    goods = choose(used.offer.goods) if used.offer.goods else None
    return {"coupon_id": used.id, "title": choose(used.offer.title), "kind": used.offer.kind, "goods": goods, "at": now}


def line(found: Line) -> Shown:
    return {"at": found.at, "points": found.points, "kind": found.kind, "why": found.why}


def _masked(found: Member) -> str | Message:
    return names.masked(found.name) if found.name else members.shown_name(found)


def _price(lines: Any, to_pay: Money, *, earned: int, spent: int, why: tuple[Message, ...]) -> Shown:
    shown = [{"label": label, "amount": amount} for label, amount in lines]
    return {"lines": shown, "to_pay": to_pay, "points_earned": earned, "points_spent": spent, "why": why}
