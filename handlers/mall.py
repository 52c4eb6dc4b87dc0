"""The points mall in chat: what points buy, one thing at a time with its picture, exchanged and taken back."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.coupons import NONCE_LENGTH_MAX, ends, needs
from handlers.reply import home_row, listed, reply_for, screen, tap
from handlers.said import Said
from membership.coupons import Coupon
from membership.errors import OfferUnknown
from membership.member import Who
from membership.messages import Button, Message, Picture, Reply, choose, say
from membership.moment import Moment
from services import Tx, mall, members, points, rules
from services.mall import Goods

PAGE = 6
"""So many things are listed at once."""


def show_mall(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """List what points buy, or act on a button.

    ``page <number>`` and ``show <offer>`` turn the pages, ``take <offer>`` asks once more, ``ok <offer> <nonce>
    <price>`` exchanges for the price as it was shown, ``undo <coupon>`` takes it back.
    """
    del said
    member_id = members.required(who)
    match list(arguments):
        case []:
            return _list(tx, member_id, 1, moment)
        case ["page", number] if number.isascii() and number.isdigit():
            return _list(tx, member_id, int(number[:4]), moment)
        case ["show", offer_id]:
            return _show(tx, member_id, offer_id, moment)
        case ["take", offer_id]:
            return _ask(tx, member_id, offer_id, moment)
        case ["ok", offer_id, nonce, price] if len(nonce) <= NONCE_LENGTH_MAX:
            return _exchange(tx, member_id, offer_id, nonce, price=price, moment=moment)
        case ["undo", coupon_id]:
            return _undo(tx, member_id, coupon_id, moment=moment)
    raise OfferUnknown


def _list(tx: Tx, member_id: str, page: int, moment: Moment) -> Reply:
    found = mall.goods(tx, member_id, now=moment.now)
    if not found:
        return screen(say("mall.empty"), buttons=[[tap("coupons", "coupons"), *home_row()]])
    pages = (len(found) + PAGE - 1) // PAGE
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    title = say("mall.title", points=points.spendable(tx, member_id, now=moment.now))
    buttons = [[tap("mall_show", f"mall show {one.offer.id}", title=choose(one.offer.title))] for one in shown]
    turn = [tap("mall_page_on", f"mall page {page + 1}")] if page < pages else []
    back = [tap("mall_page_back", f"mall page {page - 1}")] if page > 1 else []
    return screen(title, *listed(_line(one) for one in shown), buttons=[*buttons, [*back, *turn], home_row()])


def _show(tx: Tx, member_id: str, offer_id: str, moment: Moment) -> Reply:
    """Show one thing with its picture, and the way to the next."""
    found = mall.goods(tx, member_id, now=moment.now)
    ids = [one.offer.id for one in found]
    if offer_id not in ids:
        raise OfferUnknown
    place = ids.index(offer_id)
    one = found[place]
    lines = [_name(one), _cost(one), say("mall.pick_up"), *_missing(one)]
    take = [] if one.refusal else [tap("mall_take", f"mall take {offer_id}", points=one.offer.price_points)]
    near: list[Button] = []
    if len(ids) > 1:
        near = [
            tap("mall_before", f"mall show {ids[place - 1]}"),
            tap("mall_next", f"mall show {ids[place + 1 - len(ids)]}"),
        ]
    return screen(*lines, picture=_picture(one), buttons=[take, near, [tap("mall", "mall"), *home_row()]])


def _ask(tx: Tx, member_id: str, offer_id: str, moment: Moment) -> Reply:
    """Say what an exchange costs and leaves, before it happens."""
    one = mall.find(tx, member_id, offer_id, now=moment.now)
    if one.refusal is not None:
        raise one.refusal
    price, has = one.offer.price_points, points.spendable(tx, member_id, now=moment.now)
    nonce = moment.draw("mall", 4).hex()
    text = say("mall.ask", title=choose(one.offer.title), price=price, left=has - price)
    ok = tap("mall_ok", f"mall ok {offer_id} {nonce} {price}", points=price)
    return screen(
        text,
        buttons=[
            [ok],
            [tap("back", f"mall show {offer_id}") if one.offer.claim == "mall" else tap("coupons", "coupons")],
        ],
    )


def _exchange(tx: Tx, member_id: str, offer_id: str, nonce: str, *, price: str, moment: Moment) -> Reply:
    offer = rules.current(tx).offer(offer_id)
    changed = offer is not None and price != str(offer.price_points)
    if changed and not mall.was_exchanged(tx, member_id, offer_id, nonce):
        return _ask(tx, member_id, offer_id, moment)  # nobody pays another price than the one on the button
    coupon = mall.exchange(tx, member_id, offer_id, nonce, moment=moment)
    if coupon.state == "voided":  # pressed again after it was taken back
        return _undone(tx, member_id, coupon, moment)
    left = points.spendable(tx, member_id, now=moment.now)
    minutes = rules.current(tx).limits.undo_minutes
    lines = [
        say("mall.done", title=choose(coupon.offer.title), points=left),
        say(
            "coupons.line",
            title=choose(coupon.offer.title),
            condition=needs(tx, coupon, moment.now),
            ends=ends(tx, coupon),
        ),
        say("mall.undo_within", minutes=minutes),
    ]
    buttons = [
        [tap("show_this", f"coupons show {coupon.id}")],
        [tap("mall_undo", f"mall undo {coupon.id}"), tap("mall", "mall")],
    ]
    return screen(*lines, buttons=[*buttons, home_row()], toast=say("toast.exchanged"))


def _undo(tx: Tx, member_id: str, coupon_id: str, *, moment: Moment) -> Reply:
    return _undone(tx, member_id, mall.undo(tx, coupon_id, member_id, moment=moment), moment)


def _undone(tx: Tx, member_id: str, coupon: Coupon, moment: Moment) -> Reply:
    left = points.spendable(tx, member_id, now=moment.now)
    told = say("mall.undone", title=choose(coupon.offer.title), points=left)
    return screen(told, buttons=[[tap("mall", "mall"), tap("points", "points")], home_row()])


def _name(one: Goods) -> Message:
    return say("mall.name", title=choose(one.offer.title))


def _line(one: Goods) -> Message:
    return say("mall.line", title=choose(one.offer.title), price=_cost(one))


def _cost(one: Goods) -> Message:
    """Return what it costs, and how many are left where they are counted."""
    price = say("mall.price", points=one.offer.price_points)
    if one.left is None:
        return price
    return say("mall.price_left", price=price, left=say("mall.left", count=one.left) if one.left else say("mall.gone"))


def _missing(one: Goods) -> list[Message]:
    """Say why it cannot be had now, where that is not told by the line."""
    if one.refusal is None or one.left == 0:
        return []
    return list(reply_for(one.refusal).messages)


def _picture(one: Goods) -> Picture | None:
    return Picture("blob", {"id": one.blob_id}) if one.blob_id else None
