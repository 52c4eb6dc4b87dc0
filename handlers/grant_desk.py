"""A coupon given by hand in chat: to whom, which one, seen before it happens, and taken back if it was a slip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers import pointing
from handlers.coupons import condition, ends
from handlers.reply import ask, screen, tap
from handlers.said import Said
from membership.errors import OfferUnknown, QuoteExpired
from membership.member import Who
from membership.messages import Question, Reply, choose, say
from membership.moment import Moment
from services import Tx, grants, rules, second_person, staff
from services.reader import Reader

CHOOSE: Final = "grant.offer"
CONFIRM: Final = "grant.confirm"
"""The questions behind the list of offers and behind what will happen: they take no text, they remember."""
LISTED: Final = 12
_CANCEL = tap("cancel", "cancel")


def grant(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with a member, or act on a button: ``from <number>``, ``offer <id>``, ``ok <key>``, ``undo <coupon>``."""
    reader = staff.check(tx, who, "grant")
    data = said.known(CHOOSE, CONFIRM)
    match list(arguments):
        case []:
            return ask("grant.who", say("grant.who"), buttons=[[_CANCEL]])
        case ["from", number] if data is not None and number.isascii() and number.isdigit():
            return _which(tx, data["member"], int(number[:4]))
        case ["offer", offer_id] if data is not None:
            return _show(tx, data["member"], offer_id, moment=moment)
        case ["ok", key]:
            return _give(tx, key, data, reader, moment=moment)
        case ["undo", coupon_id]:
            return _undo(tx, coupon_id, reader, moment=moment)
    raise QuoteExpired


def take_member(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take who gets the coupon, and ask which one."""
    reader = staff.check(tx, who, "grant")
    meant = pointing.member(tx, said, reader, moment=moment)
    return meant if isinstance(meant, Reply) else _which(tx, meant, 0)


def _which(tx: Tx, member_id: str, first: int) -> Reply:
    """Ask which coupon it shall be, so many at once from this number on."""
    offers = grants.listed(tx)
    if not offers:
        return screen(say("grant.no_offers"), buttons=[[tap("scan", "scan")]])
    first = first if first < len(offers) else 0
    shown = offers[first : first + LISTED]
    buttons = [[tap("grant_offer", f"grant offer {offer.id}", title=choose(offer.title))] for offer in shown]
    if len(offers) > LISTED:
        buttons.append([tap("more", f"grant from {first + LISTED}")])
    text = say("grant.which", name=second_person.masked(tx, member_id))
    return screen(text, buttons=[*buttons, [_CANCEL]], question=Question(CHOOSE, {"member": member_id}))


def _show(tx: Tx, member_id: str, offer_id: str, *, moment: Moment) -> Reply:
    """Show what will happen before it does; what stands in the way is said now."""
    grants.check(tx, member_id, offer_id, now=moment.now)
    offer = rules.current(tx).offer(offer_id)
    if offer is None:
        raise OfferUnknown
    facts = {"name": second_person.masked(tx, member_id), "title": choose(offer.title)}
    key = moment.new_id("grant")
    known = {"member": member_id, "offer": offer_id, "key": key}
    text = say("grant.will", **facts, condition=condition(tx, offer))
    return screen(text, buttons=[[tap("grant_ok", f"grant ok {key}")], [_CANCEL]], question=Question(CONFIRM, known))


def _give(tx: Tx, key: str, data: Mapping[str, Any] | None, reader: Reader, *, moment: Moment) -> Reply:
    """Give what was shown; pressed again, the same answer comes again."""
    coupon = grants.given_by_hand(tx, reader, key)
    if coupon is None:
        if data is None or data.get("key") != key:
            raise QuoteExpired
        coupon = grants.by_hand(tx, data["member"], data["offer"], reader, key=key, moment=moment)
    minutes = rules.current(tx).limits.undo_minutes
    text = say("grant.done", title=choose(coupon.offer.title), ends=ends(tx, coupon))
    buttons = [[tap("grant_undo", f"grant undo {coupon.id}")], [tap("grant_other", "grant"), tap("scan", "scan")]]
    return screen(text, say("grant.undo_within", minutes=minutes), buttons=buttons)


def _undo(tx: Tx, coupon_id: str, reader: Reader, *, moment: Moment) -> Reply:
    coupon = grants.undo_by_hand(tx, coupon_id, reader, moment=moment)
    return screen(say("grant.undone", title=choose(coupon.offer.title)), buttons=[[tap("grant_other", "grant")]])
