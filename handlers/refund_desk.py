"""Refunds in chat: find the receipt, say how much and why, see what will happen, confirm; over a limit two agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers import pointing, reasons
from handlers.approvals import waits
from handlers.reply import ask, listed, screen, tap
from handlers.said import Said
from membership import figures
from membership.errors import DayOver, PurchaseUnknown, QuoteExpired
from membership.member import Who
from membership.messages import Button, Message, Question, Reply, say
from membership.moment import Moment
from membership.money import Money, parse_amount
from services import Tx, approvals, receipts, remarks, rules, second_person, staff
from services.approvals import Approval
from services.reader import Reader
from services.receipts import Receipt
from services.refunds import Refunded

CONFIRM = "refund.confirm"
"""The question behind what will happen: it takes no text, it remembers what the button confirms."""
_CANCEL = tap("cancel", "cancel")


def refund(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with a receipt, or act on a button.

    They say ``<purchase>``, ``<purchase> whole``, ``<purchase> void``, ``why <reason>`` and ``ok <key>``.
    """
    reader, told = staff.check(tx, who, "refund"), said.known("refund.reason")
    match list(arguments):
        case []:
            return ask("refund.which", say("refund.which"), buttons=[[_CANCEL]])
        case ["why", reason] if told is not None and reason in reasons.OF_A_REFUND:
            return _show(tx, told, reason, reader, moment=moment)
        case ["ok", key]:
            return _confirm(tx, key, said.known(CONFIRM), reader, moment=moment)
        case [purchase_id]:
            return _ask_amount(receipts.get(tx, purchase_id, reader, now=moment.now))
        case [purchase_id, "whole"]:
            return _ask_reason(receipts.get(tx, purchase_id, reader, now=moment.now), None)
        case [purchase_id, "void"]:
            if not receipts.get(tx, purchase_id, reader, now=moment.now).of_today:
                raise DayOver
            return _show(tx, {"purchase": purchase_id, "amount": None}, "void", reader, moment=moment)
    raise QuoteExpired


def take_receipt(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Find the purchase by its receipt number, or the member's last ones by their code."""
    reader = staff.check(tx, who, "refund")
    if said.kind not in ("scan", "photo") and not pointing.is_code(said.text):
        found = receipts.by_number(tx, said.text, reader, now=moment.now)
    else:
        meant = pointing.member(tx, said, reader, moment=moment)
        if isinstance(meant, Reply):
            return meant
        try:
            found = receipts.of_member(tx, meant, reader, now=moment.now)
        except PurchaseUnknown:
            told = say("refund.none_of_member", name=second_person.masked(tx, meant))
            return screen(told, buttons=[[_CANCEL]], question=said.open)
    if len(found) == 1:
        return _ask_amount(found[0])
    buttons = [[tap("receipt", f"refund {one.id}", number=one.number, amount=one.paid, at=one.at)] for one in found]
    return screen(say("refund.several"), buttons=[*buttons, [_CANCEL]])


def take_amount(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take the part of the bill that goes back."""
    reader = staff.check(tx, who, "refund")
    found = receipts.get(tx, data["purchase"], reader, now=moment.now)
    return _ask_reason(found, parse_amount(said.text, found.paid.currency, limit_minor=found.paid.minor).minor)


def take_reason(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take a reason in somebody's own words."""
    reader = staff.check(tx, who, "refund")
    reason = reasons.typed(said.text)
    if not reason:
        return _ask_reason(receipts.get(tx, data["purchase"], reader, now=moment.now), data["amount"])
    return _show(tx, data, reason, reader, moment=moment)


def _ask_amount(found: Receipt) -> Reply:
    facts = {"number": found.number, "at": found.at, "name": found.name, "paid": found.paid, "left": found.left}
    messages = [say("refund.receipt", **facts)]
    messages += listed(say("refund.coupon", title=title) for title in found.coupons)
    if not found.left.minor and found.paid.minor:
        return screen(*messages, say("refund.nothing_left"), buttons=[[tap("refund_other", "refund")]])
    buttons: list[list[Button]] = [[tap("refund_whole", f"refund {found.id} whole", amount=found.left)]]
    if found.of_today:
        buttons.append([tap("void", f"refund {found.id} void")])
    return ask("refund.amount", *messages, say("refund.amount"), buttons=[*buttons, [_CANCEL]], purchase=found.id)


def _ask_reason(found: Receipt, amount_minor: int | None) -> Reply:
    amount = found.left if amount_minor is None else Money(amount_minor, found.left.currency)
    rows = reasons.buttons("refund", reasons.OF_A_REFUND)
    text = say("refund.reason", amount=amount, number=found.number)
    return ask("refund.reason", text, buttons=[*rows, [_CANCEL]], purchase=found.id, amount=amount_minor)


def _show(tx: Tx, data: Mapping[str, Any], reason: str, reader: Reader, *, moment: Moment) -> Reply:
    """Show what will happen, to the cent and to the point, before anything does."""
    found = receipts.get(tx, data["purchase"], reader, now=moment.now)
    will = approvals.preview(tx, found.id, data["amount"], reader, moment=moment)
    facts = {"amount": will.amount, "number": found.number, "name": found.name}
    messages = [say("refund.will", **facts, reason=remarks.shown(reason)), *_effects(will, found)]
    if approvals.needed(tx, "refund", will.amount.minor + found.paid.minor - found.left.minor):
        limit = Money(rules.current(tx).counter.refund_alone_up_to_minor, found.paid.currency)
        messages.append(say("refund.second", limit=limit))
    key = moment.new_id("refund")
    known = {"purchase": found.id, "amount": data["amount"], "reason": reason, "key": key, "minor": will.amount.minor}
    buttons = [[tap("refund_ok", f"refund ok {key}", amount=will.amount)], [_CANCEL]]
    return screen(*messages, buttons=buttons, question=Question(CONFIRM, known))


def _effects(will: Refunded, found: Receipt) -> tuple[Message, ...]:
    lines = [figures.points_back(will.points_clawed_back, will.points_restored, will.balance)]
    lines += _stored(will)
    if will.debt:
        lines.append(say("refund.debt", points=will.debt))
    if will.amount == found.left:
        lines += [say("refund.coupon_back", title=title) for title in found.coupons]
    return listed(lines)


def _stored(moved: Refunded) -> list[Message]:
    """Return how much goes back to the stored value it was paid from; nothing where none was."""
    return [say("refund.stored", stored=moved.stored, amount=moved.to_pay_out)] if moved.stored.minor else []


def _confirm(tx: Tx, key: str, data: Mapping[str, Any] | None, reader: Reader, *, moment: Moment) -> Reply:
    """Do what was shown; pressed again, the same answer comes again."""
    reference = f"desk:{reader.actor}:{key}"
    done = approvals.refunded(tx, reference)
    if done is None:
        if data is None or data["key"] != key:
            raise QuoteExpired
        found = receipts.get(tx, data["purchase"], reader, now=moment.now)
        if data["amount"] is None and found.left.minor != data["minor"]:
            raise QuoteExpired  # somebody refunded a part meanwhile
        how = {"reason": data["reason"], "reference": reference}
        done = approvals.refund(tx, found.id, data["amount"], reader, **how, moment=moment)
    if isinstance(done, Approval):
        return waits(done)
    moved = figures.points_back(done.points_clawed_back, done.points_restored, done.balance)
    messages = [say("refund.done", amount=done.amount, moved=moved), *_stored(done)]
    if done.debt:
        messages.append(say("desk.debt", points=done.debt))
    return screen(*messages, buttons=[[tap("scan", "scan"), tap("refund_other", "refund")]])
