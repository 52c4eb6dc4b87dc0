"""The lottery's memory: how many of each prize are given, and every draw, once under its reference."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, or_, select, update

from membership.moment import id_of
from storage.database import Tx
from storage.tables import draws, prizes

_OF: Final = bindparam("of", type_=prizes.c.id.type)
_STOCK: Final = bindparam("most", type_=prizes.c.stock.type)
_TAKE: Final = (
    update(prizes)
    .where(prizes.c.id == _OF, or_(_STOCK.is_(None), prizes.c.given < _STOCK))
    .values(given=prizes.c.given + 1, stock=_STOCK)
)
_PUT_BACK: Final = update(prizes).where(prizes.c.id == _OF).values(given=prizes.c.given - 1)
_GIVEN: Final = select(prizes.c.code, prizes.c.given)
_BY_REFERENCE: Final = select(draws).where(draws.c.reference == bindparam("reference"))
_ON: Final = select(func.count().label("total"), func.coalesce(func.max(draws.c.nth), 0).label("last")).where(
    draws.c.member_id == bindparam("member"), draws.c.day == bindparam("day", type_=draws.c.day.type)
)
_TOTALS: Final = select(
    func.count().label("total"),
    func.count(draws.c.member_id.distinct()).label("people"),
    func.coalesce(func.sum(draws.c.price_points), 0).label("paid"),
)
_LAST: Final = (
    select(draws)
    .where(draws.c.member_id == bindparam("member"), draws.c.prize != "")
    .order_by(draws.c.at.desc(), draws.c.id)
    .limit(bindparam("most", type_=draws.c.nth.type))
)


def given(tx: Tx) -> dict[str, int]:
    """Return how many of each prize (by its id in the rules) were won; one that nobody ever won is left out."""
    return {row.code: int(row.given) for row in tx.all(_GIVEN)}


def take(tx: Tx, code: str, stock: int | None) -> bool:
    """Count one more of a prize as won; False if its stock (None: without end) is gone."""
    row_id = id_of(f"prize:{code}")
    tx.insert_once(prizes, {"id": row_id, "code": code, "stock": stock, "given": 0})
    return tx.execute(_TAKE, {"of": row_id, "most": stock}).rowcount == 1


def put_back(tx: Tx, code: str) -> None:
    """Count one less of a prize as won: it could not be handed over after all."""
    tx.execute(_PUT_BACK, {"of": id_of(f"prize:{code}")})


def find(tx: Tx, reference: str) -> Row[Any] | None:
    """Return the draw under this reference, or None."""
    return tx.one(_BY_REFERENCE, {"reference": reference})


def drawn(tx: Tx, member_id: str, day: date) -> tuple[int, int]:
    """Return how many draws the member made on this day of the shop, and the number of the last one.

    They differ where two accounts became one member on a day on which both drew.
    """
    row = tx.one(_ON, {"member": member_id, "day": day})
    assert row is not None, "a count is one row"
    return int(row.total), int(row.last)


def won(tx: Tx, member_id: str, limit: int) -> list[Row[Any]]:
    """Return the member's latest draws that won something, newest first."""
    return tx.all(_LAST, {"member": member_id, "most": limit})


def totals(tx: Tx) -> tuple[int, int, int]:
    """Return how many draws there were, by how many members, and how many points they cost together."""
    row = tx.one(_TOTALS)
    assert row is not None, "a sum is one row"
    return int(row.total), int(row.people), int(row.paid)


def add(tx: Tx, row_id: str, **values: Any) -> bool:
    """Write a draw down; False if it, or one with its number of that day, is there already."""
    return tx.insert_once(draws, {"id": row_id, **values})
