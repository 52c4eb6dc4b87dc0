"""What every turn begins with, in one look: the member, the right to work here, what is open, what waits."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, exists, literal_column, select

from storage import choices, kept, outbox
from storage.database import Tx
from storage.tables import dialogues, identities, members, staff
from storage.tables import outbox as messages

# Built once; one look with all this takes as long as one with a quarter of it.
_OF: Final[BindParameter[str]] = bindparam("of")
_WAITS: Final = exists(literal_column("1")).where(
    messages.c.state == literal_column("'waiting'"), messages.c.recipient.in_([identities.c.id, members.c.id])
)
_SHOWN: Final = dialogues.alias("shown")
_LOOK: Final = (
    select(
        members,
        staff.c.id.label("staff_id"),
        staff.c.role.label("staff_role"),
        staff.c.store_id.label("staff_store_id"),
        staff.c.at_store_id.label("staff_at_store_id"),
        dialogues.c.question,
        dialogues.c.data_ct,
        dialogues.c.choices_ct,
        dialogues.c.at.label("dialogue_at"),
        _SHOWN.c.data_ct.label("shown_ct"),
        _WAITS.label("waits"),
    )
    .select_from(
        identities.outerjoin(members, members.c.id == identities.c.member_id)
        .outerjoin(staff, (staff.c.identity_id == identities.c.id) & staff.c.removed_at.is_(None))
        .outerjoin(dialogues, dialogues.c.id == identities.c.id)
        .outerjoin(_SHOWN, _SHOWN.c.id == bindparam("shown"))
    )
    .where(identities.c.id == _OF)
)


def look(tx: Tx, identity_id: str) -> Row[Any]:
    """Return the member's columns (``id`` None: no member), ``staff_id``, ``staff_role`` and more.

    The member, the open question, what was pushed lately and whether anything waits need not be read again in this
    transaction.
    """
    row = tx.one(_LOOK, {"of": identity_id, "shown": choices.row_of(identity_id)})
    if row is None:
        raise LookupError(identity_id)
    if row.id is not None:
        kept.keep(tx, members, row.id, row)
    kept.keep(tx, dialogues, identity_id, row)
    choices.keep(tx, identity_id, row.shown_ct)
    if not row.waits:
        outbox.keep_nothing_waiting(tx, (identity_id, row.id) if row.id else (identity_id,))
    return row
