"""What a till is shown: services' records as JSON-shaped data, its words still messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from membership import names
from membership.coupons import Coupon
from membership.messages import Message, choose
from membership.money import Money
from membership.points import last_day
from membership.pricing import Quote
from services import Tx, approvals, members, points, rules, stored_value, tags
from services.adjustments import Adjusted
from services.counter import Seen, Usable
from services.keys import Caller
from services.members import Member
from services.points import Line
from services.purchases import Recorded
from services.refunds import Refunded
from services.reservations import Waiting
from services.second_person import Approval
from services.stored_value import Stored, ToppedUp

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
        "stored": stored(stored_value.balance(tx, found.id)) if stored_value.sold(tx) else None,
    }
    if caller.role == "manager":
        own = {"name": members.shown_name(found), "phone": found.phone, "birthday": found.birthday}
        noted = {"tags": sorted(tags.of(tx, found.id))}
        shown |= {**own, **noted, "joined_on": found.joined_on, "frozen": found.frozen}
    return shown


def coupon(tx: Tx, held: Usable) -> Shown:
    """Return a coupon and whether it counts here and now, whatever the bill; ``reason`` says why not."""
    offer, ends = held.coupon.offer, held.coupon.expires_at
    ends_on = None if ends is None else last_day(ends, rules.current(tx).zone)
    reason = None if held.reason is None else approvals.refusal_of(held.reason)
    about = {"id": held.coupon.id, "title": choose(offer.title), "kind": offer.kind, "ends_on": ends_on}
    return {**about, "usable": held.usable, "reason": reason}


def stored(found: Stored) -> Shown:
    return {"principal": found.principal, "bonus": found.bonus}


def scanned(tx: Tx, seen: Seen, caller: Caller, *, now: datetime) -> Shown:
    """Return whose code was read, as this caller may see them, with their birthday's badges."""
    badges = {"birthday_today": seen.birthday_today, "birthday_near": seen.birthday_near}
    return {**member(tx, seen.member, caller, now=now), **badges}


def quote(found: Quote) -> Shown:
    lines = [(line.label, line.amount) for line in found.lines]
    shown = _price(lines, found.to_pay, earned=found.points_earned, spent=found.points_spent, why=found.why)
    return {**shown, "stored": found.stored_minor}


def purchase(done: Recorded) -> Shown:
    price = _price(done.quote_lines, done.to_pay, earned=done.points_earned, spent=done.points_spent, why=done.why)
    after = {"balance_before": done.balance_before, "balance": done.balance, "tier": done.tier, "tier_up": done.tier_up}
    paper = {"receipt_no": done.receipt_no, "store": done.store, "at": done.at}
    return {"purchase_id": done.id, **price, "stored": done.stored, **after, **paper, "refunded": done.refunded}


def waiting(found: Waiting, done: Recorded | None = None) -> Shown:
    """Return a bill that waits for the member's yes, with what was recorded where it came."""
    bill = {"store": found.store, "amount": found.amount, "spends": found.spends, "expires_at": found.expires_at}
    became = None if done is None else purchase(done)
    return {"reservation_id": found.id, "state": found.state, **bill, "purchase": became}


def approval(found: Approval) -> Shown:
    about = {"state": found.state, "what": found.what, "expires_at": found.expires_at, "result": found.result}
    return {"approval_id": found.id, **about}


def adjustment(done: Adjusted) -> Shown:
    return {"adjustment_id": done.id, "points": done.points, "balance": done.balance, "debt": done.debt}


def top_up(done: ToppedUp) -> Shown:
    added = {"amount": done.principal, "gift": done.bonus}
    return {"top_up_id": done.id, **added, "stored": stored(done.balance), "at": done.at}


def refund(done: Refunded) -> Shown:
    moved = {"points_clawed_back": done.points_clawed_back, "points_restored": done.points_restored}
    return {
        "refund_id": done.id,
        "amount": done.amount,
        "stored": done.stored,
        **moved,
        "debt": done.debt,
        "balance": done.balance,
    }


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
