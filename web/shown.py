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
from services import Tx, approvals, grants, members, passes, points, rules, stored_value, tags, tiers
from services.adjustments import Adjusted
from services.counter import Seen, Usable
from services.keys import Caller
from services.members import Member
from services.orders import Recorded
from services.points import Line
from services.redemptions import HandedOut, is_alone
from services.refunds import Refunded
from services.reservations import Waiting
from services.second_person import Approval
from services.stored_value import Stored, ToppedUp
from web import shown_passes

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
        noted: Shown = {"tags": sorted(tags.of(tx, found.id)), "standing": standing(tx, found.id, now=now)}
        if passes.kept(tx):
            noted["passes"] = [shown_passes.a_pass(one) for one in passes.held(tx, found.id, now=now)]
        shown |= {**own, **noted, "joined_on": found.joined_on, "frozen": found.frozen}
    return shown


def standing(tx: Tx, member_id: str, *, now: datetime) -> Shown | None:
    """Return how a member stands on the ladder; None where the shop has no tiers."""
    ladder, found = rules.current(tx).ladder, tiers.standing(tx, member_id, now=now)
    if not ladder.tiers:
        return None
    following = None if found.next is None else {"tier": choose(found.next.tier.name), "missing": found.next.missing}
    keep = None if found.stay is None else {"missing": found.stay.count, "by": found.stay.on}
    held = {"until": found.until, "by_hand": found.fixed}
    return {"metric": ladder.metric, **held, "next": following, "keep": keep}


def coupon(tx: Tx, held: Usable) -> Shown:
    """Return a coupon and whether it counts here and now, whatever the bill; ``reason`` says why not.

    ``alone`` tells goods that are handed out without a bill from those that come with one.
    """
    offer, ends = held.coupon.offer, held.coupon.expires_at
    ends_on = None if ends is None else last_day(ends, rules.current(tx).zone)
    reason = None if held.reason is None else approvals.refusal_of(held.reason)
    about = {"id": held.coupon.id, "title": choose(offer.title), "kind": offer.kind, "ends_on": ends_on}
    return {**about, "alone": is_alone(offer), "usable": held.usable, "reason": reason}


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


def purchase(tx: Tx, done: Recorded) -> Shown:
    price = _price(done.quote_lines, done.to_pay, earned=done.points_earned, spent=done.points_spent, why=done.why)
    after = {"balance_before": done.balance_before, "balance": done.balance, "tier": done.tier, "tier_up": done.tier_up}
    paper = {"receipt_no": done.receipt_no, "store": done.store, "at": done.at}
    brought = {"brought": [_brought(tx, one) for one in grants.brought(tx, done.id)]}
    return {
        "purchase_id": done.id,
        **price,
        "stored": done.stored,
        **after,
        **brought,
        **paper,
        "refunded": done.refunded,
    }


def _brought(tx: Tx, given: Coupon) -> Shown:
    """Return a coupon that came with a purchase."""
    ends_on = None if given.expires_at is None else last_day(given.expires_at, rules.current(tx).zone)
    return {"id": given.id, "title": choose(given.offer.title), "kind": given.offer.kind, "ends_on": ends_on}


def waiting(tx: Tx, found: Waiting, done: Recorded | None = None) -> Shown:
    """Return a bill that waits for the member's yes, with what was recorded where it came."""
    bill = {"store": found.store, "amount": found.amount, "spends": found.spends, "expires_at": found.expires_at}
    became = None if done is None else purchase(tx, done)
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


def redemption(done: HandedOut) -> Shown:
    """Return goods handed out for a coupon alone, ``undone`` where they were taken back."""
    used = done.coupon
    goods = choose(used.offer.goods) if used.offer.goods else None
    about = {"coupon_id": used.id, "title": choose(used.offer.title), "kind": used.offer.kind, "goods": goods}
    return {"redemption_id": done.id, **about, "store": done.store, "at": done.at, "undone": done.undone}


def line(found: Line) -> Shown:
    return {"at": found.at, "points": found.points, "kind": found.kind, "why": found.why}


def _masked(found: Member) -> str | Message:
    return names.masked(found.name) if found.name else members.shown_name(found)


def _price(lines: Any, to_pay: Money, *, earned: int, spent: int, why: tuple[Message, ...]) -> Shown:
    # what comes to nothing is free only where it is a gift: a coupon may take nothing off as well
    shown = [{"label": label, "amount": amount, "free": label.key == "price.gift"} for label, amount in lines]
    return {"lines": shown, "to_pay": to_pay, "points_earned": earned, "points_spent": spent, "why": why}
