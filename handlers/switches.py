"""What runs at the shop, and turning it off and on: campaigns, promotions, offers and the lottery."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, staff, switches
from services.switches import KINDS, Thing

AT_ONCE = 8


def show_campaigns(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show what runs; ``on`` and ``off`` with a kind and an id switch something, ``from`` turns the page.

    A member who asks is shown what counts for them.
    """
    del said
    if who.member_id is not None and not rights.may(who.roles, "switch"):
        return _for_member(tx, who.member_id, moment.now)
    reader = staff.check(tx, who, "switch")
    match list(arguments):
        case []:
            return _listed(tx, 0)
        case ["from", number] if number.isascii() and number.isdigit():
            return _listed(tx, int(number[:4]))
        case ["on" | "off" as state, kind, code] if kind in KINDS:
            switches.turn(tx, kind, code, state, actor=reader.actor, moment=moment)
            return _listed(tx, _place(tx, kind, code) // AT_ONCE * AT_ONCE)
    raise Expired


def _for_member(tx: Tx, member_id: str, now: datetime) -> Reply:
    found = switches.running(tx, member_id, now=now)
    lines = listed(say("switch.counts", name=one.name, what=one.what, when=one.told) for one in found)
    title = say("switch.for_you") if found else say("switch.nothing")
    return screen(title, *lines, buttons=[[tap("points", "points"), tap("coupons", "coupons")], home_row()])


def _place(tx: Tx, kind: str, code: str) -> int:
    return next(place for place, one in enumerate(switches.things(tx)) if (one.kind, one.code) == (kind, code))


def _listed(tx: Tx, first: int) -> Reply:
    """Show eight of them at once, each with the button that turns it the other way."""
    every = switches.things(tx)
    if not every:
        return screen(say("switch.none"), buttons=[home_row()])
    first = first if first < len(every) else 0
    shown = every[first : first + AT_ONCE]
    rows = [[_turn(one)] for one in shown]
    if len(every) > AT_ONCE:
        rows.append([tap("more", f"campaigns from {first + AT_ONCE}")])
    return screen(say("switch.title"), *listed(_line(one) for one in shown), buttons=[*rows, home_row()])


def _line(one: Thing) -> Message:
    told = {"name": one.name, "what": one.what, "when": one.told}
    return say("switch.on", **told) if one.state == "on" else say("switch.off", **told)


def _turn(one: Thing) -> Button:
    if one.state == "on":
        return tap("turn_off", f"campaigns off {one.kind} {one.code}", name=one.name)
    return tap("turn_on", f"campaigns on {one.kind} {one.code}", name=one.name)
