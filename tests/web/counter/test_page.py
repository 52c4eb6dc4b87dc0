"""What a browser gets of the staff page without a session: the page, its worker, its words, and no way to misuse it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

import web.app
from tests.documents import read, rows, sections
from tests.web.desks import OURS
from tests.web.tills import Shop


async def test_the_page_runs_only_what_is_ours_and_may_use_the_camera(shop: Shop) -> None:
    page = await shop.client.get("/staff")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "connect", "worker", "manifest")} == {"'self'"}
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "https://web.telegram.org" in policy["frame-ancestors"]
    assert page.headers["Permissions-Policy"] == "camera=(self)"
    assert (page.headers["Referrer-Policy"], page.headers["X-Content-Type-Options"]) == ("no-referrer", "nosniff")
    assert "<script>" not in page.text
    assert " style=" not in page.text


async def test_a_browser_gets_a_name_once(shop: Shop) -> None:
    first = await shop.client.get("/staff")
    assert "mb_device" in first.headers["Set-Cookie"]
    assert "HttpOnly" in first.headers["Set-Cookie"]
    assert "Set-Cookie" not in (await shop.client.get("/staff")).headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/staff/sw.js", "text/javascript"), ("/staff/manifest.webmanifest", "application/manifest+json")],
)
async def test_the_worker_and_the_manifest_lie_where_the_page_is(shop: Shop, path: str, kind: str) -> None:
    answer = await shop.client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_words_of_the_page_come_in_the_language_asked_for_and_once(shop: Shop) -> None:
    first = await shop.client.get("/staff/api/texts", params={"lang": "zh-Hant"})
    told = first.json()
    assert told["language"] == "zh-Hant"
    assert set(told["languages"]) == {"en", "zh-Hans", "zh-Hant"}
    assert all(key.startswith("page.staff.") for key in told["texts"])
    again = await shop.client.get(
        "/staff/api/texts", params={"lang": "zh-Hant"}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "accepts", "language"),
    [("", "zh-CN,zh;q=0.9", "zh-Hans"), ("zh-TW", "en", "zh-Hant"), ("xx", "en-GB", "en"), ("<b>" * 99, "", "en")],
)
async def test_a_language_nobody_knows_is_guessed_from_the_browser(
    shop: Shop, query: str, accepts: str, language: str
) -> None:
    headers = {**OURS, "Accept-Language": accepts}
    answer = await shop.client.get("/staff/api/texts", params={"lang": query}, headers=headers)
    assert answer.json()["language"] == language


async def test_what_stands_under_staff_and_is_no_page_is_not_found(shop: Shop) -> None:
    for path in ("/staff/", "/staff/api", "/staff/api/nothing", "/staff/../web/app.py"):
        assert (await shop.client.get(path)).status_code == 404


async def test_the_page_about_http_says_which_calls_take_a_key(door_parts: dict[str, Any]) -> None:
    told = {row[0].strip("`"): row[1] for row in rows(sections(read("docs/http.md"), 2)["The staff page"])}
    calls = [one for one in web.app.create(**door_parts).routes if isinstance(one, APIRoute)]
    asked = {
        f"{method} {call.path}": any(header.alias == "Idempotency-Key" for header in call.dependant.header_params)
        for call in calls
        if call.path.startswith("/staff/api")
        for method in call.methods or ()
    }
    assert len(asked) >= len(told) > 30
    for call, takes_one in asked.items():
        said = told.get(call, "")
        assert takes_one == ("No key" not in said if call.startswith("POST") else "with a key" in said), call
