"""Check-in: a member's days in a row, each once; the points come into the books under the day's own reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from membership import checkin as rule
from membership import days
from membership.checkin import CheckIn, CheckInRules, Standing
from membership.errors import Expired, NothingToMakeUp
from membership.member import check_standing
from membership.messages import say
from membership.moment import Moment, id_of
from services import Tx, audit, points, rules
from services.ledger import Cause
from storage import checkin as rows
from storage import members as member_rows


@dataclass(frozen=True, slots=True)
class Done:
    """What a press did: points that came, and how it stands now. ``fresh`` is False where it had been done before."""

    standing: Standing
    brought: int
    fresh: bool


def offered(tx: Tx) -> bool:
    """Tell whether one can check in at this shop."""
    return rules.current(tx).checkin is not None


def look(tx: Tx, member_id: str, *, now: datetime) -> Standing:
    """Return how the member's check-ins stand, without checking in. Raises Expired where the shop has none."""
    today = _today(tx, now)
    return rule.standing(_rules(tx), rows.since(tx, member_id, rule.first_needed(today)), today)


def check_in(tx: Tx, member_id: str, *, moment: Moment) -> Done:
    """Check the member in for the shop's day; a second time that day brings nothing more.

    Raises NotAMember, MemberFrozen, and Expired where the shop has no check-in.
    """
    today = _today(tx, moment.now)
    past = _held(tx, member_id, today)
    done = rule.check_in(_rules(tx), past, today)
    fresh = _write(tx, member_id, done, moment=moment)
    return Done(look(tx, member_id, now=moment.now), done.points if fresh else 0, fresh)


def make_up(tx: Tx, member_id: str, day: date, *, moment: Moment) -> Done:
    """Make up this missed day, which must be yesterday, and raise what today brought; twice brings nothing more.

    Raises NothingToMakeUp, MakeUpUsed, NotAMember, MemberFrozen, and Expired where the shop has no check-in.
    """
    today = _today(tx, moment.now)
    past = _held(tx, member_id, today)
    if any(one.day == day and one.made_up for one in past):
        return Done(look(tx, member_id, now=moment.now), 0, fresh=False)
    mended, *later = rule.make_up(_rules(tx), past, today)
    if mended.day != day:  # the button is from another day
        raise NothingToMakeUp
    brought = mended.points
    _write(tx, member_id, mended, moment=moment)
    for moved in later:
        brought += _move_up(tx, member_id, moved, past=past, moment=moment)
    return Done(look(tx, member_id, now=moment.now), brought, fresh=True)


def _held(tx: Tx, member_id: str, today: date) -> list[CheckIn]:
    """Return the check-ins that matter; whoever else writes some of this member's waits until the commit."""
    _rules(tx)
    member = member_rows.lock(tx, member_id)
    check_standing(member.state, member.frozen_at)
    return rows.since(tx, member_id, rule.first_needed(today))


def _write(tx: Tx, member_id: str, done: CheckIn, *, moment: Moment) -> bool:
    reference = _reference(member_id, done.day)
    row_id = id_of(reference)
    if not rows.add(tx, row_id, member_id, done, rules_version=rules.version(tx), at=moment.now):
        return False
    why = say("checkin.why_made_up", on=done.day) if done.made_up else say("checkin.why", streak=done.streak)
    _earn(tx, done.points, Cause(reference, member_id, (why,)), moment=moment)
    facts: dict[str, Any] = {
        "made_up": done.made_up,
        "member": member_id,
        "day": done.day.isoformat(),
        "streak": done.streak,
        "points": done.points,
    }
    audit.note(tx, moment, "member.checkin", row_id, actor=member_id, **facts)
    return True


def _move_up(tx: Tx, member_id: str, moved: CheckIn, *, past: list[CheckIn], moment: Moment) -> int:
    """Give today's check-in what it is worth with the day before it; return how many points that is more."""
    before = next(one for one in past if one.day == moved.day)
    reference = _reference(member_id, moved.day)
    rows.move_up(tx, member_id, moved)
    more = moved.points - before.points
    why = say("checkin.why", streak=moved.streak)
    _earn(tx, more, Cause(reference, member_id, (why,)).part("mended"), moment=moment)
    return more


def _earn(tx: Tx, brought: int, cause: Cause, *, moment: Moment) -> None:
    if brought:
        points.earn(tx, cause.actor, brought, cause, moment=moment)


def _reference(member_id: str, day: date) -> str:
    return f"checkin:{member_id}:{day.isoformat()}"


def _today(tx: Tx, now: datetime) -> date:
    return days.day_of(now, rules.current(tx).zone)


def _rules(tx: Tx) -> CheckInRules:
    """Return the shop's rules of checking in. Raises Expired: the button of a shop that has ended it."""
    found = rules.current(tx).checkin
    if found is None:
        raise Expired
    return found
