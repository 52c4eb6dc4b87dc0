"""Family and friends 亲友: two people who both agreed may send each other points; what is sent keeps its own end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from membership import days
from membership import points as rule
from membership.errors import (
    BondLimitReached,
    FriendStopped,
    IdReused,
    InDebt,
    InsufficientPoints,
    NotLinked,
    TransferOff,
)
from membership.member import Who, check_standing
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.points import Lot
from membership.transfers import TransferRules
from services import Tx, audit, ledger, lots, members, pairing, points, rules, webhooks
from services.ledger import Cause
from services.outbox import Notice, tell_member
from storage import bonds as rows
from storage import lots as lot_rows
from storage import members as member_rows
from storage import merges
from storage import points as accounts


@dataclass(frozen=True, slots=True)
class Friend:
    """Somebody a member is linked with: the bond, who it is, what they are called, and since when."""

    bond_id: str
    member_id: str
    name: Message
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """Points that were sent: how many, to whom, and what is left to spend."""

    points: int
    to: Message
    left: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Points of one end that go over together."""

    total: int
    expires_at: datetime


def terms(tx: Tx) -> TransferRules:
    """Return what the shop allows. Raises TransferOff."""
    found = rules.current(tx).transfer
    if found is None:
        raise TransferOff
    return found


def friends(tx: Tx, member_id: str) -> list[Friend]:
    """Return whom a member is linked with, oldest first."""
    return [_friend(tx, row, member_id) for row in rows.of_member(tx, member_id)]


def friend(tx: Tx, member_id: str, bond_id: str) -> Friend:
    """Return the other one of a member's own standing bond. Raises NotLinked."""
    row = rows.find(tx, bond_id)
    if row is None or row.ended_at is not None or member_id not in (row.one_id, row.other_id):
        raise NotLinked
    return _friend(tx, row, member_id)


def left_this_month(tx: Tx, member_id: str, *, now: datetime) -> int:
    """Return how many points a member may still send this month. Raises TransferOff."""
    return max(0, terms(tx).month_cap - _sent(tx, member_id, now))


def accept(tx: Tx, who: Who, ticket_id: str, *, moment: Moment) -> Friend:
    """Link the member who speaks with the one who showed the code; both are told, pressed twice it is done once.

    Raises LinkUnknown, LinkOwn, MemberFrozen, FriendStopped, BondLimitReached and TransferOff.
    """
    most, mine = terms(tx).people, members.required(who)
    found, fresh = pairing.take(tx, who, ticket_id, "bond", moment=moment)
    _hold(tx, mine, found.member_id)
    standing = rows.between(tx, mine, found.member_id)
    if standing is None and not fresh:
        raise NotLinked
    if standing is None:
        if max(len(rows.of_member(tx, one)) for one in (mine, found.member_id)) >= most:
            raise BondLimitReached(limit=most)
        bond_id = rows.add(tx, mine, found.member_id, moment=moment)
        audit.note(tx, moment, "member.bond", bond_id, actor=mine, other=found.member_id)
        name = members.shown_name(members.get(tx, mine))
        _tell(tx, found.member_id, f"bond:{bond_id}", say("family.told_linked", name=name), moment=moment)
        return friend(tx, mine, bond_id)
    return _friend(tx, standing, mine)


def end(tx: Tx, who: Who, bond_id: str, *, moment: Moment) -> Friend:
    """End a bond of one's own; the other one is told. Raises NotLinked."""
    mine = members.required(who)
    other = friend(tx, mine, bond_id)
    if not rows.end(tx, bond_id, moment.now):
        raise NotLinked
    audit.note(tx, moment, "member.unbond", f"{bond_id}:{moment.now.isoformat()}", actor=mine)
    name = members.shown_name(members.get(tx, mine))
    _tell(tx, other.member_id, f"unbond:{bond_id}", say("family.told_ended", name=name), moment=moment)
    return other


def send(tx: Tx, who: Who, bond_id: str, amount: int, *, reference: str, moment: Moment) -> Sent:
    """Send points to somebody one is linked with; what ends first goes first, and keeps its end.

    The same reference gives the first answer again. Raises TransferOff, NotLinked, NotAMember, MemberFrozen,
    FriendStopped, InDebt, TransferTooSmall, TransferOverCap, InsufficientPoints, and IdReused for the same reference
    with another content.
    """
    allowed, mine = terms(tx), members.required(who)
    _hold(tx, mine, friend(tx, mine, bond_id).member_id)
    other = friend(tx, mine, bond_id)  # a bond's two never change, but it may have ended while this one waited
    # in the order of the job that writes off (points.expire_due), so that no two wait for each other
    for account in sorted([accounts.account(tx, member_id, "points") for member_id in (mine, other.member_id)]):
        accounts.lock(tx, account)
    if not _sent_before(tx, (mine, other.member_id), amount, reference):
        allowed.check(amount, _sent(tx, mine, moment.now))
        _move(tx, mine, other, amount, reference=reference, moment=moment)
    return Sent(amount, other.name, points.spendable(tx, mine, now=moment.now))


def check(tx: Tx, member_id: str, amount: int, *, now: datetime) -> None:
    """Refuse, before it is confirmed, an amount that could not be sent now. Raises as ``send`` does."""
    terms(tx).check(amount, _sent(tx, member_id, now))
    _check_has(tx, member_id, amount, now=now)


def _move(tx: Tx, giver_id: str, other: Friend, amount: int, *, reference: str, moment: Moment) -> None:
    giver = accounts.account_id(giver_id, "points")
    taker = accounts.account_id(other.member_id, "points")
    points.expire_account(tx, giver, moment=moment)
    _check_has(tx, giver_id, amount, now=moment.now)
    why = (say("history.sent"),)  # no names: what stands in the books is plain
    held = {lot.id: lot for lot in points.lots_for(tx, giver, amount, moment.now)}
    slices = rule.take(list(held.values()), amount, now=moment.now)
    for place, (ends, parts) in enumerate(groupby(slices, key=lambda part: _end(held[part.lot_id]))):
        cause = Cause(f"send:{reference}:{place}", giver_id, why)
        _hand(tx, (giver, taker), list(parts), cause, ends=ends, moment=moment)
    sent_id = id_of(f"send:{reference}")
    audit.note(tx, moment, "points.sent", sent_id, actor=giver_id, to=other.member_id, points=amount)
    told_hooks = {"member_id": giver_id, "to_member_id": other.member_id, "points": amount, "at": moment.now}
    webhooks.emit(tx, "points.transferred", sent_id, told_hooks, moment=moment)
    has = points.balance(tx, other.member_id, now=moment.now).points
    name = members.shown_name(members.get(tx, giver_id))
    told = say("family.told_got", name=name, points=amount, balance=has, shop=choose(rules.current(tx).name))
    _tell(tx, other.member_id, f"sent:{reference}", told, moment=moment)


def _hand(
    tx: Tx, about: tuple[str, str], parts: Sequence[rule.Slice], cause: Cause, *, ends: datetime, moment: Moment
) -> None:
    """Move the points of one end from account to account, out of their lots into a new one."""
    giver, taker = about
    total = sum(part.points for part in parts)
    made = ledger.transfer(tx, "transfer", total, cause, debit=giver, credit=taker, moment=moment)
    assert ledger.post(tx, made, cause.actor, moment=moment), "lots and balance disagree"
    for part in parts:
        assert lot_rows.take(tx, made.id, part.lot_id, part.points), "a lot changed under its account's lock"
    lots.open_like(tx, made.id, taker, _Group(total, ends), moment=moment)


def _sent_before(tx: Tx, pair: tuple[str, str], amount: int, reference: str) -> bool:
    """Tell whether this was sent under this reference. Raises IdReused if it was something else."""
    found, total, place = None, 0, 0
    while (row := accounts.by_reference(tx, f"send:{reference}:{place}")) is not None:
        found, total, place = row, total + int(row.amount), place + 1
    if found is None:
        return False
    if (found.debit, found.credit) != tuple(accounts.account_id(one, "points") for one in pair) or total != amount:
        raise IdReused
    return True


def _check_has(tx: Tx, member_id: str, amount: int, *, now: datetime) -> None:
    has = points.balance(tx, member_id, now=now)
    if has.debt:
        raise InDebt(points=has.debt)
    if has.points < amount:
        raise InsufficientPoints(balance=has.points, needed=amount)


def _hold(tx: Tx, one_id: str, other_id: str) -> None:
    """Keep other writers of the two waiting, always in the same order.

    Raises NotAMember, MemberFrozen, NotLinked (the other one is gone, by themselves or into another member) and
    FriendStopped.
    """
    found = {member_id: member_rows.lock(tx, member_id) for member_id in sorted((one_id, other_id))}
    if found[other_id].state == "left":
        raise NotLinked
    check_standing(found[one_id].state, found[one_id].frozen_at)
    if found[other_id].frozen_at is not None:
        raise FriendStopped


def _sent(tx: Tx, member_id: str, now: datetime) -> int:
    zone = rules.current(tx).zone
    since = days.start_of(days.day_of(now, zone).replace(day=1), zone)
    people = (member_id, *merges.absorbed(tx, member_id))  # the cap is a person's
    return sum(rows.sent_since(tx, accounts.account_id(one, "points"), since) for one in people)


def _friend(tx: Tx, row: Any, member_id: str) -> Friend:
    friend_id = row.other_id if row.one_id == member_id else row.one_id
    found = members.find(tx, friend_id)
    return Friend(row.id, friend_id, members.shown_name(found) if found else say("family.gone"), row.at)


def _end(lot: Lot) -> datetime:
    return days.NEVER if lot.expires_at is None else lot.expires_at


def _tell(tx: Tx, member_id: str, key: str, told: Message, *, moment: Moment) -> None:
    buttons = ((Button(say("button.points"), word="points"), Button(say("button.family"), word="family")),)
    tell_member(tx, member_id, Notice("family", "receipt", key, Reply((told,), buttons=buttons)), moment=moment)
