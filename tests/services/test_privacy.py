"""A copy holds every table that points to its member, and nobody else's rows; erasure leaves the books alone.

The tables are read from the schema: a new one that points to members fails here until somebody has said what becomes
of it.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    func,
    select,
)

from services import Tx, privacy
from storage.tables import consents, fields, identities, members, metadata, remarks, tags
from storage.types import Json, UtcDateTime
from tests.services.shopfront import Shop

MINE, THEIRS = "白鹭的话", "夜鹰的话"

GONE: Final = frozenset({"check_ins", "tags", "fields", "habits", "bonds", "doubles", "audiences"})
"""Tables whose rows about somebody are dropped with them."""
STAYS: Final = frozenset({
    "members", "consents", "outbox", "questions", "remarks",  # without what was told, said and agreed by which account
    "accounts", "purchases", "top_ups", "coupons", "passes", "visits", "draws", "ratings", "sign_ups", "referrals",
    "tier_changes", "merges", "reservations", "codes", "scans", "flags",  # the books, under an id that leads nowhere
})  # fmt: skip
ONE_OF_TWO: Final = "ratings.visit_id"
"""What may be empty, but not together with its other."""
APART: Final = frozenset({"identities", "sessions"})
"""What belongs to an account: leaving takes it off the member, and the member's sessions end."""


def points_to_members(table: Table) -> list[str]:
    """Return the columns that name a member."""
    own = {key.parent.name for key in foreign_keys(table) if key.column.table is members}
    return [column.name for column in table.c if column.name in own | {"member_id"}]


def foreign_keys(table: Table) -> set[ForeignKey]:
    return {key for column in table.c for key in column.foreign_keys}


def linked() -> Iterator[Table]:
    return (table for table in metadata.sorted_tables if table is members or points_to_members(table))


class Filler:
    """Writes one row about somebody into a table, with whatever the row has to point to."""

    def __init__(self, tx: Tx, shop: Shop, other: str) -> None:
        self.tx, self.shop, self.other = tx, shop, other
        self.numbers = itertools.count(1)
        self.account = ""

    def row(self, table: Table, member_id: str, said: str) -> dict[str, Any]:
        """Write a row; what is sealed in it says ``said``. The second of two members is the other one."""
        whose = dict(zip(points_to_members(table), (member_id, self.other), strict=False))
        values = {column.name: whose.get(column.name) or self.value(table, column) for column in table.c}
        values = {name: value for name, value in values.items() if value is not None}
        place = ":".join(str(values[column.name]) for column in table.primary_key)
        for column in table.c:
            if column.name.endswith("_ct"):
                values[column.name] = self.tx.cipher.seal(table.name, column.name, place, said)
        self.tx.execute(table.insert().values(**values))
        if table is identities and said == MINE:
            self.account = values["id"]
        return values

    def value(self, table: Table, column: Column[Any]) -> Any:
        """Return a value that will do, a fresh one where it must be; None where there may be none."""
        number, kind = next(self.numbers), column.type
        target = next((key.column.table for key in column.foreign_keys), None)
        if target is identities and self.account:
            return self.account
        if (column.nullable or column.server_default is not None) and str(column) != ONE_OF_TWO:
            return None
        if target is not None:
            return self.row(target, self.other, THEIRS)["id"]
        if (choice := choices(table, column)) is not None:
            return choice
        simple = {
            BigInteger: 1,
            Integer: 1,
            Boolean: True,
            Date: date(2026, 1, 1),
            UtcDateTime: self.shop.now,
        }
        simple |= {Json: {}, LargeBinary: number.to_bytes(8, "big")}
        return next((value for name, value in simple.items() if isinstance(kind, name)), f"{table.name}-{number}")


def choices(table: Table, column: Column[Any]) -> str | None:
    """Return the first word the database lets stand in a column that takes only certain ones."""
    for check in table.constraints:
        if isinstance(check, CheckConstraint):
            found = re.match(rf"{column.name} IN \('(\w+)'", str(check.sqltext))
            if found:
                return found[1]
    return None


def fill(tx: Tx, shop: Shop, member_id: str, other: str) -> None:
    filler = Filler(tx, shop, other)
    first = (identities, *(table for table in linked() if table not in (identities, members)))
    for table in first:
        filler.row(table, member_id, MINE)
    for table in (fields, remarks, tags):
        filler.row(table, other, THEIRS)


def rows_of(tx: Tx, member_id: str) -> dict[str, int]:
    """Return how many rows name the member, by table."""
    found = {}
    for table in linked():
        if table is not members:
            count = select(func.count()).where(table.c[points_to_members(table)[0]] == member_id)
            found[table.name] = int(tx.scalar(count))
    return found


def sealed_words(tx: Tx, said: str) -> set[str]:
    """Return the tables and columns in which this is still to be read with the key."""
    found = set()
    for table in linked():
        for row in tx.all(table.select()):
            place = ":".join(str(getattr(row, column.name)) for column in table.primary_key)
            for column in table.c:
                kept = getattr(row, column.name) if column.name.endswith("_ct") else None
                if kept and said in tx.cipher.open(table.name, column.name, place, kept):
                    found.add(f"{table.name}.{column.name}")
    return found


@pytest.fixture
async def two(shop: Shop) -> tuple[str, str]:
    one, other = await shop.settle(2)
    await shop.db.write(fill, shop, one, other)
    return one, other


def test_every_table_that_points_to_members_has_its_end_written_down() -> None:
    assert {table.name for table in linked()} == GONE | STAYS | APART


async def test_a_copy_holds_every_table_about_its_member_and_nobody_elses_words(
    shop: Shop, two: tuple[str, str]
) -> None:
    text = await shop.db.read(privacy.export, two[0], now=shop.now)
    told = json.loads(text)
    assert not {table.name for table in linked()} - set(told)
    assert all(f'"{table.name}"' in text for table in linked())
    assert MINE in text
    assert THEIRS not in text
    for pair in ("bonds", "doubles", "referrals"):
        assert two[1] not in json.dumps(told[pair]), pair


async def test_erasure_drops_what_is_no_book_and_opens_nothing_of_the_rest(shop: Shop, two: tuple[str, str]) -> None:
    one, _ = two

    def leave(tx: Tx) -> None:
        tx.execute(consents.update().values(channel="telegram"))
        tx.execute(identities.update().where(identities.c.member_id == one).values(member_id=None))
        tx.execute(members.update().where(members.c.id == one).values(state="left", left_at=shop.now))

    before = await shop.db.read(rows_of, one)
    await shop.db.write(leave)
    await shop.db.write(privacy.erase, one, now=shop.now)
    after = await shop.db.read(rows_of, one)
    assert {name for name, number in after.items() if number < before[name]} - APART == GONE
    assert not {name for name in GONE if after[name]}
    assert await shop.db.read(sealed_words, MINE) == {"identities.external_ct"}, "by which nobody is found any more"
    assert await shop.db.read(sealed_words, THEIRS) == {"fields.value_ct", "remarks.text_ct"}, "as it was"
