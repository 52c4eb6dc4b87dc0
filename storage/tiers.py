"""What counts towards a tier, every change of one, and whose tier must be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, Select, and_, bindparam, case, exists, func, literal, or_, select

from membership.tiers import METRICS, Metric
from storage.database import Tx
from storage.tables import coupons, members, outbox, purchases, refunds, tier_changes

Span = tuple[datetime, datetime]
"""From the first moment, up to the second."""

# Statements of every purchase are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_SINCE: Final = bindparam("since", type_=purchases.c.at.type)
_UNTIL: Final = bindparam("until", type_=purchases.c.at.type)


def _refunded(column: Any) -> Any:
    """Return what refunds of the purchase took of something, added up."""
    total = select(func.coalesce(func.sum(column), 0)).where(refunds.c.purchase_id == purchases.c.id)
    return total.correlate(purchases).scalar_subquery()


# What the shop had added to stored value was never spent by the member.
_OWN: Final = (
    purchases.c.paid_minor
    - purchases.c.refunded_minor
    - case(
        (purchases.c.stored_bonus_minor > 0, purchases.c.stored_bonus_minor - _refunded(refunds.c.stored_bonus_minor)),
        else_=0,
    )
)
_CLAWED: Final = case((purchases.c.refunded_minor > 0, _refunded(refunds.c.points_clawed_back)), else_=0)
_WORTH: Final[Mapping[Metric, Any]] = {
    "spend": func.coalesce(func.sum(_OWN), 0),
    "visits": func.count(purchases.c.id),
    "points": func.coalesce(func.sum(purchases.c.points_earned - _CLAWED), 0),
}


def _counting(metric: Metric, member: Any) -> Select[Any]:
    """Return the question what this member's standing purchases of a span come to."""
    span = and_(purchases.c.undone_at.is_(None), purchases.c.at >= _SINCE, purchases.c.at < _UNTIL)
    return select(_WORTH[metric]).where(purchases.c.member_id == member, span)


_COUNTED: Final[Mapping[Metric, Select[Any]]] = {metric: _counting(metric, _OF) for metric in METRICS}
_BY_REFERENCE: Final = select(tier_changes).where(tier_changes.c.reference == _OF)


def counted(tx: Tx, member_id: str, metric: Metric, *, since: datetime, until: datetime) -> int:
    """Return what a member's standing purchases of this span come to: minor units, purchases, or points."""
    return int(tx.scalar(_COUNTED[metric], {"of": member_id, "since": since, "until": until}))


def add_change(tx: Tx, change_id: str, **values: Any) -> bool:
    """Write a change of a tier down; False if the same reference was written before."""
    return tx.insert_once(tier_changes, {"id": change_id, **values})


def by_reference(tx: Tx, reference: str) -> Row[Any] | None:
    """Return the change made under this reference, or None."""
    return tx.one(_BY_REFERENCE, {"of": reference})


def history(tx: Tx, member_id: str, *, limit: int) -> list[Row[Any]]:
    """Return a member's changes, newest first."""
    mine = select(tier_changes).where(tier_changes.c.member_id == member_id)
    return tx.all(mine.order_by(tier_changes.c.at.desc(), tier_changes.c.id).limit(limit))


def before(tx: Tx, change: Any) -> Row[Any] | None:
    """Return the change that had led to where this one began, or None where nothing is written of it."""
    led = (tier_changes.c.member_id == change.member_id) & (tier_changes.c.after == change.before)
    earlier = led & (tier_changes.c.at <= change.at) & (tier_changes.c.id != change.id)
    return tx.one(select(tier_changes).where(earlier).order_by(tier_changes.c.at.desc(), tier_changes.c.id).limit(1))


def held_at(tx: Tx, member_id: str, at: datetime) -> str | None:
    """Return the tier a member held at this moment, as its changes tell; None where none was written down."""
    mine = select(tier_changes).where(tier_changes.c.member_id == member_id)
    last = tx.one(mine.where(tier_changes.c.at <= at).order_by(tier_changes.c.at.desc(), tier_changes.c.id).limit(1))
    if last is not None:
        return str(last.after)
    later = tx.one(mine.where(tier_changes.c.at > at).order_by(tier_changes.c.at, tier_changes.c.id).limit(1))
    return None if later is None else str(later.before)


def first_by_hand(tx: Tx, member_id: str) -> Row[Any] | None:
    """Return the oldest of the settings by hand that follow each other up to now, or None."""
    mine = tier_changes.c.member_id == member_id
    by_hand = mine & (tier_changes.c.reason == "by_hand")
    other = select(func.max(tier_changes.c.at)).where(mine, tier_changes.c.reason != "by_hand").scalar_subquery()
    since = or_(other.is_(None), tier_changes.c.at >= other)
    return tx.one(select(tier_changes).where(by_hand, since).order_by(tier_changes.c.at, tier_changes.c.id).limit(1))


def due(tx: Tx, *, now: datetime, closed: datetime, limit: int) -> list[Row[Any]]:
    """Return members whose tier by hand has ended, or whose hold had by ``closed``; held against other planners."""
    by_hand = and_(members.c.tier_fixed_until.is_not(None), members.c.tier_fixed_until <= now)
    held = and_(members.c.tier_fixed_until.is_(None), members.c.tier_until <= closed)
    found = select(members).where(members.c.tier_until <= now, or_(by_hand, held), members.c.state != "left")
    return _mine(tx, found.order_by(members.c.tier_until, members.c.id).limit(limit))


def unheld(tx: Tx, tiers: Collection[str], *, limit: int) -> list[Row[Any]]:
    """Return members in one of these tiers of whom it is not written how long they hold it; held against others."""
    lacking = and_(members.c.tier.in_(list(tiers)), members.c.tier_until.is_(None), members.c.state != "left")
    return _held(tx, select(members).where(lacking).order_by(members.c.id).limit(limit))


def to_warn(
    tx: Tx, key: str, metric: Metric, needed: Mapping[str, int], *, held: Span, counting: Span, limit: int
) -> list[Row[Any]]:
    """Return members whose hold ends in the span ``held`` and who count too little in the span ``counting``.

    ``needed`` tells the threshold of each tier; ``key`` is the warning's, which was not put in for them yet.
    """
    unsaid = ~exists().where(
        outbox.c.recipient == members.c.id, outbox.c.kind == "tier_warning", outbox.c.period_key == key
    )
    ends = and_(members.c.tier_until > held[0], members.c.tier_until <= held[1], members.c.tier_fixed_until.is_(None))
    wanted = and_(members.c.state != "left", members.c.reminders_on, members.c.tier.in_(list(needed)))
    missing = _counting(metric, members.c.id).correlate(members).scalar_subquery() < case(needed, value=members.c.tier)
    found = select(members).where(ends, wanted, unsaid, missing).order_by(members.c.id).limit(limit)
    return tx.all(found, {"since": counting[0], "until": counting[1]})


def without_coupon(tx: Tx, tiers: Collection[str], key: str, *, limit: int) -> list[Row[Any]]:
    """Return members in one of these tiers who were not given this month's coupon yet; held against other writers."""
    given = exists().where(coupons.c.reference == literal("tier-month:") + members.c.id + literal(f":{key}"))
    mine = and_(members.c.tier.in_(list(tiers)), members.c.state == "joined", members.c.frozen_at.is_(None))
    return _held(tx, select(members).where(mine, ~given).order_by(members.c.id).limit(limit))


def _mine(tx: Tx, found: Select[Any]) -> list[Row[Any]]:
    return tx.all(found.with_for_update(skip_locked=True) if tx.dialect == "postgresql" else found)


def _held(tx: Tx, found: Select[Any]) -> list[Row[Any]]:
    """Return rows once whoever changes them now is done: where none is left, the job notes that its work is over."""
    return tx.all(found.with_for_update(key_share=True) if tx.dialect == "postgresql" else found)
