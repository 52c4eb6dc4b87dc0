"""How many wrong numbers may be typed at the counter, by a person and by a store, and who lets them go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from membership.errors import TooManyGuesses
from membership.moment import Moment
from services import Tx, audit
from storage import guesses as rows

SHORT, DAY = timedelta(minutes=10), timedelta(days=1)
SHORT_MOST, DAY_MOST, STORE_MOST = 5, 20, 100
"""Wrong numbers of a person in ten minutes and in a day, and of a whole store in a day."""

KIND = "digits"
STORE = "store:"


@dataclass(frozen=True, slots=True)
class Locked:
    """Who was just locked: a person or till (``actor``), or a whole store, whose name to unlock begins with store:."""

    actor: str
    store_id: str

    @property
    def whole_store(self) -> bool:
        return self.actor.startswith(STORE)


def hold(tx: Tx, actor: str, store_id: str) -> None:
    """Let one wrong number at a time be counted here, on all instances together; call it outside a savepoint.

    What is locked inside a savepoint is free again as soon as a refusal undoes it.
    """
    rows.hold(tx, f"typing:{actor}", f"typing:{STORE}{store_id}")


def check(tx: Tx, actor: str, store_id: str, *, now: datetime) -> None:
    """Refuse who may type no number now. Raises TooManyGuesses; without ``until`` only a manager can unlock."""
    had = rows.standing(tx, actor, STORE + store_id, store_id=store_id, kind=KIND, short=now - SHORT, day=now - DAY)
    if had.locks or had.day >= DAY_MOST or had.store >= STORE_MOST:
        raise TooManyGuesses(until=None)
    if had.short >= SHORT_MOST:
        raise TooManyGuesses(until=now + SHORT)


def note(tx: Tx, actor: str, store_id: str, *, moment: Moment) -> tuple[Locked, ...]:
    """Count one wrong number and return whom it locked: the person at the day's last, the store at its own last."""
    now = moment.now
    rows.add(tx, actor, store_id=store_id, kind=KIND, now=now)
    had = rows.standing(tx, actor, STORE + store_id, store_id=store_id, kind=KIND, short=now - SHORT, day=now - DAY)
    locked = [actor] if had.day == DAY_MOST else []
    locked += [STORE + store_id] if had.store == STORE_MOST else []
    for one in locked:
        rows.lock(tx, one, store_id=store_id, kind=KIND, now=now)
        audit.note(tx, moment, "codes.lock", f"{one}:{now.isoformat()}", actor=actor, store_id=store_id)
    return tuple(Locked(one, store_id) for one in locked)


def forgive(tx: Tx, actor: str, *, by: str, moment: Moment) -> None:
    """Let a person, a till or a store (``store:`` and its id) type numbers again: the wrong ones no longer count."""
    if actor.startswith(STORE):
        rows.forget_store(tx, actor, actor.removeprefix(STORE), kind=KIND)
    else:
        rows.forget(tx, actor, kind=KIND)
    audit.note(tx, moment, "codes.unlock", f"{actor}:{moment.now.isoformat()}", actor=by)
