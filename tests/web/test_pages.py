"""The live card, the description, health, and what happens at a bug."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
import zxingcpp
from fastapi import FastAPI
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import web.app
from services import members
from tests.web.tills import Shop, words


async def _ticket(shop: Shop, member: str) -> str:
    page = await shop.db.read(members.card_page, member, moment=shop.clock.moment())
    return page.partition("#")[2]


async def test_the_live_card_asks_with_its_ticket_and_gets_a_code_a_till_can_read(shop: Shop) -> None:
    member = await shop.member(points=120, name="王小美")
    answer = await shop.client.post(
        "/card/code", json={"ticket": await _ticket(shop, member)}, headers={"Accept-Language": "en"}
    )
    card = answer.json()
    assert (answer.status_code, card["renew"], card["lang"], card["name"]) == (200, 30, "en", "王小美")
    assert re.fullmatch(r"[0-9]{5} [0-9]{5}", card["digits"])
    read = zxingcpp.read_barcodes(_picture(card["modules"]))
    assert [found.text for found in read] == [card["text"]]
    scanned = await shop.till.post("/scans", {"code": read[0].text})
    assert scanned.json()["member"]["id"] == member


async def test_each_asking_makes_another_code(shop: Shop) -> None:
    ticket = await _ticket(shop, await shop.member())
    codes = [(await shop.client.post("/card/code", json={"ticket": ticket})).json()["text"] for _ in range(3)]
    assert len(set(codes)) == 3


async def test_a_ticket_opens_the_card_for_ten_minutes(shop: Shop) -> None:
    ticket = await _ticket(shop, await shop.member())
    shop.clock.pass_by(minutes=10, seconds=1)
    answer = await shop.client.post("/card/code", json={"ticket": ticket})
    assert (answer.status_code, answer.json()["code"]) == (410, "code_expired")
    assert answer.json()["detail"]


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"ticket": "AAAA"}, "unknown_code"),
        ({"ticket": "x" * 512}, "unknown_code"),
        ({"ticket": "é\u0000"}, "unknown_code"),
        ({"ticket": "x" * 513}, "invalid_request"),
        ({"ticket": ""}, "invalid_request"),
        ({"ticket": 5}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
async def test_a_ticket_nobody_gave_out_opens_nothing(shop: Shop, sent: Any, code: str) -> None:
    answer = await shop.client.post("/card/code", json=sent)
    assert answer.json()["code"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_somebody_who_left_or_stopped_the_card_is_shown_no_code(shop: Shop) -> None:
    member = await shop.member()
    ticket = await _ticket(shop, member)
    await shop.db.write(members.freeze, member, actor="test", moment=shop.clock.moment())
    assert (await shop.client.post("/card/code", json={"ticket": ticket})).json()["code"] == "member_frozen"


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_the_pages_run_no_script_but_our_own_files(shop: Shop) -> None:
    for path in ("/card", "/api/v1/docs"):
        page = await shop.client.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert not re.search(r"<script>|\son\w+=|javascript:|//", page.text)
        for file in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert (await shop.client.get(file)).status_code == 200, file


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_the_card_is_kept_by_no_cache_and_named_to_no_other_site(shop: Shop) -> None:
    page = await shop.client.get("/card")
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_the_description_names_every_call_and_refers_to_nothing_that_is_missing(shop: Shop) -> None:
    document = (await shop.client.get("/api/v1/openapi.json")).json()
    calls = {f"{method} {path}" for path, calls in document["paths"].items() for method in calls}
    assert calls == {
        "post /api/v1/scans",
        "post /api/v1/quotes",
        "post /api/v1/purchases",
        "get /api/v1/purchases/{id}",
        "post /api/v1/purchases/{id}/refunds",
        "post /api/v1/coupons/{id}/redemptions",
        "get /api/v1/purchases",
        "get /api/v1/reservations/{id}",
        "delete /api/v1/reservations/{id}",
        "get /api/v1/approvals/{id}",
        "patch /api/v1/members/{id}",
        "post /api/v1/members/{id}/adjustments",
        "post /api/v1/members/{id}/top-ups",
        "post /api/v1/members",
        "get /api/v1/members",
        "get /api/v1/members/{id}",
        "get /api/v1/members/{id}/ledger",
    }
    assert document["openapi"].startswith("3.1")
    for reference in re.findall(r'"#/([^"]+)"', json.dumps(document)):
        place = document
        for step in reference.split("/"):
            place = place[step]
    posts = [found["post"] for found in document["paths"].values() if "post" in found]
    for call in posts:
        named = [one for one in call["parameters"] if one["name"] == "Idempotency-Key"]
        assert named[0]["required"]
        assert "application/problem+json" in call["responses"]["422"]["content"]


async def test_it_lives_it_is_ready_and_a_neighbour_reads_its_figures(shop: Shop) -> None:
    await shop.till.get("/members", phone="13800138000")
    assert (await shop.client.get("/healthz")).text == "ok\n"
    assert (await shop.client.get("/readyz")).text == "ok\n"
    figures = (await shop.client.get("/metrics")).text
    assert 'memberbot_http_requests_total{route="/api/v1/members",status="404"} 1.0' in figures
    assert "13800138000" not in figures
    passed_on = await shop.client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert passed_on.status_code == 404


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("shown", "status"), [("Bearer s3cret", 200), ("Bearer other", 404), ("", 404)])
async def test_figures_behind_a_token_open_with_it_alone(
    serve: Any, door_parts: dict[str, Any], shown: str, status: int
) -> None:
    async with serve(web.app.create(**door_parts, metrics="s3cret")) as client:
        assert (await client.get("/metrics", headers={"Authorization": shown})).status_code == status


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_wechats_proof_of_the_domain_is_read_from_the_data_folder(
    serve: Any, door_parts: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "MP_verify_aB3.txt").write_text("aB3", encoding="ascii")
    (tmp_path / "memberbot.key").write_text("secret", encoding="ascii")
    async with serve(web.app.create(**door_parts, data_folder=tmp_path)) as client:
        assert (await client.get("/MP_verify_aB3.txt")).text == "aB3"
        for path in ("/MP_verify_zzz.txt", "/MP_verify_..%2Fmemberbot.key.txt", "/memberbot.key"):
            assert (await client.get(path)).status_code == 404


async def test_a_bug_is_told_by_a_reference_and_its_secrets_reach_neither_log_nor_page(
    serve: Any, door_parts: dict[str, Any]
) -> None:
    async def broken(_: Request) -> Response:
        raise RuntimeError("https://api.telegram.org/bot7000001:CANARY/getMe")

    door: FastAPI = web.app.create(**door_parts, extra_routes=[Route("/telegram/webhook", broken, methods=["POST"])])
    with structlog.testing.capture_logs() as logged:
        async with serve(door) as client:
            answer = await client.post("/telegram/webhook?token=CANARY", content=b"CANARY")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal_error")
    assert problem["facts"]["reference"] in problem["detail"]
    failed = next(one for one in logged if one["event"] == "request_failed")
    assert (failed["reference"], failed["bug"]) == (problem["facts"]["reference"], "RuntimeError")
    assert "CANARY" not in repr(logged) + answer.text


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_every_code_of_this_door_has_words_in_every_language(shop: Shop) -> None:
    for language in words().languages:
        answer = await shop.client.get("/nowhere", headers={"Accept-Language": language})
        assert answer.json()["detail"]


def _picture(modules: list[str]) -> Image.Image:
    side, quiet, scale = len(modules), 4, 8
    small = Image.new("L", (side + 2 * quiet,) * 2, 255)
    for y, row in enumerate(modules, quiet):
        for x, module in enumerate(row, quiet):
            small.putpixel((x, y), 0 if module == "1" else 255)
    return small.resize((small.width * scale,) * 2, Image.Resampling.NEAREST)
