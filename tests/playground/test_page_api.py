"""What the rehearsal's page can be asked over HTTP."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.playground.conftest import Rehearsal
from tests.playground.echo_phones import CODE, blank_picture, card_picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def post(http: aiohttp.ClientSession, path: str, wish: Any = None) -> tuple[int, Any]:
    async with http.post(path, json=wish if wish is not None else {}) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("deed", "wish", "done"),
    [
        ("say", {"text": "hello"}, ("1001", "hello")),
        ("menu", {"key": "points"}, ("1001", "points")),
        ("start", {"payload": "poster-7"}, ("1001", "poster-7")),
        ("scan", {"text": "https://t.me/shop?start=a"}, ("1001", "https://t.me/shop?start=a", "")),
        ("contact", {"phone": "+8613800000001"}, ("1001", "+8613800000001", "")),
        ("stop", {}, ("1001",)),
    ],
)
async def test_each_deed_of_a_person_reaches_her_platform(
    http: aiohttp.ClientSession, rehearsal: Rehearsal, *, deed: str, wish: dict[str, str], done: tuple[str, ...]
) -> None:
    assert await post(http, f"/api/people/lin/{deed}", wish) == (200, {})
    assert rehearsal.did(deed) == [done]


@pytest.mark.parametrize(
    ("path", "wish", "status", "error"),
    [
        ("/api/people/nobody/say", {"text": "x"}, 404, "no_person"),
        ("/api/people/lin/dance", {}, 404, "no_deed"),
        ("/api/people/lin/say", {}, 400, "bad_request"),
        ("/api/people/lin/say", ["text"], 400, "bad_request"),
        ("/api/clock", {"days": -1}, 422, "bad_step"),
        ("/api/clock", {"days": 5000}, 422, "bad_step"),
        ("/api/clock", {"birthday": "chen"}, 409, "no_birthday"),
        ("/api/account", {"kind": "bank"}, 422, "bad_account"),
        ("/api/faults", {"app": "telegram", "kind": "flood"}, 422, "bad_fault"),
        ("/api/people", {"app": "telegram", "name": "  "}, 422, "bad_person"),
        ("/api/camera", {"from": "wu", "at": "chen", "bubble": "99"}, 404, "no_bubble"),
        ("/api/camera", {"from": "wu", "picture": "data:image/png;base64,%%"}, 400, "bad_picture"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_word(
    http: aiohttp.ClientSession, path: str, wish: Any, *, status: int, error: str
) -> None:
    assert await post(http, path, wish) == (status, {"error": error})


async def test_a_form_of_a_foreign_page_is_refused(http: aiohttp.ClientSession, rehearsal: Rehearsal) -> None:
    async with http.post("/api/people/lin/say", data={"text": "x"}) as answer:
        assert answer.status == 400
    assert rehearsal.did("say") == []


async def test_the_page_forbids_inline_code_and_strangers(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        html = await answer.text()
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert " style=" not in html
    assert "http" not in html


@pytest.mark.parametrize("name", ["..%2Fpage.py", "nothing.js", "index.txt"])
async def test_only_the_pages_own_files_are_served(http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"/static/{name}") as answer:
        assert answer.status == 404


async def test_pictures_are_served_through_the_person_who_sees_them(http: aiohttp.ClientSession) -> None:
    await post(http, "/api/people/chen/menu", {"key": "code"})
    async with http.get("/api/people/chen/screen") as answer:
        screen = await answer.json()
    async with http.get("/" + screen["bubbles"][-1]["image"]) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert await answer.read() == card_picture()
    async with http.get("/api/people/chen/file?address=/elsewhere") as answer:
        assert answer.status == 404


async def test_an_articles_picture_is_fetched_where_the_program_keeps_it(
    http: aiohttp.ClientSession, rehearsal: Rehearsal
) -> None:
    picture = "http://127.0.0.1:8080/news.png"
    rehearsal.phones["wechat"].shop("oChen", "", kind="news", title="Summer", image=picture)
    async with http.get("/api/people/chen/screen") as answer:
        assert (await answer.json())["bubbles"][-1]["image"] == picture


@pytest.mark.parametrize(
    ("holder", "road", "deed", "done"),
    [("wu", "menu", "scan", ("oWu", CODE, "scan")), ("amy", "photo", "photo", ("1002", len(card_picture())))],
)
async def test_the_camera_takes_the_road_its_app_has(
    http: aiohttp.ClientSession, rehearsal: Rehearsal, *, holder: str, road: str, deed: str, done: tuple[Any, ...]
) -> None:
    await post(http, f"/api/people/{holder}/start")
    await post(http, "/api/people/chen/menu", {"key": "code"})
    bubble = rehearsal.phones["wechat"].screen("oChen").bubbles[-1].id
    wish = {"from": holder, "at": "chen", "bubble": bubble}
    assert await post(http, "/api/camera", wish) == (200, {"road": road, "read": [CODE]})
    assert rehearsal.did(deed) == [done]


async def test_a_photo_is_sent_only_where_the_app_takes_one(http: aiohttp.ClientSession, rehearsal: Rehearsal) -> None:
    async with http.post("/api/people/lin/photo", data=b"x", headers={"Content-Type": "image/jpeg"}) as answer:
        assert (answer.status, await answer.json()) == (409, {"error": "not_possible"})
    await post(http, "/api/people/lin/start")
    async with http.post("/api/people/lin/photo", data=b"x", headers={"Content-Type": "image/jpeg"}) as answer:
        assert answer.status == 200
    assert rehearsal.did("photo") == [("1001", 1)]


async def test_a_scan_of_a_picture_without_a_code_says_so(http: aiohttp.ClientSession, rehearsal: Rehearsal) -> None:
    await post(http, "/api/people/wu/start")
    white = f"data:image/png;base64,{base64.b64encode(blank_picture()).decode()}"
    assert await post(http, "/api/camera", {"from": "wu", "picture": white}) == (422, {"error": "no_code"})
    assert rehearsal.did("scan") == []


async def test_the_clock_moves_to_a_birthday_and_names_the_calls_it_caused(
    http: aiohttp.ClientSession, rehearsal: Rehearsal
) -> None:
    before = rehearsal.page.clock.now()
    status, moved = await post(http, "/api/clock", {"birthday": "lin"})
    assert status == 200
    assert timedelta(0) <= rehearsal.page.clock.now() - before - timedelta(days=10) < timedelta(minutes=1)
    assert [call["name"] for call in moved["calls"]] == ["sendMessage"]


async def test_faults_are_planned_and_cleared(http: aiohttp.ClientSession, rehearsal: Rehearsal) -> None:
    status, planned = await post(http, "/api/faults", {"app": "wechat", "kind": "errcode", "code": 45015, "count": 2})
    assert (status, planned[0]["code"]) == (201, 45015)
    fault = rehearsal.page.faults["wechat"].take("message/custom/send")
    assert fault is not None
    assert fault.code == 45015
    await http.delete("/api/faults")
    assert rehearsal.page.faults["wechat"].planned == []


async def test_a_call_is_shown_whole(http: aiohttp.ClientSession) -> None:
    await post(http, "/api/people/lin/say", {"text": "hello"})
    async with http.get("/api/calls?after=0") as answer:
        number = (await answer.json())[-1]["number"]
    async with http.get(f"/api/calls/{number}") as answer:
        assert (await answer.json())["request"] == {"chat_id": "1001", "text": "You said: hello"}
    async with http.get("/api/calls/999999") as answer:
        assert answer.status == 404


async def test_the_live_line_tells_everything_once_and_then_only_changes(
    http: aiohttp.ClientSession, rehearsal: Rehearsal
) -> None:
    seen: list[tuple[str, Any]] = []
    async with http.get("/api/events") as line:
        name = ""
        async for raw in line.content:
            text = raw.decode().rstrip()
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("data: "):
                seen.append((name, json.loads(text[6:])))
                if name == "trouble":
                    await rehearsal.phones["wechat"].say("oChen", "你好")
                if name == "calls":
                    break
    assert [name for name, _ in seen[:2]] == ["begin", "people"]
    screens = [facts["person"] for name, facts in seen if name == "screen"]
    assert screens == ["lin", "amy", "chen", "wu", "boss", "chen"]
