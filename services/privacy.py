"""A member's own data: a copy of all of it, and its end."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from services import Tx
from storage import privacy as rows


def export(tx: Tx, member_id: str, *, now: datetime) -> str:
    """Return everything kept about the member as readable JSON, decrypted, keys and indexes left out."""
    told: dict[str, Any] = {"exported_at": now.isoformat(), **rows.everything(tx, member_id)}
    return json.dumps(told, ensure_ascii=False, indent=2, default=str)


def erase(tx: Tx, member_id: str, *, now: datetime) -> None:
    """Destroy the personal data of a member who left; the books keep their sums under a handle that says nothing."""
    rows.erase(tx, member_id, now)
