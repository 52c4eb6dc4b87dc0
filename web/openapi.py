"""The description of the till's calls that machines read, in step with what the door truly answers."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import compile_path

from web.auth import security_scheme
from web.errors import MEDIA_TYPE

ABOUT: Final = """The desk of one shop as a till sees it.

Amounts are whole numbers of the smallest coin. Every POST takes an `Idempotency-Key`: repeat a request whose answer was
lost with the same key and body, and it is answered again (`Idempotency-Replayed: true`) and done only once. Whatever is
refused is told as `application/problem+json`, with a `code` for machines and a `detail` for people in the language of
`Accept-Language`.
"""


class ProblemShown(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str
    status: int
    code: str = Field(description="the reason's name, such as insufficient_points")
    detail: str = Field(description="the reason in the caller's language, with what helps")
    facts: dict[str, Any] | None = Field(default=None, description="what the detail tells, for machines")


_TOLD: Final = {
    400: "not JSON, or no Idempotency-Key",
    401: "no key, or one that does not work",
    403: "the key does not cover this, or spending without a scan",
    404: "no such thing",
    409: "a rule says no",
    410: "too late",
    413: "more than 64 KiB",
    422: "a field will not do",
    429: "too often",
}

ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": told, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, told in _TOLD.items()
}


class Methods:
    """Which methods each address of the till's calls takes; read from the description when first asked."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._known: list[tuple[re.Pattern[str], str]] = []

    def allow(self, path: str) -> dict[str, str]:
        """Return the header `Allow` of an address that was called by another method; none for an address not ours."""
        if not self._known:
            paths = describe(self._app, public_url="")["paths"]
            self._known = [(compile_path(path)[0], ", ".join(sorted(calls)).upper()) for path, calls in paths.items()]
        found = next((methods for pattern, methods in self._known if pattern.match(path)), "")
        return {"Allow": found} if found else {}


def describe(app: FastAPI, *, public_url: str) -> dict[str, Any]:
    """Return the OpenAPI document of the till's calls."""
    document = get_openapi(
        title="memberbot",
        version="1",
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": public_url or "/"}],
    )
    parts = document.setdefault("components", {})
    schemas = {name: shape for name, shape in parts.get("schemas", {}).items() if "ValidationError" not in name}
    parts["schemas"] = {**schemas, "Problem": ProblemShown.model_json_schema()}
    parts["securitySchemes"] = {"key": security_scheme()}
    document["security"] = [{"key": []}]
    return document
