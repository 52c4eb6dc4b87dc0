"""The page's live line: whatever changes on a phone, on the clock or between the platforms is pushed to the browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from aiohttp import web

from playground.page_state import Page, call_line, fault_facts, screen_facts

LOOK_EVERY_SECONDS: Final = 0.1
CALLS_AT_ONCE_MAX: Final = 300


@dataclass(slots=True)
class Seen:
    """What one browser has been told already."""

    era: int = -1
    second: int = -1
    call: int = 0
    account: str = ""
    people: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    faults: list[dict[str, Any]] | None = None


async def stream(page: Page, request: web.Request) -> web.StreamResponse:
    """Answer GET /api/events with Server-Sent Events until the browser leaves."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    seen = Seen()
    while request.transport is not None and not request.transport.is_closing():
        text = "".join(f"event: {name}\ndata: {json.dumps(facts, default=str)}\n\n" for name, facts in news(page, seen))
        try:
            await response.write(text.encode())
        except ConnectionError:
            break
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return response


def news(page: Page, seen: Seen) -> Iterator[tuple[str, Any]]:
    """Yield what this browser has not been told yet, and remember that it was."""
    if seen.era != page.era:
        fresh = Seen(era=page.era)
        for name in Seen.__slots__:
            setattr(seen, name, getattr(fresh, name))
        yield "begin", {"zone": page.zone}
    yield from _people(page, seen)
    yield from _screens(page, seen)
    yield from _clock(page, seen)
    yield from _calls(page, seen)
    faults = fault_facts(page)
    if faults != seen.faults or page.account != seen.account:
        seen.faults, seen.account = faults, page.account
        yield "trouble", {"faults": faults, "account": page.account}


def _people(page: Page, seen: Seen) -> Iterator[tuple[str, Any]]:
    names = [person.id for person in page.people]
    if names != seen.people:
        seen.people = names
        yield "people", [asdict(person) for person in page.people]


def _screens(page: Page, seen: Seen) -> Iterator[tuple[str, Any]]:
    for person in page.people:
        version = page.phones(person).version(person.user)
        if seen.versions.get(person.id) != version:
            seen.versions[person.id] = version
            yield "screen", screen_facts(page, person)


def _clock(page: Page, seen: Seen) -> Iterator[tuple[str, Any]]:
    now = page.clock.now()
    if int(now.timestamp()) != seen.second:
        seen.second = int(now.timestamp())
        yield "clock", {"now": now.isoformat()}


def _calls(page: Page, seen: Seen) -> Iterator[tuple[str, Any]]:
    fresh: list[dict[str, Any]] = []
    for call in reversed(page.inspector.calls):
        if call.number <= seen.call or len(fresh) == CALLS_AT_ONCE_MAX:
            break
        fresh.append(call_line(call))
    if fresh:
        seen.call = fresh[0]["number"]
        yield "calls", fresh[::-1]
