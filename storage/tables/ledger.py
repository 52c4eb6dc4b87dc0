"""The ledger: every point and every cent, moved from one account to another and never edited."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from storage.tables.metadata import LIMIT, facts, key, metadata, moment, number, to, word

accounts = Table(
    "accounts",
    metadata,
    key(),
    to("members", "member_id", null=True),  # null: the shop's own account (issue, redeem, expire, adjust)
    word("kind"),  # member: points, debt. shop: issue, redeem, expire, adjust
    word("unit"),  # points, or the currency
    number("balance", default=0),
    number("sequence", default=0),  # of the last transfer; gives the order of commits
    Column("kept", Boolean, nullable=False, server_default=false()),  # is balance kept here (members') or derived
    CheckConstraint("balance >= 0", name="balance_not_negative"),
    UniqueConstraint("member_id", "kind"),
)

transfers = Table(
    "transfers",
    metadata,
    key(),  # UUIDv5 of the reference
    word("reference", unique=True),
    to("accounts", "debit"),  # what the amount leaves
    to("accounts", "credit"),  # what it comes to
    number("debit_sequence", null=True),
    number("credit_sequence", null=True),
    number("amount"),
    word("unit"),
    word("kind"),  # earn, spend, expire, reverse_earn, reverse_spend, adjust, repay, owe …
    to("transfers", "reverses", null=True, index=True),
    to("purchases", "purchase_id", null=True, index=True),
    facts("why"),  # lines of message keys and facts
    word("actor"),
    to("stores", "store_id", null=True),
    word("device", default=""),
    number("rules_version", default=0),
    Column("content_hash", LargeBinary, nullable=False),
    moment("at", index=True),
    CheckConstraint(f"amount > 0 AND amount <= {LIMIT}", name="amount_in_bounds"),
    CheckConstraint("debit <> credit", name="two_accounts"),
    UniqueConstraint("debit", "debit_sequence"),
    UniqueConstraint("credit", "credit_sequence"),
)

lots = Table(
    "lots",
    metadata,
    key(),  # the id of the transfer that earned it
    to("accounts", "account_id"),
    number("earned"),
    number("remaining"),
    moment("available_at"),
    moment("expires_at"),  # never: the year 9999
    CheckConstraint("remaining >= 0 AND remaining <= earned", name="remaining_in_bounds"),
    Index("ix_lots_live", "account_id", "expires_at", "id", sqlite_where=text("remaining > 0"),
          postgresql_where=text("remaining > 0")),
    Index("ix_lots_waiting", "account_id", "available_at", sqlite_where=text("remaining > 0"),
          postgresql_where=text("remaining > 0")),
    Index("ix_lots_due", "expires_at", sqlite_where=text("remaining > 0"), postgresql_where=text("remaining > 0")),
)  # fmt: skip

slices = Table(
    "slices",
    metadata,
    Column("transfer_id", String(36), ForeignKey("transfers.id"), primary_key=True),
    Column("lot_id", String(36), ForeignKey("lots.id"), primary_key=True),
    number("amount"),  # taken from the lot; negative where a reversal puts points back
    CheckConstraint("amount <> 0", name="amount_not_zero"),
    Index("ix_slices_lot_id", "lot_id"),
)
