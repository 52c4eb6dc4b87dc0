"""The audit trail is a chain: whoever changes, takes out, puts in or swaps a row behind the triggers is found out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from membership.moment import Moment
from services import Database, Tx, audit
from storage import audit as audit_rows
from tests.services.shopfront import Shop

ROWS = 12

MADE_UP = "INSERT INTO audit SELECT 'made-up', at, actor, action, 'made-up', store_id, facts,"

TAMPERING = {
    "a deed is told differently": (
        5,
        ["UPDATE audit SET facts = '{\"amount\": 1}' WHERE sequence = 5"],
    ),
    "a deed is blamed on somebody else": (3, ["UPDATE audit SET actor = 'somebody' WHERE sequence = 3"]),
    "a deed is moved to another hour": (
        7,
        ["UPDATE audit SET at = (SELECT at FROM audit WHERE sequence = 1) WHERE sequence = 7"],
    ),
    "a row is taken out": (5, ["DELETE FROM audit WHERE sequence = 5"]),
    "a row is taken out and the rest moved up": (
        5,
        [
            "DELETE FROM audit WHERE sequence = 5",
            "UPDATE audit SET sequence = sequence + 999 WHERE sequence > 5",
            "UPDATE audit SET sequence = sequence - 1000 WHERE sequence > 5",
        ],
    ),
    "a row is put in": (
        6,
        [
            "UPDATE audit SET sequence = sequence + 1000 WHERE sequence > 5",
            "UPDATE audit SET sequence = sequence - 999 WHERE sequence > 1000",
            f"{MADE_UP} 6, hash FROM audit WHERE sequence = 5",
        ],
    ),
    "a row is put behind the end": (
        ROWS + 1,
        [
            f"{MADE_UP} sequence + 1, hash FROM audit WHERE sequence = {ROWS}",
        ],
    ),
    "two rows are swapped": (
        4,
        [
            "UPDATE audit SET sequence = 1000 WHERE sequence = 4",
            "UPDATE audit SET sequence = 4 WHERE sequence = 8",
            "UPDATE audit SET sequence = 8 WHERE sequence = 1000",
        ],
    ),
    "a row is told anew under another row's seal": (
        4,
        [
            "UPDATE audit SET subject = 'x', actor = 'y' WHERE sequence = 4",
            "UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 8) WHERE sequence = 4",
        ],
    ),
}


@pytest.fixture
async def chained(shop: Shop) -> Database:
    def fill(tx: Tx) -> None:
        while audit.seal(tx):
            pass
        already = audit_rows.head(tx)[0]
        for number in range(already + 1, ROWS + 1):
            moment = Moment(shop.now + timedelta(minutes=number), number.to_bytes(32))
            audit.note(tx, moment, "test", f"deed {number}", actor="jay", amount=number)
        audit.seal(tx)

    await shop.db.write(fill)
    return shop.db


async def behind_the_triggers(db: Database, statements: list[str]) -> None:
    def tamper(connection: Connection) -> None:
        if db.dialect == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        else:
            for name in ("delete", "update", "reseal"):
                connection.execute(text(f"DROP TRIGGER audit_refuse_{name}"))
        for statement in statements:
            connection.execute(text(statement))

    await db.run_ddl(tamper)


async def test_an_untouched_chain_holds(chained: Database) -> None:
    assert await chained.read(audit.first_broken) is None


@pytest.mark.parametrize("deed", TAMPERING)
async def test_the_first_row_that_was_tampered_with_is_named(chained: Database, deed: str) -> None:
    first, statements = TAMPERING[deed]
    await behind_the_triggers(chained, statements)
    assert await chained.read(audit.first_broken) == first
