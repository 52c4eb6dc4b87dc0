"""Service notices by template: which of the shop's templates says what, and what fits into its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from bot.wechat.given import Words
from bot.wechat.planning import CONTROL
from membership.messages import Message, Reply
from membership.money import Money

LENGTHS = {"phrase": 5, "name": 10}  # in characters; every other kind of field takes 20
LENGTH_MAX = 20
EMPTY = "-"  # WeChat refuses an empty field
ISOLATES = re.compile("[\u2066-\u2069]")  # around names in texts; a field counts every character


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


class Form:
    """Fills templates with words of one language and times of the shop's zone."""

    def __init__(self, words: Words, *, language: str, zone: tzinfo) -> None:
        self._words = words
        self._language = language
        self._zone = zone

    def fill(self, template: Template, message: Message) -> dict[str, dict[str, str]]:
        """Return the fields as WeChat takes them: short, one line, never empty."""
        return {name: {"value": _fitting(name, self._value(message, fact))} for name, fact in template.fields.items()}

    def _value(self, message: Message, fact: str) -> str:
        value: Any = message if fact == "text" else message.facts.get(fact)
        if isinstance(value, Message):
            return self._words.text(value, self._language)
        if isinstance(value, Money):
            return value.plain  # fields of kinds number and amount take digits, not "¥1,280"
        if isinstance(value, datetime):
            return value.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")
        if isinstance(value, date):
            return value.isoformat()
        return "" if value is None else str(value)


def _fitting(name: str, value: str) -> str:
    line = " ".join(ISOLATES.sub("", CONTROL.sub("", value)).split())
    limit = LENGTHS.get(name.rstrip("0123456789"), LENGTH_MAX)
    return (line if len(line) <= limit else line[: limit - 1] + "…") or EMPTY
