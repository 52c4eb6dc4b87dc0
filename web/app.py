"""Door 2, HTTP, put together: the till's calls, the live card, health, and the routes the channels bring along."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from locales.words import Words
from membership.errors import Refusal
from membership.member import Channel
from membership.moment import Moment
from services import Database
from web import errors, openapi, pos
from web.card import Card
from web.counter import routes as counter
from web.counter.caller import Counter, ReadPhoto
from web.errors import Problem
from web.health import Health, Meters
from web.idempotency import Door
from web.limits import Gate, Limits
from web.sessions import Sessions
from web.sign_in import SignIn, SignIns
from web.watch import Watch

STATIC: Final = Path(__file__).parent / "static"
DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PROOF: Final = re.compile(r"[A-Za-z0-9]{1,64}")


def create(
    *,
    database: Database,
    words: Words,
    clock_moment: Callable[[], Moment],
    public_url: str,
    metrics: str = "127.0.0.1",
    registry: CollectorRegistry | None = None,
    extra_routes: Sequence[BaseRoute] = (),
    data_folder: Path | None = None,
    sign_ins: Mapping[Channel, SignIn] | None = None,
    limits: Limits | None = None,
    read_photo: ReadPhoto | None = None,
) -> FastAPI:
    """Return the whole door, to be served with the server's own access log off (ours leaves query strings out).

    ``metrics`` is the address that may read /metrics, or a token that opens it; ``data_folder`` is where
    MP_verify_*.txt lies; ``extra_routes`` are the channels' webhooks; ``sign_ins`` are the platforms' ways into our
    pages; ``read_photo`` finds the codes in a picture, safely (without it the staff page takes no photos).
    """
    door, meters = Door(database, words, clock_moment), Meters(registry or CollectorRegistry())
    kept, limits = Sessions(door, public_url=public_url), limits or Limits()
    ways = SignIns(door, kept, sign_ins or {}, public_url=public_url)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(pos.router(door, limits))
    app.router.routes += [
        *Health(door, meters, readers=metrics).routes(),
        *Card(door, kept, ways).routes(),
        *ways.routes(),
        *counter.routes(Counter(door, kept, ways, limits, read_photo)),
        *_description(app, public_url),
        *_proofs(data_folder),
        Mount("/static", StaticFiles(directory=STATIC)),
        *extra_routes,
    ]
    _answer_problems(app, door)
    pages = frozenset(route.path for route in app.routes if isinstance(route, Route))
    platforms = frozenset(route.path for route in extra_routes if isinstance(route, Route))
    app.add_middleware(Gate, door=door, limits=limits, platforms=platforms)
    app.add_middleware(Watch, door=door, meters=meters, pages=pages)
    return app


def _description(app: FastAPI, public_url: str) -> list[Route]:
    document: dict[str, Any] = {}

    async def described(_: Request) -> Response:
        if not document:
            document.update(openapi.describe(app, public_url=public_url))
        return JSONResponse(document)

    async def pages(_: Request) -> Response:
        return FileResponse(STATIC / "docs.html", headers={"Content-Security-Policy": DOCS_POLICY})

    return [Route("/api/v1/openapi.json", described), Route("/api/v1/docs", pages)]


def _proofs(folder: Path | None) -> list[Route]:
    """Return the page by which WeChat sees that this domain is the shop's (MP_verify_*.txt, one line each)."""

    async def proof(request: Request) -> Response:
        name = request.path_params["name"]
        path = None if folder is None or not _PROOF.fullmatch(name) else folder / f"MP_verify_{name}.txt"
        if path is None or not path.is_file():
            raise Problem("not_found")
        return PlainTextResponse(path.read_text(encoding="ascii", errors="ignore"))

    return [Route("/MP_verify_{name}.txt", proof)]


def _answer_problems(app: FastAPI, door: Door) -> None:
    methods = openapi.Methods(app)

    async def problem(request: Request, error: Exception) -> Response:
        found = error if isinstance(error, Problem) else _problem_of(error)
        if found.code == "method_not_allowed":
            found.headers.update(methods.allow(request.url.path))
        return errors.response(found, door.words, door.language(request))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return errors.refused(error, door.words, door.language(request))

    for kind in (Problem, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, problem)
    app.add_exception_handler(Refusal, refused)


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    assert isinstance(error, HTTPException)
    return errors.of_http(error)


def _invalid(error: RequestValidationError) -> Problem:
    """Name the fields that will not do, never what stood in them."""
    places = [tuple(map(str, one["loc"])) for one in error.errors()]
    if any(place[0] == "header" for place in places):
        return Problem("idempotency_key_required")
    fields = dict.fromkeys(".".join(place[1:]) or "scan_id, member_id" for place in places)
    return Problem("invalid_request", fields=", ".join(fields))
