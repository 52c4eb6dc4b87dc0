"""Roles: what the owner, managers, cashiers, marketers and auditors may do, and where; everything else is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from membership.errors import LastOwner, NotAllowed, NotStaff
from membership.member import Role

OWNER, MANAGER, CASHIER, MARKETER, AUDITOR = "owner", "manager", "cashier", "marketer", "auditor"
ROLES = (OWNER, MANAGER, CASHIER, MARKETER, AUDITOR)

_COUNTER = frozenset({OWNER, MANAGER, CASHIER})
_DESK = frozenset({OWNER, MANAGER})
_VOICE = frozenset({OWNER, MARKETER})

MAY: Mapping[str, frozenset[str]] = {
    "scan": _COUNTER,
    "purchase": _COUNTER,
    "redeem_coupon": _COUNTER,
    "undo": _COUNTER,
    "enrol": _COUNTER,
    "lookup": _COUNTER,
    "refund": _DESK,
    "adjust": _DESK,
    "grant": _DESK,
    "set_tier": _DESK,
    "release_member": _DESK,
    "correct_member": _DESK,
    "merge_members": _DESK,
    "unlock_typing": _DESK,
    "top_up": _DESK,
    "sell_pass": _COUNTER,
    "use_pass": _COUNTER,
    "watch": frozenset({OWNER, AUDITOR}),
    "switch": frozenset({OWNER, MANAGER, MARKETER}),
    "broadcast": _VOICE,
    "segments": _VOICE,
    "tag": _DESK,
    "report": frozenset({OWNER, MANAGER, MARKETER, AUDITOR}),
    "activities": frozenset({OWNER, MANAGER, MARKETER}),
    "attend": frozenset({OWNER, MANAGER, CASHIER, MARKETER}),
    "poster": frozenset({OWNER, MANAGER, MARKETER}),
    "audit": frozenset({OWNER, AUDITOR}),
    "invite": _DESK,
    "remove_staff": _DESK,
    "rules": frozenset({OWNER}),
    "export": frozenset({OWNER}),
    "close_store": frozenset({OWNER}),
}
"""Every action and the roles that may do it; an action that is not listed is allowed to nobody."""

SHOP_WIDE = frozenset({"switch", "broadcast", "segments", "watch", "rules", "export", "close_store", "audit"})
"""Actions that reach every member: a right that holds in one store only does not cover them."""


def may(roles: Iterable[Role], action: str, *, store_id: str | None = None) -> bool:
    """Tell whether one of these rights covers the action in this store (None: in no particular store)."""
    allowed = MAY.get(action, frozenset())
    return any(role.name in allowed and _reaches(role, action, store_id) for role in roles)


def check(roles: Iterable[Role], action: str, *, store_id: str | None = None) -> None:
    """Refuse an action that no right covers.

    Raises:
        NotStaff: the person has no right at all.
        NotAllowed: none of the rights covers the action here.

    """
    held = tuple(roles)
    if not held:
        raise NotStaff
    if not may(held, action, store_id=store_id):
        raise NotAllowed(action=action)


def may_grant(roles: Iterable[Role], granted: Role) -> bool:
    """Tell whether these rights may hand out (or take away) that right: nobody makes an equal but the owner."""
    held = tuple(roles)
    if any(role.name == OWNER and role.store_id is None for role in held):
        return granted.name in ROLES
    if granted.store_id is None and all(role.store_id is not None for role in held):
        return False  # a right in some stores hands out none in all of them
    return granted.name == CASHIER and may(held, "invite", store_id=granted.store_id)


def spread(name: str, store_ids: Iterable[str]) -> tuple[Role, ...]:
    """Return the right a role gives in these stores, one for each; in no store named, one that holds in all."""
    return tuple(Role(name, store_id) for store_id in dict.fromkeys(store_ids)) or (Role(name),)


def check_removal(removed: Role, *, owners: int) -> None:
    """Refuse to remove the last owner of the whole shop.

    Raises:
        LastOwner: fewer than two such owners are left.

    """
    if removed == Role(OWNER) and owners < 2:  # noqa: PLR2004 -- one must remain
        raise LastOwner


def _reaches(role: Role, action: str, store_id: str | None) -> bool:
    if role.store_id is None:
        return True
    return action not in SHOP_WIDE and store_id in (None, role.store_id)
