"""The photos people send: fetched from Telegram and read before their turn comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

import structlog
from telegram.constants import ChatAction
from telegram.error import NetworkError, TelegramError

from bot.telegram.connection import ShopBot
from bot.telegram.said import Photo
from handlers.said import Said
from pictures.decoding import UnreadablePicture

log = structlog.get_logger(__name__)

BYTES_MAX: Final = 10_000_000
PATIENCE_SECONDS: Final = 0.3  # after this the person sees that somebody is at work
ACTION_SECONDS: Final = 4.0  # Telegram shows "typing" for five seconds
READS: Final = 2

ReadCodes = Callable[[bytes], Awaitable[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Photos:
    """Fetches a photo, reads its codes, and tells in the chat that it takes a moment."""

    bot: ShopBot
    read_codes: ReadCodes

    async def look(self, said: Said, photo: Photo) -> Said:
        """Return what was said with the picture and its codes, or with the reason why it could not be read.

        Reasons: too_large (over 10 MB), unavailable (Telegram does not hand it out), or the reader's own.
        """
        if photo.size > BYTES_MAX:
            return replace(said, refused="too_large")
        async with self._seen_at_work(said.identity.external_id):
            try:
                picture = await self._fetch(photo)
                return replace(said, picture=picture, codes=await self.read_codes(picture))
            except TelegramError as error:
                log.warning("telegram_photo_unavailable", why=type(error).__name__)
                return replace(said, refused="unavailable")
            except UnreadablePicture as error:
                return replace(said, refused=error.reason)

    async def _fetch(self, photo: Photo) -> bytes:
        for _ in range(READS - 1):
            with contextlib.suppress(NetworkError):
                return await self._fetch_once(photo)
        return await self._fetch_once(photo)

    async def _fetch_once(self, photo: Photo) -> bytes:
        file = await self.bot.get_file(photo.file_id)
        if (file.file_size or 0) > BYTES_MAX:
            raise UnreadablePicture("too_large")
        return bytes(await file.download_as_bytearray())

    @contextlib.asynccontextmanager
    async def _seen_at_work(self, chat: str) -> AsyncIterator[None]:
        task = asyncio.create_task(self._act(chat))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _act(self, chat: str) -> None:
        await asyncio.sleep(PATIENCE_SECONDS)
        with contextlib.suppress(TelegramError):
            while True:
                await self.bot.send_chat_action(chat, ChatAction.TYPING)
                await asyncio.sleep(ACTION_SECONDS)
