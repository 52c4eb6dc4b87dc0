"""The browser inside a chat app, one for each phone, with its own cookies and the app's word for whose phone it is.

All phones of the rehearsal stand in one real browser, which would give them one jar of cookies. So each phone reads the
program's pages through a small server of its own, which keeps that phone's cookies.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Final

import aiohttp
from aiohttp import web

from playground.phones import Person

CLOSE_SECONDS: Final = 0.5
DROPPED: Final = frozenset({"transfer-encoding", "content-encoding", "content-length", "set-cookie", "connection"})
WECHAT_AGENT: Final = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/122.0 Mobile MicroMessenger/8.0.50"
AUTHORIZE: Final = "/connect/oauth2/authorize"


class InAppBrowser:
    """One phone's browser. ``home`` is where the program's pages are now."""

    def __init__(self, person: Person, home: Callable[[], str]) -> None:
        self._person, self._home = person, home
        self._jar: dict[str, tuple[str, str]] = {}
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def open(self) -> str:
        """Return the address under which this phone reads the program's pages."""
        if self._runner is None:
            application = web.Application(client_max_size=2**24)
            application.router.add_route("*", "/{path:.*}", self._pass_on)
            self._runner = web.AppRunner(application, shutdown_timeout=CLOSE_SECONDS, access_log=None)
            await self._runner.setup()
            await web.TCPSite(self._runner, "127.0.0.1", 0).start()
            self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.address

    async def close(self) -> None:
        """Close the browser; its cookies are forgotten."""
        self._jar.clear()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in {"cookie", "connection"}
        }
        if self._person.app == "wechat":
            headers["User-Agent"] = WECHAT_AGENT
        if cookies := self._cookies(request.path):
            headers["Cookie"] = cookies
        sent = {"headers": headers, "data": await request.read(), "allow_redirects": False}
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.request(request.method, f"{self._home()}{request.path_qs}", **sent) as got,  # type: ignore[arg-type]
        ):
            self._keep(got.headers.getall("Set-Cookie", []))
            kept = {name: value for name, value in got.headers.items() if name.lower() not in DROPPED}
            if "Location" in kept:
                kept["Location"] = await self._next(http, kept["Location"])
            return web.Response(status=got.status, headers=kept, body=await got.read())

    async def _next(self, http: aiohttp.ClientSession, address: str) -> str:
        """Return where the browser goes: WeChat itself knows whose phone it is, and our own pages are read here."""
        if AUTHORIZE in address and self._person.app == "wechat":
            told = {"Cookie": f"wechat_openid={self._person.user}"}
            async with http.get(address, headers=told, allow_redirects=False) as got:
                address = got.headers.get("Location", address)
        return address.removeprefix(self._home()) if address.startswith(f"{self._home()}/") else address

    def _cookies(self, path: str) -> str:
        return "; ".join(f"{name}={value}" for name, (value, under) in self._jar.items() if _covers(under, path))

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            cookie: SimpleCookie = SimpleCookie(line.replace("; Partitioned", ""))
            for name, morsel in cookie.items():
                self._jar.pop(name, None)
                if morsel["max-age"] != "0":
                    self._jar[name] = (morsel.value, morsel["path"] or "/")


class Browsers:
    """The browsers of all phones, opened when they are first needed."""

    def __init__(self, home: Callable[[], str], note: Callable[[Person], str]) -> None:
        """``note`` gives what Telegram signs for a person who opens a Mini App."""
        self._home, self._note = home, note
        self._of: dict[str, InAppBrowser] = {}

    async def open(self, person: Person, address: str, *, app: bool) -> str:
        """Return where a phone opens this address; a Mini App is handed Telegram's note behind the #."""
        if not address.startswith(f"{self._home()}/"):
            return address
        browser = self._of.setdefault(person.id, InAppBrowser(person, self._home))
        here = await browser.open() + address.removeprefix(self._home())
        return f"{here}{'?' if '#' in here else '#'}{self._note(person)}" if app else here

    async def close(self) -> None:
        """Close them all; their cookies are forgotten."""
        for browser in self._of.values():
            with contextlib.suppress(OSError):
                await browser.close()
        self._of.clear()


def _covers(under: str, path: str) -> bool:
    return under in {"/", path} or path.startswith(f"{under}/")
