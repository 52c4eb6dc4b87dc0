"""Questions for a person and their answers, both sealed; open until the first answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, select, update

from storage.database import Tx
from storage.tables import questions as t

_OF: Final[BindParameter[str]] = bindparam("of")
_FIND: Final = select(t).where(t.c.id == _OF)
_OPEN: Final = (
    select(t)
    .where(t.c.answered_at.is_(None), t.c.text_ct.is_not(None), t.c.at > bindparam("since", type_=t.c.at.type))
    .order_by(t.c.at, t.c.id)
    .limit(bindparam("most"))
)


def add(tx: Tx, question_id: str, text: str, **values: Any) -> bool:
    """Keep a question; False if it was kept before."""
    sealed = tx.cipher.seal("questions", "text_ct", question_id, text)
    return tx.insert_once(t, {"id": question_id, "text_ct": sealed, **values})


def rewrite(tx: Tx, question_id: str, text: str) -> bool:
    """Keep another text of a question that nobody answered yet; False if somebody did."""
    sealed = tx.cipher.seal("questions", "text_ct", question_id, text)
    unanswered = update(t).where(t.c.id == question_id, t.c.answered_at.is_(None))
    return tx.execute(unanswered.values(text_ct=sealed)).rowcount == 1


def find(tx: Tx, question_id: str) -> Row[Any] | None:
    """Return a question, or None."""
    return tx.one(_FIND, {"of": question_id})


def still_open(tx: Tx, *, since: datetime, limit: int) -> list[Row[Any]]:
    """Return questions nobody answered, the one that waits longest first."""
    return tx.all(_OPEN, {"since": since, "most": limit})


def answer(tx: Tx, question_id: str, text: str, *, by: str, now: datetime) -> bool:
    """Keep the first answer; False if there was one before."""
    sealed = tx.cipher.seal("questions", "answer_ct", question_id, text)
    unanswered = update(t).where(t.c.id == question_id, t.c.answered_at.is_(None))
    return tx.execute(unanswered.values(answer_ct=sealed, answered_by=by, answered_at=now)).rowcount == 1


def opened(tx: Tx, row: Row[Any]) -> str:
    """Return what was asked, decrypted."""
    return tx.cipher.open("questions", "text_ct", row.id, row.text_ct) if row.text_ct else ""
