"""A café with two stores and its tills, as the tests of the HTTP door use them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from locales.words import Words
from membership.member import Identity
from membership.moment import Moment
from services import codes, coupons, keys, members, rules
from services import points as ledger
from services.points import Cause
from storage import identities, staff
from storage.database import Database, Tx
from tests.databases import NOW

CARDS = """
[[stores]]
code = "east"
name = { "zh-Hans" = "东门店", en = "East Gate" }

[[offers]]
id = "cake"
kind = "gift"
title = { "zh-Hans" = "蛋糕券", en = "A cake" }
goods = { "zh-Hans" = "蛋糕", en = "a slice of cake" }
claim = "open"
per_member = 5

[[offers]]
id = "east_only"
kind = "cash"
title = { "zh-Hans" = "东门店券", en = "For East Gate" }
value = "1"
claim = "open"
stores = ["east"]
"""


class Clock:
    """A clock that a test moves, and chance that never repeats."""

    def __init__(self) -> None:
        self.now = NOW
        self._numbers = itertools.count(1)

    def moment(self) -> Moment:
        return Moment(self.now, next(self._numbers).to_bytes(32))

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@functools.cache
def words() -> Words:
    """Return all texts, read once: they never change."""
    return Words.open(zone=ZoneInfo("Asia/Shanghai"))


class Till:
    """A till that shows its key and names each of its requests."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self.client, self.key = client, key
        self._numbers = itertools.count(1)

    async def post(self, path: str, body: Any, *, named: str = "", **headers: str) -> httpx.Response:
        name = named or f"{self.key[-6:]}-{next(self._numbers)}"
        shown = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": name}
        told = {header.replace("_", "-"): value for header, value in headers.items()}
        return await self.client.post(f"/api/v1{path}", json=body, headers={**shown, **told})

    async def raw(self, path: str, body: bytes, **headers: str) -> httpx.Response:
        """Send these very bytes."""
        shown = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": "raw", "Content-Type": "application/json"}
        told = {header.replace("_", "-"): value for header, value in headers.items()}
        return await self.client.post(f"/api/v1{path}", content=body, headers={**shown, **told})

    async def get(self, path: str, **query: str) -> httpx.Response:
        shown = {"Authorization": f"Bearer {self.key}"}
        return await self.client.get(f"/api/v1{path}", params=query, headers=shown)

    async def patch(self, path: str, body: Any) -> httpx.Response:
        shown = {"Authorization": f"Bearer {self.key}"}
        return await self.client.patch(f"/api/v1{path}", json=body, headers=shown)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}"})

    async def scan(self, code: str) -> str:
        answer = await self.post("/scans", {"code": code})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["scan_id"])


class Shop:
    def __init__(self, db: Database, clock: Clock, client: httpx.AsyncClient) -> None:
        self.db, self.clock, self.client = db, clock, client
        self._phones = itertools.count(13800138000)
        self.till = self.east = self.manager = Till(client, "")

    @staticmethod
    def open(tx: Tx, body: Mapping[str, Any], *, now: datetime) -> None:
        rules.bring(tx, body, actor="test", now=now)

    async def make_keys(self) -> None:
        self.till = await self.new_till("till 1", "main")
        self.east = await self.new_till("till 2", "east")
        self.manager = await self.new_till("office", "main", role="manager")

    async def new_till(self, name: str, store: str, *, role: keys.KeyRole = "till") -> Till:
        moment = self.clock.moment()
        key = await self.db.write(keys.create, name, store=store, role=role, actor="test", moment=moment)
        return Till(self.client, key)

    async def member(self, *, points: int = 0, name: str = "Wang Mei") -> str:
        """Make a member with this many points and return the id."""
        phone = f"+86{next(self._phones)}"
        return await self.db.write(self._member, phone, points=points, name=name, moment=self.clock.moment())

    async def hire(self, role: str) -> str:
        """Let somebody work here who talks by Telegram, and return their id."""
        return await self.db.write(self._hire, role, moment=self.clock.moment())

    @staticmethod
    def _hire(tx: Tx, role: str, *, moment: Moment) -> str:
        staff_id = moment.new_id("staff")
        chat = identities.meet(tx, Identity("telegram", "shop", f"{role}-{staff_id}"), moment.now)
        facts = {"identity_id": chat, "role": role, "store_id": None, "created_at": moment.now}
        staff.add(tx, staff_id, name=role.title(), **facts)
        return staff_id

    async def show(self, member_id: str, *, live: bool = False) -> codes.Shown:
        return await self.db.write(codes.show, member_id, moment=self.clock.moment(), live=live)

    async def coupon(self, member_id: str, offer: str = "welcome") -> str:
        moment = self.clock.moment()
        reference = f"test:{member_id}:{moment.seed.hex()}"
        return (await self.db.write(coupons.claim, member_id, offer, reference=reference, moment=moment)).id

    async def points_of(self, member_id: str) -> int:
        return (await self.db.read(ledger.balance, member_id, now=self.clock.now)).points

    async def history_of(self, member_id: str) -> list[ledger.Line]:
        return await self.db.read(ledger.history, member_id, limit=1000)

    @staticmethod
    def _member(tx: Tx, phone: str, *, points: int, name: str, moment: Moment) -> str:
        member_id = members.enrol(tx, phone, name=name, birthday="", offers=False, actor="test", moment=moment)
        if points:
            ledger.earn(tx, member_id, points, Cause(f"start:{member_id}", "test"), moment=moment)
        return member_id
