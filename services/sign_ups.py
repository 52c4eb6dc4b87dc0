"""Who comes to an activity: places and the line of those who wait, reminders, and points for whoever came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from membership import activities as rule
from membership.activities import Activity
from membership.errors import ActivityFull, NotAMember
from membership.member import Who, check_standing
from membership.messages import Message, say
from membership.moment import Moment, id_of
from services import Tx, activities, audit, fraud, points, reminders, second_person
from services.ledger import Cause
from services.outbox import Notice, tell_member
from storage import activities as rows
from storage import members as member_rows
from storage import points as point_rows

PAGE: Final = 8
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class SignUp:
    """A member's sign-up: its id and state, and how many wait before them while they wait."""

    id: str
    state: str
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody on the list, as staff see them."""

    id: str
    name: Message
    state: str


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody was marked as having come; ``fresh`` is False where they had been before."""

    name: Message
    points: int
    fresh: bool


def mine(tx: Tx, activity_id: str, member_id: str) -> SignUp | None:
    """Return the member's sign-up, or None where there is none that counts."""
    row = rows.sign_up(tx, activity_id, member_id)
    return None if row is None or row.state == "withdrawn" else _opened(tx, row)


def sign_up(tx: Tx, activity_id: str, member_id: str, *, moment: Moment) -> SignUp:
    """Give the member a place, or one in the line of those who wait; whoever has one keeps it.

    Raises NotAMember, MemberFrozen, ActivityUnknown and ActivityOver.
    """
    _check_member(member_rows.lock(tx, member_id))
    found = activities.hold(tx, activity_id)
    before = mine(tx, activity_id, member_id)
    if before is not None:
        return before
    rule.check_open(found, moment.now)
    state = "waiting" if found.free is not None and found.free <= 0 else "signed"
    row_id = id_of(f"sign-up:{activity_id}:{member_id}")
    rows.put(tx, row_id, activity_id, member_id, state=state, now=moment.now)
    if state == "signed":
        rows.take(tx, activity_id, 1)
        _remind(tx, found, member_id, moment=moment)
    _note(tx, f"activity.{state}", row_id, actor=member_id, activity_id=activity_id, moment=moment)
    after = mine(tx, activity_id, member_id)
    assert after is not None, "it was just written"
    return after


def withdraw(tx: Tx, activity_id: str, member_id: str, *, moment: Moment) -> bool:
    """Give the member's place up, to whoever waits longest; False where there was none.

    Raises NotAMember, ActivityUnknown, and ActivityOver once it has begun.
    """
    member_rows.lock(tx, member_id)
    found = activities.hold(tx, activity_id)
    row = rows.sign_up(tx, activity_id, member_id)
    if row is None or row.state not in ("signed", "waiting"):
        return False
    rule.check_open(found, moment.now)
    _let_go(tx, row, moment=moment)
    fill(tx, activity_id, moment=moment)
    return True


def fill(tx: Tx, activity_id: str, *, moment: Moment) -> int:
    """Move up those who wait into the free places of an activity that is held; tell them, and return how many."""
    found = activities.get(tx, activity_id)
    if found.state != "open" or found.plan.starts_at <= moment.now:
        return 0
    waiting = rows.count(tx, activity_id, "waiting")
    room = rule.room_for(found.plan.capacity, found.taken, waiting)
    for row in rows.listed(tx, activity_id, "waiting", limit=room) if room else ():
        rows.move(tx, row.id, state="signed", now=moment.now)
        rows.take(tx, activity_id, 1)
        _note(tx, "activity.moved_up", row.id, actor="shop", activity_id=activity_id, moment=moment)
        text = say("activity.moved_up", title=found.plan.title, at=found.plan.starts_at)
        activities.tell(tx, found, [row.member_id], text, key=f"up/{row.place}", moment=moment)
        _remind(tx, found, row.member_id, moment=moment)
    return room


def changed(tx: Tx, before: Activity, after: Activity, *, moment: Moment) -> int:
    """Tell everybody who signed up of another time or place, and move up those for whom there is room now."""
    moved = _when_and_where(before) != _when_and_where(after)
    if moved:
        text = say("activity.moved", title=after.plan.title, at=after.plan.starts_at, store=activities.place(tx, after))
        told = rows.listed(tx, after.id, "signed", "waiting", limit=rule.NUMBER_MAX)
        key = moment.new_id(f"moved {after.id}")
        activities.tell(tx, after, [row.member_id for row in told], text, key=f"moved/{key}", moment=moment)
        for row in told:
            if row.state == "signed":
                _remind(tx, after, row.member_id, moment=moment)
    return fill(tx, after.id, moment=moment)


def guests(tx: Tx, activity_id: str, *, page: int) -> tuple[list[Guest], bool]:
    """Return one page of those who come and those who wait, in the order they came, and whether more follow."""
    states = (*rule.COMING, "waiting")
    found = rows.listed(tx, activity_id, *states, limit=PAGE + 1, offset=page * PAGE)
    shown = [Guest(row.id, second_person.masked(tx, row.member_id), row.state) for row in found[:PAGE]]
    return shown, len(found) > PAGE


def counted(tx: Tx, activity_id: str) -> dict[str, int]:
    """Return how many signed up, wait and came."""
    return {
        "signed": rows.count(tx, activity_id, *rule.COMING),
        "waiting": rows.count(tx, activity_id, "waiting"),
        "attended": rows.count(tx, activity_id, "attended"),
    }


def attend(tx: Tx, activity_id: str, member_id: str, who: Who, *, moment: Moment) -> Attended:
    """Mark that the member came, and give the points for it, once; somebody without a place gets one if one is free.

    Raises ActivityUnknown, NotStaff, NotAllowed, SelfCredit, NotAMember, MemberFrozen, ActivityTooEarly,
    ActivityOver and ActivityFull.
    """
    reader = activities.check(tx, who, activities.get(tx, activity_id), "attend")
    fraud.check_self(tx, reader, member_id)
    _check_member(member_rows.lock(tx, member_id))
    found, row = activities.hold(tx, activity_id), rows.sign_up(tx, activity_id, member_id)
    rule.check_doors(found, moment.now)
    name = second_person.masked(tx, member_id)
    if row is not None and row.state == "attended":
        return Attended(name, found.plan.points, fresh=False)
    if row is None or row.state not in rule.COMING:
        row = _walk_in(tx, found, member_id, moment=moment)
    rows.move(tx, row.id, state="attended", now=moment.now)
    _note(tx, "activity.attended", row.id, actor=reader.actor, activity_id=activity_id, moment=moment)
    if found.plan.points:
        why = (say("activity.why", title=found.plan.title),)
        cause = Cause(_reference(row.id, moment.now), reader.actor, why, store_id=reader.store_id)
        points.earn(tx, member_id, found.plan.points, cause, moment=moment)
        text = say("activity.thanks", title=found.plan.title, points=found.plan.points)
        notice = Notice(
            "activity",
            "receipt",
            f"{activity_id}/came/{moment.now.isoformat()}",
            reminders.of_activity(text, activity_id),
        )
        tell_member(tx, member_id, notice, moment=moment)
    return Attended(name, found.plan.points, fresh=True)


def attend_listed(tx: Tx, sign_up_id: str, who: Who, *, moment: Moment) -> tuple[str, Attended]:
    """Mark somebody from the list; return the activity's id and what came of it. Raises what ``attend`` raises."""
    row = rows.find_sign_up(tx, sign_up_id)
    if row is None:
        raise NotAMember
    return row.activity_id, attend(tx, row.activity_id, row.member_id, who, moment=moment)


def unmark(tx: Tx, sign_up_id: str, who: Who, *, moment: Moment) -> str:
    """Take back that somebody came, and the points for it, for a slip at the door; return the activity's id.

    Raises NotAMember, NotStaff, NotAllowed, SelfCredit and ActivityOver. Where it was not marked nothing changes.
    """
    row = rows.find_sign_up(tx, sign_up_id)
    if row is None:
        raise NotAMember
    reader = activities.check(tx, who, activities.get(tx, row.activity_id), "attend")
    fraud.check_self(tx, reader, row.member_id)
    member_rows.lock(tx, row.member_id)
    found, row = activities.hold(tx, row.activity_id), rows.find_sign_up(tx, sign_up_id)
    rule.check_doors(found, moment.now)
    if row is None or row.state != "attended":
        return found.id
    rows.move(tx, row.id, state="signed", now=moment.now)
    _note(tx, "activity.unmarked", row.id, actor=reader.actor, activity_id=found.id, moment=moment)
    earned = _reference(row.id, row.changed_at)
    given = point_rows.by_reference(tx, earned)
    if given is not None:
        why = (say("activity.why_back", title=found.plan.title),)
        cause = Cause(f"{earned}:back", reader.actor, why, store_id=reader.store_id)
        points.claw_back(tx, row.member_id, int(given.amount), cause, earned=earned, moment=moment)
        text = say("activity.taken_back", title=found.plan.title, points=int(given.amount))
        activities.tell(tx, found, [row.member_id], text, key=f"back/{moment.now.isoformat()}", moment=moment)
    return found.id


def keep(tx: Tx, moment: Moment) -> int:
    """Do what activities need by themselves; return how much that was.

    Whoever signed up for one that was cancelled is told and let go, members who left give their places up, and a day
    after its end an activity is over.
    """
    gone = rows.to_let_go(tx, limit=BATCH)
    for row in gone:
        found = activities.hold(tx, row.activity_id)
        fresh = rows.find_sign_up(tx, row.id)
        if fresh is None or fresh.state not in ("signed", "waiting"):
            continue
        _let_go(tx, fresh, moment=moment)
        if found.state == "cancelled":
            text = say("activity.cancelled_told", title=found.plan.title, at=found.plan.starts_at)
            activities.tell(tx, found, [row.member_id], text, key="cancelled", moment=moment)
        else:
            fill(tx, row.activity_id, moment=moment)
    ended = rows.ended(tx, moment.now - rule.AFTERWARDS, limit=BATCH)
    for row in ended:
        rows.hold(tx, row.id)
        rows.end(tx, row.id, moment.now)
        rows.change(tx, row.id, state="over")
    return len(gone) + len(ended)


def _reference(sign_up_id: str, marked_at: datetime) -> str:
    """Return what the points for coming stand under: one marking of one sign-up, which is held while it is made."""
    return f"activity:{sign_up_id}:{marked_at.isoformat()}"


def _walk_in(tx: Tx, found: Activity, member_id: str, *, moment: Moment) -> Any:
    if found.free is not None and found.free <= 0:
        raise ActivityFull
    row_id = id_of(f"sign-up:{found.id}:{member_id}")
    rows.put(tx, row_id, found.id, member_id, state="signed", now=moment.now)
    rows.take(tx, found.id, 1)
    return rows.sign_up(tx, found.id, member_id)


def _let_go(tx: Tx, row: Any, *, moment: Moment) -> None:
    rows.move(tx, row.id, state="withdrawn", now=moment.now)
    if row.state == "signed":
        rows.take(tx, row.activity_id, -1)
    _note(tx, "activity.withdrawn", row.id, actor=row.member_id, activity_id=row.activity_id, moment=moment)


def _remind(tx: Tx, found: Activity, member_id: str, *, moment: Moment) -> None:
    """Put the reminders in, to be sent when their time comes; what they say is read afresh then."""
    for stage, at in rule.reminders(found.plan.starts_at, moment.now):
        key = f"{found.id}/{stage}/{found.plan.starts_at.isoformat()}"
        place = activities.place(tx, found)
        text = say("activity.reminder", title=found.plan.title, at=found.plan.starts_at, store=place)
        reply, over = reminders.of_activity(text, found.id), found.plan.starts_at
        notice = Notice("activity_reminder", "reminder", key, reply, not_before=at, expires_at=over)
        tell_member(tx, member_id, notice, moment=moment)


def _when_and_where(found: Activity) -> tuple[datetime, datetime, str]:
    return found.plan.starts_at, found.plan.ends_at, found.plan.store_id


def _check_member(row: Any) -> None:
    check_standing(row.state, row.frozen_at)


def _note(tx: Tx, action: str, row_id: str, *, actor: str, activity_id: str, moment: Moment) -> None:
    subject = moment.new_id(f"{action}:{row_id}")
    audit.note(tx, moment, action, subject, actor=actor, sign_up=row_id, activity=activity_id)


def _opened(tx: Tx, row: Any) -> SignUp:
    ahead = rows.ahead(tx, row.activity_id, int(row.place)) if row.state == "waiting" else 0
    return SignUp(row.id, row.state, ahead)
