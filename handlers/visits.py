"""Visits on a counted pass at the counter in chat: taken with the member's fresh code, undone while they are fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.reply import screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import QuoteExpired
from membership.member import Who
from membership.messages import Button, Reply, say
from membership.moment import Moment
from services import Tx, staff, visit_asks, visits
from services.passes import Pass
from services.reader import Reader
from services.visit_asks import Asked
from services.visits import Visit, Wanted

SHOWN: Final = 6
DIGITS_MAX: Final = 3


def visit(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Take visits off a pass of the member who was scanned, or undo what was taken.

    It says ``<scan> <place of the pass>``, with how many behind it where it is not one, ``undo <visit>``, or
    ``asked <visit>`` where the member was asked first.
    """
    reader = staff.check(tx, who, "use_pass")
    match list(arguments):
        case ["undo", visit_id]:
            manager = rights.may(who.roles, "refund", store_id=reader.store_id)
            return _show(visits.undo(tx, visit_id, reader, manager=manager, moment=moment))
        case ["asked", visit_id]:
            return _show_asked(visit_asks.find(tx, visit_id, reader, now=moment.now))
        case [scan_id, place]:
            return _use(tx, said, reader, (scan_id, place, "1"), moment=moment)
        case [scan_id, place, count]:
            return _use(tx, said, reader, (scan_id, place, count), moment=moment)
    raise QuoteExpired


def rows(scan_id: str, held: Sequence[Pass]) -> list[list[Button]]:
    """Return the buttons that take a visit (or two at once) off each pass of the member who was scanned."""
    return [
        [
            tap("visit", f"visit {scan_id} {place}", title=one.title, left=one.remaining),
            *([tap("visit_two", f"visit {scan_id} {place} 2")] if one.remaining > 1 else []),
        ]
        for place, one in enumerate(held[:SHOWN])
    ]


def _use(tx: Tx, said: Said, reader: Reader, asked: tuple[str, str, str], *, moment: Moment) -> Reply:
    """Take the visits; pressed again, the same answer comes again."""
    scan_id, place, count = asked
    reference = f"desk:{reader.actor}:visit:{scan_id}"
    done: Visit | Asked | None = visits.made(tx, reference, now=moment.now)
    if done is None or (isinstance(done, Visit) and done.undone):
        done = visit_asks.under(tx, reference, reader, now=moment.now) or done
    if done is None:
        known: Mapping[str, Any] = {} if said.open is None else said.open.data
        held = known.get("passes", ())
        if known.get("scan") != scan_id or not _number(place) < len(held) or not _number(count):
            raise QuoteExpired
        wanted = Wanted(held[_number(place)], scan_id, _number(count))
        done = visit_asks.settle(tx, wanted, reader, reference=reference, moment=moment)
    return _show(done) if isinstance(done, Visit) else _show_asked(done)


def _show_asked(asked: Asked) -> Reply:
    """Show a visit the member is asked about, or what became of it."""
    facts = {"title": asked.of.title, "count": asked.count, "left": asked.of.remaining}
    if asked.state == visits.ASKED:
        row = [tap("refresh", f"visit asked {asked.id}")]
        return screen(say("visit.waiting", **facts, until=asked.expires_at), buttons=[row])
    return screen(say(f"visit.state.{asked.state}", **facts), buttons=[[tap("scan_again", "scan")]])


def _number(text: str) -> int:
    """Return a small whole number of a button. Raises QuoteExpired."""
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        raise QuoteExpired
    return int(text)


def _show(done: Visit) -> Reply:
    """Show that visits were taken, what is left, and the way back; of undone ones, that they were."""
    if done.undone:
        return screen(say("visit.undone", title=done.of.title, left=done.of.remaining), buttons=[[tap("scan", "scan")]])
    told = [say("visit.done", title=done.of.title, count=done.count, left=done.of.remaining)]
    if done.of.remaining <= done.of.plan.warn_left:
        told.append(say("visit.low"))
    return screen(*told, buttons=[[tap("undo", f"visit undo {done.id}"), tap("next", "scan")]])
