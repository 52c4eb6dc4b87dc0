"""What the rehearsal's page stands on: the phones, the people, the clock, and how they are written down for it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from playground.clock import MovableClock
from playground.faults import Faults
from playground.in_app_browser import Browsers
from playground.inspector import Call, Inspector
from playground.phones import App, Bubble, Person, Phones

ACCOUNTS: Final = ("service", "subscription", "unverified")


@dataclass(slots=True)
class Page:
    """Everything the page shows and moves.

    ``people`` is shared: customers added on the page are appended. ``advance`` moves the clock and makes what is due
    happen; ``reset`` begins again; ``switch_account`` takes one of ``ACCOUNTS``; ``read_code`` reads the codes in a
    picture; ``birthdays`` says when the next birthday of a person (``Person.id``) is greeted, in UTC, or None when the
    shop knows none. ``zone`` is the shop's time zone, ``account`` the kind of WeChat account now, ``era`` grows with
    each reset.
    """

    platforms: dict[App, Phones]
    people: list[Person]
    clock: MovableClock
    inspector: Inspector
    faults: dict[App, Faults]
    _: KW_ONLY
    advance: Callable[[timedelta], Awaitable[None]]
    reset: Callable[[], Awaitable[None]]
    switch_account: Callable[[str], Awaitable[None]]
    read_code: Callable[[bytes], Awaitable[tuple[str, ...]]]
    birthdays: Callable[[str], Awaitable[datetime | None]]
    browsers: Browsers | None = None
    zone: str = "Asia/Shanghai"
    account: str = "service"
    era: int = field(default=0, init=False)

    def person(self, name: object) -> Person:
        """Return the person of this id; refuses with 404."""
        for person in self.people:
            if person.id == name:
                return person
        raise refusal(404, "no_person")

    def phones(self, person: Person) -> Phones:
        """Return the platform this person's phone belongs to."""
        return self.platforms[person.app]

    def bubble(self, person: Person, name: object) -> Bubble:
        """Return one bubble of a person's chat; refuses with 404."""
        for bubble in self.phones(person).screen(person.user).bubbles:
            if bubble.id == name:
                return bubble
        raise refusal(404, "no_bubble")


def refusal(status: int, code: str) -> web.HTTPException:
    """Return an error answer whose ``code`` the page puts into words."""
    kinds: dict[int, type[web.HTTPException]] = {
        404: web.HTTPNotFound,
        409: web.HTTPConflict,
        422: web.HTTPUnprocessableEntity,
    }
    kind = kinds.get(status, web.HTTPBadRequest)
    return kind(text=json.dumps({"error": code}), content_type="application/json")


def screen_facts(page: Page, person: Person) -> dict[str, Any]:
    """Write down one phone's screen; pictures are fetched through the page, under the page's own address."""
    facts = asdict(page.phones(person).screen(person.user))
    facts["person"] = person.id
    for bubble in facts["bubbles"]:
        for part in ("image", "document"):
            if bubble[part] and not _is_elsewhere(page, person, bubble[part]):
                bubble[part] = f"api/people/{quote(person.id, safe='')}/file?address={quote(bubble[part], safe='')}"
    return facts


def _is_elsewhere(page: Page, person: Person, address: str) -> bool:
    """Whether a picture lies with the program itself, as the picture of a WeChat article does."""
    if not address.startswith(("http://", "https://")):
        return False
    try:
        page.phones(person).image(address)
    except KeyError:
        return True
    return False


def call_line(call: Call) -> dict[str, Any]:
    """Write down one call for the inspector's list, without its contents."""
    return {
        "number": call.number,
        "at": call.at.isoformat(),
        "platform": call.platform,
        "direction": call.direction,
        "name": call.name,
        "status": call.status,
        "milliseconds": round(call.milliseconds, 1),
        "fault": call.fault,
    }


def call_facts(call: Call) -> dict[str, Any]:
    """Write down one call whole; what is not JSON is shown as Python writes it."""
    return call_line(call) | {"request": call.request, "answer": call.answer, "notes": dict(call.notes)}


def fault_facts(page: Page) -> list[dict[str, Any]]:
    """Write down every planned fault, with the app it waits for."""
    return [{"app": app} | asdict(fault) for app, faults in page.faults.items() for fault in faults.planned]
