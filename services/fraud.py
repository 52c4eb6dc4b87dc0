"""Rules against cheating: nobody serves themselves, caps hold, and what looks odd is written down for the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from membership import days
from membership import fraud as patterns
from membership.errors import LimitReached, SelfCredit
from membership.fraud import Bill
from membership.moment import Moment
from services import Tx, audit, rules
from services.orders import Order
from services.reader import Reader
from storage import fraud as rows
from storage import guesses

_BLOCKED: Final = "self-credit that was refused"


@dataclass(frozen=True, slots=True)
class _Blocked:
    actor: str
    store_id: str
    member_id: str
    link: str


def check_self(tx: Tx, reader: Reader, member_id: str) -> None:
    """Refuse whoever would serve themselves or an account linked to them.

    Linked is the own member in any app (one phone is one member), a card that was opened on a device they work at,
    an account that came in by an invitation of theirs or they by one of its, and family and friends who could send
    them the points. Raises SelfCredit.
    """
    link = "own" if member_id == reader.member_id else rows.link(tx, reader.actor, member_id)
    if link:
        # kept beside the rows, which the refusal undoes
        tx.kept[_BLOCKED] = _Blocked(reader.actor, reader.store_id, member_id, link)
        raise SelfCredit


def note_blocked(tx: Tx, *, moment: Moment) -> None:
    """Write down, outside the undone part of the transaction, that somebody was kept from serving themselves."""
    tried: _Blocked | None = tx.kept.pop(_BLOCKED, None)
    if tried is None:
        return
    facts = {"member": tried.member_id, "link": tried.link}
    subject = f"{tried.actor}:{tried.member_id}:{moment.now.isoformat()}"
    audit.note(tx, moment, "fraud.self", subject, actor=tried.actor, store_id=tried.store_id, **facts)
    key = f"self:{tried.actor}:{tried.member_id}:{_today(tx, moment)}"
    _flag(tx, key, tried, tried.member_id, link=tried.link, moment=moment)


def check_caps(tx: Tx, order: Order, reader: Reader, *, moment: Moment) -> None:
    """Refuse a purchase beyond what one person may record on a day, where the shop set such a cap.

    The caps of a bill, of a member and of a day are the quote's and the purchase's own. Raises LimitReached.
    """
    del order
    shop = rules.current(tx)
    most = shop.counter.staff_day_purchases
    if most is None:
        return
    guesses.hold(tx, f"purchases:{reader.actor}")  # what one records for somebody else at this moment counts, too
    if rows.has_recorded(tx, reader.actor, most, since=_begin(tx, moment)):
        raise LimitReached(limit=most, scope="staff")


def note(tx: Tx, order: Order, reader: Reader, *, moment: Moment) -> None:
    """Flag what is odd about a purchase just recorded: too many of one member, or a bill cut in pieces."""
    shop, today = rules.current(tx), _today(tx, moment)
    of_day = rows.bills(tx, order.member_id, since=_begin(tx, moment))
    here = [Bill(row.at, row.actor, row.amount_minor) for row in of_day if row.store_id == reader.store_id]
    who = f"{order.member_id}:{reader.store_id}:{today}"
    if len(here) > shop.counter.member_day_earns:
        limit = shop.counter.member_day_earns
        _flag(tx, f"velocity:{who}", reader, order.member_id, cases=len(here), limit=limit, moment=moment)
    if patterns.is_quick(here) or patterns.is_cut(here, shop.limits.amount_max_minor):
        minor = sum(bill.minor for bill in here)
        _flag(tx, f"split:{who}", reader, order.member_id, cases=len(here), minor=minor, moment=moment)


def _flag(tx: Tx, key: str, who: Reader | _Blocked, member_id: str, *, moment: Moment, **facts: Any) -> None:
    """Flag once under this key, whose first word names the rule."""
    day, rule = days.day_of(moment.now, rules.current(tx).zone), key.partition(":")[0]
    whose = {"actor": who.actor, "store_id": who.store_id, "member_id": member_id}
    if rows.flag(tx, key, rule=rule, **whose, facts=facts, day=day, at=moment.now):
        audit.note(tx, moment, "flag", key, actor=who.actor, store_id=who.store_id, rule=rule)


def _today(tx: Tx, moment: Moment) -> str:
    return days.day_of(moment.now, rules.current(tx).zone).isoformat()


def _begin(tx: Tx, moment: Moment) -> Any:
    zone = rules.current(tx).zone
    return days.start_of(days.day_of(moment.now, zone), zone)
