"""How a command reaches the shop's memory: opened beside a running server, closed again whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from bot import settings, shop
from bot.clock import SystemClock
from bot.settings import Settings
from services import Database

T = TypeVar("T")


def with_memory(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    """Read the settings, open the memory, do the work and close it again; raises what these raise."""
    return asyncio.run(_work(work))


async def _work(work: Callable[[Database, Settings], Awaitable[T]]) -> T:
    read = settings.load()
    async with opened(read) as db:
        return await work(db, read)


@asynccontextmanager
async def opened(read: Settings) -> AsyncIterator[Database]:
    """Open the memory for a short command."""
    db = await shop.open_database(read, server=False, clock=SystemClock())
    try:
        yield db
    finally:
        await db.close()
