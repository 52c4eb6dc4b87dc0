"""Counted passes: paid once, used visit by visit."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table, text

from storage.tables.metadata import key, metadata, moment, number, to, word

passes = Table(
    "passes",
    metadata,
    key(),
    word("reference", unique=True),
    word("plan"),  # its code in the rules
    to("members", "member_id"),
    to("stores", "store_id"),  # where it was sold
    number("visits"),
    number("remaining"),
    number("price_minor"),
    number("refunded_minor", default=0),
    word("state"),  # live, refunded, voided
    word("actor"),
    number("rules_version"),  # the plan as it was then
    moment("at", index=True),
    moment("expires_at"),  # never: the year 9999
    moment("ended_at", null=True),  # when it was refunded or voided, or its end was noted
    CheckConstraint("remaining >= 0 AND remaining <= visits", name="remaining_in_bounds"),
    CheckConstraint("refunded_minor >= 0 AND refunded_minor <= price_minor", name="refunded_in_bounds"),
    CheckConstraint("state IN ('live', 'refunded', 'voided')", name="known_state"),
    Index("ix_passes_member_id_state", "member_id", "state"),
    Index("ix_passes_due", "expires_at", sqlite_where=text("ended_at IS NULL"),
          postgresql_where=text("ended_at IS NULL")),
)  # fmt: skip

visits = Table(
    "visits",
    metadata,
    key(),
    word("reference", unique=True),
    to("passes", "pass_id", index=True),
    to("members", "member_id"),
    to("stores", "store_id"),
    number("count"),  # how many of the pass were taken at once
    to("scans", "scan_id", null=True),
    word("yes", default=""),  # how the member agreed
    word("actor"),
    moment("at", index=True),
    moment("undone_at", null=True),
    CheckConstraint("count > 0", name="count_above_zero"),
)
