"""Questions for a person: handed to the staff in their chat, and the answer brought back to whoever asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.reply import ask, home_row, screen, tap
from handlers.said import Said
from membership.errors import QuestionUnknown
from membership.member import Who
from membership.messages import Reply, say
from membership.moment import Moment
from services import Tx, questions, staff


def call_staff(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Ask what the question for a person is."""
    del tx, said, who, moment
    return _ask()


def take_question(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Hand the question to everybody who serves at the counter, and say when an answer can be hoped for.

    A picture without words asks nothing: the words are asked for once more.
    """
    if not said.text.strip():
        return _ask()
    reached = questions.ask(tx, who, said.text, event=said.event, moment=moment)
    opens = questions.opens_at(tx, now=moment.now)
    if reached and opens is not None:
        return screen(say("human.later", at=opens), buttons=[home_row()])
    return screen(say("human.sent" if reached else "human.nobody"), buttons=[home_row()])


def answer(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Ask a colleague what the answer is, unless another one was faster."""
    del said, moment
    staff.check(tx, who, "scan")
    if not arguments:
        raise QuestionUnknown
    questions.check_open(tx, arguments[0])
    return _ask_answer(arguments[0])


def take_answer(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Bring the answer to whoever asked; the first one counts, and one without words is none."""
    reader = staff.check(tx, who, "scan")
    if not said.text.strip():
        return _ask_answer(data["to"])
    questions.answer(tx, data["to"], said.text, by=reader.actor, moment=moment)
    return screen(say("human.answered"), buttons=[[tap("scan", "scan"), tap("help", "help")]])


def _ask() -> Reply:
    return ask("human.question", say("human.ask"), buttons=[[tap("cancel", "cancel")]])


def _ask_answer(question_id: str) -> Reply:
    return ask("human.answer", say("human.answer_ask"), buttons=[[tap("cancel", "cancel")]], to=question_id)
