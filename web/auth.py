"""Who is calling: the key of a till, looked up by its digest before anything else of the request is read."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from services import Database, keys
from services.keys import Caller
from web.errors import Problem

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
_NO_KEY: Final = "-"


async def caller_of(request: Request, database: Database) -> Caller:
    """Return the till that calls. Raises Problem (unauthorized), the same for no key, a wrong and a revoked one."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    # a missing key is looked up like a wrong one, so that the time tells nothing
    found = await database.read(keys.find, shown.strip() if scheme.lower() == "bearer" else _NO_KEY)
    if found is None:
        raise unauthorized()
    return found


def unauthorized() -> Problem:
    return Problem("unauthorized", headers=CHALLENGE)


def security_scheme() -> dict[str, Any]:
    """Return how OpenAPI says all this."""
    about = "A till's key, made with `memberbot apikey create`."
    return {"type": "http", "scheme": "bearer", "description": about}
