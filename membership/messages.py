"""What is said to people, as data: words by key and facts, pictures, buttons; no text is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from membership.money import Money


@dataclass(frozen=True, slots=True)
class Message:
    """One text by its symbolic key and the facts it tells.

    A fact may be plain text, a whole number, Money, a date (a shop day), an aware datetime (shown in the shop's
    zone), another Message (shown in the same language) or a tuple of Messages (shown as lines).
    The fact ``count``, where present, chooses the plural form.
    """

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def say(key: str, /, **facts: Any) -> Message:
    """Return the message of this key with these facts."""
    return Message(key, facts)


def plain(text: str) -> Message:
    """Return a message that is somebody's own words, shown as they are in every language."""
    return Message("plain", {"text": text})


def choose(texts: Mapping[str, str]) -> Message:
    """Return a message that the shop wrote itself, one text per language."""
    return Message("own", {"texts": dict(texts)})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to be drawn after the commit: its kind (card, coupon, report, blob) and its facts.

    Facts follow the same rules as a Message's.
    """

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """One thing to tap: it says ``word`` (at most 64 bytes), or opens ``url``, or shares the own contact.

    ``word`` is what the router understands, for example ``points`` or ``coupons claim 4f…``. ``page`` is a path of the
    shop's own pages (such as ``/card``) opened inside the app. ``word`` and ``page`` may not both be set.
    """

    label: Message
    word: str = ""
    url: str = ""
    page: str = ""
    contact: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """The open question of a dialogue: its name in the router's table, and what is already known."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """Everything one answer or notice says to one person.

    ``messages`` are paragraphs. ``toast`` is the short answer to a button press (at most 200 characters where the
    app shows it; elsewhere it is left out). ``question`` is what the person is asked now; None closes the dialogue.
    ``edit`` lets a button press change the pressed message instead of adding one. ``document`` is a file
    (name, text) such as an export.
    """

    messages: tuple[Message, ...] = ()
    picture: Picture | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()
    toast: Message | None = None
    question: Question | None = None
    edit: bool = True
    document: tuple[str, str] | None = None


def words(reply: Reply) -> tuple[str, ...]:
    """Return what the numbers 1, 2, 3 … stand for under this reply: the words of its buttons, in order."""
    return tuple(button.word for row in reply.buttons for button in row if button.word)


_SHAPES: Mapping[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    Money: ("Money", lambda money: [money.minor, money.currency], lambda told: Money(*told)),
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
}
"""How facts that JSON does not know are written: by name, out and in."""

_RECORDS: Mapping[str, type] = {record.__name__: record for record in (Message, Picture, Button, Question, Reply)}


def pack(value: Any) -> Any:
    """Return the value as plain JSON types; ``unpack`` gives it back exactly.

    Raises TypeError for a type that no message carries.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, tuple | list):
        return [pack(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): pack(item) for key, item in value.items()}
    return {"~": type(value).__name__, "v": _packed(value)}


def unpack(value: Any) -> Any:
    """Return what ``pack`` was given (lists come back as tuples)."""
    if isinstance(value, list):
        return tuple(unpack(item) for item in value)
    if isinstance(value, dict):
        return _unpacked(value["~"], value["v"]) if "~" in value else {key: unpack(one) for key, one in value.items()}
    return value


def _packed(value: Any) -> Any:
    if type(value) in _SHAPES:
        return _SHAPES[type(value)][1](value)
    if type(value).__name__ not in _RECORDS:
        msg = f"a message cannot carry {type(value).__name__}"
        raise TypeError(msg)
    return {name: pack(getattr(value, name)) for name in value.__dataclass_fields__}


def _unpacked(name: str, told: Any) -> Any:
    if name in _RECORDS:
        return _RECORDS[name](**{key: unpack(item) for key, item in told.items()})
    return next(read for known, _, read in _SHAPES.values() if known == name)(told)
