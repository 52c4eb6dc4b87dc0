"""Whether somebody who opens the shop's page inside Telegram is who Telegram says."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from membership.member import Identity
from web.sign_in import LOGIN_AGE_MAX, SignInRefused, Vouched

AHEAD_MAX: Final = timedelta(minutes=1)  # so far the two clocks may differ
LENGTH_MAX: Final = 8192
_DIGITS_MAX: Final = 12


class TelegramSignIn:
    """Signing in by the note (initData) with which Telegram opens a Mini App for a person."""

    def __init__(self, token: str, *, account: str) -> None:
        self._token = token
        self._account = account

    def __repr__(self) -> str:
        return "TelegramSignIn(…)"

    def way(self, back: str, state: str) -> str | None:
        """Return None: Telegram opens the page itself."""
        del back, state
        return None

    async def vouch(self, proof: str, *, now: datetime, age_max: timedelta) -> Vouched:
        """Return the account this initData was signed for, and its hash as the proof. Raises SignInRefused."""
        person = verify(proof, self._token, now, age_max)
        return Vouched(Identity("telegram", self._account, person), _fields(proof)["hash"])


def verify(init_data: str, token: str, now: datetime, max_age: timedelta = LOGIN_AGE_MAX) -> str:
    """Return the id of the Telegram user for whom this initData was signed.

    The hash stands over all other fields, sorted (core.telegram.org/bots/webapps, "Validating data received via the
    Mini App"); ``signature`` stays in. Raises SignInRefused: malformed, repeated_field, forged, stale, no_user.
    """
    fields = _fields(init_data)
    shown = fields.pop("hash", "")
    if not hmac.compare_digest(shown.encode(), _hash(fields, token).encode()):
        raise SignInRefused("forged")
    signed_at = _seconds(fields.get("auth_date", ""))
    age = now.timestamp() - signed_at
    if not -AHEAD_MAX.total_seconds() <= age <= max_age.total_seconds():
        raise SignInRefused("stale")
    return _user(fields.get("user", ""))


def _fields(init_data: str) -> dict[str, str]:
    if len(init_data) > LENGTH_MAX:
        raise SignInRefused("malformed")
    try:
        pairs = parse_qsl(init_data, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise SignInRefused("malformed") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise SignInRefused("repeated_field")
    return fields


def _hash(fields: dict[str, str], token: str) -> str:
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()


def _seconds(text: str) -> int:
    """Return Unix seconds; what is no such number is as old as can be."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else 0


def _user(text: str) -> str:
    try:
        user = json.loads(text)
    except ValueError:
        raise SignInRefused("no_user") from None
    number = user.get("id") if isinstance(user, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise SignInRefused("no_user")
    return str(number)
