"""What is said to people, as data: words by key and facts, pictures, buttons; no text is written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from membership.money import Money

Fact = "str | int | bool | date | datetime | Money | Message | tuple[Message, ...] | None"


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


_KINDS: dict[str, Any] = {c.__name__: c for c in (Message, Picture, Button, Question, Reply)}


def pack(value: Any) -> Any:
    """Return the value as plain JSON types; ``unpack`` gives it back exactly.

    Raises TypeError for a type that no message carries.
    """
    name = type(value).__name__
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Money):
        return {"~": "Money", "v": [value.minor, value.currency]}
    if isinstance(value, datetime):
        return {"~": "datetime", "v": value.isoformat()}
    if isinstance(value, date):
        return {"~": "date", "v": value.isoformat()}
    if isinstance(value, tuple | list):
        return [pack(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): pack(item) for key, item in value.items()}
    if name in _KINDS:
        return {"~": name, "v": dict(_set_fields(value))}
    msg = f"a message cannot carry {name}"
    raise TypeError(msg)


def unpack(value: Any) -> Any:
    """Return what ``pack`` was given (lists come back as tuples)."""
    if isinstance(value, list):
        return tuple(unpack(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind: str | None = value.get("~")
    inner: Any = value.get("v")
    if kind is None:
        return {key: unpack(item) for key, item in value.items()}
    if kind == "Money":
        return Money(*inner)
    if kind == "datetime":
        return datetime.fromisoformat(inner)
    if kind == "date":
        return date.fromisoformat(inner)
    return _KINDS[kind](**{key: unpack(item) for key, item in inner.items()})


def _set_fields(value: Any) -> Iterator[tuple[str, Any]]:
    for name in value.__dataclass_fields__:
        yield name, pack(getattr(value, name))
