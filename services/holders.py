"""The member something belongs to by now: theirs stays as it is until the commit, whoever they became part of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services import Tx
from storage import members


def hold(tx: Tx, row: Any, find: Callable[[], Any]) -> Any:
    """Keep other writers of the member waiting to whom this row belongs; return the row as it is then.

    While this one waits, the member may have become one with another: then that one is held as well. ``find`` reads
    the row again, which is never deleted.
    """
    held = ""
    while row.member_id != held:
        held = row.member_id
        members.lock(tx, held)
        row = find()
        assert row is not None, "what belongs to a member is never deleted"
    return row
