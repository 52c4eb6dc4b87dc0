"""The rehearsal's page: phones in the browser, what they can do, the clock, the faults and the inspector."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from importlib.resources import files
from typing import Any, Final, get_args

from aiohttp import web

from playground.faults import Fault, Kind
from playground.page_camera import aim
from playground.page_state import ACCOUNTS, Page, call_facts, call_line, fault_facts, refusal, screen_facts
from playground.page_stream import stream
from playground.phones import App, Person

__all__ = ["Page", "routes"]

STEP_SECONDS_MAX: Final = 3 * 366 * 86_400
NAME_LENGTH_MAX: Final = 40
TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
# The program's own pages may be shown inside a phone, so frames are open, and an article's picture lies with the
# program on this machine; everything else is this page's own.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob: http://127.0.0.1:* http://localhost:*; "
    "frame-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
GUARD: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

Wish = dict[str, Any]
Door = Callable[[Page, web.Request], Awaitable[web.StreamResponse]]


def routes(page: Page) -> list[web.RouteDef]:
    """Return every address of the page, to be added to an aiohttp application."""
    reading: dict[str, Door] = {
        "/": front,
        "/static/{name}": static,
        "/api/people": list_people,
        "/api/people/{id}/screen": show_screen,
        "/api/people/{id}/file": show_file,
        "/api/calls": list_calls,
        "/api/calls/{number}": show_call,
        "/api/events": stream,
    }
    writing: dict[str, Door] = {
        "/api/people": add_person,
        "/api/people/{id}/photo": send_photo,
        "/api/people/{id}/page": open_page,
        "/api/people/{id}/{deed}": act,
        "/api/camera": point_camera,
        "/api/clock": move_clock,
        "/api/account": choose_account,
        "/api/faults": plan_fault,
        "/api/reset": begin_again,
    }
    return [
        *(web.get(path, partial(door, page)) for path, door in reading.items()),
        *(web.post(path, partial(door, page)) for path, door in writing.items()),
        web.delete("/api/faults", partial(clear_faults, page)),
    ]


def answer(facts: object, status: int = 200) -> web.Response:
    """Answer with JSON; what JSON does not know is shown as text."""
    return web.json_response(
        facts, status=status, dumps=partial(json.dumps, default=str, ensure_ascii=False), headers=GUARD
    )


async def read_wish(request: web.Request) -> Wish:
    """Return the JSON object sent; anything else is refused, so that no foreign page's form can act here."""
    if request.content_type != "application/json":
        raise refusal(400, "bad_request")
    try:
        wish = await request.json()
    except ValueError:
        raise refusal(400, "bad_request") from None
    if not isinstance(wish, dict):
        raise refusal(400, "bad_request")
    return wish


async def front(_page: Page, _request: web.Request) -> web.StreamResponse:
    return web.Response(text=_static_file("index.html"), content_type="text/html", headers=GUARD)


async def static(_page: Page, request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    kind = TYPES.get(name.rpartition(".")[2])
    if kind is None or not (files("playground") / "static" / name).is_file():
        raise refusal(404, "no_file")
    return web.Response(text=_static_file(name), content_type=kind, charset="utf-8", headers=GUARD)


def _static_file(name: str) -> str:
    return (files("playground") / "static" / name).read_text(encoding="utf-8")


async def list_people(page: Page, _request: web.Request) -> web.StreamResponse:
    return answer([asdict(person) for person in page.people])


async def add_person(page: Page, request: web.Request) -> web.StreamResponse:
    """Give a new customer an account on either app; the ids are the next free ones."""
    wish = await read_wish(request)
    app = next((app for app in get_args(App) if app == wish.get("app")), None)
    name = str(wish.get("name", "")).strip()[:NAME_LENGTH_MAX]
    if app is None or not name:
        raise refusal(422, "bad_person")
    language = str(wish.get("language", "en"))
    taken = {person.id for person in page.people}
    number = next(number for number in range(1, len(taken) + 2) if f"guest-{number}" not in taken)
    user = str(990_000_000 + number) if app == "telegram" else f"oRehearsalGuest{number:013d}"
    person = Person(f"guest-{number}", app, user, name, f"+86138{number:08d}", language)
    try:
        page.phones(person).add(person)
    except ValueError:
        raise refusal(409, "taken") from None
    page.people.append(person)
    return answer(asdict(person), 201)


async def show_screen(page: Page, request: web.Request) -> web.StreamResponse:
    return answer(screen_facts(page, page.person(request.match_info["id"])))


async def show_file(page: Page, request: web.Request) -> web.StreamResponse:
    """Serve a picture or document of a chat; never as something the browser would run."""
    person = page.person(request.match_info["id"])
    try:
        body, kind = page.phones(person).image(request.query.get("address", ""))
    except KeyError:
        raise refusal(404, "no_picture") from None
    guard = GUARD | {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=3600"}
    if not kind.startswith("image/"):
        guard["Content-Disposition"] = "attachment"
    return web.Response(body=body, headers=guard | {"Content-Type": kind})


async def act(page: Page, request: web.Request) -> web.StreamResponse:
    """Let a person do one thing with the phone: say, press, menu, start, stop, scan, contact."""
    person, wish = page.person(request.match_info["id"]), await read_wish(request)
    phones, said = page.phones(person), {name: str(value) for name, value in wish.items()}
    deeds: dict[str, Callable[[], Awaitable[None]]] = {
        "say": lambda: phones.say(person.user, said["text"]),
        "press": lambda: phones.press(person.user, said["bubble"], said["data"]),
        "menu": lambda: phones.menu(person.user, said["key"]),
        "start": lambda: phones.start(person.user, said.get("payload", "")),
        "stop": lambda: phones.stop(person.user),
        "scan": lambda: phones.scan(person.user, said["text"], key=said.get("key", "")),
        "contact": lambda: phones.contact(person.user, phone=said.get("phone", ""), owner=said.get("owner", "")),
    }
    needed = {"say": {"text"}, "press": {"bubble", "data"}, "menu": {"key"}, "scan": {"text"}}
    deed = request.match_info["deed"]
    if deed not in deeds:
        raise refusal(404, "no_deed")
    if not needed.get(deed, set()) <= said.keys():
        raise refusal(400, "bad_request")
    try:
        await deeds[deed]()
    except (KeyError, ValueError):
        raise refusal(409, "not_possible") from None
    return answer({})


async def send_photo(page: Page, request: web.Request) -> web.StreamResponse:
    """Send a picture from this computer as a photo; its bytes are the whole body."""
    person = page.person(request.match_info["id"])
    if not request.content_type.startswith("image/"):
        raise refusal(422, "bad_picture")
    picture = await request.read()
    try:
        await page.phones(person).photo(person.user, picture)
    except ValueError:
        raise refusal(409, "not_possible") from None
    return answer({})


async def open_page(page: Page, request: web.Request) -> web.StreamResponse:
    """Say where a phone opens a page: in its own browser, as a Mini App with Telegram's note."""
    person, wish = page.person(request.match_info["id"]), await read_wish(request)
    address = str(wish.get("url", ""))
    if page.browsers is not None:
        address = await page.browsers.open(person, address, app=wish.get("app") is True)
    return answer({"address": address})


async def point_camera(page: Page, request: web.Request) -> web.StreamResponse:
    wish = await read_wish(request)
    try:
        return answer(await aim(page, wish))
    except (KeyError, ValueError):
        raise refusal(409, "not_possible") from None


async def move_clock(page: Page, request: web.Request) -> web.StreamResponse:
    """Move the clock by seconds and days, or to a person's birthday, and say which calls that caused."""
    wish = await read_wish(request)
    by = await _to_birthday(page, wish) if "birthday" in wish else _duration(wish)
    before = page.inspector.calls[-1].number if page.inspector.calls else 0
    await page.advance(by)
    caused = [call_line(call) for call in page.inspector.calls if call.number > before]
    return answer({"now": page.clock.now().isoformat(), "seconds": by.total_seconds(), "calls": caused[-50:]})


def _duration(wish: Wish) -> timedelta:
    seconds, days = wish.get("seconds", 0), wish.get("days", 0)
    if not isinstance(seconds, int) or not isinstance(days, int):
        raise refusal(422, "bad_step")
    total = seconds + days * 86_400
    if not 0 < total <= STEP_SECONDS_MAX:
        raise refusal(422, "bad_step")
    return timedelta(seconds=total)


async def _to_birthday(page: Page, wish: Wish) -> timedelta:
    moment = await page.birthdays(page.person(wish["birthday"]).id)
    if moment is None or moment <= page.clock.now():
        raise refusal(409, "no_birthday")
    return moment - page.clock.now()


async def choose_account(page: Page, request: web.Request) -> web.StreamResponse:
    """Play another kind of WeChat account from now on."""
    kind = (await read_wish(request)).get("kind")
    if kind not in ACCOUNTS:
        raise refusal(422, "bad_account")
    await page.switch_account(kind)
    page.account = kind
    return answer({"account": kind})


async def plan_fault(page: Page, request: web.Request) -> web.StreamResponse:
    """Let the next calls of one platform fail."""
    wish = await read_wish(request)
    app = wish.get("app")
    kind = next((kind for kind in get_args(Kind) if kind == wish.get("kind")), None)
    numbers = [wish.get("count", 1), wish.get("code", 0), wish.get("retry_after", 5)]
    if app not in page.faults or kind is None or not all(isinstance(number, int) for number in numbers):
        raise refusal(422, "bad_fault")
    count, code, retry_after = numbers
    page.faults[app].plan(Fault(kind, count, str(wish.get("match", "")), code, retry_after))
    return answer(fault_facts(page), 201)


async def clear_faults(page: Page, _request: web.Request) -> web.StreamResponse:
    for faults in page.faults.values():
        faults.clear()
    return answer([])


async def list_calls(page: Page, request: web.Request) -> web.StreamResponse:
    after = request.query.get("after", "0")
    if not after.isdecimal():
        raise refusal(400, "bad_request")
    return answer([call_line(call) for call in page.inspector.calls if call.number > int(after)])


async def show_call(page: Page, request: web.Request) -> web.StreamResponse:
    for call in page.inspector.calls:
        if str(call.number) == request.match_info["number"]:
            return answer(call_facts(call))
    raise refusal(404, "no_call")


async def begin_again(page: Page, request: web.Request) -> web.StreamResponse:
    """Forget everything that happened and seed the shop anew."""
    await read_wish(request)
    await page.reset()
    page.era += 1
    return answer({})
