"""Activities in chat: what takes place, signing up and withdrawing; those who plan them go on at their desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from handlers import activity_desk, activity_door
from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.activities import Activity
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, plain, say
from membership.moment import Moment
from services import Tx, activities, members, sign_ups
from services.sign_ups import SignUp

DIGITS_MAX: Final = 4
"""Of how many activities were shown: nobody turns so many pages."""


def show_activities(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show what takes place (``more <shown>``), one activity (``show <id>``), ``join`` or ``leave`` it, or plan."""
    match list(arguments):
        case [] | ["more", _]:
            return _list(tx, who, "".join(arguments[1:]) or "0", moment)
        case ["show", activity_id]:
            return _shown(tx, who, activities.get(tx, activity_id), moment)
        case ["join", activity_id]:
            return _join(tx, who, activity_id, moment=moment)
        case ["leave", activity_id]:
            return _leave(tx, who, activity_id, moment=moment)
        case [step, *rest] if step in activity_desk.STEPS:
            return activity_desk.act(tx, said, who, [step, *rest], moment=moment)
        case [step, *rest] if step in activity_door.STEPS:
            return activity_door.act(tx, who, [step, *rest], moment=moment)
    raise Expired


def _list(tx: Tx, who: Who, shown: str, moment: Moment) -> Reply:
    if not (shown.isascii() and shown.isdigit() and len(shown) <= DIGITS_MAX):
        raise Expired
    found, later = activities.upcoming(tx, behind=int(shown), now=moment.now)
    new = [tap("activity_new", "activities new")] if rights.may(who.roles, activities.RIGHT) else []
    lines = listed(say("activity.line", title=one.plan.title, at=one.plan.starts_at) for one in found)
    buttons = [[tap("activity_named", f"activities show {one.id}", title=one.plan.title)] for one in found]
    title = say("activity.title") if found else say("activity.none")
    more = [tap("more", f"activities more {int(shown) + len(found)}")] if later else []
    return screen(title, *lines, buttons=[*buttons, more, new, home_row()])


def _shown(tx: Tx, who: Who, found: Activity, moment: Moment, *first: Message) -> Reply:
    """Return the screen of one activity: what, when, where, for how many, and how it stands with this person."""
    mine = None if who.member_id is None else sign_ups.mine(tx, found.id, who.member_id)
    lines = [
        *first,
        say("activity.name", title=found.plan.title),
        *_about(tx, found, mine),
        *_standing(found, mine, moment),
    ]
    desk = activity_desk.buttons(who, found, now=moment.now)
    return screen(*lines, buttons=[_deeds(found, mine, moment), *desk, [tap("activities", "activities"), *home_row()]])


def _about(tx: Tx, found: Activity, mine: SignUp | None) -> Iterator[Message]:
    if found.plan.about:
        yield plain(found.plan.about)
    yield from listed(_facts(tx, found, mine))


def _facts(tx: Tx, found: Activity, mine: SignUp | None) -> Iterator[Message]:
    yield activity_desk.when(tx, found.plan)
    yield say("activity.where", store=activities.place(tx, found))
    if found.free is not None and found.free > 0:
        yield say("activity.free", count=found.free)
    elif found.free is not None and mine is None:  # who has a place, or waits for one, needs no waiting list
        yield say("activity.full")
    if found.plan.points:
        yield say("activity.brings", points=found.plan.points)


def _standing(found: Activity, mine: SignUp | None, moment: Moment) -> Iterator[Message]:
    if found.state == "cancelled":
        yield say("activity.is_cancelled")
    elif mine is not None and mine.state == "waiting":
        yield say("activity.you_wait", number=mine.ahead + 1)
    elif mine is not None:
        yield say("activity.you_came") if mine.state == "attended" else say("activity.you_come")
    elif found.state == "over" or found.plan.starts_at <= moment.now:
        yield say("activity.is_over")


def _deeds(found: Activity, mine: SignUp | None, moment: Moment) -> list[Button]:
    if found.state != "open" or found.plan.starts_at <= moment.now:
        return []
    if mine is not None:
        return [tap("activity_leave", f"activities leave {found.id}")]
    full = found.free is not None and found.free <= 0
    return [tap("activity_wait" if full else "activity_join", f"activities join {found.id}")]


def _join(tx: Tx, who: Who, activity_id: str, *, moment: Moment) -> Reply:
    mine = sign_ups.sign_up(tx, activity_id, members.required(who), moment=moment)
    first = say("activity.waits") if mine.state == "waiting" else say("activity.joined")
    return _shown(tx, who, activities.get(tx, activity_id), moment, first)


def _leave(tx: Tx, who: Who, activity_id: str, *, moment: Moment) -> Reply:
    sign_ups.withdraw(tx, activity_id, members.required(who), moment=moment)
    return _shown(tx, who, activities.get(tx, activity_id), moment, say("activity.left"))
