"""What the shop says by itself: birthday greetings, and warnings that points or coupons end; planned, once each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from membership import birthdays, days
from membership.birthdays import Occurrence
from membership.coupons import Coupon
from membership.errors import InvalidBirthday
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from membership.offers import Offer
from membership.rules import ShopRules
from services import Tx, audit, coupons, grants, members, points, privacy, reminders, rules, switches
from services.outbox import Notice, tell_member
from storage import coupons as coupon_rows
from storage import greetings as rows
from storage import leases
from storage import members as member_rows
from storage.faults import SealBroken

BATCH = 200
LATE = timedelta(hours=36)
"""A greeting that is later than this is dropped; the outbox keeps it as cancelled, so it is counted."""

REST = timedelta(days=300)
"""Two greetings of one member, and two coupons of one offer, lie so far apart, however the birthday was changed."""

WARN_AT = time(10)
ERASE_AFTER = timedelta(days=7)
COUPON_AGE = timedelta(days=1)
"""A coupon younger than this needs no warning: its holder has just read when it ends."""


def greet_birthdays(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Greet the members whose birthday has come, each once a birthday-year, with the birthday's coupons.

    The date of the next birthday moves on with the greeting, so another run finds nothing to do. Where the coupons
    count from some days before the day, they come that much earlier. Return how many members were looked at.
    """
    shop = rules.current(tx)
    due = _last_day(moment.now, shop.birthday.greet_at, shop)
    found = rows.born_by(tx, due, limit=limit)
    said = rows.said(tx, "birthday", [row.id for row in found])
    for row in found:
        _celebrate(tx, row, due, said.get(row.id, {}), moment=moment)
    return len(found) or _give_ahead(tx, due, moment=moment, limit=limit)


def warn_points(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Warn of points that end in 30, 7 and 1 days (the shop's choice); return how many members are told."""
    shop = rules.current(tx)

    def warn(stage: Stage) -> int:
        key = f"{stage.on.isoformat()}/{stage.days_ahead}"
        found = rows.with_points_ending(tx, key, since=stage.since, until=stage.until, limit=limit)
        for row in found:
            worth = Money(shop.points.worth.minor_of(int(row.points)), shop.currency)
            reply = reminders.points_ending(int(row.points), stage.on, worth)
            notice = Notice("points_expiring", "reminder", key, reply, expires_at=stage.until)
            tell_member(tx, row.member_id, notice, moment=moment)
        return len(found)

    return in_stages(tx, "warn_points", shop.notices.points_days, warn, moment=moment)


def warn_coupons(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Warn of coupons that end in 3 days (the shop's choice); return how many coupons are told of."""

    def warn(stage: Stage) -> int:
        span = {"since": stage.since, "until": stage.until, "issued_by": moment.now - COUPON_AGE}
        found = rows.coupons_ending(tx, stage.days_ahead, **span, limit=limit)
        for row in found:
            coupon = coupons.get(tx, row.id, row.member_id)
            reply = reminders.coupon_ending(choose(coupon.offer.title), stage.on)
            key = f"{row.id}/{stage.days_ahead}"
            notice = Notice("coupon_expiring", "reminder", key, reply, expires_at=row.expires_at)
            tell_member(tx, row.member_id, notice, moment=moment)
        return len(found)

    return in_stages(tx, "warn_coupons", rules.current(tx).notices.coupon_days, warn, moment=moment)


def expire_points(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Book points off whose end has come; return how many lots."""
    return points.expire_due(tx, moment=moment, limit=limit)


def expire_coupons(tx: Tx, moment: Moment) -> int:
    """Mark coupons whose end has come; return how many."""
    return coupons.expire_due(tx, now=moment.now)


def erase_left(tx: Tx, moment: Moment, *, limit: int = 20) -> int:
    """Erase the data of members who left a week ago; return how many."""
    found = member_rows.left_since(tx, before=moment.now - ERASE_AFTER, limit=limit)
    for row in found:
        if member_rows.lock(tx, row.id).state == "left":  # else two who were one have been parted at this very moment
            privacy.erase(tx, row.id, now=moment.now)
    return len(found)


@dataclass(frozen=True, slots=True)
class Stage:
    """One warning due: so many days ahead of ``on``, the last day; what ends in the span ends with that day."""

    days_ahead: int
    on: date
    since: datetime
    until: datetime


def in_stages(tx: Tx, job: str, ahead: Sequence[int], warn: Callable[[Stage], int], *, moment: Moment) -> int:
    """Warn for each day that came since the last run; the watermark moves when nothing is left to be said."""
    shop = rules.current(tx)
    due = _last_day(moment.now, WARN_AT, shop)
    mark = leases.watermark(tx, job)
    before = due - timedelta(days=1) if mark is None else days.day_of(mark, shop.zone)
    if before < due:
        for stage in _stages(sorted(ahead), before, due, shop):
            if told := warn(stage):
                return told
        leases.advance(tx, job, days.at(due, WARN_AT, shop.zone))
    return 0


def _stages(ahead: Sequence[int], before: date, due: date, shop: ShopRules) -> Iterator[Stage]:
    """Yield what became due after ``before`` up to ``due``; after a pause only the closest warning of each end."""
    closer = -1
    for days_ahead in ahead:
        first = max(before + timedelta(days=days_ahead), due + timedelta(days=closer))
        for number in range(1, (due + timedelta(days=days_ahead) - first).days + 1):
            on = first + timedelta(days=number)
            yield Stage(days_ahead, on, days.start_of(on, shop.zone), days.end_of(on, shop.zone))
        closer = days_ahead


def _last_day(now: datetime, clock: time, shop: ShopRules) -> date:
    """Return the last day of the shop on which this local time has passed."""
    today = days.day_of(now, shop.zone)
    return today if days.at(today, clock, shop.zone) <= now else today - timedelta(days=1)


def _celebrate(tx: Tx, row: Any, due: date, said: Mapping[str, datetime], *, moment: Moment) -> None:
    """Greet one member if it is time, and note the next birthday; one whose data is damaged stops only themselves."""
    next_on = None
    try:
        with tx.savepoint():
            next_on = _greet_if_due(tx, row, due, said, moment=moment)
    except SealBroken:
        audit.note(tx, moment, "member.damaged", row.id, actor="clock")
    member_rows.change(tx, row.id, birthday_next_on=next_on)


def _greet_if_due(tx: Tx, row: Any, due: date, said: Mapping[str, datetime], *, moment: Moment) -> date | None:
    """Return the date of the next birthday; None where it is not known (any more)."""
    try:
        birthday = birthdays.parse(member_rows.opened(tx, row, "birthday"), due)
    except InvalidBirthday:
        return None
    feb29 = rules.current(tx).birthday.feb29
    feast = birthdays.next_occurrence(birthday, row.birthday_next_on - timedelta(days=1), feb29=feb29)
    rested = feast.period_key not in said and all(at <= moment.now - REST for at in said.values())
    if feast.on <= due and row.birthday_on and rested:
        _greet(tx, row, feast, moment=moment)
    return birthdays.next_on(birthday, due, feb29=feb29)


def _greet(tx: Tx, row: Any, feast: Occurrence, *, moment: Moment) -> None:
    shop = rules.current(tx)
    found = [_give(tx, row.id, offer, feast, moment=moment) for offer in shop.offers_for("birthday")]
    given = {coupon.id for coupon in found if coupon is not None}
    # one that came early may be used, taken back or over by now
    held = coupons.held(tx, row.id, now=moment.now) if given else ()
    lines = tuple(_coupon_line(coupon, shop) for coupon in held if coupon.id in given)
    name = members.addressed(members.get(tx, row.id).name)
    greeting = say("birthday.greeting", name=name, shop=choose(shop.name))
    buttons = ((Button(say("button.coupons"), word="coupons"),),) if lines else ()
    over = days.at(feast.on, shop.birthday.greet_at, shop.zone) + LATE
    notice = Notice(
        "birthday", "reminder", feast.period_key, Reply((greeting, *lines), buttons=buttons), expires_at=over
    )
    tell_member(tx, row.id, notice, moment=moment)


def _give(tx: Tx, member_id: str, offer: Offer, feast: Occurrence, *, moment: Moment) -> Coupon | None:
    """Give a birthday coupon that counts around the day; None where its days or its stock are over, or not for them.

    Who was given one lately, for whatever day their birthday was then, has that one.
    """
    lately = rows.birthday_coupon(tx, member_id, offer.id, since=moment.now - REST)
    if lately is not None:
        return coupons.get(tx, lately, member_id)
    around = rules.current(tx).birthday
    last = feast.on + timedelta(days=around.days_after)
    if offer.validity.ends_on is not None:
        last = min(last, offer.validity.ends_on)
    first = max(feast.on - timedelta(days=around.days_before), offer.validity.starts_on or date.min)
    validity = replace(offer.validity, starts_on=first, ends_on=last, days=None, from_next_day=False)
    if days.end_of(last, rules.current(tx).zone) <= moment.now:
        return None
    reference = f"birthday:{member_id}:{feast.period_key}:{offer.id}"
    given = replace(offer, validity=validity)
    return coupons.give_fitting(tx, member_id, given, reference=reference, actor="clock", moment=moment)


def _give_ahead(tx: Tx, due: date, *, moment: Moment, limit: int) -> int:
    """Give the coupons of birthdays that are near enough for them to count; return to how many members.

    What is not for everybody, is gone or is over, comes with the greeting or not at all: nobody is looked at in vain.
    """
    shop = rules.current(tx)
    unlimited = (offer for offer in shop.offers_for("birthday") if not offer.is_limited)
    offers = [offer for offer in unlimited if _is_there(tx, offer, now=moment.now)]
    if not offers or not shop.birthday.days_before:
        return 0
    near, since = due + timedelta(days=shop.birthday.days_before), moment.now - REST
    found = rows.born_soon(tx, _too_early(offers, due, shop), near, given_since=since, limit=limit)
    return sum(_give_early(tx, row, due, offers, moment=moment) for row in found)


def _is_there(tx: Tx, offer: Offer, *, now: datetime) -> bool:
    row, ends_on = coupon_rows.find_offer(tx, offer.id), offer.validity.ends_on
    left = row is not None and (row.stock is None or row.issued < row.stock)
    lasts = ends_on is None or days.end_of(ends_on, rules.current(tx).zone) > now
    return left and lasts and offer.id not in switches.off(tx, "offer")


def _too_early(offers: Sequence[Offer], due: date, shop: ShopRules) -> date:
    """Return the last day whose birthdays get none of these: they were greeted, or the coupon begins after them."""
    begin = min(offer.validity.starts_on or date.min for offer in offers)
    return due if begin <= due else max(due, begin - timedelta(days=shop.birthday.days_after + 1))


def _give_early(tx: Tx, row: Any, due: date, offers: Sequence[Offer], *, moment: Moment) -> bool:
    """Give one member the coupons of the birthday that comes, and tell them; the greeting names them again."""
    try:
        birthday = birthdays.parse(member_rows.opened(tx, row, "birthday"), due)
    except (InvalidBirthday, SealBroken):
        _celebrate(tx, row, due, {}, moment=moment)  # which notes it, and that no birthday is known
        return False
    before, feb29 = row.birthday_next_on - timedelta(days=1), rules.current(tx).birthday.feb29
    feast = birthdays.next_occurrence(birthday, before, feb29=feb29)
    found = [_give(tx, row.id, offer, feast, moment=moment) for offer in offers]
    given = [coupon for coupon in found if coupon is not None]
    for coupon in given:
        grants.tell(tx, row.id, coupon, moment=moment)
    return bool(given)


def _coupon_line(coupon: Coupon, shop: ShopRules) -> Message:
    assert coupon.expires_at is not None, "a birthday coupon ends"
    on = days.day_of(coupon.expires_at - timedelta(seconds=1), shop.zone)
    return say("birthday.coupon", title=choose(coupon.offer.title), on=on)
