"""How the bot asks for what people said: long polling, the webhook and its settings, and files."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playground.telegram_api.arguments import Arguments
from playground.telegram_api.errors import bad_request
from playground.telegram_api.files import DOWNLOAD_BYTES_MAX
from playground.telegram_api.keyboards import LOOPBACK
from playground.telegram_api.pushes import Webhook, allowed_kinds
from playground.telegram_api.sending import Method
from playground.telegram_api.world import World

POLL_SECONDS_MAX = 50
BATCH_MAX = 100
PORTS = frozenset({80, 88, 443, 8443})
SECRET_MAX = 256
CONNECTIONS_MAX = 100


@dataclass(frozen=True, slots=True)
class Done:
    """True with a sentence, as setWebhook and deleteWebhook answer."""

    description: str


def _read_kinds(world: World, arguments: Arguments) -> None:
    given = arguments.parsed("allowed_updates", "allowed updates")
    if given is not None and not isinstance(given, list):
        raise bad_request("allowed_updates must be an Array of String")
    kinds = allowed_kinds(given)
    if kinds is not None:
        world.pushes.kinds = kinds


def get_updates(world: World, arguments: Arguments) -> Awaitable[list[dict[str, Any]]]:
    limit = arguments.integer("limit", BATCH_MAX)
    if not world.pushes.webhook.url:
        _read_kinds(world, arguments)
    return world.pushes.poll(
        offset=arguments.integer("offset"),
        limit=limit if 1 <= limit <= BATCH_MAX else BATCH_MAX,
        seconds=min(max(arguments.integer("timeout"), 0), POLL_SECONDS_MAX),
    )


def set_webhook(world: World, arguments: Arguments) -> Done:
    url = arguments.text("url").strip()
    if not url:
        return delete_webhook(world, arguments)
    secret = arguments.text("secret_token")
    _check_address(url)
    _check_secret(secret)
    connections = arguments.integer("max_connections", 40)
    _read_kinds(world, arguments)
    if arguments.flag("drop_pending_updates"):
        world.pushes.reset()
    old = world.pushes.webhook
    world.pushes.set_webhook(Webhook(url, secret, min(max(connections, 1), CONNECTIONS_MAX)))
    return Done("Webhook is already set" if (old.url, old.secret) == (url, secret) else "Webhook was set")


def _check_address(url: str) -> None:
    """Refuse what Telegram refuses; plain HTTP and any port are let through to this machine, as for a local server."""
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _check_secret(secret: str) -> None:
    if len(secret) > SECRET_MAX:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")


def delete_webhook(world: World, arguments: Arguments) -> Done:
    was = world.pushes.webhook.url
    if arguments.flag("drop_pending_updates"):
        world.pushes.reset()
    world.pushes.set_webhook(Webhook())
    return Done("Webhook was deleted" if was else "Webhook is already deleted")


def get_webhook_info(world: World, _: Arguments) -> dict[str, Any]:
    hook = world.pushes.webhook
    info: dict[str, Any] = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.pushes.waiting),
    }
    if hook.url:
        info["max_connections"] = hook.max_connections
    if hook.last_error_at:
        info["last_error_date"] = int(hook.last_error_at.timestamp())
        info["last_error_message"] = hook.last_error
    if not world.pushes.wants_default():
        info["allowed_updates"] = sorted(world.pushes.kinds)
    return info


def get_file(world: World, arguments: Arguments) -> dict[str, Any]:
    file_id = arguments.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    file = world.files.by_id(file_id)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > DOWNLOAD_BYTES_MAX:
        raise bad_request("file is too big")
    unique = f"{'AQAD' if file.kind == 'photo' else 'AgAD'}{file.unique[:10]}"
    size = {"file_unique_id": unique, "file_size": len(file.data)}
    return {"file_id": file_id, **size, "file_path": file.path}


RECEIVING: dict[str, Method] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "getFile": get_file,
}
