"""Every call of the POS API with every kind of key, in its own store and in another: who gets in, and that no more do.

The table is written out here, not read from the rule; a call that is not in it fails the test of the table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

import httpx
import pytest

from services import rules
from storage.database import Tx
from storage.tables import audit, metadata
from tests.services.pass_holder import TEN
from tests.web.tills import CARDS, Shop, Till

IN, NO, NOT_HERE = "in", "not_allowed", "unknown"
TABLE: Final[Mapping[str, tuple[str, str, str, str]]] = {
    # call: a till's key and a manager's key of the store, then the same of another store
    "POST /scans": (IN, IN, IN, IN),
    "POST /quotes": (IN, IN, IN, IN),
    "POST /purchases": (IN, IN, IN, IN),
    "GET /purchases": (IN, IN, IN, IN),
    "GET /purchases/{id}": (IN, IN, NOT_HERE, NOT_HERE),
    "POST /purchases/{id}/refunds": (NO, IN, NOT_HERE, NOT_HERE),
    "GET /reservations/{id}": (IN, IN, NOT_HERE, NOT_HERE),
    "DELETE /reservations/{id}": (IN, IN, NOT_HERE, NOT_HERE),
    "GET /approvals/{id}": (IN, IN, NOT_HERE, NOT_HERE),
    "POST /coupons/{id}/redemptions": (IN, IN, IN, IN),
    "POST /redemptions/{id}/undo": (IN, IN, NOT_HERE, NOT_HERE),
    "POST /members": (IN, IN, IN, IN),
    "GET /members": (IN, IN, IN, IN),
    "GET /members/{id}": (IN, IN, IN, IN),
    "GET /members/{id}/ledger": (NO, IN, NO, IN),
    "PATCH /members/{id}": (NO, IN, NO, IN),
    "POST /members/{id}/adjustments": (NO, IN, NO, IN),
    "POST /members/{id}/top-ups": (NO, IN, NO, IN),
    "GET /members/{id}/passes": (IN, IN, IN, IN),
    "POST /members/{id}/passes": (IN, IN, IN, IN),
    "POST /passes/{id}/visits": (IN, IN, IN, IN),
    "GET /visits/{id}": (IN, IN, NOT_HERE, NOT_HERE),
    "POST /visits/{id}/undo": (IN, IN, NOT_HERE, NOT_HERE),
    "POST /passes/{id}/undo": (IN, IN, NOT_HERE, NOT_HERE),
    "POST /passes/{id}/refunds": (NO, IN, NO, NOT_HERE),
}
GONE: Final = ("purchase_unknown", "reservation_unknown", "approval_unknown", "pass_unknown", "coupon_unknown")
COMES_AND_GOES: Final = {"requests", "audit", "guesses", "api_keys"}
"""What a call writes whatever it asks: that it was asked, how it was answered, that the key is in use."""


def books(tx: Tx) -> dict[str, list[str]]:
    tables = [table for table in metadata.sorted_tables if table.name not in COMES_AND_GOES]
    return {table.name: sorted(str(tuple(row)) for row in tx.all(table.select())) for table in tables}


@pytest.fixture
async def keys(shop: Shop) -> tuple[Till, Till, Till, Till]:
    """A till and an office in each of two stores, in a shop that sells stored value."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    body = {**tomllib.loads(cafe + CARDS), "stored_value": {}, "passes": [TEN]}
    await shop.db.write(rules.bring, body, actor="test", now=shop.clock.now)
    return shop.till, shop.manager, shop.east, await shop.new_till("east office", "east", role="manager")


async def test_the_table_has_every_call_there_is(shop: Shop) -> None:
    paths = (await shop.client.get("/api/v1/openapi.json")).json()["paths"]
    calls = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, methods in paths.items() for method in methods
    }
    named = {call.replace("{purchase_id}", "{id}") for call in calls}
    assert named == set(TABLE)


async def test_every_cell_of_key_and_call_and_own_and_other_store_is_as_written(
    shop: Shop, keys: tuple[Till, Till, Till, Till]
) -> None:
    facts = await facts_of(shop)
    for call, cells in TABLE.items():
        for key, expected in sorted(zip(keys, cells, strict=True), key=lambda cell: cell[1] == IN):
            before = await shop.db.read(books)
            answer = await send(key, call, facts)
            code = answer.json().get("code", "") if answer.status_code >= 400 else ""
            found = NO if code == NO else NOT_HERE if code in GONE else IN
            assert found == expected, (call, cells, answer.text)
            if expected != IN:
                assert answer.status_code == (403 if expected == NO else 404)
                assert await shop.db.read(books) == before


async def test_without_a_working_key_no_call_gets_in(shop: Shop) -> None:
    facts = dict.fromkeys(
        ("purchase", "reservation", "approval", "coupon", "member", "pass", "visit", "redemption"), "x"
    )
    for call in TABLE:
        for key in ("till", "mbk_" + "A" * 43):
            assert (await send(Till(shop.client, key), call, facts)).status_code == 401, call


async def test_what_a_key_has_no_right_to_is_written_down(shop: Shop, keys: tuple[Till, Till, Till, Till]) -> None:
    facts = await facts_of(shop)
    refused = [call for call, cells in TABLE.items() if cells[0] == NO]
    for call in refused:
        await send(keys[0], call, facts)
    rows = await shop.db.read(lambda tx: tx.all(audit.select().where(audit.c.action == "staff.not_allowed")))
    assert {row.store_id for row in rows} == {rules.store_id("main")}
    assert len(rows) == len(refused)


async def facts_of(shop: Shop) -> dict[str, str]:
    """Return a purchase, a bill that waits, a deed that waits, a coupon and a member of the first store."""
    await shop.hire("owner")  # who could be the second person
    member = await shop.member(points=10_000)
    sold = await shop.till.post("/purchases", {"member_id": member, "amount": 5800})
    scan = await shop.till.scan((await shop.show(member)).text)
    waits = await shop.till.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})
    assert waits.status_code == 202, waits.text
    asked = await shop.manager.post(f"/members/{member}/adjustments", {"points": 100_000, "reason": "goodwill"})
    assert asked.status_code == 202, asked.text
    return {
        "member": member,
        "purchase": sold.json()["purchase_id"],
        "reservation": waits.json()["reservation_id"],
        "approval": asked.json()["approval_id"],
        "coupon": await shop.coupon(member, "cake"),
        "redemption": await a_redemption(shop, member),
        **await a_visit(shop, member),
    }


async def a_redemption(shop: Shop, member: str) -> str:
    """Return goods handed out in the first store."""
    cake, scan = await shop.coupon(member, "cake"), await shop.till.scan((await shop.show(member)).text)
    done = await shop.till.post(f"/coupons/{cake}/redemptions", {"scan_id": scan})
    return str(done.json()["redemption_id"])


async def a_visit(shop: Shop, member: str) -> dict[str, str]:
    """Return a pass sold in the first store, and a visit taken off it there."""
    sold = await shop.till.post(f"/members/{member}/passes", {"plan": "ten"})
    scan = await shop.till.scan((await shop.show(member)).text)
    taken = await shop.till.post(f"/passes/{sold.json()['pass_id']}/visits", {"scan_id": scan})
    return {"pass": sold.json()["pass_id"], "visit": taken.json()["visit_id"]}


async def send(key: Till, call: str, facts: Mapping[str, str]) -> httpx.Response:
    method, _, path = call.partition(" ")
    kinds = {"purchases": "purchase", "reservations": "reservation", "approvals": "approval", "coupons": "coupon"}
    kinds |= {"passes": "pass", "visits": "visit", "redemptions": "redemption"}
    meant = facts[kinds.get(path.split("/")[1], "member")]
    path = path.replace("{id}", meant)
    if method == "GET":
        query = {"/members": {"phone": "13900001111"}, "/purchases": {"receipt_no": "1"}}
        return await key.get(path, **query.get(path, {}))
    if method == "DELETE":
        return await key.delete(path)
    said = BODIES[call]
    body: dict[str, Any] = {name: facts["member"] if value == "member" else value for name, value in said.items()}
    return await (key.patch(path, body) if method == "PATCH" else key.post(path, body))


BODIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "POST /scans": {"code": "1234567897"},
    "POST /quotes": {"member_id": "member", "amount": 1000},
    "POST /purchases": {"member_id": "member", "amount": 1000},
    "POST /purchases/{id}/refunds": {"amount": 100, "reason": "goodwill"},
    "POST /coupons/{id}/redemptions": {"scan_id": "none"},
    "POST /members": {"phone": "13900002222", "consent": {"terms": True}},
    "PATCH /members/{id}": {"name": "Li Na"},
    "POST /members/{id}/adjustments": {"points": 1, "reason": "goodwill"},
    "POST /members/{id}/top-ups": {"amount": 10_000},
    "POST /members/{id}/passes": {"plan": "ten"},
    "POST /passes/{id}/visits": {"scan_id": None},
    "POST /visits/{id}/undo": {},
    "POST /redemptions/{id}/undo": {},
    "POST /passes/{id}/undo": {},
    "POST /passes/{id}/refunds": {"reason": "returned"},
}
