"""The counter's one way, whatever reads the code: see who stands there, settle the bill, count what was guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from membership import birthdays, confirming, days
from membership import codes as written
from membership import coupons as rules_of_coupons
from membership.confirming import Taking
from membership.coupons import Coupon
from membership.errors import MemberFrozen, NotAMemberCode, Refusal, ScanRequired, UnknownCode
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from services import (
    Tx,
    asking,
    codes,
    coupons,
    guesses,
    members,
    passes,
    pins,
    points,
    purchases,
    quotes,
    reservations,
    rules,
    staff,
    stored_value,
)
from services.codes import PAY, Scan
from services.guesses import Locked
from services.members import Member
from services.orders import Order, Recorded
from services.outbox import Notice
from services.passes import Pass
from services.points import Balance
from services.reader import Reader
from services.reservations import Waiting
from services.stored_value import Stored
from storage import members as member_rows


@dataclass(frozen=True, slots=True)
class Usable:
    """A coupon the member holds, and whether it counts here and now, whatever the bill; ``reason`` says why not."""

    coupon: Coupon
    usable: bool
    reason: Refusal | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Who stands at the counter. ``scan`` is None where they were found without a code: then they can only earn.

    ``stored`` is None where the shop sells no stored value.
    """

    scan: Scan | None
    member: Member
    tier: Message
    points: Balance
    birthday_near: bool
    birthday_today: bool
    coupons: tuple[Usable, ...]
    stored: Stored | None
    passes: tuple[Pass, ...] = ()

    @property
    def frozen(self) -> bool:
        return self.member.frozen


def hold(tx: Tx, scanned: str, reader: Reader) -> None:
    """Let one typed number at a time be tried here, on all instances together.

    Call it before ``read`` and outside the savepoint around it: what is locked inside is free again with a refusal.
    """
    if _is_typed(scanned):
        guesses.hold(tx, reader.actor, reader.store_id)


def read(tx: Tx, scanned: str, reader: Reader, *, moment: Moment) -> Seen:
    """Read a code for this till and return who shows it. Raises what ``codes.scan`` raises."""
    scan = codes.scan(tx, scanned, reader, moment=moment)
    return look(tx, scan.member_id, reader, scan=scan, moment=moment)


def look(tx: Tx, member_id: str, reader: Reader, *, moment: Moment, scan: Scan | None = None) -> Seen:
    """Return who stands at the counter, found by phone or by a code read before. Raises NotAMember."""
    member = members.get(tx, member_id)
    held = coupons.held(tx, member_id, now=moment.now) if scan is not None else []
    return Seen(
        scan=scan,
        member=member,
        tier=members.tier_name(tx, member),
        points=points.balance(tx, member_id, now=moment.now),
        birthday_near=members.birthday_is_near(tx, member, now=moment.now),
        birthday_today=_has_birthday(tx, member, moment.now),
        coupons=tuple(map(partial(usable, tx, reader=reader, now=moment.now), held)),
        stored=stored_value.balance(tx, member_id) if stored_value.sold(tx) else None,
        passes=tuple(passes.held(tx, member_id, now=moment.now)) if passes.kept(tx) else (),
    )


def usable(tx: Tx, coupon: Coupon, *, reader: Reader, now: datetime, amount_minor: int | None = None) -> Usable:
    """Return whether a coupon counts here and now, on a bill of this amount if it is known (minor units)."""
    shop, store = rules.current(tx), rules.store_code(tx, reader.store_id)
    price = Money(max(coupon.offer.threshold_minor, 1) if amount_minor is None else amount_minor, shop.currency)
    no = rules_of_coupons.why_not(coupon, price, shop.zone, store=store, now=now)
    return Usable(coupon, usable=no is None, reason=no)


def note_wrong(tx: Tx, scanned: str, refusal: Refusal, reader: Reader, *, moment: Moment) -> None:
    """Count a wrong typed number, outside the refused part of the transaction; tell the managers whom it locked."""
    if isinstance(refusal, UnknownCode) and _is_typed(scanned):
        for locked in guesses.note(tx, reader.actor, reader.store_id, moment=moment):
            _alarm(tx, locked, moment=moment)


def settle(tx: Tx, order: Order, reader: Reader, *, reference: str, channel: str, moment: Moment) -> Recorded | Waiting:
    """Record a bill at once, or hold it up and ask the member where much of theirs is to be spent.

    The same reference gives the first answer again, as it stands now. Raises MemberFrozen, ScanRequired,
    AnswerAwaited and what ``purchases.record`` raises.
    """
    if member_rows.get(tx, order.member_id).frozen_at is not None:
        raise MemberFrozen
    record = partial(purchases.record, reader=reader, reference=reference, channel=channel, moment=moment)
    if not order.spends:
        return record(tx, order)
    done = purchases.recorded(tx, reference) or reservations.under(tx, reference)
    if done is not None:
        return done
    member_rows.lock(tx, order.member_id)
    limits, taking = rules.current(tx).counter, _taking(tx, order, reader, moment.now)
    if order.yes == confirming.PIN:
        pins.check_day(tx, order, reader, now=moment.now)
    if not order.yes and not confirming.is_needed(limits, taking):
        return record(tx, order)
    pay_code = _is_pay_code(tx, order, reader, moment.now)
    yes = confirming.is_said(limits, taking, yes=order.yes, pay_code=pay_code)
    if yes:
        return record(tx, replace(order, yes=yes))
    if order.scan_id is None:
        raise ScanRequired
    # what stands in its way is told at the counter, before the member is asked in vain
    tx.rehearse(partial(record, tx, replace(order, yes=confirming.CHAT)))
    return reservations.ask(tx, order, reader, reference=reference, channel=channel, moment=moment)


def _has_birthday(tx: Tx, member: Member, now: datetime) -> bool:
    shop = rules.current(tx)
    today = days.day_of(now, shop.zone)
    birthday = members.birthday_of(member, today)
    return birthday is not None and birthdays.on_day(birthday, today, feb29=shop.birthday.feb29) is not None


def _taking(tx: Tx, order: Order, reader: Reader, now: datetime) -> Taking:
    priced = quotes.quote(tx, order, reader, now=now)
    return Taking(confirming.worth_of(priced.lines), priced.stored_minor)


def _is_pay_code(tx: Tx, order: Order, reader: Reader, now: datetime) -> bool:
    """Tell whether the member showed a pay code. Raises ScanRequired, CodeUsed and ScanExpired."""
    return order.scan_id is not None and codes.find_scan(tx, order.scan_id, reader, now=now).kind == PAY


def _is_typed(scanned: str) -> bool:
    try:
        return written.is_digits(written.recognise(scanned))
    except NotAMemberCode:
        return False


def _alarm(tx: Tx, locked: Locked, *, moment: Moment) -> None:
    """Tell whoever may unlock typing there that it is locked, with the button that unlocks it."""
    if locked.whole_store:
        told = say("alarm.store_guesses", store=choose(rules.store_name(tx, locked.store_id)))
    else:
        told = say("alarm.guesses", name=asking.staff_name(tx, locked.actor))
    button = Button(say("button.unlock"), word=f"unlock {locked.actor}")
    once = f"guesses:{locked.actor}:{moment.now.isoformat()}"
    notice = Notice("alarm", "staff", once, Reply((told,), buttons=((button,),)))
    staff.alert(tx, notice, action="unlock_typing", store_id=locked.store_id, moment=moment)
