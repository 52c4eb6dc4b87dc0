"""Points for telling about oneself: each thing once in a membership, whoever was made one of two members."""

from __future__ import annotations

from membership.messages import say
from membership.moment import Moment
from services import Tx, points, rules
from services.ledger import Cause
from storage import members, merges
from storage import points as ledger_rows


def brings(tx: Tx, member_id: str, told: str) -> int:
    """Return how many points telling this (a step of the profile) would bring the member now; 0 once it has."""
    worth = rules.current(tx).profile.points_for(told)
    if not worth:
        return 0
    people = (member_id, *merges.absorbed(tx, member_id))  # once is once for both of two who became one
    before = any(ledger_rows.by_reference(tx, _reference(one, told)) is not None for one in people)
    return 0 if before else worth


def reward(tx: Tx, member_id: str, told: str, *, moment: Moment) -> int:
    """Give the points for what the member has just told of themselves, once; return how many.

    Nothing comes to a stopped card.
    """
    if not rules.current(tx).profile.points_for(told):
        return 0
    member = members.lock(tx, member_id)
    worth = brings(tx, member_id, told)
    if worth and member.frozen_at is None and member.state != "left":
        cause = Cause(_reference(member_id, told), member_id, (say("history.told"),))
        points.earn(tx, member_id, worth, cause, moment=moment)
        return worth
    return 0


def _reference(member_id: str, told: str) -> str:
    return f"told:{member_id}:{told}"
