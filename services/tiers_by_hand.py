"""A tier set by hand: by the owner or a manager, to a day, for a reason that is kept; and ended before its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from membership import days
from membership.errors import InvalidLastDay, NotAMember, TierUnknown
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from services import Tx, audit, fraud, rules, tier_gifts, tier_moves, tiers
from services.outbox import Notice, tell_member
from services.reader import Reader
from services.tier_moves import Step
from storage import members as member_rows
from storage import remarks as remark_rows
from storage import tiers as rows

DAYS_MAX: Final = 3 * 366


@dataclass(frozen=True, slots=True)
class Set:
    """What was set: the tier's name, the last day of it, and whether this was the first time it was asked for."""

    tier: Message
    until: date
    fresh: bool


def check_day(tx: Tx, until: date, *, moment: Moment) -> date:
    """Return a last day that will do: from today on, within three years. Raises InvalidLastDay."""
    today = days.day_of(moment.now, rules.current(tx).zone)
    if not today <= until <= today + timedelta(days=DAYS_MAX):
        raise InvalidLastDay
    return until


def set_tier(
    tx: Tx, member_id: str, tier_id: str, reader: Reader, *, until: date, reason: str, reference: str, moment: Moment
) -> Set:
    """Give a member a tier to the end of this day; no purchase and no review changes it before.

    The same reference gives the first answer again. Raises NotAMember, TierUnknown, InvalidLastDay and SelfCredit.
    """
    shop = rules.current(tx)
    tier = shop.ladder.find(tier_id)
    if tier is None:
        raise TierUnknown
    fraud.check_self(tx, reader, member_id)
    if rows.by_reference(tx, reference) is not None:
        return Set(choose(tier.name), until, fresh=False)
    row = member_rows.lock(tx, member_id)
    if row.state == "left":
        raise NotAMember
    ends = days.end_of(check_day(tx, until, moment=moment), shop.zone)
    counted = tiers.counted_now(tx, row, now=moment.now)
    step = Step(tier.id, "by_hand", counted, ends, reader.actor, fixed=True)
    if not tier_moves.move(tx, row, step, reference=reference, moment=moment):
        return Set(choose(tier.name), until, fresh=False)
    change_id = id_of(f"tier:{reference}")
    remark_rows.add(tx, change_id, member_id, reason, at=moment.now)
    lines = tier_gifts.welcome(tx, member_id, tier, moment=moment) if row.tier != tier.id else ()
    told = Reply(
        (say("tier.set", tier=choose(tier.name), on=until), *lines),
        buttons=((Button(say("button.tier"), word="tier"),),),
    )
    tell_member(tx, member_id, Notice("tier_set", "receipt", change_id, told), moment=moment)
    return Set(choose(tier.name), until, fresh=True)


def end(tx: Tx, member_id: str, reader: Reader, *, moment: Moment) -> Message:
    """End a tier set by hand now, and return the name of the tier that counts again. Raises SelfCredit."""
    fraud.check_self(tx, reader, member_id)
    if tier_moves.end_by_hand(tx, member_id, actor=reader.actor, moment=moment):
        subject = moment.new_id("tier-end")
        audit.note(tx, moment, "tier.end", subject, actor=reader.actor, store_id=reader.store_id, member=member_id)
    return tiers.name_of(rules.current(tx).ladder, member_rows.get(tx, member_id).tier)
