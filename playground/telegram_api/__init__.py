"""Telegram played by this machine: the Bot API over HTTP, and phones that talk to the shop's bot."""

from __future__ import annotations

from playground.telegram_api.errors import ApiError
from playground.telegram_api.platform import TelegramPlatform

__all__ = ["ApiError", "TelegramPlatform"]
