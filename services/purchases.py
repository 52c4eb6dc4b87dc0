"""A purchase at the counter: recorded once with all it does, and shown to both sides."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from membership import days, earning, figures
from membership.errors import (
    LimitReached,
    PurchaseUnknown,
    ReceiptUsed,
    ScanRequired,
    YesRequired,
)
from membership.member import check_standing
from membership.messages import Button, Message, Reply, choose, pack, say, unpack
from membership.moment import Moment, id_of
from membership.money import Money
from membership.pricing import Quote
from services import (
    Tx,
    audit,
    codes,
    coupons,
    follow,
    fraud,
    members,
    points,
    quotes,
    remarks,
    rules,
    stored_value,
    tier_moves,
    webhooks,
)
from services.orders import WITHOUT_SCAN, Order, Recorded
from services.outbox import Notice, tell_member
from services.points import Cause
from services.reader import Reader
from storage import members as member_rows
from storage import purchases as rows


def record(tx: Tx, order: Order, reader: Reader, *, reference: str, channel: str, moment: Moment) -> Recorded:
    """Record a purchase once, with all it does to points, coupons and tier, and write the member a receipt.

    The same reference gives the first answer again. Raises ScanRequired where something is spent without a fresh
    scan, YesRequired for stored value without the member's yes, NotAMember, MemberFrozen, and everything
    ``quotes.quote`` raises.
    """
    purchase_id = id_of(f"purchase:{reference}")
    if rows.find(tx, purchase_id) is not None:
        return get(tx, purchase_id)
    member = member_rows.lock(tx, order.member_id)
    if tx.dialect == "postgresql" and rows.find(tx, purchase_id) is not None:
        return get(tx, purchase_id)  # while this one waited, somebody was faster with this very reference
    check_standing(member.state, member.frozen_at)
    _check_order(tx, order, reader, moment)
    priced, before = quotes.priced(tx, order, reader, now=moment.now)
    tier_moves.bring_up(tx, member, moment=moment)  # after the price, which stays the one that was shown
    receipt_no = _write(
        tx, purchase_id, order, priced, reader=reader, reference=reference, channel=channel, moment=moment
    )
    cause = Cause(reference, reader.actor, store_id=reader.store_id, purchase_id=purchase_id)
    _settle(tx, cause, order, priced, reader=reader, receipt_no=receipt_no, moment=moment)
    lift = tier_moves.lift(tx, order.member_id, purchase_id, moment=moment)
    recorded = get(tx, purchase_id, balance_before=before.balance, tier_up=lift.new)
    left = stored_value.balance(tx, order.member_id).total if recorded.stored.minor else None
    more = follow.after_purchase(tx, recorded, order, reader, moment=moment)
    more += () if lift.ahead is None else (lift.ahead,)
    made = recorded if order.made_at is None else replace(recorded, at=order.made_at)
    tell_member(tx, order.member_id, _receipt(made, left, more), moment=moment)
    fraud.note(tx, order, reader, moment=moment)
    reason = remarks.keep(tx, purchase_id, order.member_id, order.reason, moment=moment)
    agreed = {"yes": order.yes, "reason": reason} if order.yes else {}
    if order.made_at is not None:
        agreed["made_at"] = order.made_at.isoformat()
    if order.cashier:
        agreed["cashier"] = order.cashier
    audit.note(tx, moment, "purchase", purchase_id, actor=reader.actor, store_id=reader.store_id, **agreed)
    webhooks.emit(tx, "purchase.recorded", purchase_id, _told(recorded, order, reader), moment=moment)
    return recorded


def _told(done: Recorded, order: Order, reader: Reader) -> dict[str, Any]:
    """Return what other systems are told of a purchase: ids, codes and amounts, nothing of who the member is."""
    return {
        "purchase_id": done.id,
        "member_id": order.member_id,
        "store_id": reader.store_id,
        "receipt_no": done.receipt_no,
        "amount": order.amount_minor,
        "to_pay": done.to_pay,
        "stored": done.stored,
        "coupon_ids": order.coupon_ids,
        "points_earned": done.points_earned,
        "points_spent": done.points_spent,
        "at": done.at,
    }


def get(tx: Tx, purchase_id: str, *, balance_before: int | None = None, tier_up: bool = False) -> Recorded:
    """Return a purchase as it was recorded. Raises PurchaseUnknown."""
    row = rows.find(tx, purchase_id)
    if row is None:
        raise PurchaseUnknown
    shop, member = rules.current(tx), member_rows.get(tx, row.member_id)  # who may have left since
    balance = points.spendable(tx, row.member_id, now=row.at)
    if balance_before is None:  # as it was, as far as nothing was spent since
        came = points.come_at_once(tx, f"{row.reference}:earn")
        balance_before = max(0, balance - came + row.points_spent)
    return Recorded(
        id=row.id,
        quote_lines=unpack(row.lines),
        paid=Money(row.paid_minor, shop.currency),
        points_earned=row.points_earned,
        points_spent=row.points_spent,
        why=unpack(row.why),
        balance_before=balance_before,
        balance=balance,
        tier=members.tier_called(tx, member.tier),
        tier_up=tier_up,
        receipt_no=row.receipt_no,
        store=choose(rules.store_name(tx, row.store_id)),
        at=row.at,
        stored=Money(row.stored_principal_minor + row.stored_bonus_minor, shop.currency),
        refunded=Money(row.refunded_minor, shop.currency),
    )


def recorded(tx: Tx, reference: str) -> Recorded | None:
    """Return the purchase recorded under this reference, or None."""
    purchase_id = id_of(f"purchase:{reference}")
    return None if rows.find(tx, purchase_id) is None else get(tx, purchase_id)


def of_member(tx: Tx, purchase_id: str, member_id: str) -> Recorded:
    """Return a purchase of this member. Raises PurchaseUnknown, also for somebody else's."""
    row = rows.find(tx, purchase_id)
    if row is None or row.member_id != member_id:
        raise PurchaseUnknown
    return get(tx, purchase_id)


def store_of(tx: Tx, purchase_id: str) -> str | None:
    """Return the id of the store a purchase was made in; None for no purchase."""
    row = rows.find(tx, purchase_id)
    return None if row is None else str(row.store_id)


def last(tx: Tx, actor: str) -> str | None:
    """Return the purchase this person recorded last and did not take back, or None."""
    row = rows.last_of_actor(tx, actor)
    return None if row is None else str(row.id)


def _check_order(tx: Tx, order: Order, reader: Reader, moment: Moment) -> None:
    fraud.check_self(tx, reader, order.member_id)
    fraud.check_caps(tx, order, reader, moment=moment)
    if order.spends and order.scan_id is None and order.yes not in WITHOUT_SCAN:
        raise ScanRequired
    if order.stored_minor and not order.yes:
        raise YesRequired
    shop = rules.current(tx)
    today = days.day_of(moment.now, shop.zone)
    if order.receipt_no:
        first = rows.by_receipt(tx, reader.store_id, today, order.receipt_no)
        if first is not None:
            raise ReceiptUsed(at=first.at)
    nth_last = rows.nth_last(tx, order.member_id, shop.limits.member_purchases_day)
    if nth_last is not None and days.day_of(nth_last, shop.zone) == today:
        raise LimitReached(limit=shop.limits.member_purchases_day, scope="day")
    if order.scan_id is not None:
        codes.use(tx, order.scan_id, order.member_id, reader, moment=moment)


def _write(
    tx: Tx,
    purchase_id: str,
    order: Order,
    priced: Quote,
    *,
    reader: Reader,
    reference: str,
    channel: str,
    moment: Moment,
) -> str:
    """Write the purchase down and return its receipt number."""
    today = days.day_of(moment.now, rules.current(tx).zone)
    add = partial(
        rows.add,
        tx,
        purchase_id,
        reference=reference,
        store_id=reader.store_id,
        member_id=order.member_id,
        actor=reader.actor,
        channel=channel,
        business_on=today,
        amount_minor=order.amount_minor,
        paid_minor=priced.paid_minor,
        stored_principal_minor=priced.stored.principal,
        stored_bonus_minor=priced.stored.bonus,
        yes=order.yes,
        points_earned=priced.points_earned,
        points_spent=priced.points_spent,
        lines=pack(tuple((line.label, line.amount) for line in priced.lines)),
        terms=earning.pack(priced.terms),
        why=pack(priced.why),
        items=order.items,
        pay_method=order.pay_method,
        rules_version=rules.version(tx, order.made_at),
        scan_id=order.scan_id,
        at=moment.now,
    )
    while not add(receipt_no=(receipt_no := order.receipt_no or rows.next_receipt(tx, reader.store_id, today))):
        row = rows.find(tx, purchase_id)
        if row is not None:  # another instance was faster with this very reference
            return str(row.receipt_no)
        if order.receipt_no:  # or with this very number; where a till has used one of ours, the next one will do
            first = rows.by_receipt(tx, reader.store_id, today, receipt_no)
            assert first is not None, "nothing but its reference and its receipt number keeps a purchase out"
            raise ReceiptUsed(at=first.at)
    return receipt_no


def _settle(
    tx: Tx, cause: Cause, order: Order, priced: Quote, *, reader: Reader, receipt_no: str, moment: Moment
) -> None:
    """Move what the quote says: coupons used, points spent, points earned."""
    for coupon_id in priced.coupon_ids:
        coupon = coupons.get(tx, coupon_id, order.member_id)
        reference = f"{cause.reference}:coupon:{coupon_id}"
        coupons.redeem(tx, coupon, reference=reference, purchase_id=cause.purchase_id, reader=reader, moment=moment)
    if priced.points_spent:
        paid = (say("history.paid", receipt=receipt_no),)
        spending = replace(cause, reference=f"{cause.reference}:spend", why=paid)
        points.spend(tx, order.member_id, priced.points_spent, spending, moment=moment)
    if priced.stored.total:
        paid = (say("history.paid", receipt=receipt_no),)
        stored_value.spend(tx, order.member_id, priced.stored, replace(cause.part("stored"), why=paid), moment=moment)
    if priced.points_earned:
        earned = replace(cause, reference=f"{cause.reference}:earn", why=priced.why)
        points.earn(tx, order.member_id, priced.points_earned, earned, moment=moment)


def _receipt(done: Recorded, stored_left: Money | None, more: tuple[Message, ...]) -> Notice:
    lines = tuple(figures.price_line(label, amount) for label, amount in done.quote_lines)
    told = {"paid": done.paid, "earned": done.points_earned, "points": done.balance}  # for WeChat's templates
    messages = [
        say("receipt.title", store=done.store, at=done.at, number=done.receipt_no, **told),
        say("receipt.body", lines=lines, paid=done.to_pay),
    ]
    if done.points_spent:
        messages.append(say("receipt.spent", points=done.points_spent))
    if stored_left is not None:
        messages.append(say("receipt.stored", amount=done.stored, left=stored_left))
    if done.points_earned:
        messages.append(say("receipt.earned", points=done.points_earned, why=done.why))
    messages.append(figures.points_stand(done.balance_before, done.balance))
    if done.tier_up:
        messages.append(say("receipt.tier_up", tier=done.tier))
    messages.extend(more)
    buttons = ((Button(say("button.points"), word="points"), Button(say("button.notme"), word=f"notme {done.id}")),)
    return Notice("receipt", "receipt", done.id, Reply(tuple(messages), buttons=buttons))
