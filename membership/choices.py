"""What a typed number stands for where several lists are on the screen: the one seen last, and a question in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from membership.messages import Button

WHICH: Final = "which"
"""The question that asks which of several choices a number meant."""

READING: Final = timedelta(seconds=4)
"""So long after a message was pushed a number may still have been typed for what stood above it."""

ARRIVING: Final = timedelta(seconds=1)
"""An answer and a pushed message that left within so short a time may stand on the screen in either order."""

ON_ITS_WAY: Final = timedelta(seconds=60)
"""So long a message whose arrival nobody confirmed may still arrive."""

LATE_AT_MOST: Final = timedelta(seconds=20)
"""What somebody said reaches the shop within so long (WeChat gives up after three tries of 5 s); a platform's time that
is older is that of a clock which goes wrong."""

OPEN_FOR: Final = timedelta(minutes=15)
"""So long an open question, or a deal in hand, keeps the plain numbers for itself."""

UNDISTURBED: Final = timedelta(minutes=5)
"""So long after somebody was asked something, what can wait waits for their answer."""

KEPT: Final = 3
KEPT_FOR: Final = timedelta(hours=48)
"""So many pushed lists of a person are known, and so long."""

DIGITS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Pushed:
    """The choices below a message the shop sent unasked: the outbox row, and between which times it appeared.

    ``marked`` tells that they were shown as #1, #2 …, because something was open with the person. ``since`` is when
    the sending began, ``seen`` when the platform had taken it (UTC; None: under way, or nobody knows).
    """

    row: str
    buttons: tuple[Button, ...]
    marked: bool
    since: datetime
    seen: datetime | None = None

    def at(self, number: int) -> Button | None:
        """Return the choice of this number, or None."""
        return self.buttons[number - 1] if 0 < number <= len(self.buttons) else None


@dataclass(frozen=True, slots=True)
class Screen:
    """The choices of the last answer, by their words, and since when they stand (UTC).

    ``asks`` tells that a question is open which any text would answer, ``open`` that this or a deal is in hand.
    """

    words: tuple[str, ...] = ()
    since: datetime | None = None
    asks: bool = False
    open: bool = False

    def at(self, number: int) -> str:
        """Return the word of this number; "" for none."""
        return self.words[number - 1] if 0 < number <= len(self.words) else ""


@dataclass(frozen=True, slots=True)
class Typed:
    """A number somebody typed, with a # before it or without, and when (UTC)."""

    number: int
    hashed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Meant:
    """What a number may mean: nothing, one thing for sure, or things to ask about.

    A choice is a pushed one's button, or the word of the last answer's list. ``else_answer`` tells that it may also be
    the answer to the open question.
    """

    choices: tuple[Button | str, ...] = ()
    sure: bool = False
    else_answer: bool = False


def number_of(text: str) -> tuple[int, bool] | None:
    """Return the short number a text is, and whether a # stands before it; None for any other text."""
    plain = text.strip().replace("＃", "#")
    digits = plain.removeprefix("#").strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > DIGITS_MAX:
        return None
    return int(digits), plain.startswith("#")


def typed_at(said_at: datetime, now: datetime) -> datetime:
    """Return when something was typed: as the platform tells, as far as that can be true."""
    return min(max(said_at, now - LATE_AT_MOST), now)


def meant(typed: Typed, screen: Screen, pushed: Iterable[Pushed]) -> Meant:
    """Return what a number means: the list its writer saw last decides; where that is in doubt, all it may be.

    A plain number beside an open question is its answer, unless a list with plain numbers came over it.
    """
    newest_first = sorted(pushed, key=lambda one: one.since, reverse=True)
    if screen.open and not typed.hashed:
        return _beside(typed, screen, [one for one in newest_first if not one.marked])
    marked = [one for one in newest_first if one.marked]
    if typed.hashed and marked:
        return _seen_last(typed, screen if screen.asks else None, marked)
    return _seen_last(typed, screen, newest_first)


def not_above(screen: Screen, pushed: Iterable[Pushed]) -> list[Pushed]:
    """Return the pushed lists that do not certainly stand above the last answer."""
    return [one for one in pushed if not _is_before(one, screen)]


def _beside(typed: Typed, screen: Screen, plain: Sequence[Pushed]) -> Meant:
    """Return what a plain number means beside an open question, or a deal in hand."""
    over = [one for one in plain if not _is_before(one, screen)]
    if not screen.asks:
        return _seen_last(typed, screen, over)
    found = [(one, button) for one in over if (button := one.at(typed.number)) is not None]
    if not found:
        return Meant()
    newest, choice = found[0]
    assert screen.since is not None, "an open question was asked at some time"
    if newest is over[0] and _is_certain(newest, screen, typed.at) and newest.since - screen.since >= OPEN_FOR:
        return Meant((choice,), sure=True)
    return Meant(_distinct([button for _, button in found]), else_answer=True)


def _seen_last(typed: Typed, screen: Screen | None, pushed: Sequence[Pushed]) -> Meant:
    """Go back from the newest list to the first one that was certainly seen."""
    choices: list[Button | str] = []
    passed = False  # a list that was certainly seen last has no such number
    for one in (one for one in pushed if not _is_before(one, screen)):
        button = one.at(typed.number)
        choices += [] if button is None else [button]
        if _is_certain(one, screen, typed.at):
            if button is not None:
                return _told(choices, sure=not passed)
            passed = True
    if screen is not None and (word := screen.at(typed.number)):
        return _told([*choices, word], sure=not passed)
    if choices:
        return _told(choices, sure=not passed)
    older = [button for one in pushed if _is_before(one, screen) and (button := one.at(typed.number)) is not None]
    return _told(list(older), sure=False)


def _told(choices: Sequence[Button | str], *, sure: bool) -> Meant:
    distinct = _distinct(choices)
    return Meant(distinct, sure=sure and len(distinct) == 1)


def _distinct(choices: Sequence[Button | str]) -> tuple[Button | str, ...]:
    """Return the choices, each word once."""
    found: dict[str, Button | str] = {}
    for one in choices:
        found.setdefault(one if isinstance(one, str) else one.word, one)
    return tuple(found.values())


def _is_before(one: Pushed, screen: Screen | None) -> bool:
    """Tell whether a pushed list certainly stands above the last answer."""
    if screen is None or screen.since is None:
        return False
    latest = one.since + ON_ITS_WAY if one.seen is None else one.seen
    return latest + ARRIVING < screen.since


def _is_certain(one: Pushed, screen: Screen | None, at: datetime) -> bool:
    """Tell whether a pushed list was certainly on the screen, below the last answer, when something was typed."""
    below = screen is None or screen.since is None or one.since > screen.since + ARRIVING
    return below and one.seen is not None and at > one.seen + READING
