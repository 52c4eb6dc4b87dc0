"""One person's things one after another, and people side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Lanes:
    """Runs jobs as tasks: those of one key in the order they were added, those of different keys at once."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Task[Any]] = {}
        self._all: set[asyncio.Task[Any]] = set()

    def add(self, key: Hashable, job: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        """Run the job after all earlier ones of this key, however they end; the task returns what the job does."""
        before = self._last.get(key)
        task = asyncio.create_task(_after(before, job))
        self._last[key] = task
        self._all.add(task)
        task.add_done_callback(lambda done: self._leave(key, done))
        return task

    async def close(self, *, seconds: float) -> bool:
        """Wait for everything added until now, at most so long, and end the rest; tell whether all ended by itself."""
        if not self._all:
            return True
        _, unfinished = await asyncio.wait(set(self._all), timeout=seconds)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished)
        return not unfinished

    def _leave(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._all.discard(task)
        if self._last.get(key) is task:
            del self._last[key]


def told(task: asyncio.Task[Any], what: str) -> None:
    """See that a task nobody waits for does not fail in silence: log what ended it."""

    def tell(done: asyncio.Task[Any]) -> None:
        if not done.cancelled() and (error := done.exception()):
            log.error(what, exc_info=error)

    task.add_done_callback(tell)


async def _after(before: asyncio.Task[Any] | None, job: Callable[[], Awaitable[T]]) -> T:
    if before:
        await asyncio.wait([before])  # waits without taking over its error
    return await job()
