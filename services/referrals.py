"""Friends brought along: an invitation's code, who joined by it, and what both get when the refund window is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from membership import phones, referrals
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment, id_of
from membership.referrals import Newcomer, ReferralRules, Standing
from services import Tx, audit, coupons, outbox, points, rules
from services.outbox import Notice
from services.points import Cause
from storage import identities, members, staff
from storage import referrals as rows

BATCH = 50
LEFT = "left"
"""What is kept of how an account came, once its member has left (services/members.py)."""
FRIEND = "friend"
"""How somebody came who joined by an invitation; whose it was stands in the referral alone."""


@dataclass(frozen=True, slots=True)
class Friends:
    """How many friends a member brought: joined but bought nothing yet, in the refund window, done, not counted."""

    joined: int
    bought: int
    paid: int
    refused: int
    points: int
    paid_this_month: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of the friends who joined since the month began; ``refused`` by reason."""

    joined: int
    bought: int
    paid: int
    points: int
    refused: Mapping[str, int]


def offered(tx: Tx) -> ReferralRules | None:
    """Return what the shop gives for a friend, or None where it gives nothing."""
    return rules.current(tx).referral


def code(tx: Tx, member_id: str, *, moment: Moment) -> str:
    """Return the member's own code, made the first time; it says nothing about them."""
    number = rows.code_number(tx, member_id)
    tried = 0
    while number is None:  # of a thousand million codes one may be somebody else's
        made = referrals.code_of(rows.secret(tx, member_id, tried))
        if rows.keep_code(tx, member_id, made, number=tried, now=moment.now):
            return made
        number, tried = rows.code_number(tx, member_id), tried + 1
    return referrals.code_of(rows.secret(tx, member_id, number))


def inviter_of(tx: Tx, typed: str) -> str | None:
    """Return the member whose code this is; None for an unknown one, and for one of somebody who left.

    Whoever has become one with another account is that other one's member now.
    """
    found = rows.inviter(tx, typed)
    row = members.find(tx, found) if found else None
    while row is not None and row.merged_into:
        row = members.find(tx, row.merged_into)
    return None if row is None or row.state == LEFT else str(row.id)


def works_here(tx: Tx, member_id: str) -> bool:
    """Tell whether one of the member's accounts has a right to work here."""
    return any(staff.of_identity(tx, row.id) for row in identities.of_member(tx, member_id))


def remember(tx: Tx, who: Who, typed: str) -> None:
    """Keep by whose invitation a stranger came, the latest one; that a member has left before is kept beside it."""
    left = identities.get(tx, who.identity_id).source.startswith(LEFT)
    identities.change(tx, who.identity_id, source=f"{LEFT}:{typed}" if left else typed)


def remembered(tx: Tx, who: Who) -> str:
    """Return the code by which this account came and which still counts, "" for none."""
    came_by = referrals.recognise(identities.get(tx, who.identity_id).source.removeprefix(f"{LEFT}:"))
    return came_by if came_by and offered(tx) is not None and inviter_of(tx, came_by) else ""


def joined(tx: Tx, who: Who, member_id: str, typed: str, *, moment: Moment) -> str:
    """Write down that somebody joined by an invitation; return why it does not count, "" where it does."""
    inviter_id, given = inviter_of(tx, typed), offered(tx)
    assert inviter_id is not None, "only a code that counts is remembered"
    assert given is not None, "a code is remembered only where friends are rewarded"
    row = identities.get(tx, who.identity_id)
    one = Newcomer(
        met_at=row.first_at,
        works_here=bool(who.roles),
        was_member=row.source.startswith(LEFT),
        inviter_works_here=works_here(tx, inviter_id),
    )
    reason = referrals.why_no_friend(one, given, now=moment.now)
    state = "refused" if reason else "joined"
    if rows.add(tx, member_id, inviter_id=inviter_id, state=state, reason=reason, at=moment.now):
        _note(tx, "refuse" if reason else "join", member_id, moment, inviter=inviter_id, reason=reason)
    identities.change(tx, who.identity_id, source=FRIEND)
    return reason


def note_same_phone(tx: Tx, member_id: str, typed: str, *, moment: Moment) -> bool:
    """Refuse the referral between two of whom one gives the phone the other one has; tell whether it was so."""
    holder = members.by_phone(tx, phones.parse(typed, rules.current(tx).region))
    if holder is None:
        return False
    pair = rows.of_friend(tx, member_id), rows.of_friend(tx, holder.id)
    row = next(
        (one for one in pair if one is not None and {one.inviter_id, one.friend_id} == {member_id, holder.id}), None
    )
    if row is None:
        return False
    return row.state in ("joined", "bought") and _refuse(tx, row, "same_phone", moment)


def friends(tx: Tx, member_id: str, *, moment: Moment) -> Friends:
    """Return how many friends the member brought, and how far it has come."""
    found = {row.state: row for row in rows.of_inviter(tx, member_id)}
    count = {state: int(row.friends) for state, row in found.items()}
    since = referrals.month_of(moment.now, rules.current(tx).zone)
    return Friends(
        joined=count.get("joined", 0),
        bought=count.get("bought", 0),
        paid=count.get("paid", 0),
        refused=count.get("refused", 0),
        points=int(found["paid"].points) if "paid" in found else 0,
        paid_this_month=rows.paid_since(tx, member_id, since),
    )


def totals(tx: Tx, *, moment: Moment) -> Totals:
    """Return what became of the friends who joined this month, for those who may read reports."""
    found = rows.of_shop(tx, referrals.month_of(moment.now, rules.current(tx).zone))
    states = ("joined", "bought", "paid")
    count = {state: sum(int(row.friends) for row in found if row.state == state) for state in states}
    refused = {row.reason: int(row.friends) for row in sorted(found, key=lambda row: row.reason) if row.reason}
    return Totals(
        joined=count["joined"],
        bought=count["bought"],
        paid=count["paid"],
        points=sum(int(row.points) for row in found),
        refused=refused,
    )


def pay_due(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Find first purchases, and settle what has passed its refund window; return how many referrals moved on."""
    given = offered(tx)
    if given is None:
        return 0
    zone, moved = rules.current(tx).zone, 0
    for row in rows.with_purchase(tx, limit=limit):
        first = rows.first_purchase(tx, row.friend_id)
        assert first is not None, "it was just found"
        due_at = referrals.due_at(first.at, given, zone)
        moved += rows.change(tx, row.id, was="joined", state="bought", purchase_id=first.id, due_at=due_at)
    for row in rows.due(tx, moment.now, limit=limit):
        moved += _settle(tx, row, given, moment)
    return moved


def _settle(tx: Tx, row: Any, given: ReferralRules, moment: Moment) -> bool:
    """Pay, refuse, or wait for another first purchase where this one was a slip."""
    for member_id in sorted((row.inviter_id, row.friend_id)):  # always in this order, so that no two wait in a ring
        members.lock(tx, member_id)
    fresh = rows.of_friend(tx, row.friend_id)
    if fresh is None or (fresh.inviter_id, fresh.state) != (row.inviter_id, row.state):
        return False  # one of the two has become one with somebody while this waited: looked at again in a minute
    first = rows.first_purchase(tx, row.friend_id)
    if first is None or first.id != row.purchase_id:
        return rows.change(tx, row.id, was="bought", state="joined", purchase_id=None, due_at=None)
    standing = Standing(
        refunded=first.refunded_minor > 0 or first.undone_at is not None,
        inviter_left=members.get(tx, row.inviter_id).state == LEFT,
        friend_left=members.get(tx, row.friend_id).state == LEFT,
        inviter_works_here=works_here(tx, row.inviter_id),
        friend_works_here=works_here(tx, row.friend_id),
    )
    reason = referrals.why_not_paid(standing)
    return _refuse(tx, row, reason, moment) if reason else _pay(tx, row, given, moment)


def _pay(tx: Tx, row: Any, given: ReferralRules, moment: Moment) -> bool:
    since = referrals.month_of(moment.now, rules.current(tx).zone)
    before = rows.paid_since(tx, row.inviter_id, since)
    reward, capped = referrals.points_for(before, given), before >= given.month_cap
    values = {"state": "paid", "points": reward, "paid_at": moment.now, "reason": "cap" if capped else ""}
    if not rows.change(tx, row.id, was="bought", **values):
        return False
    _note(tx, "pay", row.friend_id, moment, inviter=row.inviter_id, points=reward, reason=values["reason"])
    if reward:
        cause = Cause(f"referral:{row.friend_id}", "clock", (say("history.referral"),))
        points.earn(tx, row.inviter_id, reward, cause, moment=moment)
        _tell(tx, row.inviter_id, "referral.paid", reward, referral_id=row.id, moment=moment)
    _thank(tx, row, given, moment)
    return True


def _thank(tx: Tx, row: Any, given: ReferralRules, moment: Moment) -> None:
    """Give the friend what they were promised: points, a coupon, or both."""
    if given.friend_points:
        cause = Cause(f"referral:{row.friend_id}:friend", "clock", (say("history.referral_friend"),))
        points.earn(tx, row.friend_id, given.friend_points, cause, moment=moment)
        _tell(tx, row.friend_id, "referral.friend_paid", given.friend_points, referral_id=row.id, moment=moment)
    offer = rules.current(tx).offer(given.friend_coupon)
    if offer is None:
        return
    reference = f"referral:{row.friend_id}"
    if coupons.give(tx, row.friend_id, offer, reference=reference, actor="clock", moment=moment) is None:
        return  # its stock is gone
    told = Reply(
        (say("referral.friend_coupon", title=choose(offer.title)),),
        buttons=((Button(say("button.coupons"), word="coupons"),),),
    )
    # WeChat's templates never carry coupons: as a reminder it goes by no template
    outbox.tell_member(tx, row.friend_id, Notice("referral_coupon", "reminder", row.id, told), moment=moment)


def _tell(tx: Tx, member_id: str, key: str, earned: int, *, referral_id: str, moment: Moment) -> None:
    left = points.balance(tx, member_id, now=moment.now).points
    shop = choose(rules.current(tx).name)
    told = Reply((say(key, points=earned, balance=left, shop=shop),))
    outbox.tell_member(tx, member_id, Notice("referral", "receipt", referral_id, told), moment=moment)


def _refuse(tx: Tx, row: Any, reason: str, moment: Moment) -> bool:
    refused = rows.change(tx, row.id, was=row.state, state="refused", reason=reason)
    if refused:
        _note(tx, "refuse", row.friend_id, moment, inviter=row.inviter_id, reason=reason)
    return refused


def _note(tx: Tx, deed: str, friend_id: str, moment: Moment, **facts: Any) -> None:
    audit.note(tx, moment, f"referral.{deed}", id_of(f"referral:{friend_id}"), actor="clock", **facts)
