"""The member's live card: its code on one screen at a time, what the member has, and the bill that waits for a yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from membership.errors import NotAMember, ShownElsewhere
from membership.moment import Moment
from services import Tx, codes, coupons, members, points, reservations, stored_value
from services.codes import Shown
from services.members import Member
from services.points import Balance
from services.reservations import Waiting
from services.sessions import Seat
from services.stored_value import Stored
from storage import members as rows


@dataclass(frozen=True, slots=True)
class Card:
    """A fresh code and what stands beside it; ``stored`` is None where the shop sells no stored value."""

    code: Shown
    member: Member
    points: Balance
    coupons: int
    stored: Stored | None


@dataclass(frozen=True, slots=True)
class State:
    """What may change while the card lies open: whether this screen still shows the code, and what waits for a yes."""

    elsewhere: bool
    waiting: Waiting | None


def show(tx: Tx, seat: Seat, *, take: bool, pay: bool, moment: Moment) -> Card:
    """Make a fresh code for this screen.

    ``take``: the member asks for it here, so that every other screen's code is dead; without it a screen whose code
    is shown elsewhere by now gets none. ``pay``: a code that says yes as well, up to the shop's limit. Raises
    ShownElsewhere, MemberFrozen and NotAMember.
    """
    member_id = member_of(seat)
    if not take and _is_elsewhere(tx, seat, member_id):
        raise ShownElsewhere
    shown = codes.show(tx, member_id, moment=moment, session=seat.session_id, live=True, pay=pay)
    return Card(
        code=shown,
        member=members.get(tx, member_id),
        points=points.balance(tx, member_id, now=moment.now),
        coupons=len(coupons.held(tx, member_id, now=moment.now)),
        stored=stored_value.balance(tx, member_id) if stored_value.sold(tx) else None,
    )


def look(tx: Tx, seat: Seat, *, now: datetime) -> State:
    """Return what the open card must know now. Raises NotAMember."""
    member_id = member_of(seat)
    return State(_is_elsewhere(tx, seat, member_id), reservations.of_member(tx, member_id, now=now))


def member_of(seat: Seat) -> str:
    """Return the member whose card this is. Raises NotAMember."""
    if seat.member_id is None:
        raise NotAMember
    return seat.member_id


def _is_elsewhere(tx: Tx, seat: Seat, member_id: str) -> bool:
    return rows.get(tx, member_id).code_session not in ("", seat.session_id)
