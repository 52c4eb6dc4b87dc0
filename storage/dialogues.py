"""The open question of each person, and what the numbers of the last list stand for."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import select, update

from membership.messages import Question, pack, unpack
from storage.database import Tx
from storage.tables import dialogues as t


def get(tx: Tx, identity_id: str) -> tuple[Question | None, tuple[str, ...]]:
    """Return the open question (None: nothing is asked) and the words of the last list."""
    row = tx.one(select(t).where(t.c.id == identity_id))
    if row is None:
        return None, ()
    choices = unpack(json.loads(tx.cipher.open("dialogues", "choices_ct", identity_id, row.choices_ct)))
    if not row.question:
        return None, choices
    data = unpack(json.loads(tx.cipher.open("dialogues", "data_ct", identity_id, row.data_ct)))
    return Question(row.question, data), choices


def put(tx: Tx, identity_id: str, question: Question | None, *, choices: tuple[str, ...], now: datetime) -> None:
    """Replace the open question and the list."""
    seal = tx.cipher.seal
    known = json.dumps(pack({} if question is None else question.data), ensure_ascii=False)
    values = {
        "question": "" if question is None else question.name,
        "data_ct": seal("dialogues", "data_ct", identity_id, known),
        "choices_ct": seal("dialogues", "choices_ct", identity_id, json.dumps(choices)),
        "at": now,
    }
    if not tx.insert_once(t, {"id": identity_id, **values}):
        tx.execute(update(t).where(t.c.id == identity_id).values(**values))
