"""The pages' own files, the description, health, and what happens at a bug."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import web.app
from tests.web.tills import Shop, words


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
        "post /api/v1/redemptions/{id}/undo",
        "get /api/v1/purchases",
        "get /api/v1/reservations/{id}",
        "delete /api/v1/reservations/{id}",
        "get /api/v1/approvals/{id}",
        "patch /api/v1/members/{id}",
        "post /api/v1/members/{id}/adjustments",
        "post /api/v1/members/{id}/top-ups",
        "get /api/v1/members/{id}/passes",
        "post /api/v1/members/{id}/passes",
        "post /api/v1/passes/{id}/visits",
        "post /api/v1/passes/{id}/undo",
        "post /api/v1/passes/{id}/refunds",
        "post /api/v1/visits/{id}/undo",
        "get /api/v1/visits/{id}",
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
