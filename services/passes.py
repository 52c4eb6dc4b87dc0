"""Counted passes of a member: sold once, undone while untouched, given back for what the visits left are worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from membership import passes as rule
from membership import taking_back
from membership.days import NEVER
from membership.errors import (
    IdReused,
    NotAMember,
    PassBegun,
    PassOver,
    PassUnknown,
    PointsSpent,
    StoreClosed,
)
from membership.member import check_standing
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from membership.passes import LIVE, Plan
from services import Tx, audit, fraud, holders, points, remarks, rules, webhooks
from services.ledger import Cause
from services.outbox import Notice, tell_member
from services.reader import Reader
from storage import members as member_rows
from storage import passes as rows

REFUNDED, VOIDED = "refunded", "voided"
LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass a member bought: its plan as it was then, the visits left, what was paid, and its last day (None: none).

    ``state`` is live, used_up, expired, refunded (``refunded`` says how much) or voided (the sale was undone).
    """

    id: str
    member_id: str
    plan: Plan
    remaining: int
    price: Money
    refunded: Money
    state: str
    ends_on: date | None
    store: Message
    store_id: str
    at: datetime

    @property
    def title(self) -> Message:
        return choose(self.plan.name)

    @property
    def used(self) -> int:
        return self.plan.visits - self.remaining


def offered(tx: Tx, store_id: str | None = None) -> tuple[Plan, ...]:
    """Return the passes the shop sells now, in this store; none where it sells none."""
    plans = tuple(plan for plan in rules.current(tx).passes if plan.on_sale)
    if store_id is None or not plans:
        return plans
    store = rules.store_code(tx, store_id)
    return tuple(plan for plan in plans if not plan.stores or store in plan.stores)


def kept(tx: Tx) -> bool:
    """Tell whether this shop has passes at all, be they sold any more or not."""
    return bool(rules.current(tx).passes)


def price(tx: Tx, plan: Plan) -> Money:
    """Return what a pass costs."""
    return Money(plan.price_minor, rules.current(tx).currency)


def sell(tx: Tx, member_id: str, plan_id: str, reader: Reader, *, reference: str, moment: Moment) -> Pass:
    """Sell a pass to a member who paid for it at the till, and give the points that come with it.

    The same reference gives the first answer again. Raises PassUnknown (also for one not sold in this store),
    NotAMember, MemberFrozen, SelfCredit, StoreClosed, and IdReused for the same reference with another content.
    """
    pass_id = id_of(f"pass:{reference}")
    before = _made(tx, pass_id, (member_id, plan_id), moment.now)
    if before is not None:
        return before
    rules.open_store(tx, reader.store_id)
    fraud.check_self(tx, reader, member_id)
    check_member(tx, member_id)
    before = _made(tx, pass_id, (member_id, plan_id), moment.now)
    if before is not None:
        return before  # while this one waited, somebody was faster with this very reference
    plan = next((plan for plan in offered(tx, reader.store_id) if plan.id == plan_id), None)
    if plan is None:
        raise PassUnknown
    _write(tx, pass_id, member_id, plan, reader=reader, reference=reference, moment=moment)
    if plan.points:
        why = (say("passes.why_sold", title=choose(plan.name)),)
        cause = Cause(f"{reference}:points", reader.actor, why, store_id=reader.store_id)
        points.earn(tx, member_id, plan.points, cause, moment=moment)
    facts = {"member": member_id, "plan": plan.id, "price": plan.price_minor}
    audit.note(tx, moment, "pass.sell", pass_id, actor=reader.actor, store_id=reader.store_id, **facts)
    sold = get(tx, pass_id, now=moment.now)
    about = {"pass_id": pass_id, "member_id": member_id, "plan": plan.id, "visits": plan.visits, "price": sold.price}
    about |= {"store_id": reader.store_id, "expires_at": standing(rows.find(tx, pass_id)).ends_at, "at": moment.now}
    webhooks.emit(tx, "pass.sold", pass_id, about, moment=moment)
    tell(tx, sold, "pass_sold", pass_id, moment=moment, points=plan.points)
    return sold


def undo_sale(tx: Tx, pass_id: str, reader: Reader, *, manager: bool, moment: Moment) -> Pass:
    """Take back a sale made by mistake: on the same day in the same store, while no visit was taken.

    Without ``manager`` only one's own, within the shop's minutes. Undone before, the same answer comes again. Raises
    PassUnknown, SelfCredit, PassOver, PassBegun, UndoTooLate, DayOver, and PointsSpent where its points are spent.
    """
    row, shop = rows.find(tx, pass_id), rules.current(tx)
    if row is None or row.store_id != reader.store_id or not (manager or row.actor == reader.actor):
        raise PassUnknown
    if row.state == VOIDED:
        return get(tx, pass_id, now=moment.now)
    fraud.check_self(tx, reader, row.member_id)
    minutes = None if manager else shop.limits.undo_minutes
    taking_back.check_time(row.at, moment.now, zone=shop.zone, minutes=minutes)
    row = holders.hold(tx, row, lambda: rows.find(tx, pass_id))
    sold = _opened(tx, row, moment.now)
    if sold.used:
        raise PassBegun
    if not rows.end(tx, pass_id, VOIDED, now=moment.now):
        return _over_as(tx, pass_id, VOIDED, moment.now)
    if _claw_back(tx, row, sold.plan.points, reader, part="undo", moment=moment):
        raise PointsSpent  # the door undoes what was done so far, as with every refusal
    facts = {"member": row.member_id, "price": row.price_minor}
    audit.note(tx, moment, "pass.undo", pass_id, actor=reader.actor, store_id=reader.store_id, **facts)
    undone = get(tx, pass_id, now=moment.now)
    _tell_ended(tx, undone, sold.price, reader, moment=moment)
    tell(tx, undone, "pass_undone", pass_id, moment=moment)
    return undone


def is_given_back_at(tx: Tx, found: Pass, store_id: str) -> bool:
    """Tell whether a pass is given back in this store: where it was sold, and anywhere once that store is closed."""
    try:
        rules.open_store(tx, found.store_id)
    except StoreClosed:
        return True
    return found.store_id == store_id


def to_give_back(tx: Tx, pass_id: str, reader: Reader, *, now: datetime) -> Pass:
    """Return a pass that is given back where the reader stands. Raises PassUnknown, also for one sold elsewhere."""
    found = get(tx, pass_id, now=now)
    if not is_given_back_at(tx, found, reader.store_id):
        raise PassUnknown
    return found


def worth(tx: Tx, pass_id: str, *, now: datetime) -> Money:
    """Return what would be given back for a pass now (membership/passes.py). Raises what ``refund`` raises."""
    row = rows.find(tx, pass_id)
    if row is None:
        raise PassUnknown
    shop, plan = rules.current(tx), plan_of(tx, row)
    rule.check_live(standing(row), now=now, zone=shop.zone)
    back = rule.given_back(row.price_minor, plan.single_minor, visits=row.visits, used=row.visits - row.remaining)
    return Money(back, shop.currency)


def refund(tx: Tx, pass_id: str, reader: Reader, *, reason: str, moment: Moment) -> Pass:
    """Give back what the visits left are worth; the pass is over, and its points go back in the same share.

    Points that are spent already become debt. Given back before, the same answer comes again. The caller has checked
    the right. Raises PassUnknown (also for one sold in another store), SelfCredit, PassOver, PassExpired, PassUsedUp
    and PassWorthNothing.
    """
    found = to_give_back(tx, pass_id, reader, now=moment.now)
    fraud.check_self(tx, reader, found.member_id)
    row = holders.hold(tx, found, lambda: rows.find(tx, pass_id))
    if row.state == REFUNDED:
        return get(tx, pass_id, now=moment.now)
    back = worth(tx, pass_id, now=moment.now)
    if not rows.end(tx, pass_id, REFUNDED, refunded_minor=back.minor, now=moment.now):
        return _over_as(tx, pass_id, REFUNDED, moment.now)
    claw = rule.points_back(plan_of(tx, row).points, row.price_minor, back.minor)
    debt = _claw_back(tx, row, claw, reader, part="refund", moment=moment)
    kept = remarks.keep(tx, pass_id, row.member_id, reason, moment=moment)
    facts = {"member": row.member_id, "amount": back.minor, "points": claw, "debt": debt, "reason": kept}
    audit.note(tx, moment, "pass.refund", pass_id, actor=reader.actor, store_id=reader.store_id, **facts)
    done = get(tx, pass_id, now=moment.now)
    _tell_ended(tx, done, back, reader, moment=moment)
    tell(tx, done, "pass_refunded", pass_id, moment=moment, points=claw)
    return done


def held(tx: Tx, member_id: str, *, now: datetime) -> list[Pass]:
    """Return the member's passes with visits left, the one that ends first at the front."""
    return [_opened(tx, row, now) for row in rows.live_of(tx, member_id, now)]


def every(tx: Tx, member_id: str, *, now: datetime) -> list[Pass]:
    """Return the member's passes, whatever became of them, the newest first."""
    return [_opened(tx, row, now) for row in rows.all_of(tx, member_id, limit=LISTED)]


def get(tx: Tx, pass_id: str, *, now: datetime) -> Pass:
    """Return a pass. Raises PassUnknown."""
    row = rows.find(tx, pass_id)
    if row is None:
        raise PassUnknown
    return _opened(tx, row, now)


def sold_under(tx: Tx, reference: str, *, now: datetime) -> Pass | None:
    """Return the pass sold under this reference, or None."""
    row = rows.find(tx, id_of(f"pass:{reference}"))
    return None if row is None else _opened(tx, row, now)


def check_member(tx: Tx, member_id: str) -> None:
    """Let others wait who would change this member's passes. Raises NotAMember and MemberFrozen."""
    if member_rows.find(tx, member_id) is None:
        raise NotAMember
    member = member_rows.lock(tx, member_id)
    check_standing(member.state, member.frozen_at)


def plan_of(tx: Tx, row: Any) -> Plan:
    """Return a pass's plan as it stood in the rules it was sold under."""
    then = rules.at_version(tx, row.rules_version).passes
    return next(plan for plan in then if plan.id == row.plan)


def standing(row: Any) -> rule.Standing:
    """Return how a pass stands, for the rules."""
    return rule.Standing(row.state, row.remaining, None if row.expires_at >= NEVER else row.expires_at)


def tell(tx: Tx, about: Pass, kind: str, period_key: str, *, moment: Moment, **facts: Any) -> None:
    """Write the member what happened to a pass, and what is left of it."""
    known = {"title": about.title, "left": about.remaining, "store": about.store, "at": moment.now}
    known |= {"price": about.price, "amount": about.refunded, "ends": until(about.ends_on)}
    lines = [say(f"receipt.{kind}", **known)]
    if facts.get("points"):
        lines.append(say(f"receipt.{kind}_points", points=facts["points"]))
    buttons = ((Button(say("button.passes"), word="passes"),),)
    notice = Notice(kind, "receipt", period_key, Reply(tuple(lines), buttons=buttons))
    tell_member(tx, about.member_id, notice, moment=moment)


def until(ends_on: date | None) -> Message:
    """Return in words until when a pass counts."""
    return say("passes.no_end") if ends_on is None else say("passes.until", on=ends_on)


def _made(tx: Tx, pass_id: str, content: tuple[str, str], now: datetime) -> Pass | None:
    row = rows.find(tx, pass_id)
    if row is not None and (row.member_id, row.plan) != content:
        raise IdReused
    return None if row is None else _opened(tx, row, now)


def _write(tx: Tx, pass_id: str, member_id: str, plan: Plan, *, reader: Reader, reference: str, moment: Moment) -> None:
    ends_at = plan.ends_at(moment.now, rules.current(tx).zone) or NEVER
    what = {"plan": plan.id, "visits": plan.visits, "remaining": plan.visits, "price_minor": plan.price_minor}
    where = {"member_id": member_id, "store_id": reader.store_id, "actor": reader.actor}
    when = {"at": moment.now, "expires_at": ends_at, "rules_version": rules.version(tx)}
    rows.add(tx, pass_id, reference=reference, **what, **where, **when)


def _claw_back(tx: Tx, row: Any, number: int, reader: Reader, *, part: str, moment: Moment) -> int:
    """Take points of the sale back; return how many became debt because they were spent."""
    if not number:
        return 0
    why = (say("passes.why_back", title=choose(plan_of(tx, row).name)),)
    cause = Cause(f"{row.reference}:{part}", reader.actor, why, store_id=reader.store_id)
    return points.claw_back(tx, row.member_id, number, cause, earned=f"{row.reference}:points", moment=moment)


def _tell_ended(tx: Tx, over: Pass, back: Money, reader: Reader, *, moment: Moment) -> None:
    """Tell other systems of a pass that is over by hand, and what was given back for it."""
    told = {"pass_id": over.id, "member_id": over.member_id, "state": over.state, "amount": back}
    told |= {"store_id": reader.store_id, "at": moment.now}
    webhooks.emit(tx, "pass.ended", over.id, told, moment=moment)


def _over_as(tx: Tx, pass_id: str, state: str, now: datetime) -> Pass:
    """Return what somebody else did at the same moment where it is the same. Raises PassOver."""
    found = get(tx, pass_id, now=now)
    if found.state != state:
        raise PassOver
    return found


def _opened(tx: Tx, row: Any, now: datetime) -> Pass:
    shop, ends_at = rules.current(tx), standing(row).ends_at
    return Pass(
        id=row.id,
        member_id=row.member_id,
        plan=plan_of(tx, row),
        remaining=row.remaining,
        price=Money(row.price_minor, shop.currency),
        refunded=Money(row.refunded_minor, shop.currency),
        state=_state(row, ends_at, now),
        ends_on=rule.last_day(row.expires_at, shop.zone),
        store=choose(rules.store_name(tx, row.store_id)),
        store_id=row.store_id,
        at=row.at,
    )


def _state(row: Any, ends_at: datetime | None, now: datetime) -> str:
    if row.state != LIVE:
        return str(row.state)
    if row.remaining == 0:
        return "used_up"
    return "expired" if ends_at is not None and ends_at <= now else LIVE
