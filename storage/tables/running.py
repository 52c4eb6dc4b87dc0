"""What keeps the program itself in order: keys, repeated requests, leases, watermarks and the audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text, text

from storage.tables.metadata import facts, key, metadata, moment, number, sealed, word

keyring = Table(
    "keyring",
    metadata,
    Column("kid", Integer, primary_key=True, autoincrement=False),
    word("purpose"),  # data, index, qr
    word("state"),
    Column("wrapped", LargeBinary, nullable=False),
    moment("created_at"),
)

requests = Table(
    "requests",
    metadata,
    word("scope"),
    word("key"),
    Column("content_hash", LargeBinary, nullable=False),
    number("status"),
    sealed("body_ct"),
    moment("at"),
    PrimaryKeyConstraint("scope", "key"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    number("value", default=0),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("job", Text, primary_key=True),
    moment("at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    word("owner"),
    number("epoch", default=0),
    moment("until"),
)

audit = Table(
    "audit",
    metadata,
    key(),
    moment("at"),
    word("actor"),
    word("action"),
    word("subject"),
    word("store_id", default=""),
    facts("facts"),  # people only by id
    Column("sequence", BigInteger, nullable=True, unique=True),  # given by the sealer after the commit
    Column("hash", LargeBinary, nullable=True),
    Index("ix_audit_unsealed", "at", sqlite_where=text("sequence IS NULL"),
          postgresql_where=text("sequence IS NULL")),
    Index("ix_audit_subject", "subject"),
)  # fmt: skip
