"""Accounts in chat apps, found by a blind index and locked for the length of a turn."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, func, select, update

from membership.member import Identity
from membership.moment import id_of
from storage import kept
from storage.database import Tx
from storage.tables import identities as t
from storage.tables import members, staff

# Statements of every turn are built once: building one anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_FIND: Final = select(t).where(t.c.id == _OF)
_CHANGE: Final = update(t).where(t.c.id == _OF)  # the columns are those of the values it is run with
_TURN: Final = _CHANGE.values(turn=t.c.turn + 1)
_BEGIN: Final = _TURN.returning(t)
_OF_MEMBER: Final = (
    select(t)
    .where(t.c.member_id == _OF)
    .order_by(func.coalesce(t.c.said_at, t.c.clicked_at, t.c.first_at).desc(), t.c.id)
)
_SPEND: Final = {
    "long": _CHANGE.values(said_used=t.c.said_used + 1),
    "short": _CHANGE.values(clicked_used=t.c.clicked_used + 1),
}


def id_for(tx: Tx, identity: Identity) -> str:
    """Return the id this account's row has, whether or not the row exists."""
    return id_of(f"identity:{identity.channel}:{identity.account}:{_index(tx, identity).hex()}")


def meet(tx: Tx, identity: Identity, now: datetime) -> str:
    """Return the id of this account's row, made at the first meeting."""
    row_id = id_for(tx, identity)
    tx.insert_once(
        t,
        {
            "id": row_id,
            "channel": identity.channel,
            "account": identity.account,
            "external_index": _index(tx, identity),
            "external_ct": tx.cipher.seal("identities", "external_ct", row_id, identity.external_id),
            "first_at": now,
        },
    )
    return row_id


def begin_turn(tx: Tx, row_id: str, **values: Any) -> bool:
    """Lock this account for a turn and write down what the event tells of it; False where nobody met it before."""
    row = tx.one(_BEGIN, {"of": row_id, **_sealed(tx, row_id, values)})
    if row is not None:
        kept.keep(tx, t, row_id, row)
    return row is not None


def changed_since(tx: Tx) -> bool:
    """Tell whether this transaction changed who somebody is: an account, a member or a right."""
    return kept.is_changed(tx, t, members, staff)


def get(tx: Tx, row_id: str) -> Row[Any]:
    """Return the row of this account. Raises LookupError where there is none."""
    row: Row[Any] | None = kept.once(tx, t, row_id, lambda: tx.one(_FIND, {"of": row_id}))
    if row is None:
        raise LookupError(row_id)
    return row


def opened(tx: Tx, row: Row[Any]) -> Identity:
    """Return the account with its id at the platform, decrypted."""
    return Identity(row.channel, row.account, tx.cipher.open("identities", "external_ct", row.id, row.external_ct))


def name(tx: Tx, row: Row[Any]) -> str:
    """Return the name the platform told, decrypted."""
    return tx.cipher.open("identities", "name_ct", row.id, row.name_ct) if row.name_ct else ""


def change(tx: Tx, row_id: str, **values: Any) -> None:
    """Change columns of this account's row; ``name`` is sealed on the way."""
    kept.changed(tx, t)
    tx.execute(_CHANGE, {"of": row_id, **_sealed(tx, row_id, values)})


def of_member(tx: Tx, member_id: str) -> list[Row[Any]]:
    """Return the member's accounts, the one that spoke last first."""
    return tx.all(_OF_MEMBER, {"of": member_id})


def spend_window(tx: Tx, row_id: str, window: str) -> None:
    """Count one customer-service message against WeChat's ``long`` or ``short`` window."""
    kept.changed(tx, t)
    tx.execute(_SPEND["long" if window == "long" else "short"], {"of": row_id})


def _sealed(tx: Tx, row_id: str, values: dict[str, Any]) -> dict[str, Any]:
    if "name" in values:
        values["name_ct"] = tx.cipher.seal("identities", "name_ct", row_id, values.pop("name"))
    return values


def _index(tx: Tx, identity: Identity) -> bytes:
    return tx.cipher.index("identities.external", f"{identity.channel}:{identity.account}:{identity.external_id}")
