"""The sign on the memory's door: one server at a time may work on one database file."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from storage.faults import DatabaseInUse


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock: a name for people, its process id, and when it started (ISO 8601, UTC)."""

    name: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.name}, process {self.pid}, since {self.started}"


def lock_path(database: Path) -> Path:
    """Return the lock file beside the database: the same name with `.lock` behind it."""
    return database.with_name(database.name + ".lock")


class ServerLock:
    """An flock on `<database>.lock`. The kernel frees it when the process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, database: Path, *, name: str, started: datetime | None = None) -> Self:
        """Take the lock or raise DatabaseInUse with the holder's name, process id and start."""
        path = lock_path(database)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            os.close(descriptor)
            raise DatabaseInUse(path=database, holder=holder(database) or "a server that has not signed yet") from held
        sign = {"name": name, "pid": os.getpid(), "started": started.isoformat() if started else "unknown"}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(sign).encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        # The file stays: removing it would let two servers lock two different files of one name.
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def holder(database: Path) -> Holder | None:
    """Tell who signed the lock file last, or None; says nothing about whether the lock is still held."""
    try:
        fields = json.loads(lock_path(database).read_text())
        return Holder(name=str(fields["name"]), pid=int(fields["pid"]), started=str(fields["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
