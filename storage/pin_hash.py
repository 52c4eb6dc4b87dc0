"""PINs as they are kept: hashed slowly on purpose, so that a stolen table is no list of PINs."""

from __future__ import annotations

from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's figures for argon2id: 19 MiB, two passes, one lane; about 30 ms
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hashed(pin: str) -> str:
    """Return the hash of a PIN with a salt of its own. Slow: never inside a transaction."""
    return _HASHER.hash(pin)


def matches(kept: str, pin: str) -> bool:
    """Tell whether this is the PIN. Slow: never inside a transaction."""
    try:
        return _HASHER.verify(kept, pin)
    except (VerificationError, InvalidHashError):
        return False
