"""Who comes how often, for the owner: members by stage and the map of last visit and frequency, counted last night."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.reply import home_row, screen, tap
from membership import staff as rights
from membership.errors import NotAllowed
from membership.lifecycle import SCORE_MAX
from membership.member import Who
from membership.messages import Message, Picture, Reply, choose, say
from services import Tx, habits, rules
from services.habits import Life


def show_life(tx: Tx, who: Who) -> Reply:
    """Show stages and map; they are the whole shop's, for who has a right in all of it. Raises NotAllowed."""
    if not any(rights.may((role,), "report") for role in who.roles if role.store_id is None):
        raise NotAllowed(action="report")
    found = habits.life(tx)
    groups = [tap("segments", "segments")] if rights.may(who.roles, "segments") else []
    buttons = [[tap("report_today", "report"), *groups], home_row()]
    if found.counted_at is None:
        return screen(say("report.life.none"), buttons=buttons)
    return screen(*_words(found), picture=_picture(tx, found), buttons=buttons)


def _words(found: Life) -> Iterator[Message]:
    yield say("report.life.title", at=found.counted_at)
    total = sum(found.stages.values()) or 1
    yield say(
        "lines",
        lines=tuple(
            say("report.life.stage", stage=say(f"lifecycle.stage.{name}"), number=count, percent=_percent(count, total))
            for name, count in found.stages.items()
        ),
    )
    yield say("report.life.map")


def _picture(tx: Tx, found: Life) -> Picture:
    fifths = range(1, SCORE_MAX + 1)
    stages = tuple(
        (say(f"lifecycle.stage.{name}"), count, say("picture.number", number=count))
        for name, count in found.stages.items()
    )
    facts = {
        "shop": choose(rules.current(tx).name),
        "title": say("report.life.picture"),
        "period": say("report.life.counted", at=found.counted_at),
        "stages": stages,
        "grid": tuple(tuple(found.grid.get((recency, frequency), 0) for recency in fifths) for frequency in fifths),
        "across": (say("report.life.long_ago"), say("report.life.just_now")),
        "up": (say("report.life.seldom"), say("report.life.often")),
    }
    return Picture("life", facts)


def _percent(count: int, total: int) -> int:
    return (200 * count + total) // (2 * total)
