"""How a call of a till is taken: its key, its size, its JSON, then one transaction, done once and answered again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from locales.words import Words
from membership.errors import IdReused, NotAllowed, Refusal
from membership.moment import Moment
from services import Database, Tx, forbidden, fraud, requests
from services.reader import Reader
from services.requests import Answer
from web import errors
from web.auth import caller_of, unauthorized
from web.errors import Problem

BODY_BYTES_MAX: Final = 64 * 1024
REPLAYED: Final = {"Idempotency-Replayed": "true"}

Effect = Callable[[Tx, Moment], tuple[int, Any]]
Refused = Callable[[Tx, Refusal, Moment], None]

TOO_MANY: Final = 429
CHANGES: Final = frozenset({"POST", "PATCH"})
"""The methods that bring a body; a DELETE names all it does by its address."""


class Caller(Protocol):
    """Who calls, a till with its key or a person with a session; ``scope`` is in whose name requests are kept."""

    @property
    def id(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def reader(self) -> Reader: ...
    def check(self, action: str) -> None: ...
    def still_works(self, tx: Tx, *, now: datetime) -> bool:
        """Tell, inside the transaction that has the effect, whether the key or session still counts."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call does. A refusal undoes the effect, but not what is noted ``before`` it and ``after`` the refusal."""

    effect: Effect
    before: Callable[[Tx, Moment], None] | None = None
    after: Refused | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """What every page of this door needs: the memory, the words, and a fresh moment for each request."""

    database: Database
    words: Words
    clock_moment: Callable[[], Moment]

    def language(self, request: Request) -> str:
        """Return the language of the answer: what the caller accepts, else the shop's where it is known."""
        caller = getattr(request.state, "caller", None)
        default = self.words.languages[0] if caller is None else caller.language
        return errors.accepted_language(request.headers.get("Accept-Language", ""), self.words.languages, default)

    async def once(self, request: Request, key: str, content: Any, deed: Deed) -> Response:
        """Do it once under the caller's key and answer, the same at each repetition; ``content`` must be the same too.

        Refusals are kept like any answer, but not "too often": whoever waits and repeats shall get through.
        """
        moment, caller, language = self.clock_moment(), request.state.caller, self.language(request)
        digest = _digest(request, content)
        try:
            answer = await self.database.write(
                _take, caller, key, deed=deed, content_hash=digest, language=language, moment=moment
            )
        except Refusal as no:
            return self._refuse(request, no, moment)
        if answer is not None and not answer.replayed:
            await self._note_forbidden(request, answer.body["body"], moment)
        return self._refuse(request, IdReused(), moment) if answer is None else self._respond(answer)

    async def answer(self, request: Request, deed: Deed) -> Response:
        """Answer a question, which is written down only where it is counted."""
        run = self.database.read if deed.before is None else self.database.write
        moment = self.clock_moment()
        return await self._answer(request, moment, run(_settle, deed, moment))

    async def change(self, request: Request, deed: Deed) -> Response:
        """Do what may be done any number of times with one outcome, such as a correction; nobody has to name it."""
        moment, caller = self.clock_moment(), request.state.caller
        return await self._answer(request, moment, self.database.write(_change, caller, deed, moment))

    async def _answer(self, request: Request, moment: Moment, done: Awaitable[tuple[int, Any]]) -> Response:
        try:
            status, body = await done
        except Refusal as no:
            return self._refuse(request, no, moment)
        await self._note_forbidden(request, body, moment)
        return self._respond(Answer(status, {"language": self.language(request), "body": body}))

    async def _note_forbidden(self, request: Request, body: Any, moment: Moment) -> None:
        """Write down what a till or a person had no right to: a refusal of its own, for a question undoes nothing."""
        if isinstance(body, dict) and body.get("code") == NotAllowed.key:
            reader = request.state.caller.reader
            await self.database.write(forbidden.note, reader, str(body["facts"]["action"]), moment=moment)

    def _respond(self, answer: Answer) -> Response:
        content = errors.rendered(answer.body["body"], self.words, answer.body["language"])
        media = errors.MEDIA_TYPE if answer.status >= 400 else None  # noqa: PLR2004 -- where HTTP's refusals begin
        return JSONResponse(content, answer.status, REPLAYED if answer.replayed else None, media)

    def _refuse(self, request: Request, no: Refusal, moment: Moment) -> Response:
        status, body = errors.of_refusal(no)
        response = self._respond(Answer(status, {"language": self.language(request), "body": body}))
        until = no.facts.get("until")
        if isinstance(until, datetime):
            response.headers["Retry-After"] = str(max(1, int((until - moment.now).total_seconds())))
        return response


def pos_route(door: Door) -> type[APIRoute]:
    """Return the kind of route that lets in only callers with a key, and only bodies that are short and JSON."""

    class PosRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Response:
                request.state.caller = await caller_of(request, door.database)
                body = await read_body(request)
                if request.method in CHANGES:
                    check_json(request, body)
                return await inner(Request(request.scope, _given(body)))

            return handle

    return PosRoute


async def read_body(request: Request) -> bytes:
    """Return the body, or stop reading as soon as it is too long. Raises Problem (body_too_large, not_json)."""
    taken = bytearray()
    try:
        async for chunk in request.stream():
            taken += chunk
            if len(taken) > BODY_BYTES_MAX:
                raise Problem("body_too_large", headers={"Connection": "close"}, kilobytes=BODY_BYTES_MAX // 1024)
    except ClientDisconnect:
        raise Problem("not_json") from None
    return bytes(taken)


def check_json(request: Request, body: bytes) -> None:
    """Refuse what is not a JSON object in UTF-8, or names a field twice. Raises Problem (not_json)."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("not_json")
    try:
        parsed = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem("not_json") from None
    if not isinstance(parsed, dict):
        raise Problem("not_json")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands there twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)  # NaN and Infinity are Python's, not JSON's


def _given(body: bytes) -> Callable[[], Coroutine[Any, Any, Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _digest(request: Request, content: Any) -> bytes:
    said = [request.method, request.url.path, content]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).digest()


def _take(
    tx: Tx, caller: Caller, key: str, *, deed: Deed, content_hash: bytes, language: str, moment: Moment
) -> Answer | None:
    if not caller.still_works(tx, now=moment.now):
        raise unauthorized()

    def effect() -> tuple[int, Any]:
        status, body = _settle(tx, deed, moment)
        return status, {"language": language, "body": body}

    return requests.once(tx, caller.scope, key, content_hash=content_hash, effect=effect, moment=moment)


def _change(tx: Tx, caller: Caller, deed: Deed, moment: Moment) -> tuple[int, Any]:
    if not caller.still_works(tx, now=moment.now):
        raise unauthorized()
    return _settle(tx, deed, moment)


def _settle(tx: Tx, deed: Deed, moment: Moment) -> tuple[int, Any]:
    """Have the effect, or undo it and return the refusal: the one place where this door translates it."""
    if deed.before is not None:
        deed.before(tx, moment)
    try:
        with tx.savepoint():
            return deed.effect(tx, moment)
    except Refusal as no:
        fraud.note_blocked(tx, moment=moment)
        if no.status == TOO_MANY:
            raise
        if deed.after is not None:
            deed.after(tx, no, moment)
        return errors.of_refusal(no)
