"""Why staff do something by hand: a reason of a short list by a tap, or one in their own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from handlers.reply import tap
from membership.messages import Button

OF_A_REFUND: Final = ("returned", "wrong_amount", "complaint")
OF_A_PASS: Final = ("returned", "complaint", "goodwill")
OF_A_CHANGE: Final = ("correction", "goodwill", "complaint")
LENGTH_MAX: Final = 100


def buttons(word: str, offered: Sequence[str]) -> list[list[Button]]:
    """Return a row for each reason; its button says ``<word> why <reason>``."""
    return [[tap(f"reason_{reason}", f"{word} why {reason}")] for reason in offered]


def typed(text: str) -> str:
    """Return a typed reason as it is kept: one line, not longer than a line; "" where nothing was said."""
    return " ".join(text.split())[:LENGTH_MAX]
