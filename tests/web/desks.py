"""People who serve at the counter of the café, each with a browser of their own."""

from __future__ import annotations

import itertools
from typing import Any

import httpx

from membership.member import Identity
from membership.moment import Moment
from services import people, sessions
from storage.database import Tx
from tests.handlers.counter import Counter, Person
from tests.web.tills import Shop

OURS = {"X-Memberbot": "1", "Accept-Language": "en"}


class Desk:
    """A browser with the staff page open."""

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self.client, self.name = client, name
        self._numbers = itertools.count(1)
        self.me: dict[str, Any] = {}

    async def post(self, path: str, body: Any = None, *, named: str = "", **headers: str) -> httpx.Response:
        return await self.send("POST", path, body, named=named, **headers)

    async def send(
        self, method: str, path: str, body: Any = None, *, named: str = "", **headers: str
    ) -> httpx.Response:
        key = {"Idempotency-Key": named or f"{self.name}-{next(self._numbers)}"}
        told = {header.replace("_", "-"): value for header, value in headers.items()}
        return await self.client.request(method, f"/staff/api{path}", json=body, headers={**OURS, **key, **told})

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.client.get(f"/staff/api{path}", params=query, headers=OURS)

    async def scan(self, code: str) -> str:
        answer = await self.post("/scans", {"code": code})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["scan_id"])

    async def sign_in(self, ticket: str) -> httpx.Response:
        answer = await self.post("/session", {"ticket": ticket})
        if answer.status_code == 200:
            self.me = answer.json()
        return answer


class Team:
    """Hires people for the shop and opens the page for them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        # numbers of their own, so that no chance is drawn twice
        self.chat = Counter(shop.db, shop.clock.now, numbers=itertools.count(10**6))
        self._people: dict[str, Person] = {}
        self._browsers: list[httpx.AsyncClient] = []

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.aclose()

    async def hire(self, name: str, role: str = "cashier", *stores: str) -> Person:
        person = self._people[name] = Person(self.chat, "telegram", name)
        await self.chat.employ(person, role, *stores)
        return person

    async def ticket(self, name: str) -> str:
        """Return what the link from the chat carries."""
        path = await self.shop.db.write(self._link, self._people[name], moment=self.shop.clock.moment())
        return path.partition("#")[2]

    async def desk(self, name: str, role: str = "cashier", *stores: str) -> Desk:
        """Return the signed-in browser of somebody hired for it."""
        if name not in self._people:
            await self.hire(name, role, *stores)
        browser = httpx.AsyncClient(base_url=self.shop.client.base_url, timeout=30, verify=False)
        self._browsers.append(browser)
        await browser.get("/staff")  # where a browser gets its name
        desk = Desk(browser, name)
        answer = await desk.sign_in(await self.ticket(name))
        assert answer.status_code == 200, answer.text
        return desk

    async def who(self, name: str) -> str:
        """Return somebody's id on the staff."""
        person = self._people[name]
        found = await self.shop.db.read(people.find, _identity(person))
        assert found is not None
        assert found.staff_id is not None
        return found.staff_id

    @staticmethod
    def _link(tx: Tx, person: Person, *, moment: Moment) -> str:
        who = people.find(tx, _identity(person))
        assert who is not None
        return sessions.link(tx, who, "staff", moment=moment)


def _identity(person: Person) -> Identity:
    return Identity(person.channel, "shop", f"id-of-{person.name}")
