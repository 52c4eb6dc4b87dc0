"""Stored value at the counter: top-ups with their gift, undoing one, paying principal out; each is seen before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers import pointing, stored_value
from handlers.approvals import waits
from handlers.reply import ask, listed, screen, tap
from handlers.said import Said
from membership import figures
from membership import staff as rights
from membership.errors import QuoteExpired
from membership.member import Who
from membership.messages import Message, Question, Reply, say
from membership.moment import Moment
from membership.money import Money, parse_amount
from services import Tx, approvals, rules, second_person, staff
from services import stored_value as purse
from services.approvals import Approval
from services.reader import Reader
from services.stored_value import ToppedUp

CONFIRM: Final = "topup.confirm"
"""The question behind what will happen: it takes no text, it remembers what the button confirms."""
TOP_UP, CASH_OUT = "top_up", "cash_out"
_CANCEL = tap("cancel", "cancel")


def top_up(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with the member who was scanned, or act on a button: ``ok <key>``, ``undo <top-up>``, ``other``.

    A member who asks for a top-up is shown what it would bring.
    """
    if who.member_id is not None and not who.roles:
        return stored_value.show_balance(tx, said, who, (), moment=moment)
    reader = staff.check(tx, who, purse.right(tx))
    match list(arguments):
        case ["ok", key]:
            return _confirm(tx, TOP_UP, key, reader, said=said, moment=moment)
        case ["undo", top_up_id]:
            manager = rights.may(who.roles, "top_up", store_id=reader.store_id)
            undone = approvals.undo_top_up(tx, top_up_id, reader, manager=manager, moment=moment)
            if isinstance(undone, Approval):
                return waits(undone)
            facts = {"amount": undone.principal, "bonus": undone.bonus, "left": undone.balance.total}
            return screen(say(f"topup.undone{figures.plain(undone.bonus)}", **facts), buttons=[_next()])
    return _begin(tx, said, TOP_UP, other=bool(arguments))


def cash_out(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin paying principal out to the member who was scanned, or with ``ok <key>`` do what was shown."""
    reader = staff.check(tx, who, "top_up")
    match list(arguments):
        case ["ok", key]:
            return _confirm(tx, CASH_OUT, key, reader, said=said, moment=moment)
    return _begin(tx, said, CASH_OUT, other=bool(arguments))


def take_member(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take whose stored value it is, and ask how much."""
    reader = _checked(tx, who, data["kind"])
    meant = pointing.member(tx, said, reader, moment=moment)
    return meant if isinstance(meant, Reply) else _ask_amount(tx, meant, data["kind"])


def take_amount(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take the amount and show what will happen; a code begins anew with its member."""
    reader = _checked(tx, who, data["kind"])
    if said.kind in ("scan", "photo") or pointing.is_code(said.text):
        return take_member(tx, said, who, data, moment=moment)
    shop, member_id = rules.current(tx), data["member"]
    amount = parse_amount(said.text, shop.currency, limit_minor=shop.limits.amount_max_minor)
    if data["kind"] == TOP_UP:
        moved, after = purse.preview(tx, member_id, amount.minor)
    else:
        moved, after = purse.preview_payout(tx, member_id, amount.minor, now=moment.now)
    facts = {"name": second_person.masked(tx, member_id), "amount": amount, "bonus": moved.bonus, "left": after.total}
    messages = [_told("will", data["kind"], facts)]
    deed = second_person.Deed(data["kind"], member_id, {"amount_minor": amount.minor}, "")
    if approvals.is_much(tx, deed, reader, now=moment.now):
        alone = Money(shop.counter.top_up_alone_up_to_minor, shop.currency)
        messages.append(say("topup.second", amount=alone))
    key = moment.new_id("topup")
    known = {"member": member_id, "amount": amount.minor, "kind": data["kind"], "key": key}
    word = f"{'topup' if data['kind'] == TOP_UP else 'cashout'} ok {key}"
    yes = tap("confirm", word, amount=amount) if data["kind"] == TOP_UP else tap("cashout_ok", word, amount=amount)
    return screen(*messages, buttons=[[yes], [_CANCEL]], question=Question(CONFIRM, known))


def _begin(tx: Tx, said: Said, kind: str, *, other: bool) -> Reply:
    """Ask how much for the member who stands at the counter, or first who it is."""
    shown = said.known("staff.amount") or {}
    if "member" in shown and not other:
        return _ask_amount(tx, shown["member"], kind)
    return ask("topup.who", say("topup.who"), buttons=[[_CANCEL]], kind=kind)


def _ask_amount(tx: Tx, member_id: str, kind: str) -> Reply:
    has = purse.balance(tx, member_id)
    facts = {"name": second_person.masked(tx, member_id), "principal": has.principal, "bonus": has.bonus}
    offered: tuple[Message, ...] = ()
    if kind == TOP_UP:
        offered = listed(say("topup.gift", amount=amount, bonus=bonus) for amount, bonus in purse.gifts(tx))
    asked = _told("amount", kind, facts)
    return ask("topup.amount", asked, *offered, buttons=[[_CANCEL]], member=member_id, kind=kind)


def _confirm(tx: Tx, kind: str, key: str, reader: Reader, *, said: Said, moment: Moment) -> Reply:
    """Do what was shown; pressed again, the same answer comes again."""
    reference = f"desk:{reader.actor}:{key}"
    done = approvals.moved(tx, kind, reference)
    if done is None:
        data = said.known(CONFIRM)
        if data is None or (data["key"], data["kind"]) != (key, kind):
            raise QuoteExpired
        done = _do(tx, data, reader, reference, moment=moment)
    if isinstance(done, Approval):
        return waits(done)
    facts = {"amount": done.principal, "bonus": done.bonus, "left": done.balance.total}
    undo = [tap("undo", f"topup undo {done.id}")] if done.kind == TOP_UP else []
    return screen(_told("done", done.kind, facts), buttons=[undo, _next(done.kind)])


def _do(tx: Tx, data: Mapping[str, Any], reader: Reader, reference: str, *, moment: Moment) -> ToppedUp | Approval:
    member_id, minor = data["member"], data["amount"]
    if data["kind"] == TOP_UP:
        return approvals.top_up(tx, member_id, minor, reader, reference=reference, moment=moment)
    return approvals.cash_out(tx, member_id, minor, reader, reference=reference, moment=moment)


def _checked(tx: Tx, who: Who, kind: str) -> Reader:
    return staff.check(tx, who, purse.right(tx) if kind == TOP_UP else "top_up")


def _told(what: str, kind: str, facts: Mapping[str, Any]) -> Message:
    """Return one of the texts of a top-up or payout; a gift of nothing is not mentioned."""
    return say(f"{'topup' if kind == TOP_UP else 'cashout'}.{what}{figures.plain(facts['bonus'])}", **facts)


def _next(kind: str = TOP_UP) -> list[Any]:
    other = tap("topup_other", "topup other") if kind == TOP_UP else tap("cashout_other", "cashout other")
    return [tap("scan", "scan"), other]
