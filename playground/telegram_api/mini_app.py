"""The signed note with which Telegram opens the shop's page for a person."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from playground.telegram_api.world import Chat, World


def init_data(world: World, chat: Chat, *, start_param: str = "") -> str:
    """Return ``Telegram.WebApp.initData``, signed now for this person (core.telegram.org/bots/webapps).

    The hash covers every field but itself, ``signature`` too. The signature is made with a key of this rehearsal,
    since only Telegram has Telegram's: it has the right shape and proves nothing.
    """
    user = {"id": chat.number, "first_name": chat.person.name, "last_name": ""}
    user |= {"language_code": chat.person.language.lower(), "allows_write_to_pm": chat.started and not chat.blocked}
    fields = {"user": json.dumps(user, ensure_ascii=False, separators=(",", ":"))}
    if start_param:
        fields |= {"chat_instance": str(chat.number * 7919), "chat_type": "sender", "start_param": start_param}
    else:
        fields["query_id"] = base64.urlsafe_b64encode(secrets.token_bytes(15)).decode()
    fields["auth_date"] = str(int(world.clock.now().timestamp()))
    fields["signature"] = _signature(f"{world.bot_id}:WebAppData\n{_lines(fields)}")
    key = hmac.new(b"WebAppData", world.token.encode(), hashlib.sha256).digest()
    fields["hash"] = hmac.new(key, _lines(fields).encode(), hashlib.sha256).hexdigest()
    return urlencode(fields)


def _lines(fields: dict[str, str]) -> str:
    return "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))


def _signature(text: str) -> str:
    signed = Ed25519PrivateKey.generate().sign(text.encode())
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")
