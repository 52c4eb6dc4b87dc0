"""Browsers with the shop's pages open, each with its own cookies, and the people who hold them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from membership.member import Identity, Who
from membership.moment import Moment
from services import people, sessions
from storage import identities, staff
from storage.database import Tx
from tests.web.tills import Shop

BOT = "7000001:AAF-first_bots_token"
ACCOUNT = "7000001"
_numbers = itertools.count(1)


class Screen:
    """One browser. It sends what our scripts send: JSON, with the header that marks our own pages."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, path: str, sent: Any, **headers: str) -> httpx.Response:
        marked = {"X-Memberbot": "1", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.client.post(path, json=sent, headers=marked)

    async def sign_in(self, page: str, **sent: str) -> httpx.Response:
        """Open the page, which names the device, and sign in."""
        await self.client.get(f"/{page}")
        path = "/staff/api/session" if page == "staff" else "/card/session"
        return await self.post(path, sent, Idempotency_Key=f"key-{next(_numbers)}")

    async def code(self, *, take: bool = True, pay: bool = False, **headers: str) -> httpx.Response:
        return await self.post("/card/code", {"take": take, "pay": pay}, **headers)

    async def state(self) -> Any:
        return (await self.client.get("/card/state")).json()


@asynccontextmanager
async def screen(shop: Shop) -> AsyncIterator[Screen]:
    """Open a browser with no cookies."""
    async with httpx.AsyncClient(base_url=shop.client.base_url, timeout=30) as client:
        yield Screen(client)


async def person(shop: Shop, member_id: str | None = None, *, role: str = "", channel: str = "telegram") -> Who:
    """Return somebody with an account in a chat app: the member, a member of staff, or a stranger."""
    return await shop.db.write(_person, member_id, role, channel, moment=shop.clock.moment())


async def ticket(shop: Shop, who: Who, door: sessions.Door = "card") -> str:
    """Return the one-time part of a link that the chat gave this person."""
    path = await shop.db.write(sessions.link, who, door, moment=shop.clock.moment())
    return path.partition("#")[2]


def note(shop: Shop, user: str, *, token: str = BOT, age: float = 0, **fields: str) -> str:
    """Return what Telegram gives a Mini App, signed as core.telegram.org/bots/webapps says, written for this test."""
    said = {
        "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
        "user": f'{{"id":{user},"first_name":"Mei \\"M\\" \\u738b","allows_write_to_pm":true}}',
        "auth_date": f"{shop.clock.now.timestamp() - age:.0f}",
        "signature": "not-checked-by-bots-themselves",
        **fields,
    }
    lines = "\n".join(f"{name}={said[name]}" for name in sorted(said))
    seal = _hmac(_hmac(b"WebAppData", token.encode()), lines.encode()).hex()
    return "&".join(f"{name}={_escaped(value)}" for name, value in {**said, "hash": seal}.items())


def _hmac(key: bytes, text: bytes) -> bytes:
    made = HMAC(key, hashes.SHA256())
    made.update(text)
    return made.finalize()


def _escaped(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _person(tx: Tx, member_id: str | None, role: str, channel: Any, *, moment: Moment) -> Who:
    number = str(501_000 + next(_numbers))
    row_id = identities.meet(tx, Identity(channel, ACCOUNT, number), moment.now)
    identities.change(tx, row_id, member_id=member_id, name="Mei", language="en")
    if role:
        right = {"identity_id": row_id, "role": role, "store_id": None, "created_at": moment.now}
        staff.add(tx, moment.new_id("staff"), name="Mei", **right)
    return people.who(tx, row_id)
