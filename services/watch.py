"""What looked odd: a day's figures beside the weeks before, kept as notes, told to the owner in the morning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from membership import days
from membership import fraud as patterns
from membership.errors import Expired
from membership.fraud import Finding, Part
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.money import EXPONENTS, Money
from services import Tx, audit, rules, second_person, staff
from services.outbox import Notice
from storage import fraud as flag_rows
from storage import watch as rows
from storage.watch import Span

WEEKS: Final = timedelta(days=28)
WEEK: Final = timedelta(days=7)
TOLD_AT: Final = 8
"""The hour of the shop's morning at which the owner hears of the day before."""
RULES: Final = (
    *("self", "velocity", "split", "lookup_limit"),  # flagged at once, by services/fraud.py and lookups.py
    *patterns.SHARES,
    *patterns.COUNTS,
    *("one_member", "refunds_to_one", "off_hours", "night_scans"),
)
"""Every pattern that can be found; each has its words."""
LISTED: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Odd:
    """A finding as it is listed: what was seen in words, who it is about, where, on which day, and who saw it."""

    id: str
    what: Message
    who: Message
    name: Message | None
    store: Message | None
    day: date
    seen: bool


def daily(tx: Tx, day: date) -> list[Finding]:
    """Return what was odd on a day of the shop, beside the four weeks before it (a week, for what is rare)."""
    zone = rules.current(tx).zone
    today = Span(days.start_of(day, zone), days.end_of(day, zone))
    weeks = Span(days.start_of(day - WEEKS, zone), today.since)
    week = Span(days.start_of(day - WEEK + timedelta(days=1), zone), today.until)
    return [*_shares(tx, today, weeks), *_counts(tx, today, weeks), *_pairs(tx, week), *_hours(tx, day, today)]


def look(tx: Tx, moment: Moment) -> int:
    """Keep what was odd yesterday and tell the owners, once the shop's morning has come; return 1 if it was done now.

    Days that nobody looked at, because the program stood still in their morning, are looked at as well, two weeks
    back. Nothing odd, nothing sent. What one person does in the same way again within a week is kept once.
    """
    local = moment.now.astimezone(rules.current(tx).zone)
    if local.hour < TOLD_AT:
        return 0
    past = (local.date() - timedelta(days=back) for back in range(1, LISTED.days + 1))
    fresh = list(takewhile(lambda day: flag_rows.begin(tx, f"watch:{day.isoformat()}"), past))
    for day in reversed(fresh):
        _look_at(tx, day, moment)
    return int(bool(fresh))


def _look_at(tx: Tx, day: date, moment: Moment) -> None:
    for found in daily(tx, day):
        _keep(tx, found, day, moment)
    odd = [one for one in _listed(tx, flag_rows.flagged(tx, since=day, until=day + timedelta(days=1))) if not one.seen]
    if odd:
        told = Notice("watch", "staff", day.isoformat(), _digest(odd, day))
        staff.alert(tx, told, action="watch", moment=moment)


def listed(tx: Tx, *, now: datetime) -> list[Odd]:
    """Return what was odd in the last two weeks, the newest first, what was looked at last."""
    today = days.day_of(now, rules.current(tx).zone)
    found = _listed(tx, flag_rows.flagged(tx, since=today - LISTED))
    return sorted(found, key=lambda one: one.seen)


def get(tx: Tx, flag_id: str) -> Odd:
    """Return one of them. Raises Expired for an unknown one."""
    row = flag_rows.find_flag(tx, flag_id)
    if row is None:
        raise Expired
    return _odd(tx, row)


def see(tx: Tx, flag_id: str, actor: str, *, moment: Moment) -> Odd:
    """Mark one as looked at, and note who did. Raises Expired for an unknown one."""
    get(tx, flag_id)
    if flag_rows.see(tx, flag_id, moment.now):
        audit.note(tx, moment, "flag.seen", flag_id, actor=actor)
    return get(tx, flag_id)


def unseen(tx: Tx, *, now: datetime) -> int:
    """Return how many of the last two weeks nobody has looked at."""
    today = days.day_of(now, rules.current(tx).zone)
    return len(flag_rows.flagged(tx, since=today - LISTED, unseen=True))


def _shares(tx: Tx, today: Span, weeks: Span) -> Iterator[Finding]:
    unit = 10 * 10 ** EXPONENTS[rules.current(tx).currency]
    yield from patterns.odd_shares("typed", rows.typed(tx, today), rows.typed(tx, weeks))
    round_now, round_before = (rows.rounded(tx, span, unit_minor=unit) for span in (today, weeks))
    yield from patterns.odd_shares("round", round_now, round_before)
    now, before = _of_sales(tx, today), _of_sales(tx, weeks)
    for rule in ("voids", "spent_voids", "lookups"):
        yield from patterns.odd_shares(rule, now[rule], before[rule])


def _of_sales(tx: Tx, span: Span) -> Mapping[str, Mapping[str, Part]]:
    """Return, as parts of what each person sold: what they took back, and look-ups that led to nothing."""
    sold, back, looked = rows.sales(tx, span), rows.voids(tx, span), rows.lookups(tx, span)
    nothing = Part(0, 0)
    idle = {actor: number - sold.get(actor, nothing).cases for actor, number in looked.items()}
    return {
        "voids": {actor: Part(back.get(actor, (0, 0))[0], part.total) for actor, part in sold.items()},
        "spent_voids": {actor: Part(back.get(actor, (0, 0))[1], part.total) for actor, part in sold.items()},
        "lookups": {
            actor: Part(max(0, idle.get(actor, 0)), max(sold.get(actor, nothing).total, looked.get(actor, 0)))
            for actor in {*sold, *looked}
        },
    }


def _counts(tx: Tx, today: Span, weeks: Span) -> Iterator[Finding]:
    yield from patterns.odd_counts("adjusts", rows.adjusts(tx, today), rows.adjusts(tx, weeks), WEEKS.days)


def _pairs(tx: Tx, week: Span) -> Iterator[Finding]:
    totals = {actor: part.total for actor, part in rows.sales(tx, week).items()}
    yield from patterns.odd_pairs(rows.pairs(tx, week), totals)
    for row in rows.refund_pairs(tx, week, least=patterns.REFUNDS_LEAST):
        facts = {"cases": int(row.total), "minor": int(row.minor)}
        yield Finding("refunds_to_one", row.actor, member_id=row.member_id, facts=facts)


def _hours(tx: Tx, day: date, today: Span) -> Iterator[Finding]:
    usual = _usual_hours(tx, day)
    for rule, of in (("off_hours", "purchases"), ("night_scans", "scans")):
        for row in rows.outside(tx, today, usual, of=of):
            if row.total >= patterns.OFF_LEAST:
                yield Finding(rule, row.actor, row.store_id, facts={"cases": int(row.total)})


def _usual_hours(tx: Tx, day: date) -> Mapping[str, Span]:
    """Return each store's usual day as moments of this day; a store that is new has none."""
    zone = rules.current(tx).zone
    starts = [days.start_of(day - timedelta(days=back), zone) for back in range(WEEKS.days, -1, -1)]
    spans: dict[str, list[tuple[timedelta, timedelta]]] = {}
    for store_id, number, first, last in rows.hours(tx, starts):
        spans.setdefault(store_id, []).append((first - starts[number], last - starts[number]))
    usual = {}
    for store_id, found in spans.items():
        hours = patterns.usual_day([first for first, _ in found], [last for _, last in found])
        if hours is not None:
            usual[store_id] = Span(starts[-1] + hours[0], starts[-1] + hours[1])
    return usual


def _keep(tx: Tx, found: Finding, day: date, moment: Moment) -> None:
    year, week, _ = day.isocalendar()
    reference = f"{found.rule}:{found.actor}:{found.member_id or found.store_id}:{year}-{week}"
    whose = {"actor": found.actor, "store_id": found.store_id, "member_id": found.member_id}
    if flag_rows.flag(tx, reference, rule=found.rule, **whose, facts=dict(found.facts), day=day, at=moment.now):
        audit.note(tx, moment, "flag", reference, actor=found.actor, store_id=found.store_id, rule=found.rule)


def _listed(tx: Tx, found: list[Any]) -> list[Odd]:
    return [_odd(tx, row) for row in found]


def _odd(tx: Tx, row: Any) -> Odd:
    facts, currency = dict(row.facts), rules.current(tx).currency
    if "minor" in facts:
        facts["amount"] = Money(facts.pop("minor"), currency)
    return Odd(
        id=row.id,
        what=say(f"watch.{row.rule}", **facts),
        who=second_person.called(tx, row.actor),
        name=second_person.masked(tx, row.member_id) if row.member_id else None,
        store=choose(rules.store_name(tx, row.store_id)) if row.store_id else None,
        day=row.day,
        seen=row.seen_at is not None,
    )


def _digest(odd: list[Odd], day: date) -> Reply:
    lines = tuple(say("watch.line", who=one.who, what=one.what) for one in odd[:10])
    messages = (say("watch.digest", on=day, count=len(odd)), say("lines", lines=lines))
    return Reply(messages, buttons=((Button(say("button.watch"), word="watch"),),))
