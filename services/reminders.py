"""What a message says at the moment it is read or sent: amounts counted afresh, and nothing where all is spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from membership import days
from membership import passes as rules_of_passes
from membership import points as rules_of_points
from membership.activities import DOORS
from membership.messages import Button, Message, Reply, choose, say
from membership.money import Money
from membership.offers import Offer
from membership.passes import Plan
from services import Tx, mall, rules, tiers
from storage import activities, greetings
from storage import coupons as coupon_rows
from storage import outbox as rows
from storage import passes as pass_rows
from storage import ratings as rating_rows

RESCUES = 3
"""So many things that ending points could buy are offered with the warning."""

Fresh = Callable[[Tx, Any, datetime], Reply | None]


def said_now(tx: Tx, row: Any, now: datetime) -> Reply | None:
    """Return what an outbox row says at this moment; None where it has nothing to say any more."""
    if row.payload_ct is None:  # erased
        return None
    return FRESH.get(row.kind, _as_written)(tx, row, now)


def still_counts(tx: Tx, row: Any, now: datetime) -> bool:
    """Tell whether an outbox row has anything to say at this moment, without opening what was written."""
    return row.payload_ct is not None and (row.kind not in FRESH or FRESH[row.kind](tx, row, now) is not None)


def points_ending(points: int, on: date, worth: Money, rescue: Sequence[Offer] = ()) -> Reply:
    """Return the warning that points end with this day of the shop, with what they could buy until then."""
    text = say("points.expiring_soon", count=points, on=on, worth=worth)
    buttons = tuple((_exchange(offer),) for offer in rescue)
    return Reply((text,), buttons=(*buttons, (Button(say("button.points"), word="points"),)))


def _exchange(offer: Offer) -> Button:
    facts = {"title": choose(offer.title), "points": offer.price_points}
    return Button(say("button.rescue", **facts), word=f"mall take {offer.id}")


def coupon_ending(title: Message, on: date) -> Reply:
    """Return the warning that a coupon ends with this day of the shop."""
    text = say("coupons.expiring_soon", title=title, on=on)
    return Reply((text,), buttons=((Button(say("button.coupons"), word="coupons"),),))


def _as_written(tx: Tx, row: Any, _now: datetime) -> Reply | None:
    return rows.payload(tx, row)


def _points_expiring(tx: Tx, row: Any, now: datetime) -> Reply | None:
    """Count what still ends with the day named in the row's period key."""
    shop, last = rules.current(tx), date.fromisoformat(row.period_key.partition("/")[0])
    since, over = days.start_of(last, shop.zone), days.end_of(last, shop.zone)
    points = greetings.points_ending(tx, row.member_id, since=max(since, now), until=over)
    if points == 0:
        return None
    rescue = mall.within_reach(tx, row.member_id, points, now=now)[:RESCUES]
    return points_ending(points, last, Money(shop.points.worth.minor_of(points), shop.currency), rescue)


def _coupon_expiring(tx: Tx, row: Any, now: datetime) -> Reply | None:
    coupon = coupon_rows.find(tx, row.period_key.partition("/")[0])
    if coupon is None or coupon.state != "issued" or coupon.expires_at <= now:
        return None
    shop = rules.current(tx)
    offer = rules.at_version(tx, coupon.rules_version).offer(coupon.offer_code)
    assert offer is not None, "a coupon's rules version names its offer"
    return coupon_ending(choose(offer.title), rules_of_points.last_day(coupon.expires_at, shop.zone))


def _tier_ending(tx: Tx, row: Any, _now: datetime) -> Reply | None:
    return tiers.warning(tx, row.member_id, date.fromisoformat(row.period_key.partition("/")[0]))


def of_activity(text: Message, activity_id: str) -> Reply:
    """Return something said about an activity, with the way to it."""
    return Reply((text,), buttons=((Button(say("button.activity_show"), word=f"activities show {activity_id}"),),))


def _activity_near(tx: Tx, row: Any, now: datetime) -> Reply | None:
    """Remind of an activity that still takes place then, of whoever still comes; late, one reminder is enough."""
    activity_id, stage, starts = row.period_key.split("/")
    found, mine = activities.find(tx, activity_id), activities.sign_up(tx, activity_id, row.member_id)
    if found is None or mine is None or (found.state, mine.state) != ("open", "signed"):
        return None
    too_late = found.starts_at - (DOORS if stage == "day" else timedelta())
    if found.starts_at.isoformat() != starts or now >= too_late:
        return None
    place = choose(rules.store_name(tx, found.store_id))
    return of_activity(say("activity.reminder", title=found.title, at=found.starts_at, store=place), activity_id)


def pass_low(title: Message, left: int, ends_on: date | None) -> Reply:
    """Return the warning that few visits are left on a pass, with the way to the next one."""
    ends = say("passes.no_end") if ends_on is None else say("passes.until", on=ends_on)
    text = say("passes.low", title=title, count=left, ends=ends)
    return Reply((text,), buttons=((Button(say("button.passes_next"), word="passes shop"),),))


def pass_ending(title: Message, left: int, on: date) -> Reply:
    """Return the warning that a pass with visits left ends with this day of the shop."""
    text = say("passes.ending", title=title, count=left, on=on)
    return Reply((text,), buttons=((Button(say("button.passes"), word="passes"),),))


def _pass_low(tx: Tx, row: Any, now: datetime) -> Reply | None:
    """Count what is left on the pass now; nothing where it is used up, over, or was filled up by an undone visit."""
    found = pass_rows.find(tx, row.period_key)
    if found is None or not _counts(found, now):
        return None
    plan = _plan(tx, found)
    if found.remaining > plan.warn_left:
        return None
    ends_on = rules_of_passes.last_day(found.expires_at, rules.current(tx).zone)
    return pass_low(choose(plan.name), found.remaining, ends_on)


def _pass_ending(tx: Tx, row: Any, now: datetime) -> Reply | None:
    found = pass_rows.find(tx, row.period_key.partition("/")[0])
    if found is None or not _counts(found, now):
        return None
    last = rules_of_passes.last_day(found.expires_at, rules.current(tx).zone)
    return None if last is None else pass_ending(choose(_plan(tx, found).name), found.remaining, last)


def _rating(tx: Tx, row: Any, _now: datetime) -> Reply | None:
    """Ask how it was as long as nobody has said so, and it was not undone."""
    return rows.payload(tx, row) if rating_rows.is_still_asked(tx, row.period_key) else None


def _counts(row: Any, now: datetime) -> bool:
    return bool(row.state == rules_of_passes.LIVE and row.remaining > 0 and row.expires_at > now)


def _plan(tx: Tx, row: Any) -> Plan:
    then = rules.at_version(tx, row.rules_version).passes
    return next(plan for plan in then if plan.id == row.plan)


FRESH: Mapping[str, Fresh] = {
    "activity_reminder": _activity_near,
    "pass_ending": _pass_ending,
    "pass_low": _pass_low,
    "points_expiring": _points_expiring,
    "rating": _rating,
    "coupon_expiring": _coupon_expiring,
    "tier_warning": _tier_ending,
}
"""Kinds that are asked again before they go out; all others say what was written."""
