"""What a channel must remember between two starts: tokens, offsets, uploaded media."""

from __future__ import annotations

from datetime import datetime

from bot.clock import Clock
from services import Database, channels


class Notebook:
    """A channel's own memory, kept in the database so that it survives and is shared by all instances."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, account: str, name: str) -> str | None:
        """Return the value kept under this name, or None where there is none or it has ended."""
        return await self._database.read(channels.find, account, name, now=self._clock.now())

    async def keep(self, account: str, name: str, value: str, *, until: datetime | None = None) -> None:
        """Keep a value under this name, replacing an earlier one."""
        await self._database.write(channels.keep, account, name, value, until=until, now=self._clock.now())

    async def forget(self, account: str, name: str, value: str) -> bool:
        """Forget a value if it is still the one kept; tell whether it was (compare and expire)."""
        return await self._database.write(channels.forget, account, name, value)

    async def find_media(self, account: str, digest: str) -> str | None:
        """Return the platform's id of bytes uploaded before, by their SHA-256 in hex."""
        return await self._database.read(channels.find_media, account, digest, now=self._clock.now())

    async def keep_media(self, account: str, digest: str, file_id: str, *, until: datetime | None = None) -> None:
        """Remember the platform's id of uploaded bytes, until it ends there."""
        await self._database.write(channels.keep_media, account, digest, file_id, until=until)

    async def forget_media(self, account: str, digest: str) -> None:
        """Forget an uploaded medium that the platform no longer knows."""
        await self._database.write(channels.forget_media, account, digest)
