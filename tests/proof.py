"""What every test that moves value ends with: the books are in order."""

from __future__ import annotations

from services import proof
from storage.database import Database


async def assert_clean(db: Database) -> None:
    """Fail with the first wrong row of each rule that does not hold (I1 to I14, and the chain of the audit trail)."""
    findings = await db.read(proof.check)
    assert not findings, "\n".join(map(str, findings))
