"""A request of a till that may come twice: done once, and answered the same again."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from membership.messages import pack, unpack
from membership.moment import Moment, id_of
from services import Tx, audit
from storage import requests as rows


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request got: an HTTP status and a body of plain values and Messages. ``replayed``: it came before."""

    status: int
    body: Any
    replayed: bool = False


def once(
    tx: Tx, scope: str, key: str, *, content_hash: bytes, effect: Callable[[], tuple[int, Any]], moment: Moment
) -> Answer | None:
    """Do the effect and keep its answer, or return the answer kept before; None: the key came with other content.

    ``scope`` is the caller, ``key`` the caller's own name of the request, kept for ever. The effect returns a
    refusal like any answer, having undone what it began. What it raises undoes the request too.
    """
    if not rows.claim(tx, scope, key, content_hash=content_hash, now=moment.now):
        return _again(tx, scope, key, content_hash=content_hash, moment=moment)
    status, body = effect()
    kept = pack(body)
    rows.close(tx, scope, key, status=status, body=kept)
    return Answer(status, unpack(kept))


def is_known(tx: Tx, scope: str, key: str) -> bool:
    """Tell whether a request was answered before: what goes before its effect need not be done again."""
    return rows.find(tx, scope, key) is not None


def _again(tx: Tx, scope: str, key: str, *, content_hash: bytes, moment: Moment) -> Answer | None:
    first, status, body = rows.answered(tx, scope, key)
    if hmac.compare_digest(bytes(first), content_hash):
        return Answer(status, unpack(body), replayed=True)
    # the key is the caller's own text and may say anything: the trail holds only what can be recomputed from it
    audit.note(tx, moment, "request.id_reused", id_of(f"{scope}:{key}:{content_hash.hex()}"), actor=scope)
    return None
