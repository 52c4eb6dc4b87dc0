"""What the memory need not keep: old events and codes, waits that are over, silences that have passed."""

from __future__ import annotations

from datetime import timedelta

from membership.moment import Moment
from services import Tx, audit, hook_calls, sessions
from storage import codes, events, leases, outbox

CODES_KEPT = timedelta(days=2)
DUTY = timedelta(seconds=30)
"""How long an instance that gave no sign of life keeps a job from the others."""


def forget(tx: Tx, moment: Moment) -> int:
    """Drop what nobody can ask for any more; return 0, for one run drops all of it."""
    events.forget(tx, before=moment.now)
    codes.forget(tx, before=moment.now - CODES_KEPT)
    sessions.forget(tx, moment)
    hook_calls.forget(tx, now=moment.now)
    outbox.drop_late(tx, now=moment.now)
    leases.forget_halts(tx, moment.now)
    return 0


def seal_audit(tx: Tx, _moment: Moment) -> int:
    """Chain deeds that were noted since the last run; return how many."""
    return audit.seal(tx)


def take_duty(tx: Tx, job: str, owner: str, moment: Moment) -> bool:
    """Tell whether this instance may run a job now; among several, one does at a time."""
    return leases.hold(tx, f"job:{job}", owner, until=moment.now + DUTY, now=moment.now) is not None


def end_duty(tx: Tx, job: str, owner: str, moment: Moment) -> None:
    """Let others run the job."""
    leases.release(tx, f"job:{job}", owner, now=moment.now)
