"""The audit trail: each deed noted in its own transaction, chained by a sealer afterwards, proved on request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from membership.moment import Moment, id_of
from services import Tx
from storage import audit as rows

GENESIS = hashlib.sha256(b"memberbot audit").digest()


def note(tx: Tx, moment: Moment, action: str, subject: str, *, actor: str, store_id: str = "", **facts: Any) -> None:
    """Note who did what to whom; ``subject`` is a row's id, ``facts`` are plain JSON without personal data."""
    rows.note(tx, **_row(moment, action, subject, actor=actor, store_id=store_id, facts=facts))


def note_all(
    tx: Tx, moment: Moment, deeds: Mapping[str, Mapping[str, Any]], action: str, *, actor: str, store_id: str = ""
) -> None:
    """Note many deeds of one kind by one person, in one go: the facts of each by its subject."""
    about = {"actor": actor, "store_id": store_id}
    rows.note_all(tx, [_row(moment, action, subject, facts=facts, **about) for subject, facts in deeds.items()])


def _row(
    moment: Moment, action: str, subject: str, *, actor: str, store_id: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    about = {"at": moment.now, "actor": actor, "action": action, "subject": subject, "store_id": store_id}
    return {"id": id_of(f"audit:{action}:{subject}"), **about, "facts": dict(facts)}


def seal(tx: Tx, *, limit: int = 1000) -> int:
    """Put rows that are not in the chain yet behind its end, in order; return how many."""
    sequence, digest = rows.head(tx)
    waiting = rows.unsealed(tx, limit)
    for row in waiting:
        sequence, digest = sequence + 1, link(digest or GENESIS, row)
        rows.seal(tx, row.id, sequence=sequence, digest=digest)
    return len(waiting)


def link(before: bytes, row: Any) -> bytes:
    """Return the hash that binds a row to everything before it."""
    said = [row.id, row.at.isoformat(), row.actor, row.action, row.subject, row.store_id, row.facts]
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before + canonical.encode()).digest()


def first_broken(tx: Tx) -> int | None:
    """Return the number of the first row that does not fit the chain, or None where the whole chain holds."""
    expected, digest = 1, GENESIS
    while batch := rows.chain(tx, after=expected - 1, limit=1000):
        for row in batch:
            digest = link(digest, row)
            if row.sequence != expected or row.hash != digest:
                return expected
            expected += 1
    return None
