"""What a channel asks the memory to remember for it."""

from __future__ import annotations

from typing import Final

from services import Tx
from storage.channels import find, find_media, forget, forget_media, keep, keep_media, named

TELEGRAM_NAME: Final = "username"
"""The name under which the bot's own username is kept."""


def telegram_name(tx: Tx) -> str:
    """Return the username of the shop's bot at Telegram; "" where it has none yet."""
    return named(tx, TELEGRAM_NAME) or ""


__all__ = ["TELEGRAM_NAME", "find", "find_media", "forget", "forget_media", "keep", "keep_media", "telegram_name"]
