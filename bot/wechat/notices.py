"""Service notices by template: which of the shop's templates says what, and what fits into its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.wechat.given import Words
from bot.wechat.planning import CONTROL
from membership.messages import Message, Reply
from membership.money import Money

LENGTHS = {"phrase": 5, "name": 10}  # in characters; every other kind of field takes 20
LENGTH_MAX = 20
EMPTY = "-"  # WeChat refuses an empty field


@dataclass(frozen=True, slots=True)
class Template:
    """One template of the account, as the settings map it.

    ``fields`` gives for each field of the template (thing1, amount2, …) the fact of our message that fills it, or
    ``text`` for the message's own words. ``page`` is the shop's page that a tap opens.
    """

    id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    page: str = ""


def message_of(reply: Reply, key: str) -> Message | None:
    """Return the message of this key, or the first one there is."""
    first = reply.messages[0] if reply.messages else None
    return next((message for message in reply.messages if message.key == key), first)


def filled(template: Template, message: Message, words: Words, language: str) -> dict[str, dict[str, str]]:
    """Return the fields as WeChat takes them: short, one line, never empty."""
    return {
        name: {"value": _fitting(name, _value(message, fact, words, language))}
        for name, fact in template.fields.items()
    }


def _value(message: Message, fact: str, words: Words, language: str) -> str:
    if fact == "text":
        return words.text(message, language)
    value: Any = message.facts.get(fact)
    if isinstance(value, bool | int):
        return str(int(value))  # a field of kind number takes digits, not "1,280"
    if isinstance(value, Money):
        return value.plain
    if value is None:
        return ""
    return words.text(value if isinstance(value, Message) else Message("plain", {"text": value}), language)


def _fitting(name: str, value: str) -> str:
    line = " ".join(CONTROL.sub("", value).split())
    limit = LENGTHS.get(name.rstrip("0123456789"), LENGTH_MAX)
    return (line if len(line) <= limit else line[: limit - 1] + "…") or EMPTY
