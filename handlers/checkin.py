"""Check-in in chat: one tap a day, the week as a line, the days in a row, and a missed day made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership.checkin import CheckIn, Standing
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, checkin, members
from services.checkin import Done


def check_in(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Check in for today, or with ``mend <day>`` make up that day; where the shop has none, offer what it has."""
    del said
    if not checkin.offered(tx):
        return _not_here(who)
    member_id = members.required(who)
    match list(arguments):
        case []:
            done = checkin.check_in(tx, member_id, moment=moment)
            return _shown(_checked_in(done), done.standing)
        case ["mend", day]:
            done = checkin.make_up(tx, member_id, _day(day), moment=moment)
            return _shown(_mended(done, _day(day)), done.standing)
    raise Expired


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Expired from None


def _not_here(who: Who) -> Reply:
    near = [tap("points", "points"), tap("coupons", "coupons")] if who.member_id else [tap("join", "join")]
    return screen(say("checkin.not_here"), buttons=[near, home_row()])


def _checked_in(done: Done) -> Message:
    if not done.fresh:
        return say("checkin.again")
    return say("checkin.done", points=done.brought) if done.brought else say("checkin.done_full")


def _mended(done: Done, day: date) -> Message:
    if not done.fresh:
        return say("checkin.mended_before", on=day)
    return say("checkin.mended", on=day, points=done.brought) if done.brought else say("checkin.mended_full", on=day)


def _shown(title: Message, standing: Standing) -> Reply:
    """Return the screen: what happened, the week, the days in a row, what tomorrow brings, what can be made up."""
    lines = [title, _week(standing), say("checkin.streak", count=standing.streak)]
    if standing.today is not None:
        lines.append(_tomorrow(standing))
    buttons: list[Button] = []
    if standing.missed is not None:
        lines.append(say("checkin.missed", on=standing.missed))
        buttons.append(tap("checkin_mend", f"checkin mend {standing.missed.isoformat()}", on=standing.missed))
    if standing.today is None:
        buttons.append(tap("checkin", "checkin"))
    return screen(*lines, buttons=[buttons, [tap("points", "points"), *home_row()]])


def _tomorrow(standing: Standing) -> Message:
    return say("checkin.tomorrow", points=standing.tomorrow) if standing.tomorrow else say("checkin.tomorrow_full")


def _week(standing: Standing) -> Message:
    """Return the last seven days as one line, like a strip of a calendar."""
    one, two, three, four, five, six, seven = (_mark(day, found) for day, found in standing.week)
    return say("checkin.week", one=one, two=two, three=three, four=four, five=five, six=six, seven=seven)


def _mark(day: date, found: CheckIn | None) -> Message:
    if found is None:
        return say("checkin.day_missed", day=day.day)
    return say("checkin.day_made_up" if found.made_up else "checkin.day_done", day=day.day)
