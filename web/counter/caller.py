"""Who calls from the staff page: a browser with a session, its rights read anew for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Header
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from membership import staff as rights
from services import Tx, sessions
from services.reader import Reader
from services.sessions import Seat
from web.errors import Problem
from web.idempotency import Door, check_json, read_body
from web.limits import Limits
from web.sessions import Sessions
from web.sign_in import SignIns

Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[\x20-\x7e]{1,128}$")]
SAFE: Final = frozenset({"GET", "HEAD"})
EMPTY: Final = b"{}"

ReadPhoto = Callable[[bytes], Awaitable[tuple[str, ...]]]
"""Finds the texts of all codes in a picture, at arm's length. Raises UnreadablePicture."""


class Cashier:
    """One person at one browser for the length of one request, as the memory knew them a moment ago.

    A request with an effect looks again inside its own transaction: whoever was removed meanwhile is signed out.
    """

    def __init__(self, token: str, seat: Seat) -> None:
        self._token = token
        self.seat = seat

    @property
    def id(self) -> str:
        """The member of staff."""
        return self.seat.staff_id or ""

    @property
    def language(self) -> str:
        return self.seat.language

    @property
    def scope(self) -> str:
        """In whose name this person's requests are kept."""
        return f"staff:{self.id}"

    @property
    def reader(self) -> Reader:
        return self.seat.reader

    @property
    def store_id(self) -> str:
        """Where the person stands."""
        return self.seat.store_id

    def check(self, action: str) -> None:
        """Refuse what no right of theirs covers where they stand. Raises NotStaff and NotAllowed."""
        self.seat.check(action)

    def may(self, action: str) -> bool:
        """Tell whether a right of theirs covers this where they stand."""
        return rights.may(self.seat.roles, action, store_id=self.seat.store_id)

    def still_works(self, tx: Tx, *, now: datetime) -> bool:
        """Look again at session and rights. Raises Problem (signed_out)."""
        found = sessions.find(tx, self._token, "staff", now=now)
        if found is None or found.staff_id != self.seat.staff_id:
            raise Problem("signed_out")
        self.seat = found
        return True


@dataclass(frozen=True, slots=True)
class Counter:
    """What the calls of the page need: the door, the browsers' sessions, ways to sign in, limits, eyes for photos."""

    door: Door
    sessions: Sessions
    ways: SignIns
    limits: Limits
    read_photo: ReadPhoto | None = None


def counter_route(counter: Counter, *, signed_in: bool, words: bool = True) -> type[APIRoute]:
    """Return the kind of route that lets in only our own page, with a session where one is asked for.

    ``words``: what it is sent is JSON, else the call reads the body itself.
    """

    class CounterRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                if request.method not in SAFE:
                    counter.sessions.check(request)
                if signed_in:
                    request.state.caller = await _cashier(counter, request)
                if request.method in SAFE or not words:
                    return await inner(request)
                body = await read_body(request) or EMPTY
                if body != EMPTY:
                    check_json(request, body)
                return await inner(Request(_as_json(request), _given(body)))

            return handle

    return CounterRoute


def cashier(request: Request) -> Cashier:
    """Return who calls."""
    found: Cashier = request.state.caller
    return found


async def _cashier(counter: Counter, request: Request) -> Cashier:
    seat = await counter.sessions.seat(request, "staff")
    return Cashier(counter.sessions.token(request, "staff"), seat)


def _as_json(request: Request) -> dict[str, Any]:
    """Return the request as one that brings JSON, also where a call has nothing to say and says nothing."""
    headers = [pair for pair in request.scope["headers"] if pair[0] != b"content-type"]
    return {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}


def _given(body: bytes) -> Callable[[], Coroutine[Any, Any, Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
