"""Requests of tills that were answered, so that a repeated one gets the same answer."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from storage.database import Tx
from storage.tables import requests as t


def claim(tx: Tx, scope: str, key: str, *, content_hash: bytes, now: datetime) -> bool:
    """Take this request; False if it was taken before."""
    row = {"scope": scope, "key": key, "content_hash": content_hash, "status": 0, "at": now}
    return tx.insert_once(t, row)


def find(tx: Tx, scope: str, key: str) -> Row[Any] | None:
    """Return a request that was taken before, or None."""
    return tx.one(select(t).where(t.c.scope == scope, t.c.key == key))


def answered(tx: Tx, scope: str, key: str) -> tuple[bytes, int, Any]:
    """Return content hash, status and body of a request taken before."""
    row = find(tx, scope, key)
    assert row is not None
    body = tx.cipher.open("requests", "body_ct", f"{scope}:{key}", row.body_ct) if row.body_ct else "null"
    return row.content_hash, int(row.status), json.loads(body)


def close(tx: Tx, scope: str, key: str, *, status: int, body: Any) -> None:
    """Keep the answer with the request."""
    sealed = tx.cipher.seal("requests", "body_ct", f"{scope}:{key}", json.dumps(body, ensure_ascii=False))
    tx.execute(update(t).where(t.c.scope == scope, t.c.key == key).values(status=status, body_ct=sealed))
