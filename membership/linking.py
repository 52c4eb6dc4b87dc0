"""One person with several accounts 绑定: the code that proves both are theirs, and what two members in one become."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from membership.referrals import LETTERS

Door = Literal["link", "bond"]
"""What a code opens: joining two accounts of one person, or two people who may send each other points."""

PREFIX: Final = {"link": "LINK-", "bond": "FAM-"}
LENGTH: Final = 8
BITS: Final = 5
LIFE: Final = timedelta(minutes=15)
UNDO: Final = timedelta(days=7)
"""So long two members that were made one can be parted again; no longer than what erasure waits for."""
TRIES, TRIES_IN = 5, timedelta(minutes=10)
"""So many wrong codes of one account in this time, and no more are looked at until the oldest is so long ago."""

_WORDS: Final = {"link": "LINK", "bond": "FAM"}
_MISREAD: Final = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Side:
    """What of a member matters when two become one: since when they are one, where they stand, what they agreed to."""

    id: str
    joined_at: datetime
    tier: str = ""
    offers_on: bool = False
    reminders_on: bool = True
    birthday_on: bool = True


def code_of(secret: bytes, door: Door) -> str:
    """Return the code that stands for these (at least five) unforeseeable bytes, such as ``LINK-7K2M9QXB``."""
    number = int.from_bytes(secret[:5], "big")
    return PREFIX[door] + "".join(LETTERS[number >> BITS * place & 31] for place in range(LENGTH))


def recognise(text: str, door: Door, *, bare: bool = False) -> str:
    """Return the code that was typed or came by a link, as we write it; "" where it is none.

    ``bare``: it was asked for, so that its eight letters alone are understood, too.
    """
    typed = unicodedata.normalize("NFKC", text).strip().upper().replace("_", "-")
    word = _WORDS[door]
    if typed.startswith(word):
        typed = typed.removeprefix(word)
        bare = bare or typed[:1] in ("-", " ")
    found = re.fullmatch(rf"[- ]?([{LETTERS}]{{4}})[- ]?([{LETTERS}]{{4}})", typed.translate(_MISREAD))
    return PREFIX[door] + found[1] + found[2] if found and bare else ""


def in_order(one: Side, other: Side) -> tuple[Side, Side]:
    """Return who is kept and who becomes part of them: whoever has been a member longer is kept."""
    first, second = sorted((one, other), key=lambda side: (side.joined_at, side.id))
    return first, second


def higher(steps: tuple[str, ...], kept: str, gone: str) -> str:
    """Return the higher of two tiers; ``steps`` are all of the shop's, the lowest first. Unknown ones are lowest."""
    return max(kept, gone, key=lambda tier: steps.index(tier) if tier in steps else -1)


def agreed(kept: Side, gone: Side) -> dict[str, bool]:
    """Return what both agreed to: a yes counts on only where both accounts had given it."""
    names = ("offers_on", "reminders_on", "birthday_on")
    return {name: getattr(kept, name) and getattr(gone, name) for name in names}
