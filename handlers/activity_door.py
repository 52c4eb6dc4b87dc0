"""At the door of an activity: who signed up, and who came, by their code, their phone or the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from handlers import pointing
from handlers.reply import ask, home_row, listed, screen, tap
from handlers.said import Said
from membership import activities as rule
from membership.activities import Activity
from membership.errors import Expired, Refusal
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, activities, sign_ups, staff
from services.sign_ups import Attended, Guest

STEPS: Final = ("who", "came", "uncame", "door")
DOOR: Final = "activity.door"


def act(tx: Tx, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show who comes (``who <id> <page>``), mark one of them (``came``, ``uncame``), or wait at the door."""
    step, row_id, page = (*arguments, "0", "0")[:3] if len(arguments) > 1 else ("", "", "0")
    if not (page.isascii() and page.isdigit() and len(page) < 4):  # noqa: PLR2004 -- nobody turns a thousand pages
        raise Expired
    if step == "came":
        activity_id, done = sign_ups.attend_listed(tx, row_id, who, moment=moment)
        return _list(tx, activity_id, int(page), moment, _came(done))
    if step == "uncame":
        return _list(tx, sign_ups.unmark(tx, row_id, who, moment=moment), int(page), moment, say("activity.uncame"))
    activities.check(tx, who, activities.get(tx, row_id), "attend")
    return _ask_guest(row_id) if step == "door" else _list(tx, row_id, int(page), moment)


def take_guest(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Mark whoever's code is scanned or whose phone is typed as come, and wait for the next."""
    staff.check(tx, who, "attend")
    reader = activities.check(tx, who, activities.get(tx, data["activity"]), "attend")
    meant = pointing.member(tx, said, reader, moment=moment)
    if isinstance(meant, Reply):
        return meant
    return _ask_guest(data["activity"], _came(sign_ups.attend(tx, data["activity"], meant, who, moment=moment)))


def is_open(found: Activity, now: datetime) -> bool:
    """Tell whether staff may mark now who has come."""
    try:
        rule.check_doors(found, now)
    except Refusal:
        return False
    return True


def _list(tx: Tx, activity_id: str, page: int, moment: Moment, *first: Message) -> Reply:
    found, counts = activities.get(tx, activity_id), sign_ups.counted(tx, activity_id)
    guests, more = sign_ups.guests(tx, activity_id, page=page)
    lines = listed(say(f"activity.guest.{one.state}", name=one.name) for one in guests)
    doors = is_open(found, moment.now)
    marks = [[_mark(one, page)] for one in guests if doors and one.state in ("signed", "attended")]
    turn = [tap("more", f"activities who {activity_id} {page + 1}")] if more else []
    back = [tap("back", f"activities show {activity_id}"), *home_row()]
    total = say(
        "activity.guests", title=found.plan.title, signed=counts["signed"],
        waiting=counts["waiting"], attended=counts["attended"],
    )  # fmt: skip
    return screen(*first, total, *lines, buttons=[*marks, turn, back])


def _mark(guest: Guest, page: int) -> Button:
    if guest.state == "attended":
        return tap("activity_uncame", f"activities uncame {guest.id} {page}", name=guest.name)
    return tap("activity_came", f"activities came {guest.id} {page}", name=guest.name)


def _ask_guest(activity_id: str, *first: Message) -> Reply:
    rows = [[tap("activity_who", f"activities who {activity_id}"), tap("cancel", "cancel")]]
    return ask(DOOR, *first, say("activity.ask_guest"), buttons=rows, activity=activity_id)


def _came(done: Attended) -> Message:
    if not done.fresh:
        return say("activity.came_before", name=done.name)
    return (
        say("activity.came_for", name=done.name, points=done.points)
        if done.points
        else say("activity.came", name=done.name)
    )
