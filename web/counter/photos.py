"""A photo of a code, where a browser has no camera of its own to look through."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from membership.messages import say
from pictures.decoding import UnreadablePicture
from web.counter.caller import Counter
from web.errors import Problem

BYTES_MAX: Final = 10_000_000
HEARD_MAX: Final = 4 * BYTES_MAX


class Photos:
    """The one call that brings a picture instead of words."""

    def __init__(self, counter: Counter) -> None:
        self._read, self._limits = counter.read_photo, counter.limits

    async def read(self, request: Request) -> Response:
        """Return every code in a picture; where there are several, the page asks which."""
        self._limits.count_scan(request.state.caller.scope)
        if self._read is None:
            raise unreadable("unavailable")
        try:
            found = await self._read(await picture_of(request))
        except UnreadablePicture as no:
            raise unreadable(no.reason) from None
        return JSONResponse({"codes": list(found)})


async def picture_of(request: Request) -> bytes:
    """Return the picture that is sent. Raises Problem.

    What is too long is heard to its end, or the browser would never see the answer; but not without end, nor kept.
    """
    taken, size = bytearray(), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > HEARD_MAX:
                raise unreadable("too_large")
            if size <= BYTES_MAX:
                taken += chunk
    except ClientDisconnect:
        raise unreadable("broken") from None
    if size > BYTES_MAX:
        raise unreadable("too_large")
    return bytes(taken)


def unreadable(reason: str) -> Problem:
    """Return the answer to a picture nobody can look at; ``reason`` says why."""
    facts: dict[str, Any] = {"reason": say(f"photo.{reason}")}
    return Problem("unreadable_picture", headers={"Connection": "close"}, **facts)
