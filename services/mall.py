"""The points mall 积分商城: what points buy, exchanged once, taken back within minutes, and its pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from membership import taking_back
from membership.coupons import Coupon, check_free
from membership.errors import (
    CouponUnknown,
    DayOver,
    ExchangeFinal,
    InsufficientPoints,
    OfferUnknown,
    Refusal,
    UndoTooLate,
)
from membership.messages import choose, say
from membership.moment import Moment
from membership.offers import CLAIMED, Offer
from services import Tx, coupons, points, rules
from services.ledger import Cause
from storage import broadcasts as blobs
from storage import coupons as rows
from storage import members, merges

CLAIM: Final = "claim"
"""How references of coupons begin that their members claimed."""


@dataclass(frozen=True, slots=True)
class Goods:
    """Something points buy. ``blob_id`` is its picture ("" for none), ``left`` how many there are (None: any number).

    ``refusal`` says why this member cannot have it now; None: at once.
    """

    offer: Offer
    blob_id: str
    left: int | None
    refusal: Refusal | None


def goods(tx: Tx, member_id: str, *, now: datetime) -> list[Goods]:
    """Return what the mall has for this member, in the order of the shop's rules; what is not for them left out."""
    offers = rules.current(tx).offers_for("mall")
    if not offers:
        return []
    has, found = points.spendable(tx, member_id, now=now), rows.on_sale(tx, [offer.id for offer in offers])
    shown = {one.offer.id: one.refusal for one in coupons.had_where(tx, member_id, offers, now=now)}
    return [
        Goods(offer, row.blob_id, _left(row), shown[offer.id] or _too_dear(offer, has))
        for offer in offers
        if offer.id in shown and (row := found[offer.id]) is not None
    ]


def find(tx: Tx, member_id: str, offer_id: str, *, now: datetime) -> Goods:
    """Return one thing of the mall, or another offer that costs points. Raises OfferUnknown."""
    for one in goods(tx, member_id, now=now):
        if one.offer.id == offer_id:
            return one
    offer = rules.current(tx).offer(offer_id)
    if offer is None or not offer.price_points or offer.claim not in CLAIMED:
        raise OfferUnknown
    coupons.check(tx, member_id, offer, now=now)
    row, has = rows.on_sale(tx, [offer_id])[offer_id], points.spendable(tx, member_id, now=now)
    return Goods(offer, row.blob_id, _left(row), _too_dear(offer, has))


def within_reach(tx: Tx, member_id: str, ending: int, *, now: datetime) -> list[Offer]:
    """Return what the member could exchange at once, what saves most of the ``ending`` points first, then the cheapest.

    Not only the mall: any offer that its members claim for points.
    """
    sold = [one for one in rules.current(tx).offers if one.price_points and one.claim in CLAIMED]
    if not sold:
        return []
    has = points.spendable(tx, member_id, now=now)
    open_now = [one.offer for one in coupons.had_where(tx, member_id, sold, now=now) if one.refusal is None]
    near = [offer for offer in open_now if offer.price_points <= has]
    return sorted(near, key=lambda offer: (-min(offer.price_points, ending), offer.price_points))


def next_reward(tx: Tx, member_id: str, *, now: datetime) -> Offer | None:
    """Return the nearest thing points buy that this member cannot pay yet; None where there is none."""
    sold = [one for one in rules.current(tx).offers if one.price_points and one.claim in CLAIMED]
    if not sold:
        return None
    has = points.spendable(tx, member_id, now=now)
    open_now = [one.offer for one in coupons.had_where(tx, member_id, sold, now=now) if one.refusal is None]
    return min((one for one in open_now if one.price_points > has), key=lambda one: one.price_points, default=None)


def exchange(tx: Tx, member_id: str, offer_id: str, nonce: str, *, moment: Moment) -> Coupon:
    """Claim a coupon, for points where it costs some. The same nonce gives the same coupon.

    Also where the button was pressed before by somebody who is one with this member now. Raises what
    ``coupons.claim`` raises.
    """
    reference = _exchanged(tx, member_id, offer_id, nonce) or f"{CLAIM}:{member_id}:{offer_id}:{nonce}"
    return coupons.claim(tx, member_id, offer_id, reference=reference, moment=moment)


def was_exchanged(tx: Tx, member_id: str, offer_id: str, nonce: str) -> bool:
    """Tell whether this member, or who is one with them now, exchanged under this nonce before."""
    return bool(_exchanged(tx, member_id, offer_id, nonce))


def _exchanged(tx: Tx, member_id: str, offer_id: str, nonce: str) -> str:
    """Return the reference of the exchange under this nonce; "" where there was none."""
    names = (f"{CLAIM}:{one}:{offer_id}:{nonce}" for one in (member_id, *merges.absorbed(tx, member_id)))
    return next((name for name in names if rows.by_reference(tx, name) is not None), "")


def undo(tx: Tx, coupon_id: str, member_id: str, *, moment: Moment) -> Coupon:
    """Take an exchange back: the coupon is void, its points return to their own lots; twice is once.

    Within the shop's minutes, on the same day (so that no points outlive their end), and while it is unused. Raises
    CouponUnknown (also for somebody else's), CouponReserved and ExchangeFinal.
    """
    shop, row = rules.current(tx), rows.find(tx, coupon_id)
    if row is None or row.member_id != member_id or not row.reference.startswith(f"{CLAIM}:"):
        raise CouponUnknown
    members.lock(tx, member_id)
    coupon = coupons.get(tx, coupon_id, member_id)
    if coupon.state == "voided":
        return coupon
    minutes = shop.limits.undo_minutes
    try:
        taking_back.check_time(row.issued_at, moment.now, zone=shop.zone, minutes=minutes)
    except (UndoTooLate, DayOver):
        raise ExchangeFinal(minutes=minutes) from None
    check_free(coupon, now=moment.now)
    if not coupons.take_back(tx, coupon_id, actor=member_id, moment=moment):
        raise ExchangeFinal(minutes=minutes)
    why = (say("history.exchange_undone", title=choose(coupon.offer.title)),)
    cause = Cause(f"{row.reference}:price:undo", member_id, why)
    points.give_back(tx, member_id, cause, spent=f"{row.reference}:price", moment=moment)
    return coupon


def hang(tx: Tx, pictures: Mapping[str, bytes], *, now: datetime) -> int:
    """Show these offers (by code) with these JPEG or PNG files, all others with none; return how many changed."""
    changed = 0
    for code, shown in rows.pictures(tx).items():
        content = pictures.get(code, b"")
        digest = hashlib.sha256(content).hexdigest() if content else ""
        if digest == shown:
            continue
        kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        blob_id = blobs.put_picture(tx, content, content_type=kind, now=now) if content else ""
        rows.show_with(tx, code, blob_id=blob_id, picture=digest)
        changed += 1
    return changed


def _left(row: Any) -> int | None:
    return None if row.stock is None else max(0, int(row.stock) - int(row.issued))


def _too_dear(offer: Offer, has: int) -> Refusal | None:
    return None if offer.price_points <= has else InsufficientPoints(balance=has, needed=offer.price_points)
