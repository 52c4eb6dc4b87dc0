"""Two members made one: what goes over from one to the other row by row, and what goes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Table, and_, delete, exists, func, insert, select, update

from storage import kept
from storage.database import Tx
from storage.tables import (
    check_ins,
    consents,
    coupons,
    draws,
    identities,
    members,
    merges,
    outbox,
    passes,
    purchases,
    questions,
    ratings,
    referrals,
    refunds,
    remarks,
    reservations,
    sessions,
    sign_ups,
    tags,
    tier_changes,
    top_ups,
    visits,
)

PLAIN: Final = (
    identities, purchases, top_ups, reservations, coupons, passes, visits, ratings, questions, remarks, consents,
    tier_changes,
)  # fmt: skip
"""What goes over whole, whatever the other one has."""
ONE_EACH: Final[Mapping[Table, str]] = {check_ins: "day", sign_ups: "activity_id"}
"""What goes over where the other one has none of that day, or is not signed up for that activity."""
AT_ONCE: Final = 400
ONCE: Final = ("tier-gift", "tier-month", "birthday")
"""How references begin, before the member's id, of coupons that a person is given once for each occasion."""
PLACES: Final = ("withdrawn", "missed", "waiting", "signed", "attended")
"""What a sign-up may be, the best at the end."""


def add(tx: Tx, merge_id: str, **values: Any) -> bool:
    """Write down that two became one; False if it was done under this reference before."""
    return tx.insert_once(merges, {"id": merge_id, **values})


def find(tx: Tx, merge_id: str) -> Row[Any] | None:
    """Return what was written down of a merge, or None."""
    return tx.one(select(merges).where(merges.c.id == merge_id))


def open_of(tx: Tx, kept_id: str, now: datetime) -> list[Row[Any]]:
    """Return the merges into this member that can still be undone, newest first."""
    mine = (merges.c.kept_id == kept_id, merges.c.state == "done", merges.c.undo_until > now)
    return tx.all(select(merges).where(*mine).order_by(merges.c.at.desc(), merges.c.id))


def recent(tx: Tx, now: datetime, *, limit: int) -> list[Row[Any]]:
    """Return the newest merges of the whole shop that can still be undone."""
    open_ = (merges.c.state == "done", merges.c.undo_until > now)
    return tx.all(select(merges).where(*open_).order_by(merges.c.at.desc(), merges.c.id).limit(limit))


def end(tx: Tx, merge_id: str, now: datetime) -> bool:
    """Mark a merge as undone; False if it was before, or its time is over."""
    mine = update(merges).where(merges.c.id == merge_id, merges.c.state == "done", merges.c.undo_until > now)
    return tx.execute(mine.values(state="undone", undone_at=now)).rowcount == 1


def absorbed(tx: Tx, member_id: str) -> list[str]:
    """Return the members who became part of this one, and of those, and so on."""
    found, level = list[str](), [member_id]
    while level:
        taken = select(members.c.id).where(members.c.merged_into.in_(level))  # found by the index of merges
        listed = select(merges.c.gone_id).where(merges.c.kept_id.in_(level))
        level = [row.id for row in tx.all(taken.where(members.c.id.in_(listed)).order_by(members.c.id))]
        found += level
    return found


def taken_into(tx: Tx, member_id: str) -> str:
    """Return the member this one became part of, or ""."""
    found = tx.one(select(members.c.merged_into).where(members.c.id == member_id))
    return "" if found is None else str(found.merged_into)


def now_one(tx: Tx, member_id: str) -> str:
    """Return the member this one is today, having become part of another one or not."""
    while heir := taken_into(tx, member_id):
        member_id = heir
    return member_id


def hand_over(tx: Tx, giver: str, taker: str) -> dict[str, list[str]]:
    """Let one member's rows be the other's from now on; return the ids of what went over, by table."""
    rename_gifts(tx, giver, taker)
    swapped = _swap(tx, giver, taker)
    moved = {table.name: _all(tx, table, giver, taker) for table in PLAIN}
    for table, column in ONE_EACH.items():
        theirs = select(table.c[column]).where(table.c.member_id == taker)
        moved[table.name] = _all(tx, table, giver, taker, table.c[column].not_in(theirs))
    moved["draws"] = _draws(tx, giver, taker)
    moved["outbox"] = _messages(tx, giver, taker)
    moved["tags"] = _tags(tx, giver, taker)
    moved |= {"places": swapped, **_friends(tx, giver, taker)}
    kept.changed(tx, identities)
    return {name: ids for name, ids in moved.items() if ids}


def hand_back(tx: Tx, moved: Mapping[str, Sequence[str]], giver: str, taker: str) -> None:
    """Let the rows that came over be the first one's again, as they stand now."""
    for table in (*PLAIN, *ONE_EACH, draws):
        for part in _parts(moved.get(table.name, ())):
            mine = update(table).where(table.c.id.in_(part), table.c.member_id == giver)
            tx.execute(mine.values(member_id=taker))
    for part in _parts(moved.get(identities.name, ())):  # an account taken off meanwhile, and nobody's since
        free = update(identities).where(identities.c.id.in_(part), identities.c.member_id.is_(None))
        tx.execute(free.values(member_id=taker))
    for part in _parts(moved.get("purchases", ())):  # what was told of their refunds goes with the purchases
        told = select(refunds.c.id).where(refunds.c.purchase_id.in_(part))
        mine = update(outbox).where(outbox.c.kind == "refund", outbox.c.recipient == giver)
        tx.execute(mine.where(outbox.c.period_key.in_(told)).values(recipient=taker, member_id=taker))
    for part in _parts(moved.get("outbox", ())):
        mine = update(outbox).where(outbox.c.id.in_(part), outbox.c.recipient == giver)
        tx.execute(mine.values(recipient=taker, member_id=taker))
    mine = update(tags).where(tags.c.member_id == giver, tags.c.tag.in_(list(moved.get("tags", ()))))
    tx.execute(mine.values(member_id=taker))
    for name, column in (("invited", referrals.c.inviter_id), ("brought", referrals.c.friend_id)):
        for part in _parts(moved.get(name, ())):
            tx.execute(update(referrals).where(referrals.c.id.in_(part), column == giver).values({column: taker}))
    rename_gifts(tx, giver, taker, among=moved.get("coupons", ()))
    _swap(tx, giver, taker, again=moved.get("places", ()))
    kept.changed(tx, identities)


def rename_gifts(tx: Tx, giver: str, taker: str, *, among: Sequence[str] | None = None) -> None:
    """Let what one member was given for an occasion count as given to the other, who gets it no second time."""
    for kind in ONCE:
        own = select(coupons.c.id, coupons.c.reference).where(
            coupons.c.member_id.in_((giver, taker)), coupons.c.reference.like(f"{kind}:{giver}:%")
        )
        for row in tx.all(own.order_by(coupons.c.reference)):
            name = row.reference.replace(f"{kind}:{giver}:", f"{kind}:{taker}:", 1)
            has = tx.one(select(coupons.c.id).where(coupons.c.reference == name))
            if has is None and (among is None or row.id in among):
                tx.execute(update(coupons).where(coupons.c.id == row.id).values(reference=name))


def between(tx: Tx, one: str, other: str) -> list[Row[Any]]:
    """Return the invitations by which one of the two brought the other."""
    pair = (one, other)
    return tx.all(select(referrals).where(referrals.c.inviter_id.in_(pair), referrals.c.friend_id.in_(pair)))


def brought(tx: Tx, member_id: str) -> Row[Any] | None:
    """Return how this member was brought by a friend, or None."""
    return tx.one(select(referrals).where(referrals.c.friend_id == member_id))


def end_cards(tx: Tx, member_id: str, now: datetime) -> None:
    """End the sessions of this member's live card."""
    mine = (sessions.c.member_id == member_id, sessions.c.ended_at.is_(None))
    tx.execute(update(sessions).where(*mine).values(ended_at=now))


def restreak(tx: Tx, member_id: str) -> None:
    """Count the days in a row of a member's check-ins anew."""
    before, streak = None, 0
    mine = select(check_ins.c.id, check_ins.c.day, check_ins.c.streak).where(check_ins.c.member_id == member_id)
    for row in tx.all(mine.order_by(check_ins.c.day)):
        streak = streak + 1 if before is not None and (row.day - before).days == 1 else 1
        before = row.day
        if row.streak != streak:
            tx.execute(update(check_ins).where(check_ins.c.id == row.id).values(streak=streak))


def _all(tx: Tx, table: Table, giver: str, taker: str, *but: Any) -> list[str]:
    mine = update(table).where(table.c.member_id == giver, *but).values(member_id=taker)
    return sorted(row.id for row in tx.all(mine.returning(table.c.id)))


def _draws(tx: Tx, giver: str, taker: str) -> list[str]:
    """Number the draws of a day on, behind the other one's of that day."""
    last = select(draws.c.day, func.max(draws.c.nth).label("nth")).where(draws.c.member_id == taker)
    had = {row.day: int(row.nth) for row in tx.all(last.group_by(draws.c.day))}
    found = tx.all(select(draws).where(draws.c.member_id == giver).order_by(draws.c.day, draws.c.nth))
    for row in found:
        values = {"member_id": taker, "nth": row.nth + had.get(row.day, 0)}
        tx.execute(update(draws).where(draws.c.id == row.id).values(**values))
    return [row.id for row in found]


def _swap(tx: Tx, giver: str, taker: str, *, again: Sequence[str] | None = None) -> list[str]:
    """Give the taker the better of two places at one activity, and the giver the other; return which activities.

    ``again`` names the activities where it was done before and is turned back now.
    """
    theirs = sign_ups.alias("theirs")
    both = select(sign_ups, theirs.c.id.label("other_id"), theirs.c.state.label("other_state"))
    both = both.join(theirs, theirs.c.activity_id == sign_ups.c.activity_id)
    found = tx.all(both.where(sign_ups.c.member_id == giver, theirs.c.member_id == taker))
    if again is None:
        better = [row for row in found if PLACES.index(row.state) > PLACES.index(row.other_state)]
    else:
        better = [row for row in found if row.activity_id in again]
    for row in better:  # one of the two is put in anew: a member has one place at an activity at any moment
        mine = {column.name: getattr(row, column.name) for column in sign_ups.c}
        tx.execute(delete(sign_ups).where(sign_ups.c.id == row.id))
        tx.execute(update(sign_ups).where(sign_ups.c.id == row.other_id).values(member_id=giver))
        tx.execute(insert(sign_ups).values(**{**mine, "member_id": taker}))
    return [row.activity_id for row in better]


def _messages(tx: Tx, giver: str, taker: str) -> list[str]:
    """Hand over what was and will be said, but what both were told for the same reason."""
    theirs = outbox.alias("theirs")
    same = and_(theirs.c.kind == outbox.c.kind, theirs.c.period_key == outbox.c.period_key)
    said = exists().where(theirs.c.recipient == taker, same)
    mine = update(outbox).where(outbox.c.recipient == giver, ~said).values(recipient=taker, member_id=taker)
    return sorted(row.id for row in tx.all(mine.returning(outbox.c.id)))


def _tags(tx: Tx, giver: str, taker: str) -> list[str]:
    theirs = select(tags.c.tag).where(tags.c.member_id == taker)
    mine = update(tags).where(tags.c.member_id == giver, tags.c.tag.not_in(theirs)).values(member_id=taker)
    return sorted(row.tag for row in tx.all(mine.returning(tags.c.tag)))


def _friends(tx: Tx, giver: str, taker: str) -> dict[str, list[str]]:
    """Hand over whom one brought and by whom one was brought; nobody is a friend of themselves, or brought twice."""
    invited = update(referrals).where(referrals.c.inviter_id == giver, referrals.c.friend_id != taker)
    theirs = exists().where(referrals.alias("theirs").c.friend_id == taker)
    came = update(referrals).where(referrals.c.friend_id == giver, referrals.c.inviter_id != taker, ~theirs)
    told = {"invited": invited.values(inviter_id=taker), "brought": came.values(friend_id=taker)}
    return {name: sorted(row.id for row in tx.all(one.returning(referrals.c.id))) for name, one in told.items()}


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[place : place + AT_ONCE] for place in range(0, len(ids), AT_ONCE))
