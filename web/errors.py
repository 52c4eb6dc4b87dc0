"""Every no of this door, as application/problem+json (RFC 9457) in the caller's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from locales.words import FALLBACK, Words
from membership import languages
from membership.errors import Refusal
from membership.messages import Message, say
from membership.money import Money

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[Mapping[str, int]] = {
    "not_json": 400,
    "idempotency_key_required": 400,
    "unauthorized": 401,
    "signed_out": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "invalid_request": 422,
    "unreadable_picture": 422,
    "too_many_requests": 429,
    "internal_error": 500,
    "not_ready": 503,
}
"""What can be wrong with a request before any rule is asked; the texts are ``problem.<code>``."""

_BY_STATUS: Final = {404: "not_found", 405: "method_not_allowed"}


class Problem(Exception):
    """The request itself will not do. ``facts`` are told in the text and beside it."""

    def __init__(self, code: str, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
        self.headers = dict(headers or {})


def of_refusal(no: Refusal) -> tuple[int, dict[str, Any]]:
    """Return status and body of a refusal; the text in it is still a message."""
    told = {name: value for name, value in no.facts.items() if value is not None}
    missing = "" if len(told) == len(no.facts) else ".plain"
    detail = say(f"refusal.{no.key}{missing}", **told)
    return no.status, _body(no.key, no.status, detail, facts=told)


def refused(no: Refusal, words: Words, language: str, **beside: Any) -> JSONResponse:
    """Return a refusal as an answer, with what is told ``beside`` it."""
    status, body = of_refusal(no)
    return JSONResponse(rendered({**body, **beside}, words, language), status, None, MEDIA_TYPE)


def response(problem: Problem, words: Words, language: str) -> JSONResponse:
    """Return the answer to a request that will not do."""
    status = STATUS[problem.code]
    body = _body(problem.code, status, say(f"problem.{problem.code}", **problem.facts), facts=problem.facts)
    return JSONResponse(rendered(body, words, language), status, problem.headers, MEDIA_TYPE)


def of_http(error: HTTPException) -> Problem:
    """Return what the router says of a path or method that does not exist."""
    return Problem(_BY_STATUS.get(error.status_code, "not_json"), headers=error.headers)


def rendered(body: Any, words: Words, language: str) -> Any:
    """Return the body with every message in it put into words, amounts as minor units, times in ISO 8601."""
    if isinstance(body, Message):
        return words.text(body, language)
    if isinstance(body, Mapping):
        return {key: rendered(value, words, language) for key, value in body.items()}
    if isinstance(body, list | tuple):
        return [rendered(value, words, language) for value in body]
    return _plain(body)


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.minor
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def accepted_language(header: str, offered: Collection[str], default: str = FALLBACK) -> str:
    """Return the offered language an Accept-Language header (RFC 9110, 12.5.4) likes best, else the default."""
    wanted = sorted(map(_weighted, header[:500].split(",")), key=lambda one: -one[1])
    fitting = (languages.fitting(tag, offered) for tag, weight in wanted if weight > 0)
    return next(filter(None, fitting), default)


def _weighted(part: str) -> tuple[str, float]:
    tag, _, quality = part.strip().partition(";q=")
    try:
        return tag.strip(), float(quality) if quality else 1.0
    except ValueError:
        return tag.strip(), 0.0


def _body(code: str, status: int, detail: Message, *, facts: Mapping[str, Any]) -> dict[str, Any]:
    title = code.replace("_", " ").capitalize()
    told = {"facts": dict(facts)} if facts else {}
    return {"type": f"/api/v1/docs#{code}", "title": title, "status": status, "code": code, "detail": detail, **told}
