"""Stored value of a member: topped up, spent, returned, paid out; principal and bonus each in an account of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from membership import stored_value as rule
from membership import taking_back
from membership.errors import (
    IdReused,
    InsufficientStoredValue,
    SelfCredit,
    StoredValueUnknown,
    TopUpSpent,
    TopUpTooSmall,
)
from membership.member import check_standing
from membership.messages import Button, Message, Reply, choose, say, unpack
from membership.moment import Moment, id_of
from membership.money import Money, checked
from membership.stored_value import NOTHING, Parts, StoredValueRules
from services import Tx, fraud, holders, ledger, members, rules
from services.ledger import Cause
from services.outbox import Notice, tell_member
from services.reader import Reader
from storage import members as member_rows
from storage import points as accounts
from storage import stored_value as rows
from storage.stored_value import BONUS, PRINCIPAL

TILL, GIFTS, SALES = "till", "gifts", "sales"
"""The shop's own accounts: money taken and paid out at the till, bonus given and void, what purchases brought in."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a member holds: what was paid in and not spent yet, and what the shop added."""

    principal: Money
    bonus: Money

    @property
    def total(self) -> Money:
        return Money(self.principal.minor + self.bonus.minor, self.principal.currency)


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """A top-up, or a payout (kind ``cash_out``: ``principal`` paid out, ``bonus`` void since), and what is left."""

    id: str
    kind: str
    member_id: str
    principal: Money
    bonus: Money
    balance: Stored
    store: Message
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history: when, how much (with sign), what kind, and why."""

    at: datetime
    amount: Money
    kind: str
    why: tuple[Message, ...]


def sold(tx: Tx) -> bool:
    """Tell whether this shop sells stored value."""
    return rules.current(tx).stored_value is not None


def right(tx: Tx) -> str:
    """Return the action (membership/staff.py) whose right a top-up needs: a cashier's only where the shop says so."""
    return "purchase" if _rules(tx).cashiers else "top_up"


def balance(tx: Tx, member_id: str) -> Stored:
    """Return what the member holds; what waits for their yes is part of it."""
    return _stored(tx, rows.held(tx, member_id))


def spendable(tx: Tx, member_id: str, *, now: datetime) -> Parts:
    """Return what a purchase may take now; nothing where the shop sells no stored value."""
    return _free(tx, member_id, now) if sold(tx) else NOTHING


def history(tx: Tx, member_id: str, *, behind: int = 0, limit: int = 10) -> list[Line]:
    """Return movements, newest first, after so many newer ones; principal and bonus each have their line."""
    currency = rules.current(tx).currency
    found = rows.history(tx, member_id, behind=behind, limit=limit)
    return [Line(row.at, Money(row.sign * row.amount, currency), row.kind, unpack(row.why)) for row in found]


def preview(tx: Tx, member_id: str, amount_minor: int) -> tuple[Stored, Stored]:
    """Return what a top-up would bring, and what the member would hold then. Raises what ``top_up`` raises."""
    held = rows.held(tx, member_id)
    added = _offered(tx, amount_minor, held)
    return _stored(tx, added), _stored(tx, held.plus(added))


def preview_payout(tx: Tx, member_id: str, amount_minor: int, *, now: datetime) -> tuple[Stored, Stored]:
    """Return what a payout would take, and what would be left. Raises what ``cash_out`` raises."""
    parts = rule.cash_out(checked(amount_minor, rules.current(tx).currency), _free(tx, member_id, now))
    return _stored(tx, parts), _stored(tx, rows.held(tx, member_id).less(parts))


def gifts(tx: Tx) -> tuple[tuple[Money, Money], ...]:
    """Return from which amount a top-up brings which bonus, the smallest first; none where none is sold."""
    shop = rules.current(tx)
    offered = () if shop.stored_value is None else shop.stored_value.gifts
    return tuple((Money(one.from_minor, shop.currency), Money(one.bonus_minor, shop.currency)) for one in offered)


def top_up(tx: Tx, member_id: str, amount_minor: int, reader: Reader, *, reference: str, moment: Moment) -> ToppedUp:
    """Take money from a member at the till and keep it, with the shop's gift, as stored value.

    ``amount_minor`` is what is paid in, in minor units. The same reference gives the first answer again. Raises
    StoredValueUnknown, TopUpTooSmall, StoredValueOverCap, InvalidAmount, AmountTooLarge, NotAMember, MemberFrozen,
    SelfCredit, StoreClosed, and IdReused for the same reference with another content.
    """
    first = _first(tx, _Deed("top_up", member_id, amount_minor, reference), reader)
    if first is not None:
        return first
    rules.open_store(tx, reader.store_id)
    added = _offered(tx, amount_minor, rows.held(tx, member_id))
    top_up_id = _write(tx, "top_up", member_id, added, reader=reader, reference=reference, moment=moment)
    cause = Cause(reference, reader.actor, store_id=reader.store_id)
    paid = _Movement("top_up", member_id, PRINCIPAL, added.principal, TILL, comes=True)
    gift = _Movement("top_up_bonus", member_id, BONUS, added.bonus, GIFTS, comes=True)
    _move(tx, paid, cause, moment=moment)
    _move(tx, gift, cause, moment=moment)
    topped = get(tx, top_up_id)
    _tell(tx, topped, "top_up", moment=moment)
    return topped


def undo(tx: Tx, top_up_id: str, reader: Reader, *, manager: bool, moment: Moment) -> ToppedUp:
    """Take back a top-up made by mistake: on the same day in the same store, and only while none of it is missing.

    Without ``manager`` only one's own, within the shop's minutes. Undone before, the same answer comes again. Raises
    StoredValueUnknown, SelfCredit, UndoTooLate, DayOver and TopUpSpent.
    """
    row, shop = rows.find(tx, top_up_id), rules.current(tx)
    if row is None or row.kind != "top_up" or row.store_id != reader.store_id:
        raise StoredValueUnknown
    if not manager and row.actor != reader.actor:
        raise StoredValueUnknown
    row = holders.hold(tx, row, lambda: rows.find(tx, top_up_id))
    if row.undone_at is not None:
        return get(tx, top_up_id)
    fraud.check_self(tx, reader, row.member_id)
    minutes = None if manager else shop.limits.undo_minutes
    taking_back.check_time(row.at, moment.now, zone=shop.zone, minutes=minutes)
    parts = Parts(row.principal_minor, row.bonus_minor)
    if not _free(tx, row.member_id, moment.now).covers(parts):
        raise TopUpSpent
    assert rows.undo(tx, top_up_id, moment.now), "who holds the member undoes alone"
    cause = Cause(f"{row.reference}:undo", reader.actor, store_id=row.store_id)
    for purse, minor, to in ((PRINCIPAL, parts.principal, TILL), (BONUS, parts.bonus, GIFTS)):
        made = id_of(f"transfer:{row.reference}:{purse}")
        _move(tx, _Movement("undo_top_up", row.member_id, purse, minor, to, reverses=made), cause, moment=moment)
    undone = get(tx, top_up_id)
    _tell(tx, undone, "top_up_undone", moment=moment)
    return undone


def cash_out(tx: Tx, member_id: str, amount_minor: int, reader: Reader, *, reference: str, moment: Moment) -> ToppedUp:
    """Pay principal back to the member; the same share of the bonus becomes void (membership/stored_value.py).

    The same reference gives the first answer again. Raises InvalidAmount, InsufficientStoredValue, NotAMember,
    MemberFrozen, SelfCredit and IdReused.
    """
    first = _first(tx, _Deed("cash_out", member_id, amount_minor, reference), reader)
    if first is not None:
        return first
    amount = checked(amount_minor, rules.current(tx).currency)
    parts = rule.cash_out(amount, _free(tx, member_id, moment.now))
    payout_id = _write(tx, "cash_out", member_id, parts, reader=reader, reference=reference, moment=moment)
    cause = Cause(reference, reader.actor, store_id=reader.store_id)
    _move(tx, _Movement("cash_out", member_id, PRINCIPAL, parts.principal, TILL), cause, moment=moment)
    _move(tx, _Movement("void_bonus", member_id, BONUS, parts.bonus, GIFTS), cause, moment=moment)
    paid = get(tx, payout_id)
    _tell(tx, paid, "cash_out", moment=moment)
    return paid


def spend(tx: Tx, member_id: str, parts: Parts, cause: Cause, *, moment: Moment) -> None:
    """Pay a purchase from these parts; ``cause`` names the purchase. Raises InsufficientStoredValue."""
    for purse, minor in ((PRINCIPAL, parts.principal), (BONUS, parts.bonus)):
        _move(tx, _Movement("pay_stored", member_id, purse, minor, SALES), cause, moment=moment)


def give_back(tx: Tx, member_id: str, parts: Parts, cause: Cause, *, spent: str, moment: Moment) -> None:
    """Return these parts of what a purchase took (``spent``, the reference of its spending)."""
    for purse, minor in ((PRINCIPAL, parts.principal), (BONUS, parts.bonus)):
        paid = id_of(f"transfer:{spent}:{purse}")
        back = _Movement("return_stored", member_id, purse, minor, SALES, comes=True, reverses=paid)
        _move(tx, back, cause, moment=moment)


def get(tx: Tx, top_up_id: str) -> ToppedUp:
    """Return a top-up or payout as it was made, and what the member holds now. Raises StoredValueUnknown."""
    row, currency = rows.find(tx, top_up_id), rules.current(tx).currency
    if row is None:
        raise StoredValueUnknown
    return ToppedUp(
        id=row.id,
        kind=row.kind,
        member_id=row.member_id,
        principal=Money(row.principal_minor, currency),
        bonus=Money(row.bonus_minor, currency),
        balance=balance(tx, row.member_id),
        store=choose(rules.store_name(tx, row.store_id)),
        at=row.at,
        undone=row.undone_at is not None,
    )


def made(tx: Tx, reference: str) -> ToppedUp | None:
    """Return the top-up or payout made under this reference, or None."""
    top_up_id = id_of(f"top_up:{reference}")
    return None if rows.find(tx, top_up_id) is None else get(tx, top_up_id)


@dataclass(frozen=True, slots=True)
class _Movement:
    """So many minor units leave (or come to) one purse of the member, to (or from) an account of the shop's own."""

    kind: str
    member_id: str
    purse: str
    minor: int
    other: str
    comes: bool = False
    reverses: str | None = None


def _move(tx: Tx, about: _Movement, cause: Cause, *, moment: Moment) -> None:
    if not about.minor:
        return
    unit = rules.current(tx).currency
    mine = accounts.account(tx, about.member_id, about.purse, unit=unit)
    other = accounts.account(tx, None, about.other, unit=unit)
    debit, credit = (other, mine) if about.comes else (mine, other)
    movement = ledger.transfer(
        tx, about.kind, about.minor, cause.part(about.purse), debit=debit, credit=credit, moment=moment,
        reverses=about.reverses, unit=unit,
    )  # fmt: skip
    rows.moved(tx)
    if not ledger.made_before(tx, movement) and not ledger.post(tx, movement, about.member_id, moment=moment):
        held = rows.held(tx, about.member_id)
        raise InsufficientStoredValue(balance=Money(held.total, unit), needed=Money(about.minor, unit))


def _rules(tx: Tx) -> StoredValueRules:
    found = rules.current(tx).stored_value
    if found is None:
        raise StoredValueUnknown
    return found


def _offered(tx: Tx, amount_minor: int, held: Parts) -> Parts:
    shop, selling = rules.current(tx), _rules(tx)
    amount = checked(amount_minor, shop.currency, limit_minor=shop.limits.amount_max_minor)
    if amount.minor < selling.least_minor:
        raise TopUpTooSmall(least=Money(selling.least_minor, shop.currency))
    return selling.top_up(amount, held)


def _free(tx: Tx, member_id: str, now: datetime) -> Parts:
    """Return what is held and does not wait for the member's yes."""
    (held, waiting), selling = rows.standing(tx, member_id, now), rules.current(tx).stored_value
    first = "principal" if selling is None else selling.first
    return held.less(rule.split(min(waiting, held.total), held, first))


def _stored(tx: Tx, parts: Parts) -> Stored:
    currency = rules.current(tx).currency
    return Stored(Money(parts.principal, currency), Money(parts.bonus, currency))


@dataclass(frozen=True, slots=True)
class _Deed:
    kind: str
    member_id: str
    minor: int
    reference: str


def _first(tx: Tx, deed: _Deed, reader: Reader) -> ToppedUp | None:
    """Return what was made under this reference before; None where it may be made now, and others wait meanwhile.

    Raises IdReused if it was something else, NotAMember, MemberFrozen, and SelfCredit for one's own account.
    """
    before = _made(tx, deed)
    if before is not None:
        return before
    members.get(tx, deed.member_id)
    if deed.member_id == reader.member_id:
        raise SelfCredit
    member = member_rows.lock(tx, deed.member_id)
    check_standing(member.state, member.frozen_at)
    return _made(tx, deed)  # somebody may have been faster with this very reference


def _made(tx: Tx, deed: _Deed) -> ToppedUp | None:
    before = made(tx, deed.reference)
    asked = (deed.kind, deed.member_id, deed.minor)
    if before is not None and (before.kind, before.member_id, before.principal.minor) != asked:
        raise IdReused
    return before


def _write(tx: Tx, kind: str, member_id: str, parts: Parts, *, reader: Reader, reference: str, moment: Moment) -> str:
    top_up_id = id_of(f"top_up:{reference}")
    what = {"kind": kind, "principal_minor": parts.principal, "bonus_minor": parts.bonus}
    who = {"member_id": member_id, "store_id": reader.store_id, "actor": reader.actor}
    rows.add(tx, top_up_id, reference=reference, **what, **who, rules_version=rules.version(tx), at=moment.now)
    return top_up_id


def _tell(tx: Tx, done: ToppedUp, kind: str, *, moment: Moment) -> None:
    """Write the member a receipt of what was moved, and what is there now."""
    facts = {"amount": done.principal, "bonus": done.bonus, "left": done.balance.total}
    told = [say(f"receipt.{kind}", store=done.store, at=moment.now, **facts)]
    if done.bonus.minor:
        told.append(say(f"receipt.{kind}_gift", bonus=done.bonus))
    buttons = ((Button(say("button.balance"), word="balance"),),)
    notice = Notice(kind, "receipt", done.id, Reply(tuple(told), buttons=buttons))
    tell_member(tx, done.member_id, notice, moment=moment)
