"""PINs: a member's yes at a till without a line, and a colleague's way to change places at a shared device.

Hashing takes some 30 ms and never happens inside a transaction. A door begins a try (``begin_member``), which counts
it, compares outside (``matches``, in a thread), and says inside the next transaction how it went (``check_member``).
So however many tries arrive at once, on however many instances, no more than five are compared.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from membership import days
from membership import pins as rule
from membership.errors import MemberFrozen, NotAMember, PinDayLimit, PinLocked, PinMissing, WrongPin
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from services import Tx, audit, passes, quotes, rules
from services.orders import Order
from services.outbox import Notice, tell_member
from services.reader import Reader
from storage import guesses, members, outbox, pin_hash
from storage import passes as taken
from storage import pins as rows

TRIES_MOST, LOCK = 5, timedelta(hours=1)
"""So many wrong PINs within this time, and none is compared any more until the oldest of them is so long ago."""

MEMBER, STAFF = "member_pin", "staff_pin"
PATIENCE = timedelta(seconds=5)
"""So long the member is not told of a last try yet: it may be the right one."""

hashed, matches, check_form = pin_hash.hashed, pin_hash.matches, rule.check


def has_member(tx: Tx, member_id: str) -> bool:
    """Tell whether the member has set a PIN."""
    return bool(rows.of_member(tx, member_id))


def has_staff(tx: Tx, staff_id: str) -> bool:
    """Tell whether this colleague has set a PIN and works here."""
    return bool(rows.of_staff(tx, staff_id))


def set_member(tx: Tx, member_id: str, hash_: str, *, moment: Moment) -> None:
    """Keep a member's new PIN (its hash; the form was checked before)."""
    rows.set_member(tx, member_id, hash_)
    guesses.forget(tx, member_id, kind=MEMBER)
    audit.note(tx, moment, "pin.member", f"{member_id}:{moment.now.isoformat()}", actor=member_id, member=member_id)


def set_staff(tx: Tx, staff_id: str, hash_: str, *, moment: Moment) -> None:
    """Keep a colleague's new PIN (its hash; the form was checked before)."""
    rows.set_staff(tx, staff_id, hash_)
    guesses.forget(tx, staff_id, kind=STAFF)
    audit.note(tx, moment, "pin.staff", f"{staff_id}:{moment.now.isoformat()}", actor=staff_id)


def begin_member(tx: Tx, member_id: str, reader: Reader, *, moment: Moment) -> str:
    """Count one try of a member's PIN and return the hash to compare.

    Raises NotAMember, MemberFrozen, PinMissing and PinLocked.
    """
    row = members.find(tx, member_id)
    if row is None or row.state == "left":
        raise NotAMember
    if members.lock(tx, member_id).frozen_at is not None:
        raise MemberFrozen
    kept = rows.of_member(tx, member_id)
    if _count(tx, member_id, MEMBER, kept, store_id=reader.store_id, now=moment.now) == 0:
        _warn(tx, member_id, reader.store_id, moment=moment)
    return kept


def check_member(tx: Tx, member_id: str, *, good: bool, moment: Moment) -> None:
    """Say how a member's try went; a right one forgets the wrong ones. Raises WrongPin."""
    last = _check(tx, member_id, MEMBER, good=good, now=moment.now)
    if last is not None:
        row_id = id_of(f"outbox:{member_id}:pin_locked:{last.isoformat()}")
        outbox.change(tx, row_id, states=("pending",), state="cancelled", reason="unwanted", settled_at=moment.now)


def begin_staff(tx: Tx, staff_id: str, store_id: str, *, moment: Moment) -> str:
    """Count one try of a colleague's PIN and return the hash to compare. Raises PinMissing and PinLocked."""
    guesses.hold(tx, f"pin:{staff_id}")
    kept = rows.of_staff(tx, staff_id)
    _count(tx, staff_id, STAFF, kept, store_id=store_id, now=moment.now)
    return kept


def check_staff(tx: Tx, staff_id: str, *, good: bool, moment: Moment) -> None:
    """Say how a colleague's try went; a right one forgets the wrong ones. Raises WrongPin."""
    _check(tx, staff_id, STAFF, good=good, now=moment.now)


def check_day(tx: Tx, order: Order, reader: Reader, *, now: datetime) -> None:
    """Refuse a bill that would take more from the member by PIN than a day allows. Raises PinDayLimit."""
    takes = order.amount_minor - quotes.quote(tx, order, reader, now=now).to_pay.minor
    check_share(tx, order.member_id, takes, now=now)


def check_share(tx: Tx, member_id: str, minor: int, *, now: datetime) -> None:
    """Refuse to take more from a member by PIN than a day allows, visits of passes included. Raises PinDayLimit."""
    shop = rules.current(tx)
    midnight = days.start_of(days.day_of(now, shop.zone), shop.zone)
    agreed = rows.agreed_since(tx, member_id, midnight)
    if passes.kept(tx):
        agreed += sum(
            passes.plan_of(tx, row).single_minor * row.number for row in taken.by_pin(tx, member_id, midnight)
        )
    left = max(0, shop.counter.pin_day_minor - agreed)
    if minor > left:
        raise PinDayLimit(left=Money(left, shop.currency))


def _count(tx: Tx, whose: str, kind: str, kept: str, *, store_id: str, now: datetime) -> int:
    """Count one try and return how many are left after it. Raises PinMissing and PinLocked."""
    if not kept:
        raise PinMissing
    tried = guesses.tries(tx, whose, kind=kind, since=now - LOCK, most=TRIES_MOST)
    if len(tried) >= TRIES_MOST:
        raise PinLocked(until=tried[-1] + LOCK)
    guesses.add(tx, whose, store_id=store_id, kind=kind, now=now)
    return TRIES_MOST - len(tried) - 1


def _check(tx: Tx, whose: str, kind: str, *, good: bool, now: datetime) -> datetime | None:
    """Return when the last try was, where it was a right one. Raises WrongPin."""
    tried = guesses.tries(tx, whose, kind=kind, since=now - LOCK, most=TRIES_MOST)
    if not good:
        raise WrongPin(left=TRIES_MOST - len(tried))
    guesses.forget(tx, whose, kind=kind)
    return tried[0] if tried else None


def _warn(tx: Tx, member_id: str, store_id: str, *, moment: Moment) -> None:
    """Tell the member that their PIN is locked, unless this last try turns out to be right."""
    told = say("pin.locked", store=choose(rules.store_name(tx, store_id)), until=moment.now + LOCK)
    human = Button(say("button.human"), word="human")
    notice = Notice(
        "pin_locked", "receipt", moment.now.isoformat(), Reply((told,), buttons=((human,),)),
        not_before=moment.now + PATIENCE,
    )  # fmt: skip
    tell_member(tx, member_id, notice, moment=moment)
