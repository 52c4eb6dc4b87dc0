"""The open question of each person, and what the numbers of the last list stand for."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from membership.messages import Question, pack, unpack
from storage import kept
from storage.database import Tx
from storage.tables import dialogues as t

# Statements of every turn are built once: building one anew takes four times as long as running it.
_COLUMNS: Final = ("question", "data_ct", "choices_ct", "at")
_FIND: Final = select(t, t.c.at.label("dialogue_at")).where(t.c.id == bindparam("of"))
_SQLITE: Final = sqlite.insert(t).inline()
_POSTGRES: Final = postgresql.insert(t).inline()
_PUT: Final = {
    "sqlite": _SQLITE.on_conflict_do_update(
        index_elements=[t.c.id], set_={name: _SQLITE.excluded[name] for name in _COLUMNS}
    ),
    "postgresql": _POSTGRES.on_conflict_do_update(
        index_elements=[t.c.id], set_={name: _POSTGRES.excluded[name] for name in _COLUMNS}
    ),
}


def get(tx: Tx, identity_id: str) -> tuple[Question | None, tuple[str, ...], datetime | None]:
    """Return the open question (None: nothing is asked), the words of the last list, and since when both stand."""
    row = kept.once(tx, t, identity_id, lambda: tx.one(_FIND, {"of": identity_id}))
    if row is None or row.question is None:
        return None, (), None
    choices = unpack(json.loads(tx.cipher.open("dialogues", "choices_ct", identity_id, row.choices_ct)))
    if not row.question:
        return None, choices, row.dialogue_at
    data = unpack(json.loads(tx.cipher.open("dialogues", "data_ct", identity_id, row.data_ct)))
    return Question(row.question, data), choices, row.dialogue_at


def put(tx: Tx, identity_id: str, question: Question | None, *, choices: tuple[str, ...], now: datetime) -> None:
    """Replace the open question and the list."""
    kept.changed(tx, t)
    seal = tx.cipher.seal
    known = json.dumps(pack({} if question is None else question.data), ensure_ascii=False)
    values = {
        "question": "" if question is None else question.name,
        "data_ct": seal("dialogues", "data_ct", identity_id, known),
        "choices_ct": seal("dialogues", "choices_ct", identity_id, json.dumps(choices)),
        "at": now,
    }
    tx.execute(_PUT[tx.dialect], {"id": identity_id, **values})
