"""Where a member stands on the ladder: what counts, how far the next tier is, and what keeps this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from membership import days
from membership.messages import Button, Message, Reply, choose, say
from membership.money import Money
from membership.tiers import Ahead, Ladder, Tier
from services import Tx, remarks, rules
from storage import members as member_rows
from storage import remarks as remark_rows
from storage import tiers as rows

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Missing:
    """What must still come until the end of ``on`` to keep a tier: minor units, visits or points."""

    count: int
    on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """How a member stands: the tier (None: the shop has none), until when (None: for good), and what comes next.

    ``fixed`` tells that it was set by hand; ``next`` (and ``ahead``, the same as a sentence) is None at the top;
    ``stay`` None where nothing is missing.
    """

    tier: Tier | None
    until: date | None
    fixed: bool
    stay: Missing | None
    next: Ahead | None
    ahead: Message | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a tier, in words; ``words`` are a colleague's reason where one set it by hand."""

    at: datetime
    before: Message
    after: Message
    reason: Message
    until: date | None
    words: Message | None = None


def standing(tx: Tx, member_id: str, *, now: datetime) -> Standing:
    """Return how a member stands now. Raises LookupError for an unknown id."""
    row, ladder = member_rows.get(tx, member_id), rules.current(tx).ladder
    fixed, following = is_fixed(row, now), _next(tx, row, now)
    return Standing(
        tier=ladder.find(row.tier),
        until=ends_on(tx, member_id, now=now),
        fixed=fixed,
        stay=None if fixed else missing(tx, row),
        next=following,
        ahead=None if following is None else _ahead_line(tx, following),
    )


def held_at(tx: Tx, member_id: str, at: datetime) -> str:
    """Return the tier (its id) a member held at a moment gone by. Raises LookupError for an unknown id."""
    held = rows.held_at(tx, member_id, at)
    return str(member_rows.get(tx, member_id).tier if held is None else held)


def ends_on(tx: Tx, member_id: str, *, now: datetime) -> date | None:
    """Return the last day a member's tier is held, or set by hand; None where it stands for good."""
    row = member_rows.get(tx, member_id)
    return shown_end(tx, row.tier_fixed_until) if is_fixed(row, now) else _closes_on(tx, row)


def ahead(tx: Tx, member_id: str, *, now: datetime) -> Message | None:
    """Return how far the next tier is, in words; None at the top, and where a tier set by hand stands."""
    following = _next(tx, member_rows.get(tx, member_id), now)
    return None if following is None else _ahead_line(tx, following)


def ahead_of(tx: Tx, tier_id: str, counted: int) -> Message | None:
    """Return how far the next tier is from this one for who has so much, in words; None at the top."""
    following = rules.current(tx).ladder.ahead(tier_id, counted)
    return None if following is None else _ahead_line(tx, following)


def _next(tx: Tx, row: Any, now: datetime) -> Ahead | None:
    ladder = rules.current(tx).ladder
    if ladder.is_top(row.tier) or is_fixed(row, now):
        return None
    return ladder.ahead(row.tier, counted_now(tx, row, now=now))


def _ahead_line(tx: Tx, next_tier: Ahead) -> Message:
    shop = rules.current(tx)
    tier = choose(next_tier.tier.name)
    if shop.ladder.metric == "visits":
        return say("tier.ahead_visits", count=next_tier.missing, tier=tier)
    if shop.ladder.metric == "points":
        return say("tier.ahead_points", count=next_tier.missing, tier=tier)
    return say("tier.ahead", amount=Money(next_tier.missing, shop.currency), tier=tier)


def history(tx: Tx, member_id: str, *, limit: int, for_staff: bool = False) -> list[Change]:
    """Return how the member's tier changed, newest first; colleagues' reasons only ``for_staff``."""
    return [_change(tx, row, for_staff=for_staff) for row in rows.history(tx, member_id, limit=limit)]


def counted_now(tx: Tx, row: Any, *, now: datetime) -> int:
    """Return what the member's purchases come to in the window of now."""
    shop = rules.current(tx)
    since = shop.ladder.window.starts_on(days.day_of(now, shop.zone), _joined_on(tx, row))
    return _counted(tx, row.id, since, until=days.NEVER)


def counted_for(tx: Tx, row: Any, last: date) -> int:
    """Return what counts for a hold that ended with this day: its window, and the days of grace."""
    shop = rules.current(tx)
    since = shop.ladder.window.starts_on(last, _joined_on(tx, row))
    return _counted(tx, row.id, since, until=days.end_of(shop.ladder.closes_on(last), shop.zone))


def held_until(tx: Tx, row: Any, tier: Tier | None, day: date) -> datetime | None:
    """Return the instant until which a tier reached or kept on this day is held; None: for good."""
    shop = rules.current(tx)
    until = shop.ladder.held_until(tier, day, _joined_on(tx, row))
    return None if until is None else days.end_of(until, shop.zone)


def missing(tx: Tx, row: Any) -> Missing | None:
    """Return what keeps the member's tier at its next review; None where nothing is missing, or there is none."""
    ladder = rules.current(tx).ladder
    tier, closes = ladder.find(row.tier), _closes_on(tx, row)
    if tier is None or closes is None:
        return None
    short = tier.threshold - counted_for(tx, row, last_day(tx, row.tier_until))
    return Missing(short, closes) if short > 0 else None


def warning(tx: Tx, member_id: str, on: date) -> Reply | None:
    """Return what a member reads who may lose a tier after this day, as it is now; None where they will not."""
    row = member_rows.get(tx, member_id)
    short = None if row.tier_fixed_until is not None else missing(tx, row)
    if short is None or short.on != on:
        return None
    text = stay_line(tx, rules.current(tx).ladder.find(row.tier), short)
    return Reply((text,), buttons=((Button(say("button.tier"), word="tier"),),))


def stay_line(tx: Tx, tier: Tier | None, short: Missing) -> Message:
    """Return what keeps a tier, in words."""
    shop = rules.current(tx)
    name = say("tier.none") if tier is None else choose(tier.name)
    if shop.ladder.metric == "visits":
        return say("tier.stay_visits", count=short.count, on=short.on, tier=name)
    if shop.ladder.metric == "points":
        return say("tier.stay_points", count=short.count, on=short.on, tier=name)
    return say("tier.stay", amount=Money(short.count, shop.currency), on=short.on, tier=name)


def name_of(ladder: Ladder, tier_id: str) -> Message:
    """Return a tier's name in the shop's words; its id where the shop has it no more."""
    tier = ladder.find(tier_id)
    return choose(tier.name) if tier is not None else say("tier.was", id=tier_id) if tier_id else say("tier.none")


def is_fixed(row: Any, now: datetime) -> bool:
    """Tell whether a tier set by hand stands, which no purchase and no review changes."""
    return row.tier_fixed_until is not None and row.tier_fixed_until > now


def last_day(tx: Tx, until: datetime) -> date:
    """Return the last whole day before this instant."""
    return days.day_of(until - _MOMENT, rules.current(tx).zone)


def shown_end(tx: Tx, until: datetime | None) -> date | None:
    """Return the last day of a span of time; None where it does not end."""
    return None if until is None else last_day(tx, until)


def _closes_on(tx: Tx, row: Any) -> date | None:
    """Return the last day on which a purchase still saves the member's tier; None where it is never reviewed."""
    ladder = rules.current(tx).ladder
    if row.tier_until is None or not ladder.reviews:
        return None
    return ladder.closes_on(last_day(tx, row.tier_until))


def _counted(tx: Tx, member_id: str, since: date | None, *, until: datetime) -> int:
    shop = rules.current(tx)
    begin = BEGINNING if since is None else days.start_of(since, shop.zone)
    return rows.counted(tx, member_id, shop.ladder.metric, since=begin, until=until)


def _joined_on(tx: Tx, row: Any) -> date:
    return days.day_of(row.joined_at, rules.current(tx).zone)


def _change(tx: Tx, row: Any, *, for_staff: bool) -> Change:
    ladder = rules.current(tx).ladder
    words = remark_rows.find(tx, row.id) if for_staff and row.reason == "by_hand" else None
    return Change(
        at=row.at,
        before=name_of(ladder, row.before),
        after=name_of(ladder, row.after),
        reason=say(f"tier.reason.{row.reason}"),
        until=shown_end(tx, row.until),
        words=None if words is None else remarks.shown(words),
    )
