"""Coupons: what I hold, what I can claim, and a coupon's own code."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import codes as written
from membership.coupons import Coupon
from membership.errors import OfferUnknown
from membership.member import Who
from membership.messages import Button, Message, Picture, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from membership.offers import Offer
from membership.points import last_day
from services import Tx, codes, coupons, mall, members, rules

SHOWN = 8
NONCE_LENGTH_MAX = 16
"""Ours have eight letters; a forged one is kept in a reference and must not outgrow it."""


def show_coupons(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the list, claim one (``claim <offer> <nonce>``) or show one's code (``show <id>``)."""
    member_id = members.required(who)
    match list(arguments):
        case ["claim", offer_id, nonce] if len(nonce) <= NONCE_LENGTH_MAX:
            return _claim(tx, member_id, offer_id, nonce, moment=moment)
        case ["claim", offer_id]:
            return _claim(tx, member_id, offer_id, said.event, moment=moment)
        case ["show", coupon_id]:
            return _show(tx, who, coupon_id, moment=moment)
        case []:
            return _list(tx, member_id, moment)
        case _:
            raise OfferUnknown


def _list(tx: Tx, member_id: str, moment: Moment) -> Reply:
    held, offers = coupons.held(tx, member_id, now=moment.now), coupons.claimable(tx, member_id, now=moment.now)
    nonce = moment.draw("claim", 4).hex()
    lines: list[Message] = [say("coupons.held", count=len(held))] if held else [say("coupons.none")]
    lines += listed(_held_line(tx, coupon) for coupon in held[:SHOWN])
    buttons = [[_button("show_coupon", f"coupons show {coupon.id}", coupon.offer)] for coupon in held[:SHOWN]]
    open_now = [one.offer for one in offers if one.refusal is None][:SHOWN]
    if open_now:
        lines.append(say("coupons.claimable"))
        lines += listed(_offer_line(tx, offer) for offer in open_now)
        buttons += [[_button("claim", f"coupons claim {offer.id} {nonce}", offer)] for offer in open_now]
    return screen(*lines, buttons=[*buttons, list(home_row())])


def _claim(tx: Tx, member_id: str, offer_id: str, nonce: str, *, moment: Moment) -> Reply:
    coupon = mall.exchange(tx, member_id, offer_id, nonce, moment=moment)
    buttons = [[tap("show_this", f"coupons show {coupon.id}"), tap("coupons", "coupons")], list(home_row())]
    title = choose(coupon.offer.title)
    return screen(
        say("coupons.claimed", title=title), _held_line(tx, coupon), buttons=buttons, toast=say("toast.claimed")
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
        "condition": condition(tx, coupon.offer),
        "ends": ends(tx, coupon),
        "code": shown.text,
        "digits": digits,
        "until": shown.expires_at,
    }
    caption = say("coupons.caption", title=choose(coupon.offer.title), digits=digits, until=shown.expires_at)
    buttons = [[tap("refresh", f"coupons show {coupon.id}"), tap("coupons", "coupons")]]
    return screen(caption, picture=Picture("coupon", facts), buttons=buttons)


def _button(key: str, word: str, offer: Offer) -> Button:
    return tap(key, word, title=choose(offer.title))


def _held_line(tx: Tx, coupon: Coupon) -> Message:
    return say(
        "coupons.line", title=choose(coupon.offer.title), condition=condition(tx, coupon.offer), ends=ends(tx, coupon)
    )


def _offer_line(tx: Tx, offer: Offer) -> Message:
    price = say("coupons.price", points=offer.price_points) if offer.price_points else say("coupons.free")
    return say("coupons.offer", title=choose(offer.title), condition=condition(tx, offer), price=price)


def condition(tx: Tx, offer: Offer) -> Message:
    """Return what a coupon needs, in words."""
    if offer.threshold_minor:
        return say("coupons.from", amount=Money(offer.threshold_minor, rules.current(tx).currency))
    return say("coupons.any")


def ends(tx: Tx, coupon: Coupon) -> Message:
    """Return until when a coupon counts, in words."""
    if coupon.expires_at is None:
        return say("coupons.endless")
    return say("coupons.until", on=last_day(coupon.expires_at, rules.current(tx).zone))
