"""Waiting by the rehearsal's clock: a step of the clock ends a wait early."""

from __future__ import annotations

import asyncio

from playground.clock import MovableClock


class Waiting:
    """Sleeps that end when the movable clock says so."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._sleepers: set[asyncio.Event] = set()
        clock.on_step(self._wake)

    async def sleep(self, seconds: float) -> None:
        """Return once the rehearsal's clock has moved on by this many seconds."""
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            await self._until_step(left)

    async def _until_step(self, seconds: float) -> None:
        stepped = asyncio.Event()
        self._sleepers.add(stepped)
        try:
            async with asyncio.timeout(seconds):
                await stepped.wait()
        except TimeoutError:
            return
        finally:
            self._sleepers.discard(stepped)

    def _wake(self) -> None:
        for stepped in self._sleepers:
            stepped.set()
