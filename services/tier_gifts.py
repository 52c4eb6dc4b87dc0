"""What a tier brings in coupons: its gift, once in a lifetime, and its coupon of the month."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from membership import days
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.tiers import Tier
from services import Tx, coupons, rules, switches
from services.outbox import Notice, tell_member
from storage import coupons as coupon_rows
from storage import leases
from storage import tiers as rows

GIVE_AT: Final = time(10)
BATCH: Final = 100
_JOB: Final = "tier_coupons"


def welcome(tx: Tx, member_id: str, tier: Tier | None, *, moment: Moment) -> tuple[Message, ...]:
    """Give the gift of a tier somebody has just reached, and return what to tell them of the tier.

    Each member gets each tier's gift once; one that was taken back before it was used may be given once more.
    """
    if tier is None:
        return ()
    lines = [say("tier.benefits", text=choose(tier.benefits))] if tier.benefits else []
    offer = rules.current(tx).offer(tier.gift) if tier.gift else None
    reference = None if offer is None else _free_reference(tx, member_id, tier)
    if offer is not None and reference is not None:
        given = coupons.give(tx, member_id, offer, reference=reference, actor="shop", moment=moment)
        lines += [say("tier.gift", title=choose(offer.title))] if given is not None else []
    return tuple(lines)


def take_back(tx: Tx, member_id: str, tier_id: str, *, moment: Moment) -> bool:
    """Take the unused gift of a tier back; False where there is none."""
    for number in range(1, 100):
        row = coupon_rows.by_reference(tx, _reference(member_id, tier_id, number))
        if row is None:
            return False
        if row.state != "voided":
            return coupons.take_back(tx, row.id, actor="shop", moment=moment)
    return False


def give_monthly(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Give whoever holds a tier with a coupon of the month theirs, one a calendar month; return how many.

    Once a day, from ten o'clock on: whoever reaches such a tier has the coupon by the next day.
    """
    shop = rules.current(tx)
    due = _last_due(moment.now, tx)
    mark = leases.watermark(tx, _JOB)
    if mark is not None and mark >= days.at(due, GIVE_AT, shop.zone):
        return 0
    key = f"{due.year}-{due.month:02}"
    found = rows.without_coupon(tx, [tier.id for tier in _giving(tx, moment.now)], key, limit=limit)
    for row in found:
        _give(tx, row, key, due, moment=moment)
    if not found:
        leases.advance(tx, _JOB, days.at(due, GIVE_AT, shop.zone))
    return len(found)


def _give(tx: Tx, row: Any, key: str, due: date, *, moment: Moment) -> None:
    shop = rules.current(tx)
    tier = shop.ladder.find(row.tier)
    offer = None if tier is None else shop.offer(tier.monthly)
    assert tier is not None, "only members of tiers that give are asked for"
    assert offer is not None, "the rules name an offer for each coupon of the month"
    how = {"reference": f"tier-month:{row.id}:{key}", "actor": "clock"}
    given = coupons.give(tx, row.id, offer, **how, moment=moment)
    if given is None:
        return
    text = say("tier.monthly", tier=choose(tier.name), title=choose(offer.title))
    over = days.end_of(due + timedelta(days=3), shop.zone)
    buttons = ((Button(say("button.coupons"), word="coupons"),),)
    notice = Notice("tier_monthly", "offer", key, Reply((text,), buttons=buttons), expires_at=over)
    tell_member(tx, row.id, notice, moment=moment)


def _giving(tx: Tx, now: datetime) -> list[Tier]:
    """Return the tiers whose coupon of the month can be had: none sold out, over or switched off."""
    having = [tier for tier in rules.current(tx).ladder.tiers if tier.monthly]
    off = switches.off(tx, "offer") if having else frozenset()
    return [tier for tier in having if tier.monthly not in off and _can_be_had(tx, tier.monthly, now)]


def _can_be_had(tx: Tx, offer_id: str, now: datetime) -> bool:
    row, shop = coupon_rows.find_offer(tx, offer_id), rules.current(tx)
    offer = shop.offer(offer_id)
    if row is None or offer is None or offer.is_over(now, shop.zone):
        return False
    return row.stock is None or row.issued < row.stock


def _last_due(now: datetime, tx: Tx) -> date:
    """Return the last day of the shop on which the hour of giving has passed."""
    zone = rules.current(tx).zone
    today = days.day_of(now, zone)
    return today if days.at(today, GIVE_AT, zone) <= now else today - timedelta(days=1)


def _free_reference(tx: Tx, member_id: str, tier: Tier) -> str | None:
    """Return the reference under which the gift can be given; None where it was given before."""
    for number in range(1, 100):
        reference = _reference(member_id, tier.id, number)
        row = coupon_rows.by_reference(tx, reference)
        if row is None:
            return reference
        if row.state != "voided":
            return None
    return None


def _reference(member_id: str, tier_id: str, number: int) -> str:
    return f"tier-gift:{member_id}:{tier_id}" + ("" if number == 1 else f":{number}")
