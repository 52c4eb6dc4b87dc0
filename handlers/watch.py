"""What looked odd, for the owner in chat: a list in plain words, one by one, marked as looked at."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, staff, watch
from services.watch import Odd

SHOWN = 8


def show(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """List what looked odd lately; ``<id>`` shows one with its figures, ``<id> seen`` marks it as looked at."""
    del said
    reader = staff.check(tx, who, "watch")
    match list(arguments):
        case []:
            return _list(watch.listed(tx, now=moment.now))
        case [flag_id]:
            return _one(watch.get(tx, flag_id))
        case [flag_id, "seen"]:
            watch.see(tx, flag_id, reader.actor, moment=moment)
            return _list(watch.listed(tx, now=moment.now))
    raise Expired


def _list(found: Sequence[Odd]) -> Reply:
    if not found:
        return screen(say("watch.none"), buttons=[home_row()])
    shown = enumerate(found[:SHOWN], start=1)
    lines = [_numbered(one, number) for number, one in shown]
    numbered = enumerate(found[:SHOWN], start=1)
    buttons = [tap("watch_one", f"watch {one.id}", number=number) for number, one in numbered]
    return screen(say("watch.title"), *lines, buttons=[*_in_rows(buttons), home_row()])


def _one(one: Odd) -> Reply:
    messages = [say("watch.about", line=_line(one), on=one.day)]
    if one.name is not None:
        messages.append(say("watch.member", name=one.name))
    if one.store is not None:
        messages.append(say("watch.store", store=one.store))
    messages.append(say("watch.advice"))
    seen = [] if one.seen else [tap("watch_seen", f"watch {one.id} seen")]
    return screen(*messages, buttons=[[*seen, tap("watch", "watch")], home_row()])


def _numbered(one: Odd, number: int) -> Message:
    facts = {"line": _line(one), "on": one.day, "number": number}
    return say("watch.seen", **facts) if one.seen else say("watch.new", **facts)


def _line(one: Odd) -> Message:
    return say("watch.line", who=one.who, what=one.what)


def _in_rows(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    return [buttons[place : place + 4] for place in range(0, len(buttons), 4)]
