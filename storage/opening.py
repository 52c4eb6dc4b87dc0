"""Opening the memory for the program: a server that cannot be reached is said so in one sentence."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy.exc import DBAPIError

from storage.database import Database
from storage.faults import Fault


class DatabaseUnreachable(Fault):
    """PostgreSQL did not let us in. What it said names the host and the user, never the password."""

    text: ClassVar[str] = "PostgreSQL cannot be used: {said}. Look at MEMBERBOT_DATABASE_URL, and whether it runs."


async def open_memory(url: str, *, server: bool = False, started: datetime | None = None) -> Database:
    """Open the memory as ``Database.open`` does. Raises its faults, and DatabaseUnreachable."""
    try:
        return await Database.open(url, server=server, started=started)
    except DBAPIError as failed:
        said = str(failed.orig).strip().splitlines() or ["it does not answer"]
        raise DatabaseUnreachable(said=said[0].rstrip(".")) from None
