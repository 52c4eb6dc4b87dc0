"""What the numbers on somebody's screen stand for: below the last answer, and below what was pushed to them since."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from membership import choices as rule
from membership.choices import Meant, Pushed, Screen, Typed
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from services import Tx
from services.outgoing import Outgoing
from services.turns import Dialogue
from storage import choices as rows
from storage import dialogues
from storage import outbox as outbox_rows

WEIGHTY: Final = ("notme ", "disagree ", "approve ", "link yes ", "staff yes ", "broadcast cancel ")
"""What words begin with that do at once what their writer cannot take back alone: codes stopped, a yes for others."""


def show(tx: Tx, identity_id: str, reply: Reply, *, row: str, now: datetime) -> bool:
    """Note that a message with choices is about to appear; tell whether they must be marked as #1, #2 and so on.

    They are marked where something is open with the person, whose plain numbers belong to that.
    """
    buttons = tuple(button for line in reply.buttons for button in line if button.word)
    if not buttons:
        return False
    question, _, since = dialogues.get(tx, identity_id)
    marked = question is not None and question.name != rule.WHICH and _is_fresh(since, now, rule.OPEN_FOR)
    others = [one for one in _known(rows.hold(tx, identity_id), now) if one.row != row]
    rows.put(tx, identity_id, [*others, Pushed(row, buttons, marked, now)][-rule.KEPT :], now=now)
    return marked


def settle(tx: Tx, outgoing: Outgoing, *, seen: bool, now: datetime) -> None:
    """Note that a message with choices has arrived, or that it did not leave."""
    if outgoing.kind == "reply" or not any(button.word for line in outgoing.reply.buttons for button in line):
        return
    lists = rows.hold(tx, outgoing.identity_id)
    if any(one.row == outgoing.id for one in lists):
        rest = [_seen(one, now) if one.row == outgoing.id else one for one in lists if seen or one.row != outgoing.id]
        rows.put(tx, outgoing.identity_id, rest, now=now)


def is_busy(tx: Tx, identity_id: str, *, now: datetime) -> datetime | None:
    """Return until when somebody is left alone with what they were just asked; None where nothing is open."""
    question, _, since = dialogues.get(tx, identity_id)
    if question is None or question.name == rule.WHICH or since is None or not _is_fresh(since, now, rule.UNDISTURBED):
        return None
    return since + rule.UNDISTURBED


def came_since(tx: Tx, who: Who, at: datetime) -> bool:
    """Tell whether a message with choices was pushed to somebody after this moment."""
    return any(one.since > at for one in rows.pushed(tx, who.identity_id))


def meant(tx: Tx, who: Who, dialogue: Dialogue, typed: Typed, *, asks: bool) -> Meant:
    """Return what a typed number means; ``asks`` tells that any text would answer the open question.

    Below the question which of several was meant, only what was pushed after it counts: it names the rest itself.
    """
    question, lists = dialogue.question, _known(rows.pushed(tx, who.identity_id), typed.at)
    which = question.data if question is not None and question.name == rule.WHICH else None
    screen = Screen(dialogue.choices, dialogue.since, asks=asks, open=question is not None and which is None)
    found = rule.meant(typed, screen, [one for one in lists if which is None or one.since > which["at"]])
    return _weighed(found, screen.at(typed.number))


def numbered(tx: Tx, who: Who, dialogue: Dialogue, found: Meant, *, number: int) -> tuple[Button, ...]:
    """Return a button for each thing a number may mean, each told apart by where it stood."""
    return tuple(
        Button(say("button.which_listed", what=_label(tx, who, dialogue, number)), word=one)
        if isinstance(one, str)
        else Button(say("button.which_pushed", what=one.label), word=one.word)
        for one in found.choices
    )


def named(
    tx: Tx, who: Who, dialogue: Dialogue, labels: Collection[str], *, now: datetime
) -> tuple[tuple[Button, ...], tuple[Button, ...]]:
    """Return the last answer's buttons that say one of these texts, and those that say it below what was pushed since.

    Each word once. Where the last answer has none, the text means no button.
    """
    shown = _last(tx, who, dialogue) if dialogue.choices else ()
    own = {one.word: one for one in shown if _says(one, labels)}
    if not own:
        return (), ()
    since = rule.not_above(Screen(since=dialogue.since), _known(rows.pushed(tx, who.identity_id), now))
    over = {one.word: one for pushed in since for one in pushed.buttons if _says(one, labels)}
    return tuple(own.values()), tuple(one for word, one in over.items() if word not in own)


def told_apart(own: Iterable[Button], others: Iterable[Button]) -> tuple[Button, ...]:
    """Return buttons that say the same, each told apart by where it stood."""
    return (
        *(Button(say("button.which_listed", what=one.label), word=one.word) for one in own),
        *(Button(say("button.which_pushed", what=one.label), word=one.word) for one in others),
    )


def _says(one: Button, labels: Collection[str]) -> bool:
    return one.label.key in labels and not one.label.facts


def _weighed(found: Meant, listed: str) -> Meant:
    """Ask about a deed too heavy for a slip of the eye, where the last answer has a line of this number as well."""
    match found:
        case Meant(choices=(Button(word=word) as pushed,), sure=True) if listed not in ("", word):
            return Meant((pushed, listed)) if word.startswith(WEIGHTY) else found
    return found


def _label(tx: Tx, who: Who, dialogue: Dialogue, number: int) -> Message | str:
    """Return what stood at this number of the last answer; the bare number where that is not known any more."""
    shown = _last(tx, who, dialogue)
    return shown[number - 1].label if shown else str(number)


def _last(tx: Tx, who: Who, dialogue: Dialogue) -> tuple[Button, ...]:
    """Return the buttons of the last answer; none where it is not known any more."""
    last = outbox_rows.last_reply(tx, who.identity_id)
    shown = () if last is None else tuple(button for line in last.buttons for button in line if button.word)
    return shown if tuple(button.word for button in shown) == dialogue.choices else ()


def _known(lists: Iterable[Pushed], now: datetime) -> list[Pushed]:
    return [one for one in lists if now - one.since < rule.KEPT_FOR]


def _seen(one: Pushed, now: datetime) -> Pushed:
    return Pushed(one.row, one.buttons, one.marked, one.since, now)


def _is_fresh(since: datetime | None, now: datetime, life: timedelta) -> bool:
    return since is not None and now - since < life
