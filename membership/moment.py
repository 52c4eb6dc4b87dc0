"""One moment at a door: the time it is, and all the chance that may be used in it."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """The time and the randomness of one message, request or job.

    ``now`` is aware UTC. ``seed`` is 32 random bytes drawn at the door; everything random in the moment is drawn from
    it by name, so that a transaction that is run again makes the same rows.
    """

    now: datetime
    seed: bytes

    def draw(self, label: str, size: int) -> bytes:
        """Return ``size`` random bytes (at most 8160) that belong to this label."""
        blocks = range(1, -(-size // 32) + 1)
        return b"".join(self._block(label, number) for number in blocks)[:size]

    def below(self, label: str, limit: int) -> int:
        """Return a random integer from 0 to ``limit`` - 1; the bias is below 2**-64."""
        return int.from_bytes(self.draw(label, 16 + (limit.bit_length() + 7) // 8), "big") % limit

    def new_id(self, label: str) -> str:
        """Return a random id (UUID) that belongs to this label."""
        return str(uuid.UUID(bytes=self.draw(label, 16), version=4))

    def _block(self, label: str, number: int) -> bytes:
        return hmac.new(self.seed, f"{number}:{label}".encode(), hashlib.sha256).digest()


NAMESPACE = uuid.UUID("5b5a1f0e-6d1c-5a86-9d0f-7a7c2b0c8a51")


def id_of(reference: str) -> str:
    """Return the id that belongs to a reference: the same reference always makes the same row."""
    return str(uuid.uuid5(NAMESPACE, reference))
