"""The proof of the books names the first wrong row of every kind of lie about passes and their visits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest
from sqlalchemy import text

from services import Database
from tests.proof import assert_clean
from tests.services.pass_holder import Holder
from tests.services.shopfront import Shop
from tests.services.test_proof import is_named

LIVE: Final = "SELECT id FROM passes WHERE reference = 'live'"
VISIT: Final = "SELECT id FROM visits WHERE reference = 'visit'"
SCAN: Final = "SELECT scan_id FROM visits WHERE reference = 'visit'"
LIES: Final[tuple[tuple[str, Sequence[str], str], ...]] = (
    ("I10 passes", ["UPDATE passes SET remaining = remaining - 1 WHERE reference = 'live'"], LIVE),
    ("I10 passes", ["UPDATE visits SET undone_at = at WHERE reference = 'visit'"], LIVE),
    ("I10 passes", ["UPDATE passes SET state = 'voided', ended_at = at WHERE reference = 'live'"], LIVE),
    ("I10 passes", ["UPDATE passes SET state = 'refunded' WHERE reference = 'live'"], LIVE),
    ("I10 passes", ["UPDATE passes SET refunded_minor = 1 WHERE reference = 'live'"], LIVE),
    ("I9 scans", [f"UPDATE scans SET used_at = NULL WHERE id = ({SCAN})"], SCAN),
    ("I9 scans", [f"UPDATE visits SET scan_id = ({SCAN}) WHERE reference = 'again'"], SCAN),
    ("I11 visits", [f"DELETE FROM audit WHERE subject = ({VISIT})"], VISIT),
    ("I12 visits", [f"DELETE FROM outbox WHERE kind = 'pass_visit' AND period_key = ({VISIT})"], VISIT),
    ("I12 passes", [f"DELETE FROM outbox WHERE kind = 'pass_sold' AND period_key = ({LIVE})"], LIVE),
)


@pytest.fixture
async def books(shop: Shop) -> Database:
    """A pass with visits, one of them undone, a pass given back, and a sale undone."""
    holder = await Holder.open(shop)
    live, back, slip = await holder.buy(reference="live"), await holder.buy(), await holder.buy("spa")
    await holder.use(live, reference="visit")
    await holder.use(live, reference="again")
    await holder.undo(await holder.use(live))
    await holder.refund(back)
    await holder.undo_sale(slip)
    return shop.db


async def test_every_lie_about_a_pass_is_named_by_its_rule_and_row(books: Database) -> None:
    await assert_clean(books)
    unnamed = [(place, lies) for place, lies, wrong in LIES if not await is_named(books, place, lies, wrong)]
    assert unnamed == []
    stored = await books.read(lambda tx: tx.scalar(text("SELECT count(*) FROM visits")))
    assert stored == 3
