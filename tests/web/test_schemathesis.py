"""Every call of a till, tried with what its description allows and forbids, by a tool that knows nothing of ours."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pytest

from services import rules
from tests.services.pass_holder import TEN
from tests.web.tills import CARDS, Shop

TOOL: Final = Path(sys.executable).parent / "schemathesis"


CHECKS: Final = """
# A call that fits the description may still be refused by a rule of the shop: no such member, too few points.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "403", "404", "409", "410", "422", "429"]
"""
OPERATION: Final = """
[[operations]]
include-path = "{path}"
parameters = {{ "path.id" = "{of}" }}
"""


@pytest.fixture
async def door_parts(door_parts: dict[str, Any]) -> dict[str, Any]:
    """The same café, which sells a pass as well."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    database, moment = door_parts["database"], door_parts["clock_moment"]()
    body = {**tomllib.loads(cafe + CARDS), "passes": [TEN]}
    await database.write(rules.bring, body, actor="test", now=moment.now)
    return door_parts


async def ids(shop: Shop) -> dict[str, str]:
    """One of each thing that an address names, so that the calls reach what they do."""
    await shop.hire("owner")
    member = await shop.member(points=20_000)
    coupon = await shop.coupon(member, "cake")
    bill = {"member_id": member, "amount": 20_000}
    purchase = (await shop.manager.post("/purchases", bill)).json()["purchase_id"]
    scan = await shop.manager.scan((await shop.show(member)).text)
    waits = await shop.manager.post("/purchases", {"scan_id": scan, "amount": 20_000, "points": 6000})
    asked = await shop.manager.post(f"/members/{member}/adjustments", {"points": 900_000, "reason": "a prize"})
    held = (await shop.manager.post(f"/members/{member}/passes", {"plan": "ten"})).json()["pass_id"]
    taken = await shop.manager.post(f"/passes/{held}/visits", {"reason": "a slip"})
    visit = taken.json()["visit_id"]
    cake, seen = await shop.coupon(member, "cake"), await shop.manager.scan((await shop.show(member)).text)
    handed = (await shop.manager.post(f"/coupons/{cake}/redemptions", {"scan_id": seen})).json()["redemption_id"]
    return {
        "/purchases/{id}": purchase,
        "/purchases/{id}/refunds": purchase,
        "/coupons/{id}/redemptions": coupon,
        "/redemptions/{id}/undo": handed,
        "/reservations/{id}": waits.json()["reservation_id"],
        "/approvals/{id}": asked.json()["approval_id"],
        "/members/{id}": member,
        "/members/{id}/ledger": member,
        "/members/{id}/adjustments": member,
        "/members/{id}/top-ups": member,
        "/members/{id}/passes": member,
        "/passes/{id}/visits": held,
        "/passes/{id}/undo": held,
        "/passes/{id}/refunds": held,
        "/visits/{id}/undo": visit,
        "/visits/{id}": visit,
    }


async def run(shop: Shop, folder: Path, *options: str) -> tuple[int | None, str]:
    """Run the tool as a program of its own against the open door, with a manager's key."""
    known = [OPERATION.format(path=f"/api/v1{path}", of=of) for path, of in (await ids(shop)).items()]
    config = folder / "schemathesis.toml"
    config.write_text("\n".join([CHECKS, *known]), encoding="utf-8")
    document = f"{shop.client.base_url}/api/v1/openapi.json"
    shown = ("--header", f"Authorization: Bearer {shop.manager.key}")
    told = await asyncio.create_subprocess_exec(
        str(TOOL), "--config-file", str(config), "--no-color", "run", document, *shown, *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await told.communicate()
    return told.returncode, said.decode()


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_every_call_answers_as_it_is_described_whatever_is_sent(shop: Shop, tmp_path: Path) -> None:
    code, said = await run(
        shop, tmp_path, "--max-examples", "3", "--seed", "7", "--phases", "examples,coverage,fuzzing"
    )
    assert code == 0, said[-6000:]


@pytest.mark.torture
async def test_every_call_answers_as_it_is_described_for_many_minutes(shop: Shop, tmp_path: Path) -> None:
    code, said = await run(shop, tmp_path, "--max-examples", "400")
    assert code == 0, said[-6000:]
