"""Photos from strangers are opened by small helpers at arm's length, which may fail without harming the shop."""

from __future__ import annotations

import asyncio
import json
import math
import resource
import signal
import struct
import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from pictures.decoding import REASONS, Limits, Reason, UnreadablePicture, read_codes

__all__ = ["Limits", "Reader", "Reason", "UnreadablePicture", "read_codes"]

MEMORY_BYTES_MAX = 512 * 2**20
CPU_SECONDS_MAX = 5
WALL_SECONDS_MAX = 8.0  # more than the CPU limit, for a busy machine
LENGTH = struct.Struct(">I")  # every frame on the pipes: its length in bytes, then its bytes
HOME = Path(__file__).resolve().parent.parent  # where `python -m pictures.reader` finds this package


class Reader:
    """Reads codes in child processes with little memory, little time and an empty environment.

    Children start with the first picture (or with `start`), stay warm, and are replaced when they die. Give one
    Reader to the whole program and `close` it at the end. `read` never blocks the event loop.
    """

    def __init__(
        self, *, children: int = 2, limits: Limits | None = None, seconds_max: float = WALL_SECONDS_MAX
    ) -> None:
        self._limits = limits or Limits()
        self._seconds_max = seconds_max
        self._children = children
        self._idle: list[Child] = []
        self._room = asyncio.Semaphore(children)

    async def start(self) -> None:
        """Warm up: start every child now, and return when all of them have answered a first, empty picture."""
        missing = self._children - len(self._idle)
        fresh = await asyncio.gather(*(Child.spawn(self._limits) for _ in range(missing)))
        self._idle += fresh
        await asyncio.gather(*(child.ask(b"") for child in fresh))

    async def read(self, picture: bytes) -> tuple[str, ...]:
        """Give the texts of all QR codes in the picture; raise UnreadablePicture for a file we cannot look at."""
        if len(picture) > self._limits.bytes_max:
            raise UnreadablePicture("too_large")
        async with self._room:
            try:
                return await self._read_by(await self._take(), picture)
            except ChildLost:
                # Perhaps it was killed by the system for its past, not by this picture: one fresh child may try.
                fresh = await Child.spawn(self._limits)
            try:
                return await self._read_by(fresh, picture)
            except ChildLost:
                raise UnreadablePicture("broken") from None

    async def close(self) -> None:
        """End all idle children; a read still under way ends its own."""
        self._children = 0
        while self._idle:
            await self._idle.pop().end()

    async def _take(self) -> Child:
        while self._idle:
            child = self._idle.pop()
            if child.alive:
                return child
            await child.end()
        return await Child.spawn(self._limits)

    async def _read_by(self, child: Child, picture: bytes) -> tuple[str, ...]:
        answered = False
        try:
            answer = await asyncio.wait_for(child.ask(picture), self._seconds_max)
            answered = True
        except TimeoutError:
            raise UnreadablePicture("timeout") from None
        finally:
            # Also when the caller was cancelled: a child in the middle of an answer would give it to the next one.
            if answered and self._children:
                self._idle.append(child)
            else:
                await child.end()
        return _codes(answer)


class ChildLost(Exception):
    """The child ended without an answer, and not because it used up its time."""


class Child:
    """One helper process, asked one picture at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._pictures = process.stdin
        self._answers = process.stdout

    @classmethod
    async def spawn(cls, limits: Limits) -> Child:
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        words = (sys.executable, "-m", "pictures.reader", json.dumps(asdict(limits)))
        process = await asyncio.create_subprocess_exec(
            *words, stdin=pipe, stdout=pipe, stderr=nothing, cwd=HOME, env={}
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, picture: bytes) -> bytes:
        """Send the picture, await the answer; raise ChildLost, or UnreadablePicture if its time was used up."""
        try:
            self._pictures.write(LENGTH.pack(len(picture)))
            self._pictures.write(picture)
            await self._pictures.drain()
            (length,) = LENGTH.unpack(await self._answers.readexactly(LENGTH.size))
            return await self._answers.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            if await self._process.wait() == -signal.SIGXCPU:
                raise UnreadablePicture("timeout") from None
            raise ChildLost from None

    async def end(self) -> None:
        if self.alive:
            self._process.kill()
        self._pictures.close()
        await self._process.wait()


def _codes(answer: bytes) -> tuple[str, ...]:
    said = json.loads(answer)
    if isinstance(said, list):
        return tuple(str(text) for text in said)
    raise UnreadablePicture(next((reason for reason in REASONS if reason == said), "broken"))


def serve(pictures: BinaryIO, answers: BinaryIO, *, limits: Limits) -> None:
    """Live the child's whole life: answer picture after picture until the parent closes the pipe."""
    while head := pictures.read(LENGTH.size):
        picture = pictures.read(*LENGTH.unpack(head))
        _grant_seconds(CPU_SECONDS_MAX)
        try:
            said: list[str] | Reason = list(read_codes(picture, limits=limits))
        except UnreadablePicture as no:
            said = no.reason
        answer = json.dumps(said).encode()
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _grant_seconds(seconds: int) -> None:
    """Let this process use so many more CPU seconds; past them the system ends it by SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + seconds, hard))


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it reads a pipe and writes a pipe, never a file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no photo behind
    serve(sys.stdin.buffer, sys.stdout.buffer, limits=Limits(**json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
