"""The lottery: a draw is paid, drawn, counted and handed over in one piece, once under its reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from membership import days
from membership import lottery as rule
from membership.coupons import Coupon
from membership.errors import Expired, LotteryClosed
from membership.lottery import Left, LotteryRules, Prize
from membership.member import check_standing
from membership.messages import Message, choose, say
from membership.moment import Moment, id_of
from services import Tx, audit, coupons, points, rules, switches
from services.ledger import Cause
from storage import lottery as rows
from storage import members as member_rows
from storage import merges

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Drum:
    """How the lottery stands for a member: its rules, what is left of each prize, and the draws left today.

    ``open`` is False while it is switched off, outside its days, or without any prize left.
    """

    rules: LotteryRules
    left: tuple[Left, ...]
    draws_left: int
    open: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw won: a prize with its coupon or its points; ``prize`` is None where it won nothing.

    ``version`` is that of the rules it was made under; ``fresh`` is False where the draw had been made before.
    """

    prize: Prize | None
    coupon: Coupon | None
    points: int
    version: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Won:
    """An earlier win: the day of the shop, and what it was."""

    on: date
    prize: Message


@dataclass(frozen=True, slots=True)
class Figures:
    """What the lottery did so far: draws, by how many members, points paid for them, and how often each prize was won.

    ``open`` is as in ``Drum``.
    """

    draws: int
    people: int
    paid: int
    given: tuple[tuple[Prize, int], ...]
    open: bool


def offered(tx: Tx) -> bool:
    """Tell whether the shop has a lottery, be it open or not."""
    return rules.current(tx).lottery is not None


def look(tx: Tx, member_id: str, *, now: datetime) -> Drum:
    """Return how it stands, without a draw. Raises Expired where the shop has none."""
    found = _rules(tx)
    left, today = _left(tx, found, now), days.day_of(now, rules.current(tx).zone)
    draws_left = max(0, found.per_day - rows.drawn(tx, member_id, today)[0])
    return Drum(found, left, draws_left, _is_open(tx, found, left, today))


def draw(tx: Tx, member_id: str, nonce: str, *, moment: Moment) -> Drawn:
    """Draw once; the same nonce (from the button) gives the first answer again.

    A prize whose stock is gone wins nothing, and the odds of the others stay. Raises Expired, NotAMember,
    MemberFrozen, LotteryClosed, DrawLimitReached and InsufficientPoints; then nothing is paid.
    """
    found, reference = _rules(tx), f"draw:{member_id}:{nonce}"
    member = member_rows.lock(tx, member_id)
    again = _drawn_before(tx, member_id, nonce)
    if again is not None:
        return _opened(tx, again)
    check_standing(member.state, member.frozen_at)
    today = days.day_of(moment.now, rules.current(tx).zone)
    before, last = rows.drawn(tx, member_id, today)
    _check(tx, found, before, moment.now)
    if found.price_points:
        cause = Cause(f"{reference}:price", member_id, (say("lottery.why_price"),))
        points.spend(tx, member_id, found.price_points, cause, moment=moment)
    drawn = _drawn(tx, member_id, found, reference, moment=moment)
    _write(tx, member_id, drawn, reference, day=today, nth=last + 1, price=found.price_points, moment=moment)
    return drawn


def was_drawn(tx: Tx, member_id: str, nonce: str) -> bool:
    """Tell whether this member, or who is one with them now, drew with this nonce before."""
    return _drawn_before(tx, member_id, nonce) is not None


def won(tx: Tx, member_id: str) -> list[Won]:
    """Return the member's latest wins, newest first."""
    zone = rules.current(tx).zone
    return [
        Won(days.day_of(row.at, zone), named(tx, _prize(tx, row), version=row.rules_version))
        for row in rows.won(tx, member_id, SHOWN)
    ]


def figures(tx: Tx, *, now: datetime) -> Figures:
    """Return what it did so far, for those who read reports. Raises Expired where the shop has none."""
    found, (total, people, paid) = _rules(tx), rows.totals(tx)
    given, today = rows.given(tx), days.day_of(now, rules.current(tx).zone)
    counted = tuple((prize, given.get(prize.id, 0)) for prize in found.prizes)
    return Figures(total, people, paid, counted, _is_open(tx, found, _left(tx, found, now), today))


def named(tx: Tx, prize: Prize, *, version: int | None = None) -> Message:
    """Return what a prize is called: the points, or the title of its coupon, as in that version of the rules."""
    if prize.points:
        return say("lottery.points", points=prize.points)
    shop = rules.current(tx) if version is None else rules.at_version(tx, version)
    offer = shop.offer(prize.offer)
    assert offer is not None, "a prize's offer is one of the same rules"
    return choose(offer.title)


def _check(tx: Tx, found: LotteryRules, before: int, now: datetime) -> None:
    if switches.state(tx, "lottery", rule.CODE) == "off":
        raise LotteryClosed
    rule.check_open(found, _left(tx, found, now), today=days.day_of(now, rules.current(tx).zone))
    rule.check_limit(found, before)


def _is_open(tx: Tx, found: LotteryRules, left: tuple[Left, ...], today: date) -> bool:
    try:
        rule.check_open(found, left, today=today)
    except LotteryClosed:
        return False
    return switches.state(tx, "lottery", rule.CODE) == "on"


def _left(tx: Tx, found: LotteryRules, now: datetime) -> tuple[Left, ...]:
    """Return what is left of each prize: of one that is a coupon no more than can be given of its offer."""
    given, shop = rows.given(tx), rules.current(tx)
    offers = [offer for offer in map(shop.offer, {prize.offer for prize in found.prizes}) if offer is not None]
    there = coupons.left(tx, offers, now=now)

    def count(prize: Prize) -> int | None:
        own = [] if prize.stock is None else [max(0, prize.stock - given.get(prize.id, 0))]
        return min([*own, *([there[prize.offer]] if prize.offer in there else [])], default=None)

    return tuple(Left(prize, count(prize)) for prize in found.prizes)


def _drawn(tx: Tx, member_id: str, found: LotteryRules, reference: str, *, moment: Moment) -> Drawn:
    """Pull a ticket and hand its prize over; the ticket belongs to the moment's seed and the reference."""
    version = rules.version(tx)
    prize = found.won_by(moment.below(reference, found.tickets))
    if prize is None or not rows.take(tx, prize.id, prize.stock):
        return Drawn(None, None, 0, version, fresh=True)
    if prize.points:
        cause = Cause(f"{reference}:win", member_id, (say("lottery.why_win"),))
        points.earn(tx, member_id, prize.points, cause, moment=moment)
        return Drawn(prize, None, prize.points, version, fresh=True)
    offer = rules.current(tx).offer(prize.offer)
    assert offer is not None, "reading the rules has made sure of it"
    coupon = coupons.give(tx, member_id, offer, reference=f"{reference}:win", actor="lottery", moment=moment)
    if coupon is None:  # the offer has a stock of its own, and that is gone
        rows.put_back(tx, prize.id)
        return Drawn(None, None, 0, version, fresh=True)
    return Drawn(prize, coupon, 0, version, fresh=True)


def _write(tx: Tx, member_id: str, drawn: Drawn, reference: str, *, moment: Moment, **when: Any) -> None:
    row_id, prize = id_of(reference), drawn.prize.id if drawn.prize else ""
    coupon_id = None if drawn.coupon is None else drawn.coupon.id
    facts = {"price_points": when["price"], "prize": prize, "points": drawn.points}
    told = {**facts, "reference": reference, "member_id": member_id, "day": when["day"], "nth": when["nth"]}
    added = rows.add(tx, row_id, **told, coupon_id=coupon_id, rules_version=drawn.version, at=moment.now)
    assert added, "the member is locked: nobody else draws for them"
    audit.note(tx, moment, "lottery.draw", row_id, actor=member_id, member=member_id, nth=when["nth"], **facts)


def _drawn_before(tx: Tx, member_id: str, nonce: str) -> Any:
    """Return the draw with this nonce, also by whom this member became one with; None for none."""
    found = (rows.find(tx, f"draw:{one}:{nonce}") for one in (member_id, *merges.absorbed(tx, member_id)))
    return next((row for row in found if row is not None), None)


def _opened(tx: Tx, row: Any) -> Drawn:
    coupon = None if row.coupon_id is None else coupons.get(tx, row.coupon_id, row.member_id)
    prize = _prize(tx, row) if row.prize else None
    return Drawn(prize, coupon, int(row.points), int(row.rules_version), fresh=False)


def _prize(tx: Tx, row: Any) -> Prize:
    found = rules.at_version(tx, row.rules_version).lottery
    prize = None if found is None else found.prize(row.prize)
    assert prize is not None, "a draw's rules version names its prize"
    return prize


def _rules(tx: Tx) -> LotteryRules:
    """Return the shop's lottery. Raises Expired: the button of a shop that has ended it."""
    found = rules.current(tx).lottery
    if found is None:
        raise Expired
    return found
