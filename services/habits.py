"""Habits: every night each member's visits, money and rhythm are counted, and who got to a stage is looked after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from membership import days, lifecycle
from membership.coupons import Coupon
from membership.lifecycle import STAGES, Action, Seen
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.rules import ShopRules
from services import Tx, audit, grants, members, rules, staff
from services.outbox import Notice, tell_member
from storage import coupons as coupon_rows
from storage import habits as rows
from storage import leases

JOB: Final = "compute-habits"
COUNTED: Final = f"{JOB}:counted"
BATCH: Final = 500
ACTS: Final = 40
"""So many members are looked after in one transaction: coupons and messages take longer than counting."""
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Life:
    """How many members are in each stage, and how many have which scores of (recency, frequency)."""

    stages: Mapping[str, int]
    grid: Mapping[tuple[int, int], int]
    counted_at: datetime | None


def compute(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Count, then score, the next members for this night; return how many, 0 when nothing is left to do.

    Reading off the bounds of each of the three scores counts as one. Only who bought, or was given back, something
    since the last count is added up anew; the stages of all the others follow from what is known and the day.
    """
    due = _due(rules.current(tx), moment.now)
    if _past(tx, JOB, due):
        return 0
    if not _past(tx, COUNTED, due):
        done = _count(tx, due, moment, limit=limit)
        if done:
            return done
        rows.drop_older(tx, due)
        leases.advance(tx, COUNTED, due)
    return _score(tx, due, limit=limit)


def _past(tx: Tx, job: str, due: datetime) -> bool:
    mark = leases.watermark(tx, job)
    return mark is not None and mark >= due


def _count(tx: Tx, due: datetime, moment: Moment, *, limit: int) -> int:
    known = rows.stale(tx, due, limit=limit)
    if known:
        return _look_again(tx, known, due, moment)
    found = rows.unknown(tx, limit=limit)
    if found:
        _meet(tx, found, due)
    return len(found)


def _score(tx: Tx, due: datetime, *, limit: int) -> int:
    """Read off the bounds of the next score, each in a transaction of its own; with all of them score a batch."""
    for name in rows.SCORED:
        job = f"{JOB}:{name}"
        if not _past(tx, job, due):
            rows.cut(tx, name)
            leases.advance(tx, job, due)
            return 1
    scored = rows.score(tx, due, limit=limit)
    if not scored:
        leases.advance(tx, JOB, due)
    return scored


def life(tx: Tx) -> Life:
    """Return the stages and scores as they were counted last."""
    counted = rows.by_stage(tx)
    return Life({stage: counted.get(stage, 0) for stage in STAGES}, rows.grid(tx), rows.counted_at(tx))


def last_night(tx: Tx) -> datetime | None:
    """Return the night whose count was finished last; None before the first."""
    return rows.last_night(tx, COUNTED)


def _due(shop: ShopRules, now: datetime) -> datetime:
    """Return the last moment at which the shop's hour of counting came."""
    today = days.day_of(now, shop.zone)
    at = days.at(today, shop.lifecycle.at, shop.zone)
    return at if at <= now else days.at(today - timedelta(days=1), shop.lifecycle.at, shop.zone)


def _meet(tx: Tx, found: Sequence[Any], due: datetime) -> None:
    """Count members for the first time; what they are then is where they begin, and nothing is done about it."""
    came = rows.visits(tx, [row.id for row in found], rules.current(tx).zone)
    rows.add(tx, [{"member_id": row.id, **_counted(tx, row, came.get(row.id, []), due)} for row in found])


def _look_again(tx: Tx, found: Sequence[Any], due: datetime, moment: Moment) -> int:
    """Count members known from earlier nights, until ACTS of them were looked after; return how many."""
    since = min(row.computed_at for row in found) - rows.OVERLAP
    again = rows.touched(tx, [row.id for row in found], since=since)
    came = rows.visits(tx, again, rules.current(tx).zone) if again else {}
    changed: list[dict[str, Any]] = []
    acts = 0
    for row in found:
        if acts == ACTS:
            break
        now = _counted(tx, row, came.get(row.id, []), due) if row.id in again else _older(tx, row, due)
        if now["stage"] == row.stage:
            now["stage_since"] = row.stage_since
        else:
            acts += _enter(tx, row, now["stage"], due, moment=moment)
        changed.append({"of": row.id, **now})
    rows.change(tx, changed)
    return len(changed)


def _counted(tx: Tx, row: Any, came: Sequence[Any], due: datetime) -> dict[str, Any]:
    """Return what a member's days here add up to at this moment."""
    rhythm = lifecycle.usual([visit.business_on for visit in came])
    figures = {
        "visits": len(came),
        "spent_minor": sum(int(visit.net) for visit in came),
        "first_at": came[0].first_at if came else None,
        "last_at": came[-1].last_at if came else None,
        "usual_seconds": None if rhythm is None else rhythm // _SECOND,
    }
    last_on = came[-1].business_on if came else _joined_on(tx, row)
    return _with_stage(tx, figures, Seen(len(came), last_on, rhythm), due)


def _older(tx: Tx, row: Any, due: datetime) -> dict[str, Any]:
    """Return what is known of a member who did nothing since: only the day has moved on."""
    names = ("visits", "spent_minor", "first_at", "last_at", "usual_seconds")
    rhythm = None if row.usual_seconds is None else row.usual_seconds * _SECOND
    last_on = _joined_on(tx, row) if row.last_at is None else days.day_of(row.last_at, rules.current(tx).zone)
    return _with_stage(tx, {name: getattr(row, name) for name in names}, Seen(row.visits, last_on, rhythm), due)


def _with_stage(tx: Tx, figures: dict[str, Any], seen: Seen, due: datetime) -> dict[str, Any]:
    shop = rules.current(tx)
    stage = lifecycle.stage(shop.lifecycle, seen, days.day_of(due, shop.zone))
    return {**figures, "stage": stage, "stage_since": due, "computed_at": due}


def _joined_on(tx: Tx, row: Any) -> date:
    return days.day_of(row.joined_at, rules.current(tx).zone)


def _enter(tx: Tx, row: Any, stage: str, due: datetime, *, moment: Moment) -> bool:
    """Do what the shop does when somebody gets to a stage: only for who wants offers, and not again too soon.

    Tell whether there was anything to look at.
    """
    action = rules.current(tx).lifecycle.action(stage)
    if action is None or not row.offers_on or row.frozen_at is not None:
        return False
    if _had(tx, row.id, action, moment.now):
        return True
    day = days.day_of(due, rules.current(tx).zone).isoformat()
    reference = f"stage:{row.id}:{stage}:{day}"
    coupon = grants.give(tx, row.id, action.offer, reference=reference, moment=moment)
    if coupon is None:
        _tell_if_gone(tx, action, moment)
    else:
        notice = Notice("lifecycle", "offer", f"{stage}:{day}", _letter(tx, row.id, action, coupon))
        tell_member(tx, row.id, notice, moment=moment)
    return True


def _tell_if_gone(tx: Tx, action: Action, moment: Moment) -> None:
    """Note, and tell whoever looks after it, that the coupons of an action are used up; once for each stock."""
    row, offer = coupon_rows.find_offer(tx, action.offer), rules.current(tx).offer(action.offer)
    if row is None or offer is None or row.stock is None or row.issued < row.stock:
        return
    subject = f"{action.stage}:{action.offer}:{row.stock}"
    audit.note(tx, moment, "lifecycle.sold_out", subject, actor="clock", offer=action.offer, stock=row.stock)
    told = Reply((say("lifecycle.sold_out", title=choose(offer.title), count=row.stock),))
    staff.alert(tx, Notice("lifecycle_sold_out", "staff", subject, told), action="segments", moment=moment)


def _had(tx: Tx, member_id: str, action: Action, now: datetime) -> bool:
    """Tell whether the member was given this coupon, however it came, within the days of the action."""
    since = now - timedelta(days=action.every_days)
    return coupon_rows.had_since(tx, member_id, id_of(f"offer:{action.offer}"), since) > 0


def _letter(tx: Tx, member_id: str, action: Action, coupon: Coupon) -> Reply:
    shop = rules.current(tx)
    name = members.addressed(members.get(tx, member_id).name)
    usual: Message = say(f"lifecycle.letter.{action.stage}", name=name, shop=choose(shop.name))
    gift = say("lifecycle.coupon", title=choose(coupon.offer.title))
    if coupon.expires_at is not None:
        on = days.day_of(coupon.expires_at - _SECOND, shop.zone)
        gift = say("birthday.coupon", title=choose(coupon.offer.title), on=on)
    buttons = (_tap("coupons"),), (_tap("unsubscribe"),)
    return Reply((choose(action.text) if action.text else usual, gift, say("broadcast.why_you")), buttons=buttons)


def _tap(word: str) -> Button:
    return Button(say(f"button.{word}"), word=word)
