"""How often an address or a till may call."""

from __future__ import annotations

from typing import Any

import pytest

import web.app
from tests.web.tills import Clock, Shop
from web.limits import Limits

pytestmark = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
STRANGER = {"Authorization": "Bearer mbk_made-up"}


class Watch:
    """A watch that a test moves, in seconds."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


async def _limited(serve: Any, door_parts: dict[str, Any], watch: Watch) -> Any:
    return serve(web.app.create(**door_parts, limits=Limits(address_minute=5, scans_minute=2, clock=watch)))


async def test_an_address_without_a_working_key_is_told_when_to_come_again_and_the_tills_beside_it_go_on(
    serve: Any, door_parts: dict[str, Any], clock: Clock
) -> None:
    watch = Watch()
    async with await _limited(serve, door_parts, watch) as client:
        shop = Shop(door_parts["database"], clock, client)
        await shop.make_keys()
        assert (await shop.till.get("/members", phone="13800138000")).status_code == 404
        seen = [(await client.get("/api/v1/members", headers=STRANGER)).status_code for _ in range(6)]
        assert seen == [401] * 4 + [429] * 2  # the till's own first call counted too
        told = await client.get("/card")
        assert (told.status_code, told.json()["code"], told.headers["Retry-After"]) == (429, "too_many_requests", "12")
        assert (await shop.till.get("/members", phone="13800138000")).status_code == 404
        assert (await client.get("/healthz")).status_code == (await client.get("/static/card.js")).status_code == 200
        watch.seconds += 12
        assert (await client.get("/card")).status_code == 200


async def test_a_till_scans_so_often_in_a_minute_and_no_more(
    serve: Any, door_parts: dict[str, Any], clock: Clock
) -> None:
    watch = Watch()
    async with await _limited(serve, door_parts, watch) as client:
        shop = Shop(door_parts["database"], clock, client)
        await shop.make_keys()
        codes = [(await shop.till.post("/scans", {"code": "https://wifi.example"})).status_code for _ in range(3)]
        assert codes == [422, 422, 429]
        assert (await shop.east.post("/scans", {"code": "https://wifi.example"})).status_code == 422
        watch.seconds += 61
        assert (await shop.till.post("/scans", {"code": "https://wifi.example"})).status_code == 422
