"""Who somebody is to the shop: an account in a chat app, and the member behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from membership.errors import MemberFrozen, NotAMember

Channel = Literal["telegram", "wechat"]


@dataclass(frozen=True, slots=True)
class Identity:
    """One person's account in one chat app.

    ``account`` is the shop's own account there (bot id, WeChat app id); ``external_id`` the person's id at the
    platform, which is personal data and is stored encrypted.
    """

    channel: Channel
    account: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Role:
    """A right to act for the shop: ``name`` is owner, manager, cashier, marketer or auditor.

    ``store_id`` is None where the right holds in every store.
    """

    name: str
    store_id: str | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """The person a turn is about: the identity's row, the member and the staff roles behind it.

    ``roles`` has one right for each open store it holds in, or one without a store; ``at_store_id`` is the store the
    person said they stand in.
    """

    identity_id: str
    identity: Identity
    language: str
    name: str = ""
    member_id: str | None = None
    staff_id: str | None = None
    roles: tuple[Role, ...] = ()
    at_store_id: str = ""


def check_standing(state: str, frozen_at: datetime | None) -> None:
    """Refuse what only a member in good standing may do. Raises NotAMember (they left) and MemberFrozen."""
    if state == "left":
        raise NotAMember
    if frozen_at is not None:
        raise MemberFrozen
