"""Roles: who may do what, where, and to whom a right may be handed; written out here, not read from the rule."""

from __future__ import annotations

from itertools import product

import pytest

from membership import staff
from membership.errors import LastOwner, NotAllowed, NotStaff
from membership.member import Role

W, M, C, K, A = "owner", "manager", "cashier", "marketer", "auditor"
TABLE = {
    # action: who may, in their own store; and whether the action reaches beyond one store
    "scan": ({W, M, C}, "store"),
    "purchase": ({W, M, C}, "store"),
    "redeem_coupon": ({W, M, C}, "store"),
    "undo": ({W, M, C}, "store"),
    "enrol": ({W, M, C}, "store"),
    "lookup": ({W, M, C}, "store"),
    "refund": ({W, M}, "store"),
    "adjust": ({W, M}, "store"),
    "grant": ({W, M}, "store"),
    "tag": ({W, M}, "store"),
    "set_tier": ({W, M}, "store"),
    "release_member": ({W, M}, "store"),
    "correct_member": ({W, M}, "store"),
    "merge_members": ({W, M}, "store"),
    "unlock_typing": ({W, M}, "store"),
    "top_up": ({W, M}, "store"),
    "sell_pass": ({W, M, C}, "store"),
    "use_pass": ({W, M, C}, "store"),
    "report": ({W, M, K, A}, "store"),
    "activities": ({W, M, K}, "store"),
    "attend": ({W, M, C, K}, "store"),
    "poster": ({W, M, K}, "store"),
    "invite": ({W, M}, "store"),
    "remove_staff": ({W, M}, "store"),
    "watch": ({W, A}, "shop"),
    "broadcast": ({W, K}, "shop"),
    "segments": ({W, K}, "shop"),
    "switch": ({W, M, K}, "shop"),
    "audit": ({W, A}, "shop"),
    "rules": ({W}, "shop"),
    "export": ({W}, "shop"),
    "close_store": ({W}, "shop"),
    "fly": (set(), "store"),
    "": (set(), "store"),
}
ROLES = (W, M, C, K, A, "till", "")
EAST, WEST = "east", "west"


@pytest.mark.parametrize(("role", "action"), list(product(ROLES, TABLE)))
def test_every_cell_of_role_and_action_and_own_and_other_store_is_as_written(role: str, action: str) -> None:
    roles, reach = TABLE[action]
    anywhere, here = role in roles, role in roles and reach == "store"
    for held, store, expected in (
        ([Role(role)], None, anywhere),
        ([Role(role)], EAST, anywhere),
        ([Role(role)], WEST, anywhere),
        ([Role(role, EAST)], EAST, here),
        ([Role(role, EAST)], WEST, False),
        ([Role(role, EAST)], None, here),
        ([Role(role, EAST), Role(role, WEST)], EAST, here),
        ([Role(role, EAST), Role(role, WEST)], WEST, here),
        ([Role(role, EAST), Role(role, WEST)], "north", False),
        ([], EAST, False),
    ):
        assert staff.may(held, action, store_id=store) is expected, (held, store)


def test_the_table_has_every_action_of_the_rule_and_every_role() -> None:
    assert set(TABLE) - {"fly", ""} == set(staff.MAY)
    assert set(ROLES) - {"till", ""} == set(staff.ROLES)


def test_an_auditor_only_reads() -> None:
    assert {action for action, (roles, _) in TABLE.items() if A in roles} == {"report", "watch", "audit"}


def test_a_right_in_one_place_and_another_elsewhere_do_not_add_up() -> None:
    held = [Role(M, EAST), Role(C, WEST)]
    assert staff.may(held, "refund", store_id=EAST)
    assert not staff.may(held, "refund", store_id=WEST)
    assert staff.may(held, "scan", store_id=WEST)


def test_a_refusal_tells_strangers_from_colleagues() -> None:
    with pytest.raises(NotStaff):
        staff.check([], "scan")
    with pytest.raises(NotAllowed) as refusal:
        staff.check([Role(C)], "refund")
    assert refusal.value.facts == {"action": "refund"}
    staff.check([Role(A), Role(C, EAST)], "scan", store_id=EAST)


GRANTS: dict[tuple[str, str | None], set[tuple[str, str | None]]] = {
    # giver: what they may hand out or take away; everything else is refused
    (W, None): {(role, place) for role in (W, M, C, K, A) for place in (None, EAST, WEST)},
    (M, None): {(C, None), (C, EAST), (C, WEST)},
    (M, EAST): {(C, EAST)},
    (W, EAST): {(C, EAST)},
}


@pytest.mark.parametrize(("giver", "place"), list(product((W, M, C, K, A), (None, EAST))))
def test_nobody_hands_out_more_than_they_may(giver: str, place: str | None) -> None:
    for role, store in product((W, M, C, K, A, "king"), (None, EAST, WEST)):
        expected = (role, store) in GRANTS.get((giver, place), set())
        assert staff.may_grant([Role(giver, place)], Role(role, store)) is expected, (role, store)


def test_who_leads_two_stores_hires_in_both_and_in_no_third() -> None:
    held = [Role(M, EAST), Role(M, WEST)]
    assert [staff.may_grant(held, Role(C, store)) for store in (EAST, WEST, "north", None)] == [
        True,
        True,
        False,
        False,
    ]
    assert staff.may_grant([], Role(C, EAST)) is False


@pytest.mark.parametrize(
    ("stores", "rights"),
    [
        ([], (Role(C),)),
        ([EAST], (Role(C, EAST),)),
        ([EAST, WEST, EAST], (Role(C, EAST), Role(C, WEST))),
    ],
)
def test_a_role_in_a_list_of_stores_is_one_right_in_each(stores: list[str], rights: tuple[Role, ...]) -> None:
    assert staff.spread(C, stores) == rights


def test_the_last_owner_stays() -> None:
    staff.check_removal(Role(W), owners=2)
    staff.check_removal(Role(C), owners=1)
    staff.check_removal(Role(W, EAST), owners=1)  # of one store only: the shop's owner is another
    with pytest.raises(LastOwner):
        staff.check_removal(Role(W), owners=1)
