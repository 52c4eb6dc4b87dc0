"""Two members who are one person become one: nothing is lost, and within a week they can be parted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from membership import linking
from membership.confirming import LIFE
from membership.errors import (
    AnswerAwaited,
    IdReused,
    LinkOwn,
    MergeFinal,
    MergeUnknown,
    NotAMember,
)
from membership.linking import Side
from membership.member import check_standing
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from services import (
    Tx,
    audit,
    broadcasts,
    coupons,
    merge_person,
    merge_value,
    points,
    reservations,
    rules,
    stored_value,
    webhooks,
)
from services.ledger import Cause
from services.outbox import Notice, tell_account
from storage import identities, members, passes
from storage import merges as rows

MERGED: Final = "merged"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a member has, as it is shown before two become one: what is held, and the tier's name."""

    points: int
    debt: int
    coupons: int
    stored: Money
    tier: Message


@dataclass(frozen=True, slots=True)
class Preview:
    """What the two have apart, and what the one will have."""

    kept: Holding
    gone: Holding
    together: Holding


@dataclass(frozen=True, slots=True)
class Merged:
    """Two members that are one since ``at``, until when (UTC) they can be parted, and whether they were."""

    id: str
    kept_id: str
    gone_id: str
    at: datetime
    undo_until: datetime
    parted: bool


def preview(tx: Tx, one_id: str, other_id: str, *, now: datetime) -> Preview:
    """Return what would come of the two being one. Raises what ``merge`` raises."""
    kept, gone = _checked(tx, one_id, other_id, now)
    mine, theirs = holding(tx, kept.id, now=now), holding(tx, gone.id, now=now)
    both = Holding(
        points=mine.points + theirs.points,
        debt=mine.debt + theirs.debt,
        coupons=mine.coupons + theirs.coupons,
        stored=Money(mine.stored.minor + theirs.stored.minor, mine.stored.currency),
        tier=_tier_name(tx, _higher(tx, kept, gone)),
    )
    return Preview(mine, theirs, both)


def holding(tx: Tx, member_id: str, *, now: datetime) -> Holding:
    """Return what a member has now."""
    has = points.balance(tx, member_id, now=now)
    return Holding(
        points=has.points + has.pending,
        debt=has.debt,
        coupons=len(coupons.held(tx, member_id, now=now)),
        stored=stored_value.balance(tx, member_id).total,
        tier=_tier_name(tx, members.get(tx, member_id).tier),
    )


def merge(tx: Tx, one_id: str, other_id: str, *, reference: str, actor: str, moment: Moment) -> Merged:
    """Make one member of two: whoever has been one longer is kept, and everything of the other's comes over.

    The same reference gives the first answer again. Raises LinkOwn, NotAMember, MemberFrozen, AnswerAwaited (a bill
    or a visit waits for a yes), and IdReused for the same reference with two others.
    """
    merge_id = id_of(f"merge:{reference}")
    before = _made(tx, merge_id, one_id, other_id)
    if before is not None:
        return before
    _hold(tx, one_id, other_id)
    before = _made(tx, merge_id, one_id, other_id)
    if before is not None:
        return before  # while this one waited, somebody was faster
    kept, gone = _checked(tx, one_id, other_id, moment.now)
    moved = _bring_over(tx, kept, gone, merge_id, actor=actor, moment=moment)
    ends = {"at": moment.now, "undo_until": moment.now + linking.UNDO}
    pair = {"kept_id": kept.id, "gone_id": gone.id}
    rows.add(tx, merge_id, reference=reference, state="done", moved=moved, actor=actor, **pair, **ends)
    audit.note(tx, moment, "member.merge", merge_id, actor=actor, **pair)
    webhooks.emit(tx, "member.merged", merge_id, {"member_id": kept.id, "gone_id": gone.id}, moment=moment)
    return get(tx, merge_id)


def undo(tx: Tx, merge_id: str, *, actor: str, moment: Moment) -> Merged:
    """Part two that were made one: what came over goes back as it stands; what was spent meanwhile stays spent.

    Raises MergeUnknown, MergeFinal (too late, or the one became part of somebody else since), MemberFrozen (nothing
    leaves a stopped card by this way) and AnswerAwaited.
    """
    row = rows.find(tx, merge_id)
    if row is None or row.state != "done":
        raise MergeUnknown
    _hold(tx, row.kept_id, row.gone_id)
    kept = members.get(tx, row.kept_id)
    gone = members.get(tx, row.gone_id)
    if kept.state == "left" or gone.erased_at is not None or moment.now >= row.undo_until:
        raise MergeFinal
    check_standing(kept.state, kept.frozen_at)
    _check_no_bill(tx, kept.id, moment.now)
    if not rows.end(tx, merge_id, moment.now):
        raise MergeUnknown  # somebody was faster
    moved: Mapping[str, Any] = row.moved
    merge_value.give_back(tx, row, moment=moment, actor=actor)
    rows.hand_back(tx, moved["rows"], kept.id, gone.id)
    merge_person.part(tx, kept, gone, moved, moment=moment)
    merge_person.count_anew(tx, kept.id, gone.id)
    for member_id in (kept.id, gone.id):
        rows.restreak(tx, member_id)
    audit.note(tx, moment, "member.part", merge_id, actor=actor, kept_id=kept.id, gone_id=gone.id)
    webhooks.emit(tx, "member.parted", merge_id, {"member_id": kept.id, "gone_id": gone.id}, moment=moment)
    return get(tx, merge_id)


def get(tx: Tx, merge_id: str) -> Merged:
    """Return a merge, undone or not. Raises MergeUnknown."""
    found = find(tx, merge_id)
    if found is None:
        raise MergeUnknown
    return found


def find(tx: Tx, merge_id: str) -> Merged | None:
    """Return a merge, undone or not, or None."""
    row = rows.find(tx, merge_id)
    return None if row is None else _merged(row)


def own(tx: Tx, merge_id: str, member_id: str) -> Merged:
    """Return a merge into this member. Raises MergeUnknown, also for somebody else's."""
    found = get(tx, merge_id)
    if found.kept_id != member_id:
        raise MergeUnknown
    return found


def of_member(tx: Tx, member_id: str, *, now: datetime) -> list[Merged]:
    """Return what became part of this member and can still be parted, newest first."""
    return [_merged(row) for row in rows.open_of(tx, member_id, now)]


def recent(tx: Tx, *, now: datetime, limit: int = 5) -> list[Merged]:
    """Return the newest merges of the shop that can still be undone."""
    return [_merged(row) for row in rows.recent(tx, now, limit=limit)]


def now_one(tx: Tx, member_id: str) -> str:
    """Return the member this one is today, having become part of another one or not."""
    return rows.now_one(tx, member_id)


def tell(tx: Tx, done: Merged, key: str, members_told: Sequence[str], *, but: str, moment: Moment) -> None:
    """Tell every account of these members but the one (``but``) that has just been answered."""
    told = Reply(
        (say(key, shop=choose(rules.current(tx).name), until=done.undo_until),),
        buttons=((Button(say("button.link"), word="link"),),),
    )
    for member_id in members_told:
        for row in identities.of_member(tx, member_id):
            if row.id != but:
                notice = Notice(MERGED, "receipt", f"{key}:{done.id}", told)
                tell_account(tx, row.id, notice, moment=moment, member_id=member_id)


def side(row: Any) -> Side:
    """Return of a member's row what matters when two become one."""
    agreed = {name: bool(getattr(row, name)) for name in ("offers_on", "reminders_on", "birthday_on")}
    return Side(row.id, row.joined_at, row.tier, **agreed)


def _bring_over(tx: Tx, kept: Side, gone: Side, merge_id: str, *, actor: str, moment: Moment) -> dict[str, Any]:
    """Move value, rows and what is known of the person; return what came over, nothing personal."""
    cause = Cause(f"merge:{merge_id}", actor, (say("history.merged"),))
    value = merge_value.bring_over(tx, kept.id, gone.id, cause, moment=moment)
    merge_person.settle_friends(tx, kept.id, gone.id)
    bonds = merge_person.bring_bonds(tx, kept.id, gone.id, moment=moment)
    about = merge_person.join(tx, kept, gone, merge_id, actor=actor, moment=moment)
    moved = rows.hand_over(tx, gone.id, kept.id)
    rows.restreak(tx, kept.id)
    merge_person.count_anew(tx, kept.id, gone.id)
    rows.end_cards(tx, gone.id, moment.now)
    broadcasts.bring_over(tx, kept.id, gone.id, moment=moment)
    return {"rows": moved, "value": value, "bonds": bonds, **about}


def _checked(tx: Tx, one_id: str, other_id: str, now: datetime) -> tuple[Side, Side]:
    """Return who is kept and who is gone. Raises LinkOwn, NotAMember, MemberFrozen and AnswerAwaited."""
    if one_id == other_id:
        raise LinkOwn
    found = [members.find(tx, member_id) for member_id in (one_id, other_id)]
    for row in found:
        if row is None:
            raise NotAMember
        check_standing(row.state, row.frozen_at)
        _check_no_bill(tx, row.id, now)
    one, other = (side(row) for row in found)
    return linking.in_order(one, other)


def _check_no_bill(tx: Tx, member_id: str, now: datetime) -> None:
    waits = reservations.of_member(tx, member_id, now=now)
    if waits is not None:
        raise AnswerAwaited(until=waits.expires_at)
    asked = passes.asked_of(tx, member_id, now - LIFE)
    if asked is not None:
        raise AnswerAwaited(until=asked.at + LIFE)


def _hold(tx: Tx, one_id: str, other_id: str) -> None:
    """Keep every other writer of the two waiting, always in the same order."""
    for member_id in sorted((one_id, other_id)):
        if members.find(tx, member_id) is not None:
            members.lock(tx, member_id)


def _made(tx: Tx, merge_id: str, one_id: str, other_id: str) -> Merged | None:
    row = rows.find(tx, merge_id)
    if row is None:
        return None
    if {row.kept_id, row.gone_id} != {one_id, other_id}:
        raise IdReused
    return _merged(row)


def _merged(row: Any) -> Merged:
    return Merged(row.id, row.kept_id, row.gone_id, row.at, row.undo_until, parted=row.undone_at is not None)


def _higher(tx: Tx, kept: Side, gone: Side) -> str:
    steps = tuple(tier.id for tier in rules.current(tx).ladder.tiers)
    return linking.higher(steps, kept.tier, gone.tier)


def _tier_name(tx: Tx, tier_id: str) -> Message:
    tier = rules.current(tx).ladder.find(tier_id)
    return choose(tier.name) if tier is not None else say("tier.none")
