"""Every change of a tier: reached with a purchase, taken back with it, set by hand, looked at when a hold ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from membership import days
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.tiers import Tier, higher
from services import Tx, audit, rules, tier_gifts, tiers, webhooks
from services.outbox import Notice, tell_member
from storage import leases, merges, purchases
from storage import members as member_rows
from storage import tiers as rows

BATCH: Final = 100
TELL_AT: Final = time(10)
_REACHED: Final = "tier-reached:"


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a tier: which one it will be (its id), why, what counted for it, and who did it.

    ``until`` is when it is looked at again (None: never); ``fixed`` keeps it untouched until then.
    """

    tier: str
    reason: str
    counted: int
    until: datetime | None
    actor: str = "shop"
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Lift:
    """What a purchase did to a tier: is it a ``new`` one, and how far the next one is by now (None: at the top)."""

    new: bool = False
    ahead: Message | None = None


def lift(tx: Tx, member_id: str, purchase_id: str, *, moment: Moment) -> Lift:
    """Lift the member, who was brought up before the purchase was written, to the tier their purchases reach."""
    shop, row = rules.current(tx), member_rows.get(tx, member_id)
    if shop.ladder.is_top(row.tier) or tiers.is_fixed(row, moment.now):
        return Lift()
    counted = tiers.counted_now(tx, row, now=moment.now)
    tier = shop.ladder.after(row.tier, counted)
    new = tier is not None and tier.id != row.tier and _lift(tx, row, tier, purchase_id, counted=counted, moment=moment)
    return Lift(new, tiers.ahead_of(tx, row.tier if tier is None else tier.id, counted))


def _lift(tx: Tx, row: Any, tier: Tier, purchase_id: str, *, counted: int, moment: Moment) -> bool:
    """Lift somebody to this tier; False if it was done before."""
    shop = rules.current(tx)
    until = tiers.held_until(tx, row, tier, days.day_of(moment.now, shop.zone))
    step = Step(tier.id, "reached", counted, until)
    moved = move(tx, row, step, reference=_reached(purchase_id), moment=moment)
    return moved and not shop.ladder.is_first(tier)  # whoever joined before there were tiers has not risen


def welcome(tx: Tx, member_id: str, *, moment: Moment) -> tuple[Message, ...]:
    """Return what a member who has just been lifted is told of the tier, its gift included, which is given now."""
    row = member_rows.get(tx, member_id)
    return tier_gifts.welcome(tx, member_id, rules.current(tx).ladder.find(row.tier), moment=moment)


def take_back(tx: Tx, purchase: Any, *, whole: bool, moment: Moment) -> None:
    """Take a lift back with the purchase that had brought it, if all of it is refunded on the day it was made.

    Not where something else has changed the tier since, or where what is left reaches it as well. Lifts that it built
    on go with it where their purchases went before it. A refund on a later day changes no tier; the review sees it.
    """
    shop = rules.current(tx)
    if not shop.ladder.tiers or not whole or purchase.business_on != days.day_of(moment.now, shop.zone):
        return
    change = rows.by_reference(tx, _reached(purchase.id))
    row = member_rows.get(tx, purchase.member_id)
    if change is None or (row.tier, row.tier_until) != (change.after, change.until) or tiers.is_fixed(row, moment.now):
        return
    if any(one.at >= change.at for one in merges.open_of(tx, row.id, moment.now)):
        return  # two have become one since: what the other had held before, the review sees
    counted, was = tiers.counted_now(tx, row, now=moment.now), _stood(tx, change)
    tier, until = shop.ladder.after(was.tier, counted), was.until
    if tier is None or tier.id == row.tier:
        return
    if tier.id != was.tier:  # part of the lift stays
        until = tiers.held_until(tx, row, tier, days.day_of(moment.now, shop.zone))
    step = Step(tier.id, "undone", counted, until)
    if move(tx, row, step, reference=f"tier-undone:{purchase.id}", moment=moment):
        for lost in (change.after, *was.lifts):
            if lost != tier.id:
                tier_gifts.take_back(tx, row.id, lost, moment=moment)
        text = say("tier.undone", before=tiers.name_of(shop.ladder, change.after), tier=choose(tier.name))
        _tell(tx, row.id, Notice("tier_undone", "receipt", purchase.id, _with_button(text)), moment=moment)


def review_due(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Look at the members whose hold ended (grace included) or whose tier by hand ends; return how many."""
    shop = rules.current(tx)
    if not shop.ladder.tiers:
        return 0
    found = rows.due(tx, now=moment.now, closed=_closed(tx, moment.now), limit=limit)
    for row in found:
        _look_at(tx, row, moment=moment)
    return len(found) or _begin_holds(tx, moment=moment, limit=limit)


def _closed(tx: Tx, now: datetime) -> datetime:
    """Return the moment up to which a hold must have ended for its days of grace to be over."""
    shop = rules.current(tx)
    return days.start_of(days.day_of(now, shop.zone) - timedelta(days=shop.ladder.grace_days), shop.zone)


def _look_at(tx: Tx, row: Any, *, moment: Moment) -> None:
    """End a tier by hand whose day is over, or review a hold that is."""
    if row.tier_fixed_until is not None:
        _end_by_hand(tx, row, moment=moment)
    else:
        _review(tx, row, moment=moment)


def bring_up(tx: Tx, row: Any, *, moment: Moment) -> None:
    """Let the member stand where they stand by now, whether or not the clock has been there since their tier was over.

    Before the next purchase is written: what it reaches is its own lift, and goes with it if it is taken back.
    """
    seen: set[datetime] = set()
    while rules.current(tx).ladder.tiers and row.tier_until is not None and row.tier_until not in seen:
        over = moment.now if row.tier_fixed_until is not None else _closed(tx, moment.now)
        if row.tier_until > over:
            break
        seen.add(row.tier_until)
        _look_at(tx, row, moment=moment)
        row = member_rows.get(tx, row.id)


def end_by_hand(tx: Tx, member_id: str, *, actor: str, moment: Moment) -> bool:
    """End a tier set by hand before its time; False where none is set."""
    row = member_rows.lock(tx, member_id)
    if row.tier_fixed_until is None:
        return False
    _end_by_hand(tx, row, actor=actor, moment=moment)
    return True


def move(tx: Tx, row: Any, step: Step, *, reference: str, moment: Moment) -> bool:
    """Change a member's tier once under this reference, and write it down; False if it was done before."""
    change_id, version = id_of(f"tier:{reference}"), rules.version(tx)
    what = {"before": row.tier, "after": step.tier, "reason": step.reason, "counted": step.counted}
    how = {"actor": step.actor, "rules_version": version, "at": moment.now, "until": step.until}
    if not rows.add_change(tx, change_id, reference=reference, member_id=row.id, **what, **how):
        return False
    ends = {"tier_until": step.until, "tier_fixed_until": step.until if step.fixed else None}
    since = {"tier_since": moment.now} if step.tier != row.tier else {}
    member_rows.change(tx, row.id, tier=step.tier, **ends, **since)
    audit.note(tx, moment, "tier", change_id, actor=step.actor, member=row.id, tier=step.tier, why=step.reason)
    if step.tier != row.tier:
        told = {"member_id": row.id, "before": row.tier, "after": step.tier, "reason": step.reason}
        webhooks.emit(tx, "tier.changed", change_id, {**told, "until": step.until, "at": moment.now}, moment=moment)
    return True


def _review(tx: Tx, row: Any, *, moment: Moment) -> None:
    """Keep a tier for another window, or lower it; the member is told."""
    shop = rules.current(tx)
    if not shop.ladder.reviews:  # the shop has stopped taking tiers away
        member_rows.change(tx, row.id, tier_until=None)
        return
    last = tiers.last_day(tx, row.tier_until)
    counted = tiers.counted_for(tx, row, last)
    tier = shop.ladder.reviewed(row.tier, counted)
    assert tier is not None, "a shop with tiers has one for everybody"
    until = tiers.held_until(tx, row, tier, last)
    reason = "kept" if tier.id == row.tier else "reviewed"
    reference = f"tier-review:{row.id}:{last}:{moment.now.isoformat()}"
    step = Step(tier.id, reason, counted, until, actor="clock")
    if move(tx, row, step, reference=reference, moment=moment):
        _tell_review(tx, row, tier, last=last, until=until, moment=moment)


def _tell_review(tx: Tx, row: Any, tier: Tier, *, last: date, until: datetime | None, moment: Moment) -> None:
    """Tell that a tier is kept, a reminder; or that it ended, which everybody is told, in the morning."""
    shop = rules.current(tx)
    name = choose(tier.name)
    if tier.id == row.tier:
        text = say("tier.kept", tier=name, on=tiers.shown_end(tx, until))
        _tell(tx, row.id, Notice("tier_kept", "reminder", last.isoformat(), _with_button(text)), moment=moment)
        return
    morning = days.at(days.day_of(moment.now, shop.zone), TELL_AT, shop.zone)
    text = say("tier.lowered", before=tiers.name_of(shop.ladder, row.tier), tier=name)
    told = _with_button(text)
    notice = Notice("tier_lowered", "receipt", last.isoformat(), told, not_before=max(morning, moment.now))
    _tell(tx, row.id, notice, moment=moment)


def _end_by_hand(tx: Tx, row: Any, *, moment: Moment, actor: str = "clock") -> None:
    """Give a member the tier they would have had without the hand: what they held then, or what they have reached."""
    shop = rules.current(tx)
    was, until = _without_hand(tx, row, moment.now)
    counted = tiers.counted_now(tx, row, now=moment.now)
    tier = higher(was, shop.ladder.earned_by(counted))
    assert tier is not None, "a shop with tiers has one for everybody"
    if tier is not was or until is None:  # the shop may have begun to review meanwhile
        until = tiers.held_until(tx, row, tier, days.day_of(moment.now, shop.zone))
    reference = f"tier-hand-ended:{row.id}:{moment.now.isoformat()}"
    step = Step(tier.id, "hand_ended", counted, until, actor)
    if move(tx, row, step, reference=reference, moment=moment) and tier.id != row.tier:
        lines = tier_gifts.welcome(tx, row.id, tier, moment=moment) if tier is not was else ()
        text = say("tier.hand_ended", before=tiers.name_of(shop.ladder, row.tier), tier=choose(tier.name))
        morning = days.at(days.day_of(moment.now, shop.zone), TELL_AT, shop.zone)
        told, wait = _with_button(text, *lines), max(morning, moment.now)
        _tell(tx, row.id, Notice("tier_hand_ended", "receipt", reference, told, not_before=wait), moment=moment)


def _without_hand(tx: Tx, row: Any, now: datetime) -> tuple[Tier | None, datetime | None]:
    """Return the tier a member held before it was set by hand, with the reviews that came due meanwhile."""
    shop, first = rules.current(tx), rows.first_by_hand(tx, row.id)
    if first is None:
        return None, None
    was = _stood(tx, first)
    tier, until = shop.ladder.find(was.tier), was.until
    while until is not None and shop.ladder.reviews and tier is not None:
        last = tiers.last_day(tx, until)
        if days.end_of(shop.ladder.closes_on(last), shop.zone) > now:
            break
        tier = shop.ladder.reviewed(tier.id, tiers.counted_for(tx, row, last))
        until = tiers.held_until(tx, row, tier, last)
    return tier, until if shop.ladder.reviews else None


@dataclass(frozen=True, slots=True)
class _Stood:
    """Where somebody stood: the tier (its id), until when, and which tiers went meanwhile with their purchases."""

    tier: str
    until: datetime | None
    lifts: tuple[str, ...] = ()


def _stood(tx: Tx, change: Any) -> _Stood:
    """Return where somebody stood before this change, without lifts whose purchase was gone on the day it was made."""
    tier, earlier, lifts = change.before, rows.before(tx, change), []
    while earlier is not None and _went(tx, earlier):
        lifts.append(earlier.after)
        tier, earlier = earlier.before, rows.before(tx, earlier)
    return _Stood(tier, None if earlier is None else earlier.until, tuple(lifts))


def _went(tx: Tx, change: Any) -> bool:
    bought = purchases.find(tx, change.reference.removeprefix(_REACHED)) if change.reason == "reached" else None
    if bought is None or bought.undone_at is None:
        return False
    return bool(days.day_of(bought.undone_at, rules.current(tx).zone) == bought.business_on)


def _begin_holds(tx: Tx, *, moment: Moment, limit: int) -> int:
    """Give everybody a whole window where a shop has just begun to review: nobody falls by a change of the rules."""
    ladder, mark = rules.current(tx).ladder, f"tiers-held:{rules.version(tx)}"
    if not ladder.reviews or leases.watermark(tx, mark) is not None:
        return 0
    found = rows.unheld(tx, [tier.id for tier in ladder.tiers if not ladder.is_first(tier)], limit=limit)
    today = days.day_of(moment.now, rules.current(tx).zone)
    for row in found:
        until = tiers.held_until(tx, row, ladder.find(row.tier), today)
        step = Step(row.tier, "kept", tiers.counted_now(tx, row, now=moment.now), until, actor="clock")
        move(tx, row, step, reference=f"tier-held:{row.id}:{rules.version(tx)}", moment=moment)
    if not found:
        leases.advance(tx, mark, moment.now)
    return len(found)


def _tell(tx: Tx, member_id: str, notice: Notice, *, moment: Moment) -> None:
    tell_member(tx, member_id, notice, moment=moment)


def _with_button(*lines: Message) -> Reply:
    return Reply(lines, buttons=((Button(say("button.tier"), word="tier"),),))


def _reached(purchase_id: str) -> str:
    return f"{_REACHED}{purchase_id}"
