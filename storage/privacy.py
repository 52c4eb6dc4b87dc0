"""Everything the memory holds about one person, found by the tables' own links, and its erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, and_, delete, or_, select, update

from storage import choices
from storage import referrals as brought
from storage.database import Tx
from storage.merges import absorbed
from storage.tables import (
    audiences,
    bonds,
    check_ins,
    consents,
    dialogues,
    doubles,
    fields,
    habits,
    identities,
    members,
    merges,
    metadata,
    outbox,
    questions,
    referrals,
    remarks,
    tags,
    transfers,
)

HIDDEN = ("handle", "content_hash", "hash", "pin_ct")


def everything(tx: Tx, member_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row that points to the member, by table, with sealed fields opened.

    Whoever has become part of the member (storage/merges.py) counts as the member; of a bond, or of two that may be one
    person, the other is not told.
    """
    mine = [member_id, *absorbed(tx, member_id)]
    found: dict[str, list[dict[str, Any]]] = {"members": _rows(tx, members, members.c.id.in_(mine))}
    for table in metadata.sorted_tables:
        if "member_id" in table.c and table is not members:
            found[table.name] = _rows(tx, table, table.c.member_id.in_(mine))
    found["merges"] = _rows(tx, merges, merges.c.kept_id.in_(mine))
    for table, told in ((bonds, ("at", "ended_at")), (doubles, ("at", "state"))):
        pairs = _rows(tx, table, or_(table.c.one_id.in_(mine), table.c.other_id.in_(mine)))
        found[table.name] = [{name: row[name] for name in told} for row in pairs]
    accounts = [row["id"] for row in found.get("accounts", [])]
    moves = or_(transfers.c.debit.in_(accounts), transfers.c.credit.in_(accounts))
    found["transfers"] = _rows(tx, transfers, moves) if accounts else []
    found["referrals"] = [_without_the_other(row, member_id) for row in _rows(tx, referrals, _brought(member_id))]
    return {name: rows for name, rows in found.items() if rows}


def erase(tx: Tx, member_id: str, now: datetime) -> None:
    """Forget name, phone, birthday, accounts and messages of the member, and what they did and said besides.

    Ledger rows stay as they are, under a handle that says nothing.
    """
    sealed = ("name_ct", "phone_ct", "phone_index", "phone_tail_index", "birthday_ct", "birthday_next_on", "pin_ct")
    gone = dict.fromkeys(sealed)
    tx.execute(update(members).where(members.c.id == member_id).values(**gone, erased_at=now))
    tx.execute(update(outbox).where(outbox.c.member_id == member_id).values(payload_ct=None))
    mine = select(consents.c.identity_id).where(consents.c.member_id == member_id, consents.c.identity_id.is_not(None))
    strangers = and_(identities.c.id.in_(mine), identities.c.member_id.is_(None))  # who joined anew is kept
    left = [row.id for row in tx.all(select(identities.c.id).where(strangers))]
    tx.execute(delete(dialogues).where(dialogues.c.id.in_(left)))
    choices.forget(tx, left)
    tx.execute(update(identities).where(strangers).values(name_ct=None))
    tx.execute(update(questions).where(questions.c.member_id == member_id).values(text_ct=None, answer_ct=None))
    tx.execute(update(remarks).where(remarks.c.member_id == member_id).values(text_ct=None))
    tx.execute(update(consents).where(consents.c.member_id == member_id).values(identity_id=None))
    for table in (audiences, check_ins, fields, habits, tags):
        tx.execute(delete(table).where(table.c.member_id == member_id))
    for table in (bonds, doubles):
        tx.execute(delete(table).where(or_(table.c.one_id == member_id, table.c.other_id == member_id)))
    brought.forget_code(tx, member_id)


def _brought(member_id: str) -> Any:
    return or_(referrals.c.inviter_id == member_id, referrals.c.friend_id == member_id)


def _without_the_other(row: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Return a referral as one of its two may see it: neither who the other is nor what they bought."""
    side = "inviter" if row["inviter_id"] == member_id else "friend"
    others = ("id", "inviter_id", "friend_id") if side == "friend" else (
        "id", "inviter_id", "friend_id", "purchase_id", "due_at", "reason",
    )  # fmt: skip
    return {"as": side, **{name: value for name, value in row.items() if name not in others}}


def _rows(tx: Tx, table: Table, condition: Any) -> list[dict[str, Any]]:
    return [_opened(tx, table, row) for row in tx.all(select(table).where(condition))]


def _opened(tx: Tx, table: Table, row: Row[Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    place = ":".join(getattr(row, column.name) for column in table.primary_key)
    for name, value in row._mapping.items():  # noqa: SLF001 — SQLAlchemy's public way to a row as a mapping
        if name.endswith("_index") or name in HIDDEN:
            continue
        if name.endswith("_ct"):
            shown[name.removesuffix("_ct")] = tx.cipher.open(table.name, name, place, value) if value else None
        else:
            shown[name] = value
    return shown
