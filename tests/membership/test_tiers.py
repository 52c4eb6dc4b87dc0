"""Tiers and roles: who stands where, and who may do what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from membership import staff
from membership.errors import LastOwner, NotAllowed, NotStaff
from membership.member import Role
from membership.tiers import Ahead, Ladder, Tier

BASIC, SILVER, GOLD = Tier("basic"), Tier("silver", threshold=100), Tier("gold", threshold=300)
LADDER = Ladder((BASIC, SILVER, GOLD))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("current", "counted", "after", "ahead"),
    [
        (None, 0, BASIC, Ahead(SILVER, 100)),
        ("basic", 99, BASIC, Ahead(SILVER, 1)),
        ("basic", 100, SILVER, Ahead(GOLD, 200)),
        ("basic", 300, GOLD, None),
        ("gold", 0, GOLD, None),
        ("silver", 0, SILVER, Ahead(GOLD, 300)),
        ("retired", 150, SILVER, Ahead(GOLD, 150)),
    ],
)
def test_members_rise_at_once_and_never_fall_by_a_purchase(
    current: str | None, counted: int, *, after: Tier, ahead: Ahead | None
) -> None:
    assert LADDER.after(current, counted) == after
    assert LADDER.ahead(current, counted) == ahead


def test_a_shop_without_tiers_has_nothing_to_rise_to() -> None:
    assert Ladder().after(None, 500) is None
    assert Ladder().ahead(None, 500) is None


def test_a_rolling_window_counts_its_days() -> None:
    assert LADDER.counts_from(NOW) is None
    assert Ladder(window="rolling", days=365).counts_from(NOW) == NOW - timedelta(days=365)


ALLOWED = {
    "owner": set(staff.MAY),
    "manager": set(staff.MAY) - {"broadcast", "audit", "rules", "export", "close_store"},
    "cashier": {"scan", "purchase", "redeem_coupon", "undo", "enrol", "lookup"},
    "marketer": {"broadcast", "report", "poster"},
    "auditor": {"report", "audit"},
}


@pytest.mark.parametrize(("role", "action"), list(product(staff.ROLES, [*staff.MAY, "fly"])))
def test_each_role_may_do_its_own_actions_and_nothing_else(role: str, action: str) -> None:
    expected = action in ALLOWED[role]
    assert staff.may([Role(role)], action) == expected
    assert staff.may([Role(role)], action, store_id="east") == expected
    assert staff.may([Role(role, "east")], action, store_id="west") is False
    assert staff.may([Role(role, "east")], action, store_id="east") == (expected and action not in staff.SHOP_WIDE)


def test_an_auditor_writes_nothing() -> None:
    assert ALLOWED["auditor"] <= {"report", "audit"}


def test_a_refusal_tells_strangers_from_colleagues() -> None:
    with pytest.raises(NotStaff):
        staff.check([], "scan")
    with pytest.raises(NotAllowed) as refusal:
        staff.check([Role("cashier")], "refund")
    assert refusal.value.facts == {"action": "refund"}
    staff.check([Role("auditor"), Role("cashier", "east")], "scan", store_id="east")


@pytest.mark.parametrize(
    ("giver", "granted", "may"),
    [
        (Role("owner"), Role("owner"), True),
        (Role("owner"), Role("cashier", "east"), True),
        (Role("owner"), Role("king"), False),
        (Role("owner", "east"), Role("owner"), False),
        (Role("manager"), Role("cashier"), True),
        (Role("manager", "east"), Role("cashier", "east"), True),
        (Role("manager", "east"), Role("cashier", "west"), False),
        (Role("manager"), Role("manager"), False),
        (Role("cashier"), Role("cashier"), False),
    ],
)
def test_nobody_hands_out_more_than_they_may(giver: Role, granted: Role, *, may: bool) -> None:
    assert staff.may_grant([giver], granted) == may


def test_the_last_owner_stays() -> None:
    staff.check_removal(Role("owner"), owners=2)
    staff.check_removal(Role("cashier"), owners=1)
    with pytest.raises(LastOwner):
        staff.check_removal(Role("owner"), owners=1)
