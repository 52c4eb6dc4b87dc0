"""One thing said is one transaction: the event, its effect, the next question, the reply and what must be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from membership.member import Identity, Who
from membership.messages import Question, Reply, words
from membership.moment import Moment
from services import Tx
from services.outgoing import Outgoing
from storage import dialogues, events, outbox, people


class Spoken(Protocol):
    """What a turn must know of the thing said; handlers.said.Said has it all."""

    @property
    def event(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def window(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one event: the reply (None: nobody is answered), its outbox row, and whether it came before."""

    who: Who
    reply: Reply | None
    row: Outgoing | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What is open with a person: the question, and what the numbers of the last list stand for."""

    question: Question | None = None
    choices: tuple[str, ...] = ()


S = TypeVar("S", bound=Spoken)
Answer = Callable[..., Reply | None]


def take(tx: Tx, said: S, answer: Answer, *, moment: Moment) -> Turn:
    """Take one event exactly once, and give the first reply again to a repeated one."""
    if not events.claim(tx, said.event, moment.now):
        return _again(tx, said)
    who = people.lock(tx, said.identity, said, moment.now)
    reply = answer(tx, said, who, _open(tx, who), moment=moment)
    return _close(tx, said, who, reply, moment)


def apologise(tx: Tx, said: S, reply: Reply, *, moment: Moment) -> Turn:
    """Close an event that a bug spoiled, so that the platform does not bring it for ever."""
    return take(tx, said, lambda *_, **__: reply, moment=moment)


def _open(tx: Tx, who: Who) -> Dialogue:
    question, choices = dialogues.get(tx, who.identity_id)
    return Dialogue(question, choices)


def _close(tx: Tx, said: S, who: Who, reply: Reply | None, moment: Moment) -> Turn:
    who = people.again(tx, who)  # the answer may have made a member of them, or changed the language
    if reply is None:
        events.close(tx, said.event, who.identity_id, None)
        return Turn(who, None)
    reply = replace(reply, messages=(*reply.messages, *_waiting(tx, who, reply)))
    dialogues.put(tx, who.identity_id, reply.question, choices=words(reply), now=moment.now)
    events.close(tx, said.event, who.identity_id, reply)
    return Turn(who, reply, outbox.put_reply(tx, who, reply, event=said.event, now=moment.now))


def _waiting(tx: Tx, who: Who, reply: Reply) -> tuple[()]:
    del tx, who, reply
    return ()


def _again(tx: Tx, said: S) -> Turn:
    who = people.lock(tx, said.identity, said, None)
    return Turn(who, events.reply(tx, said.event), repeated=True)
