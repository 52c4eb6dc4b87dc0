"""Every method of the Bot API this platform knows, in one table."""

from __future__ import annotations

from playground.telegram_api.editing import EDITING
from playground.telegram_api.profile import PROFILE
from playground.telegram_api.receiving import RECEIVING
from playground.telegram_api.sending import SENDING, Method

METHODS: dict[str, Method] = {**PROFILE, **SENDING, **EDITING, **RECEIVING}
_SPELLINGS = {name.lower(): name for name in METHODS}


def find(name: str) -> tuple[str, Method] | None:
    """Return a method by its name, in upper or lower case as Telegram allows, or None."""
    spelling = _SPELLINGS.get(name.lower())
    return (spelling, METHODS[spelling]) if spelling else None
