"""The Python of docs/http.md, run from its first line to its last against an open shop."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import web.app
from membership.webhooks import secret_of, sign
from tests.documents import examples, read
from tests.web.tills import CARDS, Shop

Serve = Callable[[FastAPI], AbstractAsyncContextManager[httpx.AsyncClient]]
SELLS = """
[stored_value]
[[stored_value.gifts]]
from = "200"
bonus = "20"
"""
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def blocks() -> list[str]:
    return examples(read("docs/http.md"), "python")


@pytest.fixture
async def selling(door_parts: dict[str, Any], clock: Any, serve: Serve) -> AsyncIterator[Shop]:
    """The shop of the other tests, which sells stored value besides."""
    async with serve(web.app.create(**door_parts)) as client:
        found = Shop(door_parts["database"], clock, client)
        cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
        await found.db.write(Shop.open, tomllib.loads(cafe + CARDS + SELLS), now=clock.now)
        await found.make_keys()
        yield found


async def run(code: str, names: dict[str, Any]) -> None:
    """Run an example as it stands; its calls wait for answers, so it runs beside the door."""
    await asyncio.to_thread(exec, compile(code, "docs/http.md", "exec"), names)


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_the_python_of_the_page_does_what_it_says_from_top_to_bottom(selling: Shop) -> None:
    member = await selling.member(points=20_000)
    await selling.coupon(member)
    cake = await selling.coupon(member, "cake")
    names: dict[str, Any] = {"code": (await selling.show(member)).text, "manager": selling.manager.key}
    for number, code in enumerate(blocks()):
        await run(code, names)
        if number == 0:
            names |= {"SHOP": str(selling.client.base_url).rstrip("/"), "KEY": selling.till.key}
            names["call"].__kwdefaults__["key"] = selling.till.key
        if "status" in names:
            assert names.pop("status") in {200, 201}, code
    assert (names["bought"]["receipt_no"], names["refund"]["points_restored"]) == ("A-1042", 0)
    assert (names["adjusted"]["points"], names["topped"]["stored"]) == (50, {"principal": 20000, "bonus": 2000})
    assert names["found"] == names["same"]
    assert [one["purchase_id"] for one in names["receipts"]["purchases"]] == [names["bought"]["purchase_id"]]
    assert [line["points"] for line in names["lines"]] == [50]
    await waiting(selling, names, member, cake)


async def waiting(shop: Shop, names: dict[str, Any], member: str, cake: str) -> None:
    """Use what the page defines for the calls that wait, and for a gift."""
    seen = {"scan_id": await shop.till.scan((await shop.show(member)).text)}
    gift = await asyncio.to_thread(names["hand_out"], seen, {"id": cake})
    assert (gift[0], gift[1]["coupon_id"], gift[1]["undone"]) == (201, cake, False)
    assert await asyncio.to_thread(names["take_back"], gift[1]) == (200, {**gift[1], "undone": True})
    scan = await shop.till.scan((await shop.show(member)).text)
    asked = (await shop.till.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})).json()
    assert (await asyncio.to_thread(names["withdraw"], asked))[1]["state"] == "withdrawn"
    assert (await asyncio.to_thread(names["settled"], asked | {"state": "pending"}))["state"] == "withdrawn"
    await shop.hire("owner")
    much = await shop.manager.post(f"/members/{member}/adjustments", {"points": 900_000, "reason": "a prize"})
    assert (await asyncio.to_thread(names["decided"], much.json()))[1]["state"] == "pending"


async def test_the_page_checks_a_signature_as_the_program_makes_it() -> None:
    names: dict[str, Any] = {"json": json}
    (code,) = [block for block in blocks() if "def verify" in block]
    await run(code, names)
    secret, body = secret_of(bytes(32)), b'{"type": "member.left"}'
    headers = {"webhook-id": "x", "webhook-timestamp": str(int(AT.timestamp()))}
    headers["webhook-signature"] = sign(secret, "x", AT, body)
    assert names["verify"](secret, headers, body, now=AT.timestamp()) == {"type": "member.left"}
    for wrong, later in ((body + b" ", 0), (body, 301)):
        with pytest.raises(ValueError, match=r"not signed|too old"):
            names["verify"](secret, headers, wrong, now=AT.timestamp() + later)


async def test_the_shell_of_the_page_signs_as_the_program_does() -> None:
    (code,) = [block for block in examples(read("docs/http.md"), "bash") if "openssl" in block]
    secret = secret_of(bytes(range(32)))
    lines = code.replace("whsec_…", secret).replace("$(date +%s)", str(int(AT.timestamp()))).partition("curl ")[0]
    told = await asyncio.to_thread(
        subprocess.run, ["bash", "-ec", lines + 'printf "%s\\n%s" "$BODY" "$SIGNED"'], capture_output=True, check=True
    )
    body, _, signed = told.stdout.decode().partition("\n")
    assert f"v1,{signed}" == sign(secret, "try-1", AT, body.encode())
    assert len(base64.b64decode(signed)) == 32
