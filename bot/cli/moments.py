"""Moments typed on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.cli.plainly import ASKED_WRONGLY, Stopped


def moment_of(text: str) -> datetime:
    """Return the moment somebody typed, in UTC. Raises Stopped for what is none, or has no offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min  # noqa: DTZ901 - has no offset, and is refused for it
    if found.tzinfo is None:
        raise Stopped(f'"{text}" is no moment. Write one such as 2026-12-24T09:30+08:00.', code=ASKED_WRONGLY)
    return found.astimezone(UTC)
