"""The shop's bot at Telegram, as one object that never shows its token."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import aiohttp
from telegram import Bot

from bot.clock import Clock
from bot.telegram.said import KINDS
from bot.telegram.transport import Transport
from membership.messages import Message, Picture


class Words(Protocol):
    """What turns messages into words: as plain text, and as Telegram's HTML with every fact escaped."""

    @property
    def languages(self) -> Sequence[str]: ...

    def text(self, message: Message, language: str) -> str: ...

    def html(self, message: Message, language: str) -> str: ...


class Painter(Protocol):
    """What draws pictures, as JPEG or PNG bytes."""

    async def paint(self, picture: Picture, language: str) -> bytes: ...


class ShopBot(Bot):
    """python-telegram-bot's Bot, masked where it would print its token, and able to hand updates out as they came."""

    def __repr__(self) -> str:
        return f"ShopBot[{self.token.partition(':')[0]}]"

    async def updates_since(self, offset: int | None, *, seconds: int, limit: int = 100) -> list[Mapping[str, Any]]:
        """Return the updates from this id on as raw JSON, waiting so many seconds for one, and confirm all before.

        The library's get_updates refuses a whole batch for one update it cannot read, and could never get past it.
        """
        call = {"timeout": seconds, "limit": limit, "offset": offset, "allowed_updates": list(KINDS)}
        news = await self._post("getUpdates", call, read_timeout=seconds + 5.0)
        return [update for update in news if isinstance(update, dict)] if isinstance(news, list) else []


def make_bot(session: aiohttp.ClientSession, token: str, *, api_url: str, clock: Clock) -> ShopBot:
    """Return the bot of this token, on this session; nothing is asked of Telegram yet.

    Pass a session whose connector allows as many connections as sends run at once. Asking for updates has a road of its
    own: a wish for silence after too many messages does not make us deaf.
    """
    # At DEBUG the library writes the address with the token, and every message with its words, into the log.
    logging.getLogger("telegram").setLevel(logging.INFO)
    sending, asking = (Transport(session, monotonic=clock.monotonic) for _ in range(2))
    files = f"{api_url}/file/bot"
    return ShopBot(token, base_url=f"{api_url}/bot", base_file_url=files, request=sending, get_updates_request=asking)
