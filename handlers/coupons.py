"""Coupons: what I hold, what I can claim, and a coupon's own code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import codes as written
from membership import days
from membership.coupons import Coupon
from membership.errors import OfferUnknown
from membership.member import Who
from membership.messages import Button, Message, Picture, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from membership.occasions import hours_told
from membership.offers import Offer
from membership.points import last_day
from services import Tx, codes, coupons, mall, members, rules

SHOWN = 8
NONCE_LENGTH_MAX = 16
"""Ours have eight letters; a forged one is kept in a reference and must not outgrow it."""


def show_coupons(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the list (``page <number>``), claim one (``claim <offer> <nonce>``) or show one's code (``show <id>``)."""
    member_id = members.required(who)
    match list(arguments):
        case ["claim", offer_id, nonce] if len(nonce) <= NONCE_LENGTH_MAX:
            return _claim(tx, member_id, offer_id, nonce, moment=moment)
        case ["claim", offer_id]:
            return _claim(tx, member_id, offer_id, said.event, moment=moment)
        case ["show", coupon_id]:
            return _show(tx, who, coupon_id, moment=moment)
        case []:
            return _list(tx, member_id, 1, moment)
        case ["page", number] if number.isascii() and number.isdigit():
            return _list(tx, member_id, int(number[:4]), moment)
        case _:
            raise OfferUnknown


def _list(tx: Tx, member_id: str, page: int, moment: Moment) -> Reply:
    held, offers = coupons.held(tx, member_id, now=moment.now), coupons.claimable(tx, member_id, now=moment.now)
    open_now = [one.offer for one in offers if one.refusal is None]
    pages = max(1, -(-max(len(held), len(open_now)) // SHOWN))
    page = min(max(page, 1), pages)
    here = slice((page - 1) * SHOWN, page * SHOWN)
    nonce = moment.draw("claim", 4).hex()
    lines: list[Message] = [say("coupons.held", count=len(held))] if held else [say("coupons.none")]
    lines += listed(_held_line(tx, coupon, moment.now) for coupon in held[here])
    buttons = [[_button("show_coupon", f"coupons show {coupon.id}", coupon.offer)] for coupon in held[here]]
    if open_now[here]:
        lines.append(say("coupons.claimable"))
        lines += listed(_offer_line(tx, offer) for offer in open_now[here])
        buttons += [[claim_button(offer, nonce)] for offer in open_now[here]]
    turn = [tap("mall_page_back", f"coupons page {page - 1}")] if page > 1 else []
    turn += [tap("mall_page_on", f"coupons page {page + 1}")] if page < pages else []
    return screen(*lines, buttons=[*buttons, turn, list(home_row())])


def _claim(tx: Tx, member_id: str, offer_id: str, nonce: str, *, moment: Moment) -> Reply:
    offer = rules.current(tx).offer(offer_id)
    if offer is not None and offer.price_points:  # an old button of what was free then
        return _list(tx, member_id, 1, moment)
    coupon = mall.exchange(tx, member_id, offer_id, nonce, moment=moment)
    buttons = [[tap("show_this", f"coupons show {coupon.id}"), tap("coupons", "coupons")], list(home_row())]
    title = choose(coupon.offer.title)
    return screen(
        say("coupons.claimed", title=title),
        _held_line(tx, coupon, moment.now),
        buttons=buttons,
        toast=say("toast.claimed"),
    )


def _show(tx: Tx, who: Who, coupon_id: str, *, moment: Moment) -> Reply:
    member_id = members.required(who)
    coupon = coupons.get(tx, coupon_id, member_id)
    coupons.check_living(tx, coupon, now=moment.now)
    shown = codes.show(tx, member_id, moment=moment, session=who.identity_id, coupon_id=coupon.id)
    digits = written.shown(shown.digits)
    facts = {
        "shop": choose(rules.current(tx).name),
        "title": choose(coupon.offer.title),
        "condition": needs(tx, coupon, moment.now),
        "ends": ends(tx, coupon),
        "code": shown.text,
        "digits": digits,
        "until": shown.expires_at,
    }
    caption = say("coupons.caption", title=choose(coupon.offer.title), digits=digits, until=shown.expires_at)
    buttons = [[tap("refresh", f"coupons show {coupon.id}"), tap("coupons", "coupons")]]
    return screen(caption, picture=Picture("coupon", facts), buttons=buttons)


def claim_button(offer: Offer, nonce: str = "") -> Button:
    """Return the button that claims an offer; what costs points is asked for with its price first."""
    word = f"mall take {offer.id}" if offer.price_points else f"coupons claim {offer.id} {nonce}".rstrip()
    return _button("claim", word, offer)


def _button(key: str, word: str, offer: Offer) -> Button:
    return tap(key, word, title=choose(offer.title))


def _held_line(tx: Tx, coupon: Coupon, now: datetime) -> Message:
    facts = {"condition": needs(tx, coupon, now), "ends": ends(tx, coupon)}
    return say("coupons.line", title=choose(coupon.offer.title), **facts)


def _offer_line(tx: Tx, offer: Offer) -> Message:
    price = say("coupons.price", points=offer.price_points) if offer.price_points else say("coupons.free")
    return say("coupons.offer", title=choose(offer.title), condition=condition(tx, offer), price=price)


def condition(tx: Tx, offer: Offer) -> Message:
    """Return what a coupon of this offer needs, in words: the bill, the days of the week, the hours, the stores."""
    return say("coupons.needs", needs=tuple(_conditions(tx, offer)))


def needs(tx: Tx, coupon: Coupon, now: datetime) -> Message:
    """Return what a coupon needs, in words, with its first day where that is still to come."""
    first = days.day_of(coupon.starts_at, rules.current(tx).zone)
    begins = (say("when.from", on=first),) if coupon.starts_at > now else ()
    return say("coupons.needs", needs=(*begins, *_conditions(tx, coupon.offer)))


def _conditions(tx: Tx, offer: Offer) -> Iterator[Message]:
    shop = rules.current(tx)
    if offer.threshold_minor:
        yield say("coupons.from", amount=Money(offer.threshold_minor, shop.currency))
    else:
        yield say("coupons.any")
    yield from hours_told(offer.validity)
    stores = tuple(choose(store.name) for store in shop.stores if store.code in offer.stores)
    if stores and len(shop.stores) > 1:
        yield say("coupons.stores", stores=stores)


def ends(tx: Tx, coupon: Coupon) -> Message:
    """Return until when a coupon counts, in words."""
    if coupon.expires_at is None:
        return say("coupons.endless")
    return say("coupons.until", on=last_day(coupon.expires_at, rules.current(tx).zone))
