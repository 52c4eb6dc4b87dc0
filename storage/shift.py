"""What a day at the counter came to: its purchases, newest first, and the sums of each person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, and_, bindparam, func, or_, select

from storage.database import Tx
from storage.tables import coupons as held
from storage.tables import purchases, redemptions, refunds, top_ups

Span = tuple[datetime, datetime]
"""From this moment (UTC) up to, not including, that one."""

_STORE: Final[BindParameter[str]] = bindparam("store")
_SINCE: Final = bindparam("since", type_=purchases.c.at.type)
_UNTIL: Final = bindparam("until", type_=purchases.c.at.type)
_MOST: Final[BindParameter[int]] = bindparam("most")
# By time: the store's own index would lead SQLite through all it ever sold, and coalesce keeps it from that.
_OF_STORE: Final = func.coalesce(purchases.c.store_id, "") == _STORE
_HERE: Final = _OF_STORE & (purchases.c.at >= _SINCE) & (purchases.c.at < _UNTIL)
_BACK: Final = refunds.join(purchases, refunds.c.purchase_id == purchases.c.id)
_STORED: Final = purchases.c.stored_principal_minor + purchases.c.stored_bonus_minor
_LISTED: Final = select(purchases).where(_HERE).order_by(purchases.c.at.desc(), purchases.c.id.desc()).limit(_MOST)
_BEFORE: Final = _LISTED.where(
    or_(
        purchases.c.at < bindparam("at", type_=purchases.c.at.type),
        and_(purchases.c.at == bindparam("at", type_=purchases.c.at.type), purchases.c.id < bindparam("behind")),
    )
)
_SALES: Final = (
    select(
        purchases.c.actor,
        purchases.c.pay_method,
        func.count().label("number"),
        func.sum(purchases.c.paid_minor).label("paid"),
        func.sum(_STORED).label("stored"),
        func.sum(purchases.c.points_earned).label("earned"),
        func.sum(purchases.c.points_spent).label("spent"),
    )
    .where(_HERE)
    .group_by(purchases.c.actor, purchases.c.pay_method)
)
_REFUNDS: Final = (
    select(
        refunds.c.actor,
        func.count().label("number"),
        func.sum(refunds.c.amount_minor).label("amount"),
        func.sum(refunds.c.stored_principal_minor + refunds.c.stored_bonus_minor).label("stored"),
    )
    .select_from(_BACK)
    .where(_OF_STORE, refunds.c.at >= _SINCE, refunds.c.at < _UNTIL)
    .group_by(refunds.c.actor)
)
_COUPONS: Final = (
    select(redemptions.c.actor, func.count().label("number"))
    .where(redemptions.c.store_id == _STORE, redemptions.c.at >= _SINCE, redemptions.c.at < _UNTIL)
    .where(redemptions.c.reversed_at.is_(None))
    .group_by(redemptions.c.actor)
)
_HANDED_OUT: Final = (
    select(redemptions, held.c.member_id)
    .join(held, held.c.id == redemptions.c.coupon_id)
    .where(redemptions.c.store_id == _STORE, redemptions.c.at >= _SINCE, redemptions.c.at < _UNTIL)
    .where(redemptions.c.purchase_id.is_(None))
    .order_by(redemptions.c.at.desc(), redemptions.c.id.desc())
    .limit(_MOST)
)
_STORED_MOVED: Final = (
    select(top_ups.c.actor, top_ups.c.kind, func.sum(top_ups.c.principal_minor).label("amount"))
    .where(top_ups.c.store_id == _STORE, top_ups.c.at >= _SINCE, top_ups.c.at < _UNTIL)
    .where(top_ups.c.undone_at.is_(None))
    .group_by(top_ups.c.actor, top_ups.c.kind)
)


def listed(tx: Tx, store_id: str, span: Span, *, behind: Row[Any] | None, limit: int) -> list[Row[Any]]:
    """Return purchases of a store in this span, newest first, those before the row ``behind``."""
    given = {**_given(store_id, span), "most": limit}
    if behind is None:
        return tx.all(_LISTED, given)
    return tx.all(_BEFORE, {**given, "at": behind.at, "behind": behind.id})


def sales(tx: Tx, store_id: str, span: Span) -> list[Row[Any]]:
    """Return what each person sold by each way to pay: number, paid, stored (minor units), points earned and spent."""
    return tx.all(_SALES, _given(store_id, span))


def given_back(tx: Tx, store_id: str, span: Span) -> list[Row[Any]]:
    """Return what each person gave back: number, amount and how much of it went to stored value (minor units)."""
    return tx.all(_REFUNDS, _given(store_id, span))


def coupons(tx: Tx, store_id: str, span: Span) -> list[Row[Any]]:
    """Return how many coupons each person redeemed that stand."""
    return tx.all(_COUPONS, _given(store_id, span))


def handed_out(tx: Tx, store_id: str, span: Span, *, limit: int) -> list[Row[Any]]:
    """Return coupons used without a purchase, undone ones too, newest first, each with its member."""
    return tx.all(_HANDED_OUT, {**_given(store_id, span), "most": limit})


def stored_moved(tx: Tx, store_id: str, span: Span) -> list[Row[Any]]:
    """Return how much each person took in as stored value or paid out of it, by kind, undone left out (minor units)."""
    return tx.all(_STORED_MOVED, _given(store_id, span))


def _given(store_id: str, span: Span) -> dict[str, Any]:
    return {"store": store_id, "since": span[0], "until": span[1]}
