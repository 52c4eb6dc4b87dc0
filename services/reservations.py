"""Bills that wait for the member's yes: posted, refused, withdrawn or run out, and both sides told the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from membership.confirming import LIFE, PIN
from membership.errors import (
    AlreadyDecided,
    AnswerAwaited,
    AnswerTooLate,
    Expired,
    MemberFrozen,
    MoreThanAgreed,
    ReservationUnknown,
)
from membership.messages import Message, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from services import Tx, asking, audit, codes, coupons, pins, purchases, rules, staff
from services.asking import PENDING, Asked
from services.orders import Order, Recorded
from services.reader import Reader
from storage import members as member_rows
from storage import reservations as rows

UNIT = 100
"""So many bills that ran out are told of in one transaction."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A bill that was held up for the member's yes, and what became of it.

    ``state`` is pending, posted, refused, withdrawn or expired; ``spends`` says what it takes, a line each.
    """

    id: str
    state: str
    member_id: str
    store: Message
    amount: Money
    spends: tuple[Message, ...]
    expires_at: datetime
    purchase_id: str | None


@dataclass(frozen=True, slots=True)
class Less:
    """What is to be recorded where it is less than the member was asked for; None: as asked."""

    amount_minor: int | None = None
    points: int | None = None
    stored_minor: int | None = None


AS_ASKED = Less()


def ask(tx: Tx, order: Order, reader: Reader, *, reference: str, channel: str, moment: Moment) -> Waiting:
    """Hold a bill up, keep what it takes, and ask the member in every chat they can be reached in.

    The same reference gives the first one again. Raises AnswerAwaited while another bill of the member waits.
    """
    row_id = _id(reference)
    member_rows.lock(tx, order.member_id)
    other = rows.open_of(tx, order.member_id, moment.now)
    if other is not None and other.id != row_id:
        raise AnswerAwaited(until=other.expires_at)
    until = moment.now + LIFE
    kept = {"amount_minor": order.amount_minor, "points": order.points, "stored_minor": order.stored_minor}
    where = {"store_id": reader.store_id, "actor": reader.actor, "channel": channel}
    when = {"at": moment.now, "expires_at": until}
    bill = {**asdict(order), "coupon_ids": list(order.coupon_ids), "device": reader.device}
    if rows.add(tx, row_id, reference=reference, member_id=order.member_id, bill=bill, **kept, **where, **when):
        if order.scan_id is not None:
            codes.keep(tx, order.scan_id, until=until)
        if order.coupon_ids:
            coupons.keep(tx, order.coupon_ids, row_id)
        asking.ask(tx, _asked(tx, _row(tx, row_id)), moment=moment)
        audit.note(tx, moment, "yes.ask", row_id, actor=reader.actor, store_id=reader.store_id)
    return _shown(tx, _row(tx, row_id))


def under(tx: Tx, reference: str) -> Waiting | None:
    """Return the bill that was held up under this reference, or None."""
    row = rows.find(tx, _id(reference))
    return None if row is None else _shown(tx, row)


def find(tx: Tx, reservation_id: str, reader: Reader) -> Waiting:
    """Return a bill of this reader's store. Raises ReservationUnknown."""
    return _shown(tx, _of_store(tx, reservation_id, reader))


def of_member(tx: Tx, member_id: str, *, now: datetime) -> Waiting | None:
    """Return the bill that waits for this member's yes at this moment, or None."""
    row = rows.open_of(tx, member_id, now)
    return None if row is None else _shown(tx, row)


def agree(tx: Tx, reservation_id: str, member_id: str, *, how: str, moment: Moment, chat: str = "") -> Recorded:
    """Record a bill the member says yes to; ``how`` is chat or card. Said twice, the first answer comes again.

    ``chat`` is the account it was said in, if in one: there the answer itself takes the question's place.

    Raises ReservationUnknown, AlreadyDecided, AnswerTooLate, MemberFrozen, Expired (whoever asked works here no
    more), and everything ``purchases.record`` raises; the bill then waits on.
    """
    return _post(tx, _of_member(tx, reservation_id, member_id), AS_ASKED, how=how, chat=chat, moment=moment)


def post(tx: Tx, reservation_id: str, reader: Reader, *, how: str, moment: Moment, less: Less = AS_ASKED) -> Recorded:
    """Record a bill at the till after a yes given there (``how``: pin), as it was asked or ``less``.

    What is not recorded is free again. Raises MoreThanAgreed and what ``agree`` raises.
    """
    row = _of_store(tx, reservation_id, reader)
    if row.actor != reader.actor:
        raise ReservationUnknown
    return _post(tx, row, less, how=how, moment=moment)


def refuse(
    tx: Tx, reservation_id: str, member_id: str, *, how: str = "chat", moment: Moment, chat: str = ""
) -> Waiting:
    """End a bill the member says no to: every code shown so far is dead, and the managers are told.

    Said twice, the first answer comes again. Raises ReservationUnknown, AlreadyDecided and AnswerTooLate.
    """
    row = _of_member(tx, reservation_id, member_id)
    if _decided(tx, row, "refused", how=how, chat=chat, moment=moment):
        codes.revoke(tx, member_id, moment=moment)
        asking.alert(tx, _asked(tx, row), moment=moment)
    return _shown(tx, _row(tx, row.id))


def withdraw(tx: Tx, reservation_id: str, reader: Reader, *, moment: Moment) -> Waiting:
    """End a bill the counter takes back before it is decided.

    Said twice, the first answer comes again. Raises ReservationUnknown, AlreadyDecided and AnswerTooLate.
    """
    row = _of_store(tx, reservation_id, reader)
    _decided(tx, row, "withdrawn", moment=moment)
    return _shown(tx, _row(tx, row.id))


def expire_due(tx: Tx, moment: Moment) -> int:
    """End bills whose time ran out and tell both sides; return how many."""
    found = rows.due(tx, moment.now, limit=UNIT)
    return sum(_decided(tx, row, "expired", moment=moment, late=True) for row in found)


def _post(tx: Tx, row: Any, less: Less, *, how: str, moment: Moment, chat: str = "") -> Recorded:
    if row.state == "posted":
        return purchases.get(tx, row.purchase_id)
    order = replace(_lessened(tx, row, less), yes=how)
    member = member_rows.lock(tx, row.member_id)
    if not rows.decide(tx, row.id, "posted", now=moment.now, how=how):
        return _post_again(tx, row)
    if member.frozen_at is not None:
        raise MemberFrozen
    if staff.is_gone(tx, row.actor):
        raise Expired
    if order.scan_id is not None:
        codes.free(tx, order.scan_id)
    reader = Reader(row.actor, row.store_id, device=row.bill["device"])
    if how == PIN:
        pins.check_day(tx, order, reader, now=moment.now)
    recorded = purchases.record(tx, order, reader, reference=row.reference, channel=row.channel, moment=moment)
    rows.note_purchase(tx, row.id, recorded.id)
    asking.tell_posted(tx, _asked(tx, row), recorded, chat=chat, moment=moment)
    return recorded


def _post_again(tx: Tx, row: Any) -> Recorded:
    """Return what another yes of the same moment recorded. Raises AlreadyDecided and AnswerTooLate."""
    found = _row(tx, row.id)
    if found.state == "posted":
        return purchases.get(tx, found.purchase_id)
    raise _over(found)


def _decided(
    tx: Tx, row: Any, state: str, *, moment: Moment, how: str = "", chat: str = "", late: bool = False
) -> bool:
    """End the waiting without a purchase; False where it ended so before. Raises AlreadyDecided and AnswerTooLate."""
    member_rows.lock(tx, row.member_id)
    if not rows.decide(tx, row.id, state, now=moment.now, how=how, late=late):
        found = _row(tx, row.id)
        if found.state == state or late:
            return False
        raise _over(found)
    if row.bill["scan_id"] is not None:
        codes.spoil(tx, row.bill["scan_id"], now=moment.now)
    audit.note(tx, moment, f"yes.{state}", row.id, actor=_who(row, state), store_id=row.store_id)
    asking.tell_over(tx, _asked(tx, row), state, chat=chat, moment=moment)
    return True


def _who(row: Any, state: str) -> str:
    return str({"refused": row.member_id, "withdrawn": row.actor}.get(state, "clock"))


def _over(row: Any) -> AlreadyDecided | AnswerTooLate:
    if row.state in (PENDING, "expired"):
        return AnswerTooLate()
    return AlreadyDecided(state=say(f"asked.{row.state}"))


def _lessened(tx: Tx, row: Any, less: Less) -> Order:
    order = _order(row)
    wanted = {name: value for name, value in asdict(less).items() if value is not None}
    if any(value > getattr(order, name) for name, value in wanted.items()):
        raise MoreThanAgreed(agreed=Money(order.amount_minor, rules.current(tx).currency))
    stored = min(order.stored_minor, wanted.get("amount_minor", order.amount_minor))
    return replace(order, **{"stored_minor": stored, **wanted})


def _order(row: Any) -> Order:
    known = {name: value for name, value in row.bill.items() if name != "device"}
    return Order(**{**known, "coupon_ids": tuple(row.bill["coupon_ids"])})


def _id(reference: str) -> str:
    return id_of(f"reservation:{reference}")


def _row(tx: Tx, row_id: str) -> Any:
    row = rows.find(tx, row_id)
    if row is None:
        raise ReservationUnknown
    return row


def _of_member(tx: Tx, row_id: str, member_id: str) -> Any:
    row = _row(tx, row_id)
    if row.member_id != member_id:
        raise ReservationUnknown
    return row


def _of_store(tx: Tx, row_id: str, reader: Reader) -> Any:
    row = _row(tx, row_id)
    if row.store_id != reader.store_id:
        raise ReservationUnknown
    return row


def _shown(tx: Tx, row: Any) -> Waiting:
    asked = _asked(tx, row)
    return Waiting(
        id=row.id,
        state=row.state,
        member_id=row.member_id,
        store=asked.store,
        amount=asked.amount,
        spends=asked.spends,
        expires_at=row.expires_at,
        purchase_id=row.purchase_id,
    )


def _asked(tx: Tx, row: Any) -> Asked:
    currency = rules.current(tx).currency
    return Asked(
        id=row.id,
        member_id=row.member_id,
        actor=row.actor,
        store_id=row.store_id,
        store=choose(rules.store_name(tx, row.store_id)),
        amount=Money(row.amount_minor, currency),
        spends=tuple(_spends(tx, row, currency)),
        expires_at=row.expires_at,
    )


def _spends(tx: Tx, row: Any, currency: str) -> list[Message]:
    """Return what a bill takes from the member, a line each."""
    taken = coupons.named(tx, row.bill["coupon_ids"])  # whose they are by now does not matter here
    lines = [say("asked.coupon", title=choose(one.offer.title)) for one in taken]
    if row.points:
        lines.append(say("asked.points", points=row.points))
    if row.stored_minor:
        lines.append(say("asked.stored", amount=Money(row.stored_minor, currency)))
    return lines
