"""Activities: planned by those who may, seen by all, changed and cancelled with everybody told."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from membership import activities as rule
from membership import staff as rights
from membership.activities import ABOUT_MAX, TITLE_MAX, Activity, Plan
from membership.errors import ActivityUnknown, LimitReached
from membership.member import Who
from membership.messages import Message, choose
from membership.moment import Moment, id_of
from services import Tx, audit, reminders, rules, staff
from services.outbox import Notice, tell_member
from services.reader import Reader
from storage import activities as rows

SHOWN: Final = 8
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
RIGHT: Final = "activities"
"""Who may plan activities; ``attend`` is the right to mark who came."""


def tidy(text: str, limit: int) -> str:
    """Return a text as it is kept, without control characters; "" where nothing is to be seen or it is too long.

    What turns the direction of writing, or is not to be seen, goes as well; a joined emoji stays one.
    """
    whole = unicodedata.normalize("NFC", text[: 4 * limit].strip())
    plain = "".join(char for char in whole if char in "\n\u200d" or unicodedata.category(char) not in UNSEEN)
    seen = any(unicodedata.category(char)[0] not in "ZC" for char in plain)
    return plain if seen and len(plain) <= limit else ""


def title_of(text: str) -> str:
    """Return a title on one line; "" where it is empty or too long."""
    return " ".join(tidy(text, TITLE_MAX).split())


def about_of(text: str) -> str:
    """Return a description; "" where it is empty or too long."""
    return tidy(text, ABOUT_MAX)


def upcoming(tx: Tx, *, behind: int = 0, now: datetime) -> tuple[list[Activity], bool]:
    """Return the next activities that are not over, after so many earlier ones, and whether more follow."""
    found = rows.upcoming(tx, now, behind=behind, limit=SHOWN + 1)
    return [opened(row) for row in found[:SHOWN]], len(found) > SHOWN


def get(tx: Tx, activity_id: str) -> Activity:
    """Return an activity. Raises ActivityUnknown."""
    return opened(_row(rows.find(tx, activity_id)))


def hold(tx: Tx, activity_id: str) -> Activity:
    """Return an activity, and keep its places from moving until the commit. Raises ActivityUnknown."""
    return opened(_row(rows.hold(tx, activity_id)))


def check(tx: Tx, who: Who, activity: Activity, action: str = RIGHT) -> Reader:
    """Return the person as who acts in the activity's store. Raises NotStaff and NotAllowed."""
    return staff.check(tx, who, action, store_id=activity.plan.store_id)


def plan(tx: Tx, wanted: Plan, who: Who, *, key: str, moment: Moment) -> Activity:
    """Open an activity for sign-ups; the same key gives the first one again.

    Raises NotStaff, NotAllowed, StoreClosed, LimitReached (more points than one person gives alone), and ActivityOver
    where it would lie in the past.
    """
    reader = staff.check(tx, who, RIGHT, store_id=wanted.store_id)
    row_id = _id(reader.actor, key)
    known = rows.find(tx, row_id)
    if known is not None:
        return opened(known)
    rules.open_store(tx, wanted.store_id)
    _check_points(tx, wanted)
    made = Activity(row_id, wanted, 0, "open")
    rule.check_open(made, moment.now)
    about = {"state": "open", "created_by": reader.actor, "created_at": moment.now}
    rows.add(tx, row_id, **_values(wanted), **about)
    audit.note(tx, moment, "activity.open", row_id, actor=reader.actor, store_id=wanted.store_id)
    return made


def change(tx: Tx, activity_id: str, wanted: Plan, who: Who, *, moment: Moment) -> tuple[Activity, Activity]:
    """Change an activity that has not begun; return it as it was and as it is.

    Telling those who signed up, and moving up those who wait, is ``sign_ups.changed``. Raises ActivityUnknown,
    NotStaff, NotAllowed, ActivityOver, CapacityTaken and LimitReached.
    """
    before = hold(tx, activity_id)
    reader = check(tx, who, before)
    staff.check(tx, who, RIGHT, store_id=wanted.store_id)
    rule.check_open(before, moment.now)
    after = Activity(before.id, wanted, before.taken, before.state)
    rule.check_open(after, moment.now)
    rule.check_capacity(wanted.capacity, before.taken)
    _check_points(tx, wanted)
    if before.plan != wanted:
        rows.change(tx, activity_id, **_values(wanted))
        change_id = moment.new_id(f"activity {activity_id}")
        audit.note(tx, moment, "activity.change", change_id, actor=reader.actor, activity=activity_id)
    return before, after


def cancel(tx: Tx, activity_id: str, who: Who, *, moment: Moment) -> Activity:
    """Cancel an activity; everybody who signed up is told within a minute. A second time changes nothing.

    Raises ActivityUnknown, NotStaff, NotAllowed, and ActivityOver once it has ended.
    """
    found = hold(tx, activity_id)
    reader = check(tx, who, found)
    if found.state == "open" and found.plan.ends_at > moment.now:
        rows.change(tx, activity_id, state="cancelled")
        audit.note(tx, moment, "activity.cancel", activity_id, actor=reader.actor, store_id=found.plan.store_id)
    elif found.state != "cancelled":
        rule.check_open(found, moment.now)
    return get(tx, activity_id)


def tell(tx: Tx, found: Activity, member_ids: Iterable[str], text: Message, *, key: str, moment: Moment) -> None:
    """Tell members about an activity they signed up for, once under the key; at night it waits for the morning.

    It does not wait where the activity begins before the morning.
    """
    shop = rules.current(tx)
    morning = shop.quiet.over_at(moment.now, shop.zone)
    at = morning if morning < found.plan.starts_at else moment.now
    reply = reminders.of_activity(text, found.id)
    notice = Notice("activity", "receipt", f"{found.id}/{key}", reply, not_before=at)
    for member_id in member_ids:
        tell_member(tx, member_id, notice, moment=moment)


def planned(tx: Tx, who: Who, key: str) -> Activity | None:
    """Return what this person opened under this key, or None."""
    row = rows.find(tx, _id(str(who.staff_id), key))
    return None if row is None else opened(row)


def stores(tx: Tx, who: Who) -> tuple[str, ...]:
    """Return the ids of the open stores in which a person may plan activities, the usual one first."""
    mine = staff.stores(tx, who)
    return tuple(store_id for store_id in mine if rights.may(who.roles, RIGHT, store_id=store_id))


def place(tx: Tx, found: Activity) -> Message:
    """Return the name of the store where it takes place."""
    return choose(rules.store_name(tx, found.plan.store_id))


def opened(row: Any) -> Activity:
    """Return a row as an activity."""
    told = {name: getattr(row, name) for name in ("title", "about", "store_id", "starts_at", "ends_at")}
    capacity = None if row.capacity is None else int(row.capacity)
    wanted = Plan(**told, capacity=capacity, points=int(row.points))
    return Activity(row.id, wanted, int(row.taken), row.state)


def _check_points(tx: Tx, wanted: Plan) -> None:
    """Refuse more points for coming than one person may give by hand alone. Raises LimitReached."""
    most = rules.current(tx).counter.adjust_alone_up_to
    if wanted.points > most:
        raise LimitReached(limit=most, scope="staff")


def _id(actor: str, key: str) -> str:
    return id_of(f"activity:{actor}:{key}")


def _values(wanted: Plan) -> dict[str, Any]:
    return {
        "title": wanted.title,
        "about": wanted.about,
        "store_id": wanted.store_id,
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "capacity": wanted.capacity,
        "points": wanted.points,
    }


def _row(row: Any) -> Any:
    if row is None:
        raise ActivityUnknown
    return row
