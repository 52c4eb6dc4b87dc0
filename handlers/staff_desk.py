"""The counter in chat: read a code, see the member, type the amount, confirm, and take it back if it was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers import pointing, products, till
from handlers.reply import ask, reply_for, screen, tap
from handlers.said import Said
from membership import figures
from membership import staff as rights
from membership.errors import (
    AmountTooLarge,
    Expired,
    InvalidAmount,
    NotAMember,
    NotStaff,
    PurchaseUnknown,
    QuoteExpired,
    Refusal,
    UnknownCode,
)
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment
from membership.money import parse_amount
from services import (
    Tx,
    codes,
    counter,
    guesses,
    members,
    purchases,
    quotes,
    redemptions,
    refunds,
    reservations,
    rules,
    sessions,
    staff,
)
from services.orders import Order, Recorded
from services.reader import Reader
from services.reservations import Waiting

CODES_MOST = 8
"""So many codes of one picture are looked at."""


def ask_code(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Ask for a member's code: a scan, a photo or the ten digits; or take the one chosen of several in a picture."""
    reader = staff.check(tx, who, "scan")
    if arguments:
        return _read(tx, _chosen(said, arguments[0]), reader, moment=moment)
    if said.kind in ("scan", "photo"):
        return take_code(tx, said, who, {}, moment=moment)
    page = Button(say("button.open_counter"), page=sessions.link(tx, who, "staff", moment=moment))
    return ask("staff.code", say("desk.ask_code"), buttons=[[page], [tap("enrol", "enrol"), tap("cancel", "cancel")]])


def take_code(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Read the code and show the member behind it; of several in one picture the cashier says which."""
    reader = staff.check(tx, who, "scan")
    if said.refused:
        return screen(say(f"photo.{said.refused}"), buttons=[[tap("scan_again", "scan")]], question=said.open)
    found = _codes_in(said)
    if not found:
        question = ask("staff.code").question
        return screen(say("photo.no_code"), buttons=[[tap("cancel", "cancel")]], question=question)
    if len(found) > 1:
        return _ask_which(tx, found, reader, moment=moment)
    return _read(tx, found[0], reader, moment=moment)


def take_amount(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take the bill's amount and show the price with the best coupons already ticked.

    What cannot be an amount but is a code begins anew with that code: the next customer's, or the same one's again
    where the answer to the first reading got lost.
    """
    reader, shop = staff.check(tx, who, "purchase"), rules.current(tx)
    try:
        amount = parse_amount(said.text, shop.currency, limit_minor=shop.limits.amount_max_minor)
    except (InvalidAmount, AmountTooLarge):
        if said.kind in ("scan", "photo") or pointing.is_code(said.text):
            return take_code(tx, said, who, {}, moment=moment)
        raise
    order = Order(data["member"], amount.minor, scan_id=data.get("scan"))
    if order.scan_id is not None:
        codes.find_scan(tx, order.scan_id, reader, now=moment.now)
        order = _with_best(tx, order, data.get("coupon"), reader, moment=moment)
    return till.show_quote(tx, order, reader, moment=moment)


def pay(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Act on the price shown: ``ok <scan or member>`` settles it, ``coupon <id>``, ``points``, ``stored`` change it."""
    reader = staff.check(tx, who, "purchase")
    data = said.known(till.QUOTE)
    match list(arguments):
        case ["ok", key]:
            return _record(tx, key, data, reader, said=said, moment=moment)
        case ["products", *rest] if said.open is not None and data is not None:
            return products.show(tx, said.open, rest)
        case ["quote"] if data is not None:
            return _requote(tx, data, reader, moment=moment)
        case ["amount"] if data is not None:
            again = {"member": data["member"], "scan": data["scan"]}
            return ask("staff.amount", say("desk.ask_amount"), buttons=[[tap("cancel", "cancel")]], **again)
        case what if data is not None:
            changed = _changed(tx, till.order_of(data), what, reader, moment=moment)
            return _again(tx, changed, data, reader, moment=moment)
    raise QuoteExpired


def undo(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Take back a purchase of one's own, the last one if none is named."""
    del said
    reader = staff.check(tx, who, "undo")
    purchase_id = arguments[0] if arguments else purchases.last(tx, reader.actor)
    if purchase_id is None:
        raise PurchaseUnknown
    undone = refunds.undo(tx, purchase_id, reader, moment=moment)
    moved = figures.points_back(undone.points_clawed_back, undone.points_restored, undone.balance)
    messages = [say("desk.undone", amount=undone.amount, moved=moved)]
    if undone.stored.minor:
        messages.append(say("refund.stored", stored=undone.stored, amount=undone.to_pay_out))
    if undone.debt:
        messages.append(say("desk.debt", points=undone.debt))
    return screen(*messages, buttons=[[tap("scan", "scan")]])


def redeem(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Hand out the goods of a gift or exchange coupon without a purchase."""
    reader = staff.check(tx, who, "redeem_coupon")
    if len(arguments) == 2 and arguments[0] == "undo":  # noqa: PLR2004 -- and which
        manager = rights.may(who.roles, "refund", store_id=reader.store_id)
        undone = redemptions.undo(tx, arguments[1], reader, manager=manager, moment=moment)
        title = choose(undone.coupon.offer.title)
        return screen(say("desk.redemption_undone", title=title), buttons=[[tap("scan", "scan")]])
    scan_id = said.open.data.get("scan") if said.open is not None else None
    if not arguments or scan_id is None:
        raise QuoteExpired
    done = redemptions.hand_out(tx, arguments[0], scan_id, reader, moment=moment)
    told = {"title": choose(done.coupon.offer.title), "goods": choose(done.coupon.offer.goods)}
    return screen(say("desk.redeemed", **told), buttons=[[tap("undo", f"redeem undo {done.id}"), tap("scan", "scan")]])


def enrol(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Ask for the phone of somebody who has neither app at hand."""
    del said, moment
    staff.check(tx, who, "enrol")
    return ask("staff.phone", say("desk.ask_phone"), buttons=[[tap("cancel", "cancel")]])


def take_phone(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Find the member with this phone, or make one; either can earn at once."""
    reader = staff.check(tx, who, "enrol")
    staff.count_lookup(tx, reader, now=moment.now)
    found = members.find_by_phone(tx, said.phone or said.text)
    if found is not None:
        return till.show_member(counter.look(tx, found, reader, moment=moment))
    made = members.enrol(
        tx, said.phone or said.text, name="", birthday="", offers=False, actor=reader.actor, moment=moment
    )
    shown = till.show_member(counter.look(tx, made, reader, moment=moment))
    return screen(say("desk.enrolled"), *shown.messages, buttons=shown.buttons, question=shown.question)


def release(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Let a member's stopped card work again, once it is clear who bought what."""
    del said
    reader = staff.check(tx, who, "release_member")
    if not arguments:
        raise NotAMember
    members.release(tx, arguments[0], actor=reader.actor, moment=moment)
    return screen(say("desk.released"), buttons=[[tap("scan", "scan")]])


def unlock(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Let a colleague type codes again after too many wrong ones."""
    del said
    reader = staff.check(tx, who, "unlock_typing")
    if not arguments:
        raise NotStaff
    guesses.forgive(tx, arguments[0], by=reader.actor, moment=moment)
    return screen(say("desk.unlocked"), buttons=[[tap("scan", "scan")]])


def _codes_in(said: Said) -> tuple[str, ...]:
    """Return the different codes of what was scanned, photographed or typed; one that is no member code stays."""
    if said.kind not in ("scan", "photo"):
        return (said.source if pointing.is_code(said.source) else said.text,)
    ours = tuple(dict.fromkeys(code for code in said.codes if pointing.is_code(code)))
    return ours or said.codes[:1]


def _chosen(said: Said, number: str) -> str:
    """Return the code behind a number of the last picture. Raises Expired."""
    listed = said.open.data.get("codes", ()) if said.open is not None else ()
    if not number.isascii() or not number.isdigit() or not 0 < int(number[:3]) <= len(listed):
        raise Expired
    return str(listed[int(number) - 1])


def _read(tx: Tx, scanned: str, reader: Reader, *, moment: Moment) -> Reply:
    """Read a code and show the member; a wrong number is counted against guessing."""
    counter.hold(tx, scanned, reader)
    try:
        with tx.savepoint():
            return till.show_member(counter.read(tx, scanned, reader, moment=moment))
    except UnknownCode as no:
        counter.note_wrong(tx, scanned, no, reader, moment=moment)
        return reply_for(no)


def _ask_which(tx: Tx, found: Sequence[str], reader: Reader, *, moment: Moment) -> Reply:
    """Ask which of the members in one picture is meant; no code is claimed before the answer.

    Codes that all belong to one member need no question. Raises the first refusal where none of them counts.
    """
    seen: dict[str, str] = {}
    refused: list[Refusal] = []
    for text in found[:CODES_MOST]:
        try:
            seen.setdefault(codes.peek(tx, text, reader, moment=moment), text)
        except Refusal as no:
            refused.append(no)
    if not seen:
        raise refused[0]
    if len(seen) == 1 and not refused:
        return _read(tx, next(iter(seen.values())), reader, moment=moment)
    people = [(text, members.get(tx, member_id)) for member_id, text in seen.items()]
    return till.show_choice([(text, member, members.tier_name(tx, member)) for text, member in people])


def _changed(tx: Tx, order: Order, what: Sequence[str], reader: Reader, *, moment: Moment) -> Order:
    """Return the order with a coupon, points or stored value taken or left. Raises QuoteExpired."""
    match what:
        case ["coupon", coupon_id]:
            return _toggled(order, coupon_id)
        case ["points"]:
            return _points_toggled(tx, order, reader, moment)
        case ["stored"]:
            return _stored_toggled(tx, order, reader, moment)
    raise QuoteExpired


def _again(tx: Tx, order: Order, data: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    """Show the price anew with what was changed."""
    return till.show_quote(tx, order, reader, moment=moment, typed_minor=data.get("typed"))


def _requote(tx: Tx, data: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    """Show the price with the products that were tapped; what serves the member best is chosen anew."""
    order = till.with_coupons(products.summed(till.order_of(data), data["typed"]), ())
    if order.scan_id is not None:
        order = _with_best(tx, order, None, reader, moment=moment)
    return _again(tx, order, data, reader, moment=moment)


def _with_best(tx: Tx, order: Order, coupon_id: str | None, reader: Reader, *, moment: Moment) -> Order:
    return till.with_coupons(order, quotes.chosen(tx, order, reader, coupon_id, now=moment.now))


def _toggled(order: Order, coupon_id: str) -> Order:
    if coupon_id in order.coupon_ids:
        return till.with_coupons(order, tuple(one for one in order.coupon_ids if one != coupon_id))
    return till.with_coupons(order, (*order.coupon_ids, coupon_id))


def _points_toggled(tx: Tx, order: Order, reader: Reader, moment: Moment) -> Order:
    most = 0 if order.points else quotes.most_points(tx, order, reader, now=moment.now)
    return till.with_points(order, most)


def _stored_toggled(tx: Tx, order: Order, reader: Reader, moment: Moment) -> Order:
    most = 0 if order.stored_minor else quotes.most_stored(tx, order, reader, now=moment.now)
    return till.with_stored(order, most)


def _record(tx: Tx, key: str, data: Mapping[str, Any] | None, reader: Reader, *, said: Said, moment: Moment) -> Reply:
    """Settle the price shown: record it, or hold it up for the member's yes; pressed again, the same comes again."""
    reference = f"desk:{reader.actor}:{key}"
    done = _settled(tx, reference) if data is None or data["key"] != key else None
    if done is None:
        if data is None or data["key"] != key:
            raise QuoteExpired
        order = till.order_of(data)
        if quotes.quote(tx, order, reader, now=moment.now).to_pay != data["to_pay"]:
            raise QuoteExpired
        how = {"reference": reference, "channel": said.identity.channel}
        done = counter.settle(tx, order, reader, **how, moment=moment)
    return till.show_receipt(done) if isinstance(done, Recorded) else till.show_waiting(done)


def _settled(tx: Tx, reference: str) -> Recorded | Waiting | None:
    return purchases.recorded(tx, reference) or reservations.under(tx, reference)
