"""The one list of tables, and the column shapes they share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, MetaData, String, Text

from storage.types import Json, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LIMIT = 10**12


def key() -> Column[Any]:
    """Return the id column: a UUID as text, made from the row's reference wherever it has one."""
    return Column("id", String(36), primary_key=True)


def to(table: str, name: str, *, null: bool = False, index: bool = False) -> Column[Any]:
    """Return a column that points to another table's id."""
    return Column(name, String(36), ForeignKey(f"{table}.id"), nullable=null, index=index)


def word(name: str, *, null: bool = False, default: str | None = None, **options: Any) -> Column[Any]:
    """Return a short text column for names of our own (never personal data)."""
    return Column(name, Text, nullable=null, server_default=default, **options)


def sealed(name: str) -> Column[Any]:
    """Return a column of encrypted text (see storage/cipher.py)."""
    return Column(name, LargeBinary, nullable=True)


def number(name: str, *, null: bool = False, default: int | None = None) -> Column[Any]:
    """Return a whole number column (points, minor units, counts)."""
    return Column(name, BigInteger, nullable=null, server_default=None if default is None else str(default))


def facts(name: str, *, null: bool = False) -> Column[Any]:
    """Return a column of a small document (JSON) that holds no personal data."""
    return Column(name, Json, nullable=null)


def moment(name: str, *, null: bool = False, **options: Any) -> Column[Any]:
    """Return a column of an instant in UTC."""
    return Column(name, UtcDateTime, nullable=null, **options)
