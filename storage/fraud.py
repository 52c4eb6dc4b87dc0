"""What looks odd at the counter: links between staff and members, the day's bills, and what was flagged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, bindparam, exists, func, or_, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import accounts, bonds, counters, flags, identities, invites, purchases, sessions, staff, transfers

# Statements of every scan and purchase are built once: building one anew takes four times as long as running it.
_ACTOR: Final[BindParameter[str]] = bindparam("actor")
_MEMBER: Final[BindParameter[str]] = bindparam("member")
_SINCE: Final = bindparam("since", type_=purchases.c.at.type)

_CARD = sessions.alias("card")
_DESK = sessions.alias("desk")
_INVITER = staff.alias("inviter")
_INVITED = staff.alias("invited")
_ACCOUNT = identities.alias("account")

_OWN: Final = exists().where(
    staff.c.id == _ACTOR, identities.c.id == staff.c.identity_id, identities.c.member_id == _MEMBER
)
_DEVICE: Final = exists().where(
    _ACCOUNT.c.member_id == _MEMBER,
    _CARD.c.identity_id == _ACCOUNT.c.id,
    _CARD.c.door == "card",
    _DESK.c.staff_id == _ACTOR,
    _DESK.c.device == _CARD.c.device,
    _DESK.c.device != "",
)
# Who handed an account its way in is suspected of being behind it; an owner is not, whose own money it is.
# Two questions, each from the member's own accounts onwards: as one they were every invitation times everybody.
_HANDED: Final = and_(invites.c.created_by == _INVITER.c.id, _INVITER.c.role != "owner")
_INVITE: Final = or_(
    exists().where(
        _HANDED, _INVITER.c.id == _ACTOR, _ACCOUNT.c.id == invites.c.used_by, _ACCOUNT.c.member_id == _MEMBER
    ),
    exists().where(
        _HANDED,
        _INVITED.c.id == _ACTOR,
        _INVITED.c.identity_id == invites.c.used_by,
        _ACCOUNT.c.id == _INVITER.c.identity_id,
        _ACCOUNT.c.member_id == _MEMBER,
    ),
)
_STANDS: Final = and_(staff.c.id == _ACTOR, identities.c.id == staff.c.identity_id, bonds.c.ended_at.is_(None))
_BOND: Final = or_(
    exists().where(_STANDS, bonds.c.one_id == _MEMBER, bonds.c.other_id == identities.c.member_id),
    exists().where(_STANDS, bonds.c.other_id == _MEMBER, bonds.c.one_id == identities.c.member_id),
)
_LINK: Final = select(
    _OWN.label("own"), _DEVICE.label("device"), _INVITE.label("invite"), _BOND.label("bond")
)  # fmt: skip
_BILLS: Final = (
    select(purchases.c.id, purchases.c.store_id, purchases.c.actor, purchases.c.amount_minor, purchases.c.at)
    .where(purchases.c.member_id == _MEMBER, purchases.c.at >= _SINCE, purchases.c.undone_at.is_(None))
    .order_by(purchases.c.at.desc())
    .limit(bindparam("most"))
)
_NTH_OF_STAFF: Final = (
    select(purchases.c.at)
    .where(purchases.c.actor == _ACTOR, purchases.c.at >= _SINCE, exists().where(staff.c.id == _ACTOR))
    .order_by(purchases.c.at.desc())
    .limit(1)
    .offset(bindparam("behind"))
)

_ADJUSTED: Final = select(func.coalesce(func.sum(transfers.c.amount), 0)).where(
    or_(transfers.c.credit == _MEMBER, transfers.c.debit == _MEMBER),
    transfers.c.kind == "adjust",
    transfers.c.actor == _ACTOR,
    transfers.c.at >= _SINCE,
    transfers.c.reference.not_like("approval:%"),
)


def link(tx: Tx, actor: str, member_id: str) -> str:
    """Return what links a member to this member of staff: own, device, invite, or "" for nothing."""
    row = tx.one(_LINK, {"actor": actor, "member": member_id})
    assert row is not None, "questions always come in one row"
    return next((name for name in ("own", "device", "invite", "bond") if getattr(row, name)), "")


def bills(tx: Tx, member_id: str, *, since: datetime, limit: int = 50) -> list[Row[Any]]:
    """Return a member's standing purchases since this moment, newest first: id, store, actor, amount, time."""
    return tx.all(_BILLS, {"member": member_id, "since": since, "most": limit})


def has_recorded(tx: Tx, actor: str, number: int, *, since: datetime) -> bool:
    """Tell whether a person (not a till) has recorded at least so many purchases since this moment."""
    return tx.scalar(_NTH_OF_STAFF, {"actor": actor, "since": since, "behind": number - 1}) is not None


def adjusted(tx: Tx, account: str, actor: str, *, since: datetime) -> int:
    """Return how many points, up or down, a person alone has moved by hand in this account since this moment."""
    return int(tx.scalar(_ADJUSTED, {"member": account, "actor": actor, "since": since}))


def owner(tx: Tx, *account_ids: str) -> str:
    """Return the member whose account is among these. Raises LookupError where none is a member's."""
    found = select(accounts.c.member_id).where(accounts.c.id.in_(account_ids), accounts.c.member_id.is_not(None))
    member_id = tx.scalar(found)
    if member_id is None:
        raise LookupError(account_ids)
    return str(member_id)


def flag(tx: Tx, reference: str, **values: Any) -> bool:
    """Write down something odd, once under its reference; False where it was written before."""
    return tx.insert_once(flags, {"id": id_of(f"flag:{reference}"), "reference": reference, **values})


def flagged(tx: Tx, *, since: date, until: date | None = None, unseen: bool = False) -> list[Row[Any]]:
    """Return what was flagged on these shop days, the newest first."""
    found = select(flags).where(flags.c.day >= since)
    if until is not None:
        found = found.where(flags.c.day < until)
    if unseen:
        found = found.where(flags.c.seen_at.is_(None))
    return tx.all(found.order_by(flags.c.day.desc(), flags.c.at.desc(), flags.c.id).limit(200))


def find_flag(tx: Tx, flag_id: str) -> Row[Any] | None:
    """Return one flag, or None."""
    return tx.one(select(flags).where(flags.c.id == flag_id))


def see(tx: Tx, flag_id: str, now: datetime) -> bool:
    """Mark a flag as looked at; False where it was before."""
    seen = update(flags).where(flags.c.id == flag_id, flags.c.seen_at.is_(None)).values(seen_at=now)
    return tx.execute(seen).rowcount == 1


def begin(tx: Tx, name: str) -> bool:
    """Begin what is done once under this name; False where it was begun before."""
    return tx.insert_once(counters, {"name": name, "value": 1})
