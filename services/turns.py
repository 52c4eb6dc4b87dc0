"""One thing said is one transaction: the event, its effect, the next question, the reply and what must be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from membership.member import Who
from membership.messages import Button, Question, Reply, say, words
from membership.moment import Moment
from services import Tx, outbox, people
from services.outgoing import Outgoing
from storage import dialogues, events


class Spoken(people.Spoken, Protocol):
    """What a turn must know of the thing said; handlers.said.Said has it all."""

    @property
    def event(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one event: the reply (None: nobody is answered), its outbox row, and whether it came before."""

    who: Who
    reply: Reply | None
    row: Outgoing | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What is open with a person: the question, what the numbers of the last list stand for, and since when (UTC)."""

    question: Question | None = None
    choices: tuple[str, ...] = ()
    since: datetime | None = None


S = TypeVar("S", bound=Spoken)
Answer = Callable[..., Reply | None]


def take(tx: Tx, said: S, answer: Answer, *, moment: Moment) -> Turn:
    """Take one event exactly once, and give the first reply again to a repeated one."""
    if not events.claim(tx, said.event, moment.now):
        return Turn(people.lock(tx, said, moment.now), events.reply(tx, said.event), repeated=True)
    who = people.lock(tx, said, moment.now)
    open_now = Dialogue(*dialogues.get(tx, who.identity_id))
    reply = answer(tx, said, who, open_now, moment=moment)
    return _close(tx, said.event, reply, who=people.after_answer(tx, who), moment=moment)


def _close(tx: Tx, event: str, reply: Reply | None, *, who: Who, moment: Moment) -> Turn:
    if reply is None:
        events.close(tx, event, who.identity_id, None)
        return Turn(who, None)
    reply = _with_waiting(tx, who, reply, moment)
    dialogues.put(tx, who.identity_id, reply.question, choices=words(reply), now=moment.now)
    events.close(tx, event, who.identity_id, reply)
    return Turn(who, reply, outbox.put_reply(tx, who, reply, event=event, now=moment.now))


def _with_waiting(tx: Tx, who: Who, reply: Reply, moment: Moment) -> Reply:
    """Add the one line that tells what waits for this person, with its button."""
    line = outbox.waiting_line(tx, who, now=moment.now)
    if not line:
        return reply
    row = (Button(say("button.waiting"), word="waiting"),)
    return replace(reply, messages=(*reply.messages, *line), buttons=(*reply.buttons, row))
