"""Offers had by a link, by a poster's code or by a word typed in chat."""

from __future__ import annotations

from handlers import coupons as coupon_desk
from handlers import mall
from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership.errors import OfferUnknown
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment
from membership.offers import Offer
from services import Tx, coupons, members


def take_link(tx: Tx, said: Said, who: Who, *, moment: Moment) -> Reply | None:
    """Answer a link such as ``offer_welcome``; None where it is none, or for a stranger, who is greeted first."""
    if not coupons.is_link(said.source) or who.member_id is None:
        return None
    offer = coupons.by_link(tx, said.source)
    if offer is None:
        raise OfferUnknown
    return _claim(tx, said, who, offer, moment=moment)


def take_keyword(tx: Tx, said: Said, who: Who, *, moment: Moment) -> Reply | None:
    """Answer an offer's own keyword; None where it is none. A stranger joins first, and finds the offer then."""
    offer = coupons.by_keyword(tx, said.text)
    if offer is None:
        return None
    if who.member_id is None:
        members.came_by(tx, who, coupons.link_of(offer))
        return screen(say("coupons.join_first", title=choose(offer.title)), buttons=[[tap("join", "join")], home_row()])
    return _claim(tx, said, who, offer, moment=moment)


def came_for(tx: Tx, who: Who) -> list[Button]:
    """Return the button that claims what somebody came for by a link; none where they came otherwise."""
    offer = coupons.came_for(tx, who.identity_id)
    return [] if offer is None else [coupon_desk.claim_button(offer)]


def _claim(tx: Tx, said: Said, who: Who, offer: Offer, *, moment: Moment) -> Reply:
    """Claim it at once; what costs points is shown with its price first."""
    if offer.price_points:
        return mall.show_mall(tx, said, who, ["take", offer.id], moment=moment)
    return coupon_desk.show_coupons(tx, said, who, ["claim", offer.id], moment=moment)
