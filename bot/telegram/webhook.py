"""Telegram's updates brought to our own door: known by their secret, answered only when they are committed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.notebook import Notebook
from bot.telegram.connection import ShopBot
from bot.telegram.said import KINDS
from bot.telegram.updates import Updates

PATH: Final = "/telegram/webhook"
BODY_BYTES_MAX: Final = 2**20
DEPTH_MAX: Final = 40  # a real update nests a dozen deep at most
CONNECTIONS_MAX: Final = 40
HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
SECRET_NAME: Final = "webhook_secret"  # noqa: S105 — the name it is kept under, not the secret


class Webhook:
    """The route Telegram posts to. Answers carry no body, so that nothing is told to who should not ask."""

    def __init__(self, secret: str, updates: Updates) -> None:
        self._secret = secret.encode()
        self._updates = updates

    async def receive(self, request: Request) -> Response:
        """Answer 200 once the update is committed (401, 413, 400 for what is not Telegram's or no update).

        Whatever keeps the update from being committed is raised: the server answers 500, and Telegram brings it again.
        """
        shown = request.headers.get(HEADER, "").encode("latin-1", "replace")
        if not hmac.compare_digest(shown, self._secret):
            return Response(status_code=401)
        try:
            body = await _read(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413)
        update = _parse(body)
        if update is None:
            return Response(status_code=400)
        await self._updates.take(update)
        return Response(status_code=200)


async def kept_secret(notebook: Notebook, account: str, *, given: str, fresh: str) -> str:
    """Return the webhook's secret: the one given in the settings, else the one kept, else the fresh one, now kept."""
    if given:
        return given
    kept = await notebook.find(account, SECRET_NAME)
    if kept:
        return kept
    await notebook.keep(account, SECRET_NAME, fresh)
    return fresh


async def announce(bot: ShopBot, *, public_url: str, secret: str) -> None:
    """Tell Telegram where to bring updates. Raises telegram.error.TelegramError."""
    await bot.set_webhook(
        url=public_url.rstrip("/") + PATH,
        secret_token=secret,
        allowed_updates=list(KINDS),
        max_connections=CONNECTIONS_MAX,
    )


async def _read(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is too long."""
    declared = request.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        return None
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > BODY_BYTES_MAX:
            return None
    return bytes(taken)


def _parse(body: bytes) -> Mapping[str, Any] | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int) or _depth_exceeds(update):
        return None
    return update


def _depth_exceeds(value: Any) -> bool:
    """Tell whether JSON nests deeper than any update; without recursion, which is what deep JSON attacks."""
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
