"""The staff page itself, its worker, and the words it shows: what a browser may have without a session."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from membership import languages
from membership.messages import say
from web.counter.caller import Counter

FOLDER: Final = Path(__file__).parent.parent / "static" / "staff"
FRAMES: Final = "frame-ancestors 'self' https://web.telegram.org http://127.0.0.1:* http://localhost:*"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " + FRAMES
)
PAGE_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(self)",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
WORKER_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'",
    "Service-Worker-Allowed": "/staff",
    "Cache-Control": "no-cache",
}
PREFIX: Final = "page.staff."
LANGUAGE_LENGTH_MAX: Final = 35


class Page:
    """The page's shell and words."""

    def __init__(self, counter: Counter) -> None:
        self._door, self._sessions = counter.door, counter.sessions
        self._kept: dict[str, tuple[str, dict[str, object]]] = {}

    async def shell(self, request: Request) -> Response:
        """Answer with the page; a browser that keeps no name gets one, so that a lost sign-in can be repeated."""
        answer = FileResponse(FOLDER / "index.html", headers=PAGE_HEADERS)
        self._sessions.name_device(request, answer)
        return answer

    async def worker(self, _: Request) -> Response:
        return FileResponse(FOLDER / "sw.js", media_type="text/javascript", headers=WORKER_HEADERS)

    async def manifest(self, _: Request) -> Response:
        path, kind = FOLDER / "manifest.webmanifest", "application/manifest+json"
        return FileResponse(path, media_type=kind, headers={"Cache-Control": "no-cache"})

    async def texts(self, request: Request) -> Response:
        """Answer with every text of the page in one language; a browser that has them already is told so."""
        digest, body = self._texts(self._language(request))
        headers = {"ETag": digest, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
        if request.headers.get("If-None-Match") == digest:
            return Response(status_code=304, headers=headers)
        return JSONResponse(body, headers=headers)

    def routes(self) -> list[Route]:
        pages = (
            ("/staff", self.shell),
            ("/staff/sw.js", self.worker),
            ("/staff/manifest.webmanifest", self.manifest),
            ("/staff/api/texts", self.texts),
        )
        return [Route(path, page, methods=["GET"]) for path, page in pages]

    def _language(self, request: Request) -> str:
        asked = request.query_params.get("lang", "")[:LANGUAGE_LENGTH_MAX]
        known = languages.fitting(asked, self._door.words.languages) if asked else None
        return known or self._door.language(request)

    def _texts(self, language: str) -> tuple[str, dict[str, object]]:
        if language not in self._kept:
            words = self._door.words
            names = {tag: words.text(say(f"button.language.{tag}"), tag) for tag in words.languages}
            body: dict[str, object] = {
                "language": language,
                "languages": names,
                "texts": words.templates(PREFIX, language),
            }
            said = json.dumps(body, ensure_ascii=False, sort_keys=True)
            self._kept[language] = (f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"', body)
        return self._kept[language]
