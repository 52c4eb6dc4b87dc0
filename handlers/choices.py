"""A number or the text of a button that was typed: the choice it stands for, or the question which was meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from handlers.reply import screen, tap
from handlers.said import Said
from membership import choices as rule
from membership.choices import Typed
from membership.member import Who
from membership.messages import Button, Question, Reply, say
from membership.moment import Moment
from services import Tx, choices
from services.turns import Dialogue

AGAIN: Final = timedelta(seconds=1)
"""A number that comes so soon after "which one?" was typed before that could be read."""


def read(tx: Tx, said: Said, who: Who, dialogue: Dialogue, *, asks: bool, moment: Moment) -> str | Reply:
    """Return the word a typed number stands for, the question which was meant, or "" where it stands for nothing.

    ``asks`` tells that any text would answer the open question.
    """
    number = rule.number_of(said.text) if said.kind == "text" else None
    if number is None:
        return ""
    typed = Typed(*number, at=rule.typed_at(said.at, moment.now))
    asked = said.known(rule.WHICH)
    if asked is not None and not choices.came_since(tx, who, asked["at"]):
        return _chosen(asked, typed, dialogue)
    found = choices.meant(tx, who, dialogue, typed, asks=asks)
    if found.sure:
        [one] = found.choices
        return one if isinstance(one, str) else one.word
    if not found.choices:
        return ""
    shown = choices.numbered(tx, who, dialogue, found, number=typed.number)
    return _ask(shown, typed.number, dialogue, or_answer=found.else_answer, moment=moment)


def labelled(tx: Tx, said: Said, who: Who, dialogue: Dialogue, *, moment: Moment) -> str | Reply:
    """Return the word of the last answer's button that says what was typed, the question which was meant, or "".

    It goes before what the same text means as a word, for it is what its writer sees. A command with its slash is no
    button's text.
    """
    if not said.labels or said.text.lstrip().startswith("/"):
        return ""
    own, others = choices.named(tx, who, dialogue, said.labels, now=moment.now)
    match (*own, *others):
        case ():
            return ""
        case (one,):
            return one.word
    shown = choices.told_apart(own, others)
    return _ask(shown, said.text.strip(), dialogue, or_answer=False, moment=moment)


def _ask(found: Sequence[Button], typed: int | str, dialogue: Dialogue, *, or_answer: bool, moment: Moment) -> Reply:
    """Ask which of these was meant; what is open stays open, and has a way out of its own."""
    asked = {"number": typed, "choices": tuple(found), "at": moment.now}
    shown = _which(asked)
    if dialogue.question is None:
        return shown
    told = (*shown.messages, say("question.still_open")) if or_answer else shown.messages
    return replace(shown, messages=told, buttons=shown.buttons[:-1], question=dialogue.question)


def _which(asked: Mapping[str, Any]) -> Reply:
    rows = [*([one] for one in asked["choices"]), [tap("cancel", "cancel")]]
    return screen(say("which.ask", number=asked["number"]), buttons=rows, question=Question(rule.WHICH, asked))


def _chosen(asked: Mapping[str, Any], typed: Typed, dialogue: Dialogue) -> str | Reply:
    """Return what was chosen; asked again where the number was typed before the question could be read."""
    place = typed.number - 1
    if typed.at < asked["at"] + AGAIN or not 0 <= place < len(dialogue.choices):
        return _which(asked)
    return dialogue.choices[place]
