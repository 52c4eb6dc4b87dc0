"""What a channel asks the memory to remember for it."""

from __future__ import annotations

from typing import Final

from services import Tx
from storage.channels import find, find_media, forget, forget_media, keep, keep_media, named

TELEGRAM_NAME: Final = "username"
"""The name under which the bot's own username is kept."""


def telegram_link(tx: Tx, word: str) -> str:
    """Return the link that says this word to the shop's bot at Telegram; "" where the bot has no name yet."""
    name = named(tx, TELEGRAM_NAME)
    return f"https://t.me/{name}?start={word}" if name else ""


__all__ = ["TELEGRAM_NAME", "find", "find_media", "forget", "forget_media", "keep", "keep_media", "telegram_link"]
