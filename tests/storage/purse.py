"""A small table for tests of the engine: numbered purses with unique names."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from storage.database import Tx

PURSE = Table("test_purse", MetaData(), Column("id", Integer, primary_key=True), Column("name", String, unique=True))


class Refused(ValueError):
    """A rule of these tests said no."""


def put(tx: Tx, number: int, *, then: type[Exception] | None = None) -> int:
    """Store a purse, and afterwards raise, if asked to."""
    tx.execute(insert(PURSE).values(id=number, name=f"p{number}"))
    if then is not None:
        raise then
    return number


def numbers(tx: Tx) -> list[int]:
    return [row.id for row in tx.all(select(PURSE.c.id).order_by(PURSE.c.id))]
