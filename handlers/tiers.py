"""My tier: what it brings, until when it is mine, what keeps it, how far the next one is, and how it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handlers import tier_desk
from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.earning import written
from membership.errors import TierUnknown
from membership.member import Who
from membership.messages import Message, Reply, choose, say
from membership.moment import Moment
from membership.tiers import Tier
from services import Tx, members, rules, tiers
from services.tiers import Change, Standing

LINES = 5


def show_tier(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Show a member how they stand on the ladder; who is none, but may set tiers, is asked whose."""
    may_set = rights.may(who.roles, "set_tier")
    if who.member_id is None and may_set:
        return tier_desk.set_tier(tx, said, who, (), moment=moment)
    member_id = members.required(who)
    stands = tiers.standing(tx, member_id, now=moment.now)
    if stands.tier is None:
        raise TierUnknown
    paragraphs = [say("tier.title", tier=choose(stands.tier.name)), *listed(benefits(tx, stands.tier))]
    paragraphs += listed(standing_lines(tx, stands))
    changes = tiers.history(tx, member_id, limit=LINES)
    if changes:
        paragraphs += [say("tier.history"), *listed(map(change_line, changes))]
    office = [[tap("settier", "settier")]] if may_set else []
    return screen(*paragraphs, buttons=[*office, [tap("points", "points"), tap("coupons", "coupons")], home_row()])


def benefits(tx: Tx, tier: Tier) -> Iterator[Message]:
    """Give what a tier brings, a line each, the shop's own words last."""
    if tier.percent_off:
        yield say("tier.percent", percent=tier.percent_off)
    if tier.multiplier != 1:
        yield say("tier.multiplier", multiplier=written(tier.multiplier))
    if tier.birthday_multiplier != 1:
        yield say("tier.birthday", multiplier=written(tier.birthday_multiplier))
    monthly = rules.current(tx).offer(tier.monthly) if tier.monthly else None
    if monthly is not None:
        yield say("tier.each_month", title=choose(monthly.title))
    if tier.benefits:
        yield choose(tier.benefits)


def standing_lines(tx: Tx, stands: Standing) -> Iterator[Message]:
    """Give until when a tier is held, what keeps it and how far the next one is."""
    if stands.until is not None:
        yield say("tier.fixed_until" if stands.fixed else "tier.until", on=stands.until)
        if stands.stay is not None:
            yield tiers.stay_line(tx, stands.tier, stands.stay)
        elif not stands.fixed:
            yield say("tier.safe")
    if stands.ahead is not None:
        yield stands.ahead


def change_line(change: Change) -> Message:
    """Return one line of the history."""
    facts = {"at": change.at, "tier": change.after, "reason": change.reason}
    if change.before == change.after:
        return say("tier.change_none", **facts)
    return say("tier.change", before=change.before, **facts)
