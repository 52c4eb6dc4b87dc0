"""Offers (what coupons can be had), coupons (who holds which) and redemptions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, bindparam, exists, func, literal_column, or_, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import coupons, offers, redemptions, reservations

# What is asked with every bill is built once: building a statement anew takes four times as long as running it.
_OF: Final[BindParameter[str]] = bindparam("of")
_NOW: Final = bindparam("at", type_=coupons.c.expires_at.type)
_WAITING: Final = and_(
    reservations.c.id == coupons.c.reservation_id, reservations.c.state == literal_column("'pending'")
)
_WITH_OFFER: Final = (
    select(
        coupons,
        offers.c.code.label("offer_code"),
        reservations.c.at.label("kept_at"),
        reservations.c.expires_at.label("kept_until"),
        reservations.c.store_id.label("kept_store_id"),
    )
    .join(offers, offers.c.id == coupons.c.offer_id)
    .outerjoin(reservations, _WAITING)
)
# The state stands in the text: left open, SQLite would plan anew each time to find the partial index.
_ISSUED: Final = coupons.c.state == literal_column("'issued'")
_FIND: Final = _WITH_OFFER.where(coupons.c.id == _OF)
_HELD: Final = _WITH_OFFER.where(coupons.c.member_id == _OF, _ISSUED, coupons.c.expires_at > _NOW).order_by(
    coupons.c.expires_at, coupons.c.id
)
_BY_REFERENCE: Final = _WITH_OFFER.where(coupons.c.reference == _OF)
_FREE: Final = ~exists().where(_WAITING, reservations.c.expires_at > _NOW)
_REDEEM: Final = (
    update(coupons)
    .where(coupons.c.id == _OF, _ISSUED, coupons.c.expires_at > _NOW, coupons.c.starts_at <= _NOW, _FREE)
    .values(state="redeemed")
)
_FIND_OFFER: Final = select(offers).where(offers.c.code == _OF)
_TAKE_STOCK: Final = (
    update(offers)
    .where(offers.c.id == _OF, or_(offers.c.stock.is_(None), offers.c.issued < offers.c.stock))
    .values(issued=offers.c.issued + 1)
)
_GIVE_STOCK_BACK: Final = (
    update(offers).where(offers.c.id == _OF, offers.c.issued > 0).values(issued=offers.c.issued - 1)
)
_BROUGHT: Final = _WITH_OFFER.where(
    coupons.c.purchase_id == _OF, coupons.c.purchase_id != literal_column("''"), _ISSUED
)
_RETURNED: Final = _WITH_OFFER.where(
    coupons.c.id.in_(select(redemptions.c.coupon_id).where(redemptions.c.purchase_id == _OF)),
    coupons.c.purchase_id != literal_column("''"),
    _ISSUED,
)
_GIVEN: Final = (coupons.c.member_id == _OF) & (coupons.c.state != "voided")
_HAD: Final = select(coupons.c.offer_id, func.count().label("total")).where(_GIVEN).group_by(coupons.c.offer_id)
_GIVEN_BY: Final = select(func.count()).where(
    coupons.c.issued_at >= bindparam("since", type_=coupons.c.issued_at.type),
    coupons.c.reference.startswith(bindparam("begins"), autoescape=False),
    coupons.c.state != "voided",
)
_HAD_SINCE: Final = (
    select(func.count())
    .select_from(coupons)
    .where(_GIVEN, coupons.c.offer_id == bindparam("offer"), coupons.c.issued_at >= _NOW)
)
_ADD_REDEMPTION: Final = redemptions.insert().inline()
_REDEMPTION: Final = select(redemptions).where(redemptions.c.coupon_id == _OF, redemptions.c.reversed_at.is_(None))


def given_under(tx: Tx, begins: str, *, since: datetime) -> int:
    """Return how many coupons were given since then under references that begin so, less those taken back."""
    return int(tx.scalar(_GIVEN_BY, {"begins": begins, "since": since}))


def put_offer(tx: Tx, code: str, **values: Any) -> None:
    """Add an offer or change its kind, state, stock and rules version; what was issued stays counted."""
    row_id = id_of(f"offer:{code}")
    if not tx.insert_once(offers, {"id": row_id, "code": code, **values}):
        tx.execute(update(offers).where(offers.c.id == row_id).values(**values))


def close_offers(tx: Tx, *, but: Collection[str]) -> None:
    """Turn off the offers whose codes are no longer named."""
    tx.execute(update(offers).where(offers.c.code.not_in(list(but))).values(state="off"))


def find_offer(tx: Tx, code: str) -> Row[Any] | None:
    """Return an offer by its code, or None."""
    return tx.one(_FIND_OFFER, {"of": code})


def take_stock(tx: Tx, offer_id: str) -> bool:
    """Count one more coupon of the offer as issued; False if the stock is gone."""
    return tx.execute(_TAKE_STOCK, {"of": offer_id}).rowcount == 1


def give_stock_back(tx: Tx, offer_id: str) -> None:
    """Count one coupon less as issued: it was taken back before it was used."""
    tx.execute(_GIVE_STOCK_BACK, {"of": offer_id})


def show_with(tx: Tx, code: str, *, blob_id: str, picture: str) -> None:
    """Note an offer's picture: where its bytes are kept, and their digest; both empty for none."""
    tx.execute(update(offers).where(offers.c.code == code).values(blob_id=blob_id, picture=picture))


def pictures(tx: Tx) -> dict[str, str]:
    """Return the digest of each offer's picture by its code; "" for none."""
    return {row.code: row.picture for row in tx.all(select(offers.c.code, offers.c.picture))}


def on_sale(tx: Tx, codes: Collection[str]) -> dict[str, Row[Any]]:
    """Return these offers by their codes."""
    return {row.code: row for row in tx.all(select(offers).where(offers.c.code.in_(list(codes))))}


def add(tx: Tx, coupon_id: str, **values: Any) -> bool:
    """Add a coupon; False if one with the same reference was given before."""
    return tx.insert_once(coupons, {"id": coupon_id, **values})


def find(tx: Tx, coupon_id: str) -> Row[Any] | None:
    """Return a coupon with its offer's code, or None."""
    return tx.one(_FIND, {"of": coupon_id})


def by_reference(tx: Tx, reference: str) -> Row[Any] | None:
    """Return the coupon given under this reference, or None."""
    return tx.one(_BY_REFERENCE, {"of": reference})


def held(tx: Tx, member_id: str, now: datetime) -> list[Row[Any]]:
    """Return the member's coupons that are not used and not over, the one that ends first at the front."""
    return tx.all(_HELD, {"of": member_id, "at": now})


def had(tx: Tx, member_id: str) -> dict[str, int]:
    """Return how many coupons of each offer (by id) the member was given, void ones left out."""
    return {row.offer_id: int(row.total) for row in tx.all(_HAD, {"of": member_id})}


def had_since(tx: Tx, member_id: str, offer_id: str, since: datetime) -> int:
    """Return how many coupons of an offer the member was given since this moment."""
    return int(tx.scalar(_HAD_SINCE, {"of": member_id, "offer": offer_id, "at": since}))


def keep(tx: Tx, coupon_ids: Collection[str], reservation_id: str) -> None:
    """Keep these coupons for a bill; as long as it waits, nothing else may use them."""
    mine = update(coupons).where(coupons.c.id.in_(list(coupon_ids)), _ISSUED)
    tx.execute(mine.values(reservation_id=reservation_id))


def void(tx: Tx, coupon_id: str) -> bool:
    """Take an unused coupon back for good; False if it was used, taken back before, or written off."""
    return tx.execute(update(coupons).where(coupons.c.id == coupon_id, _ISSUED).values(state="voided")).rowcount == 1


def brought_by(tx: Tx, purchase_id: str) -> list[Row[Any]]:
    """Return the unused coupons that a purchase brought."""
    return tx.all(_BROUGHT, {"of": purchase_id})


def returned_by(tx: Tx, purchase_id: str) -> list[Row[Any]]:
    """Return the coupons, brought by other purchases, that this one had used and that are unused again."""
    return tx.all(_RETURNED, {"of": purchase_id})


def redeem(tx: Tx, coupon_id: str, now: datetime) -> bool:
    """Use a coupon up; False if it was used, taken back or is over."""
    return tx.execute(_REDEEM, {"of": coupon_id, "at": now}).rowcount == 1


def put_back(tx: Tx, coupon_id: str, expires_at: datetime) -> bool:
    """Give a used coupon back, with the end it has from now on."""
    used = update(coupons).where(coupons.c.id == coupon_id, coupons.c.state == "redeemed")
    return tx.execute(used.values(state="issued", expires_at=expires_at)).rowcount == 1


def add_redemption(tx: Tx, redemption_id: str, **values: Any) -> None:
    """Write down when, where and by whom a coupon was used."""
    tx.execute(_ADD_REDEMPTION, {"id": redemption_id, **values})


def redemption(tx: Tx, coupon_id: str) -> Row[Any] | None:
    """Return the standing use of a coupon, or None."""
    return tx.one(_REDEMPTION, {"of": coupon_id})


def find_redemption(tx: Tx, redemption_id: str) -> Row[Any] | None:
    """Return one use of a coupon, standing or not, or None."""
    return tx.one(select(redemptions).where(redemptions.c.id == redemption_id))


def of_purchase(tx: Tx, purchase_id: str) -> list[Row[Any]]:
    """Return the standing redemptions of a purchase."""
    mine = (redemptions.c.purchase_id == purchase_id) & redemptions.c.reversed_at.is_(None)
    return tx.all(select(redemptions).where(mine))


def reverse(tx: Tx, redemption_id: str, now: datetime) -> bool:
    """Mark a redemption as reversed; False if it was before."""
    found = update(redemptions).where(redemptions.c.id == redemption_id, redemptions.c.reversed_at.is_(None))
    return tx.execute(found.values(reversed_at=now)).rowcount == 1


def expire(tx: Tx, *, now: datetime, limit: int) -> int:
    """Mark coupons whose time is over; return how many. One that is used at this very moment is left alone."""
    over = _ISSUED & (coupons.c.expires_at <= now)
    due = select(coupons.c.id).where(over).limit(limit)
    # asked once more of the row that is changed: it may have been waited for
    return tx.execute(update(coupons).where(coupons.c.id.in_(due), over).values(state="expired")).rowcount
